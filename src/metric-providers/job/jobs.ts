import type { JsonObject } from '../../lib/index.ts';

/** A Job as far as a measurement looks at it. */
export interface JobView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Pods that are ready: its images are there. */
  readonly readyPods: number;
  /** A container that fails is begun again in the same pod, and the pod goes when it has failed too often. */
  readonly restartsInPlace: boolean;
  /** When Kubernetes takes its pods, ready or not. */
  readonly deadlineMs: number | undefined;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

export interface JobPod {
  readonly name: string;
  readonly createdAtMs: number;
  readonly containers: readonly {
    readonly name: string;
    readonly waiting?: { readonly reason: string; readonly message: string } | undefined;
    /** How it ended last; another try may be at work by now. */
    readonly ended?: { readonly reason: string; readonly exitCode: number } | undefined;
    readonly restarts: number;
    readonly isRunning: boolean;
  }[];
}

interface JobName {
  readonly namespace: string;
  readonly name: string;
}

/** What the Job provider asks of a cluster; failures are the errors of lib. */
export interface JobTools {
  /** Throws AlreadyExistsError where the name is taken. */
  create(manifest: JsonObject, signal: AbortSignal): Promise<JobView>;
  /** Live; undefined when it is gone. */
  read(name: JobName, signal: AbortSignal): Promise<JobView | undefined>;
  /** With its pods. Precondition: uid; gone already is success. */
  remove(job: JobName & { readonly uid: string }, signal: AbortSignal): Promise<void>;
  /** Pods of this very Job. */
  pods(job: JobView, signal: AbortSignal): Promise<readonly JobPod[]>;
  /** The last lines that a container wrote, at most `lines`; `ofPrevious`: before it was begun again. */
  lastLines(
    of: {
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
      readonly lines: number;
      readonly ofPrevious: boolean;
    },
    signal: AbortSignal,
  ): Promise<string>;
}
