import type { AnalysisRun } from '../analysis/index.ts';
import type { NoticeEvent } from '../notifications/index.ts';
import type { Rollout, World } from '../rollout/index.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import type { NewEntry } from './records.ts';
import type { Sight } from './sight.ts';
import { askedFor } from './who.ts';

/** What is seen now of the rollout whose record it is. */
export interface LookedAt {
  readonly world: World;
  readonly revision: number;
}

/** One look, and the one before it. */
export interface Scene {
  readonly record: DeliveryRecord;
  readonly look: LookedAt;
  readonly rollout: Rollout;
  readonly now: Sight;
  readonly before: Sight;
  readonly at: string;
}

export function entry(scene: Scene, event: NoticeEvent, more: Partial<NewEntry>): NewEntry {
  return { at: scene.at, event, text: '', facts: {}, ...more };
}

/** An act, with the words and the name that the person gave where they asked us. */
export function act(scene: Scene, event: NoticeEvent, verbs: readonly string[], by: string | undefined): NewEntry {
  const asked = askedFor(scene.record, verbs, event);
  return entry(scene, event, { by: asked?.by ?? by, text: asked?.text ?? '' });
}

/** `pending` becomes a time when the controller has seen it: that is the same abort. */
export function isNewAbort({ now, before }: Scene): boolean {
  return now.abort !== '' && now.abort !== before.abort && before.abort !== 'pending';
}

/** The run that the status names, where it ended so. */
export function decidingRun({ rollout, look }: Scene, phase: string): AnalysisRun | undefined {
  const { currentStepAnalysisRunStatus, currentBackgroundAnalysisRunStatus } = rollout.status.canary ?? {};
  const names = [currentStepAnalysisRunStatus?.name, currentBackgroundAnalysisRunStatus?.name];
  return look.world.analysisRuns.find((run) => run.status.phase === phase && names.includes(run.metadata.name));
}
