import { formatTimestamp } from '../analysis/index.ts';
import { isGood, lastGoodOf, type Memory, memoryAnnotation, readMemory, rememberUndo } from '../deployment/index.ts';
import { isSameTemplate, noteOverride, plainDeployment, type Rollout, revisionOf } from '../rollout/index.ts';
import type { Act, Change, OperationTools, Seen } from './act.ts';
import type { Verb } from './authorise.ts';
import { overrideFacts } from './git.ts';
import type { Refusal, Wish } from './operations.ts';
import { isReason, refuse } from './situation.ts';

type Choose = Act<Wish>['choose'];

/**
 * What verbs mean for a plain Deployment, whose pods Kubernetes moves. Undefined: what they mean for a Rollout (start, and undo of what
 * is over). Abort is an undo now: nobody waits for a turn, and nothing else can take requests from the new pods.
 */
export function chooseForDeployment(verb: Verb, { rollout }: Seen): Choose | undefined {
  if (plainDeployment(rollout.metadata.name) === undefined) return undefined;
  switch (verb) {
    case 'abort':
      return undoNow;
    case 'pause':
      return pause;
    case 'resume':
      return resume;
    case 'restart':
      return restart;
    case 'undo':
      return rollout.status.abort === true ? alreadyBack : undefined;
    default:
      return undefined;
  }
}

/** Git is asked for nothing: going back is never held up. What it goes on asking for is noted. */
async function undoNow(seen: Seen, wish: Wish, tools: OperationTools, signal: AbortSignal) {
  const { rollout } = seen;
  const memory = readMemory(rollout);
  if (memory?.undone !== undefined) return refuse('alreadyAborted');
  if (memory === undefined || isGood(memory)) return refuse('nothingMoving');
  const revisions = await tools.workloads.readWithTemplates(rollout, signal);
  const present = revisions.find(({ template }) => isSameTemplate(template, rollout.spec.template));
  // Somebody asks for another template since: the next look makes that the revision which is undone.
  if (present?.podHash !== memory.canary) return refuse('movedMeanwhile');
  const target = lastGoodOf(revisions, memory);
  if (target?.template === undefined) return refuse('noEarlierRevision');
  const message = isReason(wish.reason) ? (wish.reason ?? '') : 'undone by a person';
  const nowMs = tools.cluster.nowMs();
  const undone = rememberUndo(memory, target, message, nowMs);
  const images = (target.template.spec?.containers ?? []).map(({ image }) => image ?? '');
  return change(
    [
      { op: 'replace', path: '/spec/template', value: JSON.parse(JSON.stringify(target.template)) },
      ...remember(undone),
      ...noteOverride(rollout, target.template, { nowMs }),
      ...unpause(rollout),
    ],
    { revision: String(revisionOf(target)), image: images.join(' '), ...overrideFacts(seen, target.template) },
  );
}

function pause({ rollout }: Seen): Refusal | Change {
  if (rollout.spec.paused === true) return refuse('alreadyPaused');
  const memory = readMemory(rollout);
  if (memory?.undone !== undefined) return refuse('alreadyAborted');
  const isMoved = memory === undefined || isGood(memory) || memory.rolledOutAt !== undefined;
  return isMoved ? refuse('nothingMoving') : change([{ op: 'add', path: '/spec/paused', value: true }]);
}

/** What was inconclusive is judged once more. */
function resume({ rollout }: Seen): Refusal | Change {
  const memory = readMemory(rollout);
  if (memory?.heldAt === undefined)
    return rollout.spec.paused === true ? change(unpause(rollout)) : refuse('notPaused');
  const { heldAt: _, run: __, ...again } = memory;
  return change([...remember(again), ...unpause(rollout)]);
}

/** As `kubectl rollout restart`: a revision of the same images, which is watched as any other. */
function restart({ rollout }: Seen, _wish: Wish, tools: OperationTools): Refusal | Change {
  if (rollout.spec.paused === true) return refuse('alreadyPaused');
  const memory = readMemory(rollout);
  if (memory === undefined || !(isGood(memory) || memory.undone !== undefined)) return refuse('isMoving');
  const restartedAt = formatTimestamp(tools.cluster.nowMs());
  const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
  return {
    done: true,
    patches: [{ patch: { spec: { template: { metadata: { annotations } } } } }],
    facts: { restartAt: restartedAt },
  };
}

function alreadyBack({ rollout }: Seen): Refusal {
  return refuse('alreadyAborted', { revision: rollout.status.stableRS ?? '' });
}

function change(json: NonNullable<Change['json']>, facts: Change['facts'] = {}): Change {
  return { done: true, json, facts };
}

function remember(memory: Memory): NonNullable<Change['json']> {
  const path = `/metadata/annotations/${memoryAnnotation.replace('/', '~1')}`;
  return [{ op: 'add', path, value: JSON.stringify(memory) }];
}

function unpause({ spec }: Rollout): NonNullable<Change['json']> {
  return spec.paused === true ? [{ op: 'replace', path: '/spec/paused', value: false }] : [];
}
