import { z } from 'zod';
import { JsonText } from '../rollout/index.ts';
import type { Deployment } from './deployment.ts';

/** Ours, on the Deployment, whose status belongs to Kubernetes: the state machine (`Memory` as JSON). */
export const memoryAnnotation = 'stepwise.dev/guarded';

/** What is remembered of a guarded Deployment. Pod hashes are those of its ReplicaSets; times RFC 3339. */
export const Memory = z.object({
  /** The revision that is watched, or was last: `deployment.kubernetes.io/revision` of its ReplicaSet. */
  revision: z.number(),
  canary: z.string(),
  /** Hashes that were found good, the newest first. Begins with `canary` when its watch is over. */
  good: z.array(z.string()),
  startedAt: z.string(),
  /** Its last pod has come: the soak began. */
  rolledOutAt: z.string().optional(),
  /** The analysis that judges it, named before it is created: after a crash nobody has to guess. */
  run: z.string().optional(),
  /** It went back to another template, written together with that template. */
  undone: z.object({ at: z.string(), to: z.string(), message: z.string() }).optional(),
  /** Its run was inconclusive: Kubernetes was asked to move no more pods, or there were none left to move. */
  heldAt: z.string().optional(),
  /** Why no run can be made of what the annotations name. */
  problem: z.string().optional(),
  /** It should go back and cannot. */
  stuck: z.object({ at: z.string(), message: z.string() }).optional(),
  /** The Git tool that brought the undone template back. */
  putBackBy: z.string().optional(),
});
export type Memory = z.infer<typeof Memory>;

/** Undefined: nothing is remembered yet, or nothing that can be read. */
export function readMemory({ metadata }: Pick<Deployment, 'metadata'>): Memory | undefined {
  return JsonText.pipe(Memory).safeParse(metadata.annotations[memoryAnnotation]).data;
}

/** Its watch is over, and it was found good. */
export function isGood({ canary, good, undone }: Memory): boolean {
  return undone === undefined && good[0] === canary;
}
