import type { ArgoController, Installation } from '../../kubernetes/index.ts';
import type { Adoption, Delivery } from '../../rollout/index.ts';

// A take-over gives the Rollouts from an Argo controller to Stepwise, a hand-back the other way. Nothing is converted: the state is in the
// Rollouts' status, which both read. What changes is who holds Argo's Lease.
//
// Never two act at once: Stepwise acts only while it holds the Lease, and whoever honours the Lease waits. So the successor is started
// first and waits; then the predecessor stops, and the Lease passes by itself. Broken off between any two steps, one of the two holds the
// Lease and goes on; the same command, or the opposite one, goes on from there. An Argo controller that does not honour this Lease (no
// leader election; older than 1.10 with an instance id) must never run beside us: there the predecessor is stopped first, and for the
// time in between nobody moves anything, which the plan says.
//
// Why this command scales Argo's Deployment, and not the person: between two commands typed by hand lies the state that must not be (both
// run, or nobody does, unseen). It is done with the rights of whoever types it: the service itself has none over that Deployment.

export type Direction = 'takeOver' | 'handBack';

/** One Rollout in the plan. */
export interface HandOverRow {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly state: Delivery['state'];
  readonly weightPercent: number;
  readonly step: Delivery['step'];
  /** Of a take-over. */
  readonly adoption?: Adoption;
  /** Of a hand-back: what the other side does not know; empty: it goes on from the same step and weight. */
  readonly unknown?: readonly string[];
}

export interface HandOverPlan {
  readonly direction: Direction;
  /** `argo-rollouts v1.8.3`; undefined: none is installed. */
  readonly argoName: string | undefined;
  readonly rows: readonly HandOverRow[];
  /** Why it cannot be done at all, and what would help. */
  readonly obstacles: readonly string[];
  /** What will be done, in order. */
  readonly steps: readonly string[];
  /** Who runs them now. */
  readonly runner: 'argo' | 'stepwise' | 'nobody';
  /** It has been done already. */
  readonly isDone: boolean;
}

/** What both sides are, read live. */
export interface Sides {
  readonly installation: Installation | undefined;
  /** Controllers of this instance. */
  readonly argo: readonly ArgoController[];
  /** Argo's Lease: its holder, fresh. */
  readonly holder: string | undefined;
  /** `argo-rollouts/argo-rollouts-controller-lock` */
  readonly lease: string;
  /** Rights that the service account lacks to run Rollouts, in words. */
  readonly missingRights: readonly string[];
}

export function isOurs(holder: string | undefined): boolean {
  return holder?.startsWith('stepwise_') === true;
}

/** Whether it waits while Stepwise holds the Lease of this instance. */
export function honoursLease({ ignoresLease, instanceId, version }: ArgoController): boolean {
  if (ignoresLease) return false;
  if (instanceId === '') return true;
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 10);
}

export function isRunning({ wantedReplicas, replicas }: ArgoController): boolean {
  return wantedReplicas > 0 || replicas > 0;
}

export function nameOf({ name, version }: ArgoController): string {
  return version === undefined ? name : `${name} ${version}`;
}

export function runnerOf({ holder }: Sides): HandOverPlan['runner'] {
  if (holder === undefined) return 'nobody';
  return isOurs(holder) ? 'stepwise' : 'argo';
}
