import type { World } from '../world.ts';
import type { LastSample, Standing } from './cause.ts';

/** All that a diagnosis may look at: the world that decisions are made on, and what was asked for besides. */
export interface DiagnosisFacts {
  readonly world: World;
  readonly standing: Standing;
  /** Pods of the canary and the stable ReplicaSet; empty where they could not be read. */
  readonly pods: readonly PodView[];
  /** Other Rollouts of the namespace by the Services that they name. */
  readonly sharers: Readonly<Record<string, readonly string[]>>;
  /** All Rollouts of the namespace by name. */
  readonly neighbours: readonly string[];
  /** Ready endpoints by Service; a missing key was not read. */
  readonly readyEndpoints: Readonly<Record<string, number>>;
  /** Who wrote `spec.paused`, as managedFields say: a Slack user's id, `kubectl`, `argocd` …; undefined: Stepwise or nobody known. */
  readonly pausedBy: string | undefined;
  /** The provider's last sample by metric, where it was asked. */
  readonly lastSamples: Readonly<Record<string, LastSample>>;
}

/** One pod, projected to what tells why it is not ready. */
export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly podHash: string;
  readonly createdAtMs: number;
  readonly isReady: boolean;
  readonly isGoing: boolean;
  /** `PodScheduled` is False. */
  readonly unschedulable: string | undefined;
  readonly containers: readonly ContainerView[];
  /** Its newest warnings first, where they were read. */
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly isRunning: boolean;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** How it ended last, where it did. */
  readonly ended: { readonly reason: string; readonly exitCode: number; readonly message: string } | undefined;
}
