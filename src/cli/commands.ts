import type {
  CheckAnswer,
  CheckupLine,
  Direction,
  HandOverEnd,
  HandOverPlan,
  ImageChange,
  PlanAnswer,
  Refusal,
  Target,
} from '../operations/index.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { handBackCommand, takeOverCommand } from './hand-over.ts';
import { lintCommand } from './lint.ts';
import { planCommand } from './plan.ts';
import type { ClusterFlags } from './read-arguments.ts';

/** What a command came to, for scripts. */
export const ExitCode = {
  /** Done, and all is well. */
  well: 0,
  /** Done, and something is to be mended: a metric fails or has no data, a spec is invalid. */
  mend: 1,
  /** Not done: what was typed, a cluster that does not answer, a name that is not there. */
  notDone: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What can be asked of a cluster, as the person of the kubeconfig. */
export interface ClusterQuestions {
  readonly namespace: string;
  check(target: Target): Promise<Refusal | CheckAnswer>;
  plan(target: Target, images: readonly ImageChange[]): Promise<Refusal | PlanAnswer>;
  /** What of the installation can be seen from here. */
  doctor(): Promise<readonly CheckupLine[]>;
  /** What giving the Rollouts to Stepwise, or back to Argo, would mean. */
  planHandOver(direction: Direction): Promise<HandOverPlan>;
  /** Does it; `tell` hears each step that is done. */
  handOver(direction: Direction, tell: (line: string) => void): Promise<HandOverEnd>;
}

export interface CliTools {
  /** Runs `ask` with a connection, and closes it. */
  withCluster<T>(flags: ClusterFlags, ask: (cluster: ClusterQuestions) => Promise<T>): Promise<T>;
  /** One line on standard output. */
  print(line: string): void;
  /** One line on standard error. */
  complain(line: string): void;
  /** A question whose answer is yes or no; undefined: nobody is there to answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

export interface CliCommand {
  readonly usage: string;
  readonly about: string;
  /** Flags beside those that every command takes: `--fix`. */
  readonly flags?: readonly string[];
  run(
    asked: {
      readonly words: readonly string[];
      readonly flags: ClusterFlags;
      readonly isJson: boolean;
      readonly isFix: boolean;
      /** `--dry-run`, `--yes`, `--anyway`: those that were typed. */
      readonly switches: ReadonlySet<string>;
    },
    tools: CliTools,
  ): Promise<ExitCode>;
}

/** Every command, by its word. Help is made from this table. */
export const commands: Readonly<Record<string, CliCommand>> = {
  check: checkCommand,
  plan: planCommand,
  doctor: doctorCommand,
  lint: lintCommand,
  'take-over': takeOverCommand,
  'hand-back': handBackCommand,
};
