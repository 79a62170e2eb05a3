import { assertNever } from '../../lib/index.ts';
import { trialNamed } from '../../rollout/index.ts';
import { renderPlanWeights, renderRefusal, renderUnclear } from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import { renderHelp, renderLater } from '../messages/help.ts';
import { answerAct } from './answers/act.ts';
import { answerChanges } from './answers/changes.ts';
import { answerCheck } from './answers/check.ts';
import { answerDoctor } from './answers/doctor.ts';
import { answerHistory } from './answers/history.ts';
import { answerList } from './answers/list.ts';
import { answerLook } from './answers/look.ts';
import { answerMine } from './answers/mine.ts';
import { answerPlan } from './answers/plan.ts';
import { answerStart } from './answers/start.ts';
import { answerWhere } from './answers/where.ts';
import { answerWhich } from './answers/which.ts';
import { answerWhoami } from './answers/whoami.ts';
import { type AnswerTools, type Asked, refuseGuest, wishOf } from './asked.ts';
import type { Command, Parsed } from './command.ts';
import { parse } from './parse.ts';
import { verbs } from './verbs.ts';

/** Words → the answer for the one person who typed them. */
export async function answerWords(tools: AnswerTools, asked: Asked, typed: string): Promise<Message> {
  const parsed = parse(typed);
  switch (parsed.kind) {
    case 'command':
      return answerCommand(tools, asked, withReason(inThread(parsed.command, asked), asked));
    case 'later':
      return renderLater(tools.view, parsed, parsed.target ?? asked.threadTarget);
    case 'unclear':
      return answerUnclear(tools, asked, parsed);
    default:
      return assertNever(parsed);
  }
}

/** Verbs that are about no rollout: a thread's is not meant. */
function takesNoTarget(verb: Command['verb']): boolean {
  return verb === 'mine' || ['nothing', 'verb', 'duration'].includes(verbs[verb].takes);
}

function inThread(command: Command, asked: Asked): Command {
  if (takesNoTarget(command.verb) || command.target !== undefined || asked.threadTarget === undefined) return command;
  return { ...command, target: asked.threadTarget };
}

/** What was written beside the button goes before what the line said already. */
function withReason(command: Command, { reason }: Asked): Command {
  return reason === undefined ? command : { ...command, reason };
}

async function answerUnclear(
  tools: AnswerTools,
  asked: Asked,
  parsed: Extract<Parsed, { kind: 'unclear' }>,
): Promise<Message> {
  const target = parsed.target ?? asked.threadTarget;
  if (parsed.problem === 'promoteToWeight' && target !== undefined) {
    const status = await tools.operations.status(wishOf(asked, target, undefined));
    if (status.done) return renderPlanWeights(tools.view, status.delivery, parsed.word);
    return renderRefusal(tools.view, { verb: 'promote', target }, status);
  }
  return renderUnclear(tools.view, parsed);
}

/** One verb, one case; what is more than a line has its file in answers/. */
async function answerCommand(tools: AnswerTools, asked: Asked, command: Command): Promise<Message> {
  const { verb } = command;
  if (verb === 'mine') return answerMine(tools, asked, command);
  if (verbs[verb].isMutating && !asked.mayChange) return refuseGuest(tools, asked, { verb, target: command.target });
  switch (verb) {
    case 'help':
      return renderHelp(tools.view, command.about);
    case 'whoami':
      return answerWhoami(tools, asked);
    case 'list':
      return answerList(tools, asked, command);
    case 'where':
      return answerWhere(tools, asked, command);
    case 'changes':
      return answerChanges(tools, asked, command);
    case 'doctor':
      return answerDoctor(tools, asked);
    case 'start':
      return answerStart(tools, asked, command);
    default: {
      if (command.target === undefined) return answerWhich(tools, asked, command);
      if (trialNamed(command.target.name) !== undefined && verb !== 'terminate' && verb !== 'retry')
        return renderRefusal(tools.view, command, { done: false, reason: 'noTrialVerb', facts: { verb } });
      const understood = { asked, command, wish: wishOf(asked, command.target, command.reason) };
      switch (verb) {
        case 'status':
        case 'why':
          return answerLook(tools, understood);
        case 'plan':
          return answerPlan(tools, understood);
        case 'check':
          return answerCheck(tools, understood);
        case 'history':
          return answerHistory(tools, understood);
        default:
          return answerAct(tools, understood, verb);
      }
    }
  }
}
