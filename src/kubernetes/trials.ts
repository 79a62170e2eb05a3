import { type AnalysisPhase, AnalysisRun } from '../analysis/index.ts';
import type { JsonObject, ObjectMeta } from '../lib/index.ts';
import { Experiment, type TrialKind } from '../rollout/index.ts';
import type { Cluster, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { resources } from './resources.ts';

/** Ours, on an Experiment or AnalysisRun: JSON of who ended it, or began it again, when and why. */
const trialActAnnotation = 'stepwise.dev/asked';

/** An Experiment or an AnalysisRun as people ask about it: whoever it belongs to. */
export interface Trial {
  readonly kind: TrialKind;
  readonly metadata: ObjectMeta;
  readonly phase: AnalysisPhase | undefined;
  readonly message: string | undefined;
  /** Somebody has asked it to end. */
  readonly isEnding: boolean;
}

export interface TrialAct {
  readonly verb: 'terminate' | 'retry';
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** What people do with Experiments and AnalysisRuns, by the patches of Argo's own client. */
export interface Trials {
  /** From the caches. */
  list(kind: TrialKind): readonly { readonly metadata: ObjectMeta }[];
  /** Live; undefined when it is gone. */
  read(kind: TrialKind, name: ObjectName, signal: AbortSignal): Promise<Trial | undefined>;
  /** Who and why are written with it. Precondition: the resourceVersion that was read. */
  write(trial: Trial, act: TrialAct, options: WriteOptions): Promise<void>;
}

type Known = Pick<Reflector<{ readonly metadata: ObjectMeta }>, 'list' | 'learn'>;

export function createTrials(
  cluster: Cluster,
  caches: { readonly experiments: Known; readonly analysisRuns: Known },
): Trials {
  const kinds = {
    experiment: { resource: resources.experiments, cache: caches.experiments, parse: Experiment.parse },
    analysisrun: { resource: resources.analysisRuns, cache: caches.analysisRuns, parse: AnalysisRun.parse },
  };
  return {
    list: (kind) => kinds[kind].cache.list(),
    async read(kind, name, signal) {
      const found = await cluster.get(kinds[kind].resource, name, signal);
      if (found === undefined) return undefined;
      const { metadata, spec, status } = kinds[kind].parse(found);
      const { phase, message } = status;
      return { kind, metadata, phase, message, isEnding: spec.terminate === true };
    },
    async write({ kind, metadata: { namespace, name, resourceVersion = '' } }, act, options) {
      const { verb, ...note } = act;
      const annotations = { [trialActAnnotation]: JSON.stringify({ verb, ...note }) };
      const metadata = { resourceVersion, annotations };
      // Unlike Argo's client, which begins again what was asked to end, only to end it at once.
      const body: JsonObject =
        verb === 'terminate'
          ? { metadata, spec: { terminate: true } }
          : { metadata, spec: { terminate: null }, status: null };
      const { resource, cache } = kinds[kind];
      cache.learn(await cluster.patchMerge(resource, { namespace, name }, body, options));
    },
  };
}
