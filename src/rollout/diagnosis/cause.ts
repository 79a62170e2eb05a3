import type { MetricLine } from '../delivery.ts';
import type { ExperimentWait } from '../experiment-wait.ts';

/** What a rollout that does not move stands for; with the facts that its words need. */
export type Cause =
  | { readonly kind: 'otherController'; readonly standing: Exclude<Standing, { readonly kind: 'ours' }> }
  | {
      readonly kind: 'sharedService';
      readonly service: string;
      /** Rollouts that name the same Service, or the one it is still marked for. */
      readonly rollouts: readonly string[];
      /** That Rollout is gone: only its mark on the Service is left. */
      readonly isLeftover: boolean;
    }
  | { readonly kind: 'selectorMismatch'; readonly service: string; readonly mismatch: SelectorMismatch }
  | { readonly kind: 'noRouteRule'; readonly problem: string; readonly isHttpRoute: boolean }
  | { readonly kind: 'invalidSpec'; readonly message: string }
  | { readonly kind: 'frozen'; readonly by: string }
  | {
      /** A tool takes back what the engine writes into Services and routes. */
      readonly kind: 'putBack';
      readonly manager: string;
      readonly what: string;
      readonly retryAtMs: number;
    }
  | { readonly kind: 'quota'; readonly replicaSet: string; readonly message: string }
  | {
      readonly kind: 'imageCannotBePulled';
      readonly image: string;
      readonly pod: string;
      readonly container: string;
      /** `ErrImagePull`, `ImagePullBackOff`, `InvalidImageName` … */
      readonly reason: string;
      readonly message: string;
      readonly podCount: number;
    }
  | {
      readonly kind: 'podsNotReady';
      readonly ready: number;
      readonly desired: number;
      /** `CrashLoopBackOff`, `Unschedulable`, `FailedCreate`, `Unhealthy` …; `Starting` where nothing is wrong yet. */
      readonly reason: string;
      readonly message: string;
      readonly pod: string | undefined;
    }
  | {
      readonly kind: 'noData';
      readonly metric: string;
      readonly message: string;
      /** Undefined: none that may be shown (its arguments come from a Secret), or nobody asks one. */
      readonly query: string | undefined;
      readonly lastSample: LastSample;
      readonly nextAtMs: number | undefined;
    }
  | { readonly kind: 'analysisValue'; readonly metric: MetricLine; readonly nextAtMs: number | undefined }
  | {
      readonly kind: 'waitsForPerson';
      readonly for: 'promote' | 'resume' | 'decision' | 'frozen';
      readonly by: string | undefined;
    }
  | { readonly kind: 'timedUntil'; readonly untilMs: number }
  /** An experiment step: it is not over. */
  | ({ readonly kind: 'experiment' } & ExperimentWait)
  /** A plugin step: the other side has not said that it is done. */
  | {
      readonly kind: 'webhook';
      readonly host: string;
      readonly message: string | undefined;
      readonly untilMs: number;
    };

export type CauseKind = Cause['kind'];

/** Who takes turns for a Rollout. */
export type Standing =
  | { readonly kind: 'ours' }
  /** Somebody else holds the Lease, and is fresh. */
  | { readonly kind: 'other'; readonly holder: string; readonly lease: string }
  /** It writes the status though we hold the Lease. */
  | { readonly kind: 'beside'; readonly controller: string }
  /** The Argo controller that runs it gives no sign of life. */
  | {
      readonly kind: 'silent';
      readonly controller: string;
      readonly lease: string;
      readonly sinceMs: number | undefined;
      /** Of a plain Deployment it takes the measurements, no more. */
      readonly measuresOnly: boolean;
    }
  /** Nobody holds it: no replica could take or renew it. */
  | { readonly kind: 'nobody'; readonly lease: string }
  /** Its label gives it to another instance (`--instance-id`, INSTANCE_ID). */
  | { readonly kind: 'instance'; readonly wanted: string; readonly own: string };

export type SelectorMismatch =
  | { readonly kind: 'label'; readonly label: string; readonly wanted: string; readonly has: string | undefined }
  /** Pods are ready, and the Service leads to none of them. */
  | { readonly kind: 'noEndpoints'; readonly readyPods: number };

export type LastSample =
  | { readonly kind: 'value'; readonly atMs: number; readonly value: number }
  /** The provider was asked, and has none in the time looked at. */
  | { readonly kind: 'none'; readonly sinceMs: number }
  /** The provider was not asked, or did not answer. */
  | { readonly kind: 'unknown' };

/**
 * The list, causes before their symptoms; the first that is true is the answer.
 *
 * 1. Who acts: without a controller, nothing below is looked at by anybody.
 * 2. What the spec leads to. Two Rollouts on one Service turn its selector back and forth, a selector that fits nothing leaves a route
 *    without pods, and all three are told by the engine as InvalidSpec: so the cause comes first, InvalidSpec is what is left.
 * 3. A freeze goes before the pods: a namespace that is being deleted refuses them, and a pause from outside starts none. So does a
 *    tool that takes back where traffic goes.
 * 4. Pods: refused (quota), not startable (image), not ready (all else).
 * 5. Evidence: none, then a value and its limit. Both make a gate of their own (Inconclusive): so they go before it.
 * 6. A person, then the clock: nothing is wrong.
 */
export const causeOrder: readonly CauseKind[] = [
  'otherController',
  'sharedService',
  'selectorMismatch',
  'noRouteRule',
  'invalidSpec',
  'frozen',
  'putBack',
  'quota',
  'imageCannotBePulled',
  'podsNotReady',
  'noData',
  'analysisValue',
  'waitsForPerson',
  'timedUntil',
  'experiment',
  'webhook',
];
