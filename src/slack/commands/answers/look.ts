import { renderRefusal, say } from '../../messages/answers.ts';
import type { Message } from '../../messages/blocks.ts';
import { renderCard } from '../../messages/card.ts';
import { renderWhy } from '../../messages/why.ts';
import type { AnswerTools, Understood } from '../asked.ts';
import type { Command } from '../command.ts';
import { closestVerb } from '../find-verb.ts';

/** `status` and `why`: one rollout, as it is now. */
export async function answerLook(tools: AnswerTools, { command, wish }: Understood): Promise<Message> {
  if (command.verb === 'why') {
    const why = await tools.operations.why(wish);
    if (!why.done) return withVerbHint(tools, command, renderRefusal(tools.view, command, why));
    return renderWhy(why, tools.view, why.card === undefined ? undefined : tools.linkTo(why.card));
  }
  const look = await tools.operations.status(wish);
  if (!look.done) return withVerbHint(tools, command, renderRefusal(tools.view, command, look));
  return renderCard(look.delivery, { ...tools.view, asOfMs: tools.now(), hasCharts: false, hasMenu: false });
}

/** One word alone is a name; where there is no such rollout it was perhaps a mistyped verb. */
function withVerbHint(tools: AnswerTools, command: Command, refusal: Message): Message {
  const word = command.target?.namespace === undefined ? (command.target?.name ?? '') : '';
  const verb = closestVerb(word);
  if (word === '' || verb === undefined) return refusal;
  const hint = say(tools.view, `If \`${word}\` was a verb: \`${tools.view.command} help ${verb}\``).blocks[0];
  return hint === undefined ? refusal : { ...refusal, blocks: [...refusal.blocks, { ...hint, block_id: 'hint' }] };
}
