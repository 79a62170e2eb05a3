import { isCompleted, parseTimestamp } from '../analysis/index.ts';
import { isUndo, passedReturnOf, type World } from '../rollout/index.ts';
import type { NewEntry } from './records.ts';
import { act, type Scene } from './scene.ts';
import { statusWriterSince, writerOf } from './who.ts';

/** What people did, as far as it can be told from what it changed. */
export function personsActs(scene: Scene): NewEntry[] {
  const { now, before, rollout, record, look } = scene;
  const acts: NewEntry[] = [];
  const passed = passedReturnOf(rollout);
  if (before.abort !== '' && now.abort === '' && now.live === '' && now.full === '') {
    acts.push(act(scene, 'retried', ['retry'], writerOf(rollout, ['status', 'abort'])));
  }
  // An undo is at the end of its plan from its first moment: that is what "undone" says.
  const isFastUndo = isUndo(rollout, look.revision) && record.seen.podHash === undefined;
  if (now.full !== '' && before.full === '' && !isFastUndo) {
    acts.push(act(scene, 'finished', ['finish'], writerOf(rollout, ['status', 'promoteFull'])));
  }
  if (now.paused !== before.paused) {
    const by = writerOf(rollout, ['spec', 'paused']);
    // Promote and finish let go of a pause, too: they are told by their own line.
    if (now.paused !== '') acts.push(passed === undefined ? act(scene, 'paused', ['pause'], by) : frozenBy(scene, by));
    else if (now.step <= before.step) acts.push(act(scene, 'resumed', ['resume'], by));
  }
  // Measured again, from where a verdict had held it.
  if (before.frozen !== '' && now.frozen === '' && now.step === before.step && now.abort === '' && now.full === '') {
    const by = statusWriterSince(rollout, parseTimestamp(before.frozen) ?? 0);
    acts.push(act(scene, 'resumed', ['promote', 'resume'], by));
  }
  // A record from before restarts were remembered says nothing of them.
  if (now.restart !== before.restart && now.restart !== '' && scene.record.seen.restart !== undefined) {
    acts.push(act(scene, 'restarted', ['restart'], writerOf(rollout, ['spec', 'restartAt'])));
  }
  // A canary's index moves on with it; blue-green measures the same analysis anew.
  const isLetGo = before.inconclusive !== '' && now.inconclusive === '' && now.step === before.step;
  if (isLetGo && now.abort === '' && now.full === '' && rollout.spec.strategy?.blueGreen !== undefined) {
    acts.push(
      act(scene, 'promoted', ['promote'], statusWriterSince(rollout, parseTimestamp(before.inconclusive) ?? 0)),
    );
  }
  if (now.step > before.step && now.abort === '' && now.full === '') acts.push(...movedOn(scene));
  return acts;
}

/** Behind the point of no return an abort becomes a freeze. */
function frozenBy(scene: Scene, by: string | undefined): NewEntry {
  const point = passedReturnOf(scene.rollout)?.what ?? '';
  return { ...act(scene, 'frozen', ['pause'], by), facts: { point } };
}

/** Who moved it on: nobody, where what the step waited for was over. */
function movedOn(scene: Scene): NewEntry[] {
  const { before, rollout, look } = scene;
  const sinceMs = parseTimestamp(before.gate === '' ? before.inconclusive : before.gate) ?? 0;
  const by = statusWriterSince(rollout, sinceMs);
  if (before.gate !== '' || before.inconclusive !== '')
    return [act(scene, 'promoted', ['promote', 'approve', 'skip'], by)];
  const [kind, what = ''] = before.wait.split(' ');
  const isCutShort =
    (kind === 'pause' && look.world.nowMs < Number(what)) ||
    (kind === 'analysis' && isCutShortRun(look.world, what)) ||
    (kind === 'experiment' && isCutShortExperiment(look.world, what)) ||
    (kind === 'webhook' && isCutShortPlugin(look.world, Number(what)));
  return isCutShort ? [act(scene, 'skipped', ['skip', 'terminate', 'promote'], by)] : [];
}

function isCutShortExperiment({ experiments = [] }: World, name: string): boolean {
  const experiment = experiments.find(({ metadata }) => metadata.name === name);
  return experiment !== undefined && (experiment.spec.terminate === true || !isCompleted(experiment.status.phase));
}

function isCutShortRun(world: World, name: string): boolean {
  const run = world.analysisRuns.find(({ metadata }) => metadata.name === name);
  return run !== undefined && (run.spec.terminate === true || !isCompleted(run.status.phase));
}

/** What the other side had not ended before the rollout moved on. */
function isCutShortPlugin({ rollout }: World, index: number): boolean {
  const entries = rollout.status.canary?.stepPluginStatuses ?? [];
  const run = entries.find((entry) => entry.operation === 'Run' && entry.index === index);
  return run !== undefined && run.phase !== 'Successful';
}
