import { abort } from './abort.ts';
import { act, ask, type OperationTools } from './act.ts';
import { type CheckTools, check } from './check.ts';
import { type DoctorTools, runChecks } from './doctor/run-checks.ts';
import { finish } from './finish.ts';
import { giveReason } from './give-reason.ts';
import { guestRefused } from './guest-refused.ts';
import { type HistoryTools, readHistory } from './history.ts';
import { readHome } from './home.ts';
import { type LookBackTools, readChanges } from './look-back.ts';
import type { Operations } from './operations.ts';
import { pause } from './pause.ts';
import { type PlanTools, plan } from './plan.ts';
import { promote } from './promote.ts';
import { readList, readOne } from './read.ts';
import { restart } from './restart.ts';
import { resume } from './resume.ts';
import { skip } from './skip.ts';
import { start } from './start.ts';
import { readStartable, readStartForm, tryStart } from './start-form.ts';
import { askTrial, endTrial, retryAny } from './trials.ts';
import { undo } from './undo.ts';
import { readMayStartIn, readWhere } from './where.ts';
import { readWhy, type WhyTools } from './why.ts';

/** Binds every operation to its tools. */
export function createOperations(
  tools: OperationTools & WhyTools & CheckTools & PlanTools & HistoryTools & LookBackTools & DoctorTools,
): Operations {
  const asked = { abort, skip, finish, undo } as const;
  return {
    start: (wish) => act(wish, start, tools),
    tryStart: (wish) => tryStart(wish, tools),
    startForm: (wish) => readStartForm(wish, tools),
    startable: (person) => readStartable(person, tools),
    promote: (wish) => act(wish, promote, tools),
    finish: (wish) => act(wish, finish, tools),
    skip: (wish) => act(wish, skip, tools),
    pause: (wish) => act(wish, pause, tools),
    resume: (wish) => act(wish, resume, tools),
    abort: (wish) => act(wish, abort, tools),
    retry: (wish) => retryAny(wish, tools),
    terminate: (wish) => endTrial(wish, tools),
    askTerminate: (wish) => askTrial(wish, tools),
    undo: (wish) => act(wish, undo, tools),
    giveReason: (wish) => giveReason(wish, tools),
    restart: (wish) => act(wish, restart, tools),
    check: (wish) => check(wish, tools),
    plan: (wish) => plan(wish, tools),
    ask: (verb, wish) => ask(wish, asked[verb], tools),
    status: (wish) => readOne(wish, 'get', tools),
    why: (wish) => readWhy(wish, tools),
    guestRefused: (wish, verb) => guestRefused(wish, verb, tools),
    doctor: (channel) => runChecks(tools.probes(channel)),
    list: (person, channel, namespace) => readList(person, { channel, namespace }, tools),
    history: (wish) => readHistory(wish, tools),
    changes: (person, options) => readChanges(person, options, tools),
    home: (person) => readHome(person, tools),
    where: (person, options) => readWhere(person, options, tools),
    mayStartIn: (person, namespaces) => readMayStartIn(person, namespaces, tools),
  };
}
