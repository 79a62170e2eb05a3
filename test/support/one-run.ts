import { AnalysisRun, isCompleted } from '../../src/analysis/index.ts';
import { type AnalysisRunTools, createAnalysisRunTurn, type TurnAnswer } from '../../src/engine/analysis-run.ts';
import { type EventToSend, type KubernetesObject, resources } from '../../src/kubernetes/index.ts';
import { ConflictError, type JsonObject } from '../../src/lib/index.ts';
import type { MetricProviders } from '../../src/metric-providers/index.ts';
import type { TurnKey } from '../../src/queue-stores/index.ts';
import { silentLog } from './silent-log.ts';

/** One AnalysisRun in memory, and the engine's turns of it, on a made-up clock. */
export class OneRun {
  nowMs = Date.parse('2026-11-20T10:00:00Z');
  object: KubernetesObject | undefined;
  writes = 0;
  readonly nudges: TurnKey[] = [];
  readonly events: string[] = [];
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
  /** As SimulatedJobs.onCall. */
  onWrite: (moment: 'before' | 'after') => void = () => undefined;
  /** Awaited before each call: lets another turn go first. */
  pause: () => Promise<void> = async () => undefined;
  #version = 1;

  constructor(manifest: { readonly metadata?: object; readonly spec: object; readonly status?: object }) {
    const metadata = { name: 'run', namespace: 'shop', uid: runUid, resourceVersion: '1', ...manifest.metadata };
    this.object = JSON.parse(JSON.stringify({ ...manifest, metadata }));
  }

  get run(): AnalysisRun {
    return AnalysisRun.parse(this.object);
  }

  get hasLeftOvers(): boolean {
    return this.run.status.metricResults.some(({ measurements }) => measurements.at(-1)?.phase === 'Running');
  }

  /** As somebody else's patch. */
  patch(change: JsonObject): void {
    this.object = this.#merged(change);
  }

  takeTurn(providers: MetricProviders): Promise<TurnAnswer> {
    const cluster: AnalysisRunTools['cluster'] = {
      nowMs: () => this.nowMs,
      get: async (resource, { name }) => {
        await this.pause();
        if (resource.kind !== 'Secret') return structuredClone(this.object);
        const data = this.secrets[name];
        const metadata = { name, uid: name, resourceVersion: '1' };
        return data === undefined ? undefined : { metadata, data };
      },
      patchMerge: async (_, __, change) => {
        await this.pause();
        this.onWrite('before');
        const { resourceVersion } = { ...(change.metadata as JsonObject | undefined) };
        if (resourceVersion !== undefined && resourceVersion !== this.object?.metadata.resourceVersion) {
          throw new ConflictError('changed meanwhile');
        }
        this.writes += 1;
        this.object = this.#merged(change);
        this.onWrite('after');
        return structuredClone(this.object);
      },
      delete: async () => {
        this.object = undefined;
      },
    };
    const turn = createAnalysisRunTurn({
      cluster,
      resources,
      providers,
      evidence: 'strict',
      isOurs: ({ metadata }) => metadata.labels['argo-rollouts.argoproj.io/controller-instance-id'] === undefined,
      nudge: async (key) => void this.nudges.push(key),
      sendEvent: ({ reason }: EventToSend) => void this.events.push(reason),
      log: silentLog,
    });
    return turn({ kind: 'analysis-run', namespace: 'shop', name: 'run' }, new AbortController().signal);
  }

  /**
   * Takes turns when they ask to be taken, a turn that throws again after two seconds; until the run is over, or for `mostMs`.
   * @param isTakenTwice whether another process takes the next turn too, at the same time.
   */
  async play(providers: MetricProviders, mostMs = 3_600_000, isTakenTwice = () => false): Promise<void> {
    const untilMs = this.nowMs + mostMs;
    for (;;) {
      const take = () => this.takeTurn(providers).catch(() => ({ wakeAfterMs: 2000 }));
      const [{ wakeAfterMs }] = await Promise.all([take(), isTakenTwice() ? take() : undefined]);
      if (this.object === undefined || wakeAfterMs === undefined) return;
      if (isCompleted(this.run.status.phase) && !this.hasLeftOvers) return;
      if (this.nowMs + wakeAfterMs > untilMs) return;
      this.nowMs += wakeAfterMs;
    }
  }

  #merged(change: JsonObject): KubernetesObject {
    if (this.object === undefined) throw new Error('the run is gone');
    this.#version += 1;
    const merged = mergePatch(this.object, change) as KubernetesObject;
    return { ...merged, metadata: { ...merged.metadata, resourceVersion: String(this.#version) } };
  }
}

export const runUid = '0b5a6c1e-5d4f-4d6b-9d0b-6d1c1f0a7e11';

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
