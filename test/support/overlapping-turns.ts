import fc from 'fast-check';
import type { Verb, World } from '../../src/rollout/index.ts';
import { judgeOpen } from './cluster-acts.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

type Cached = Pick<World, 'replicaSets' | 'services'>;

/** The one true cluster, with a past that caches may still show. */
export class RememberedCluster extends SimulatedCluster {
  readonly #past: Cached[] = [];

  remember(): void {
    const { replicaSets, services } = structuredClone({ replicaSets: this.replicaSets, services: this.services });
    this.#past.push({ replicaSets: replicaSets.map(({ template: _template, ...view }) => view), services });
  }

  /** As a cache shows it that is `lag` moments late. */
  cached(lag: number): Cached | undefined {
    return structuredClone(this.#past.at(-1 - lag) ?? this.#past[0]);
  }
}

/** One replica in the middle of a turn. */
interface TurnTaker {
  readonly isIdle: boolean;
  /** The next call of the turn. */
  next(): void;
}

/** What may come between two calls of a replica's turn. */
export type Move =
  | { readonly move: 'replica'; readonly which: 0 | 1 }
  | { readonly move: 'verb'; readonly verb: Verb }
  | { readonly move: 'release'; readonly image: string }
  | { readonly move: 'judge'; readonly phase: 'Successful' | 'Failed' }
  | { readonly move: 'wait' };

const verbs: readonly Verb[] = ['abort', 'retry', 'promote', 'promote', 'promoteFull'];

export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ move: fc.constant('replica' as const), which: fc.constantFrom(0, 1) }) },
  { weight: 3, arbitrary: fc.record({ move: fc.constant('verb' as const), verb: fc.constantFrom(...verbs) }) },
  {
    weight: 1,
    arbitrary: fc.record({ move: fc.constant('release' as const), image: fc.constantFrom('app:1', 'app:2', 'app:3') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      move: fc.constant('judge' as const),
      phase: fc.constantFrom('Successful', 'Successful', 'Failed'),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Move>({ move: 'wait' }) },
);
/** Moves of nobody who asks for anything. */
export const quietMove = move.filter(({ move: kind }) => kind !== 'verb' && kind !== 'release');
export const lag = fc.constantFrom(0, 5, 20, 60);

export function play(cluster: RememberedCluster, replicas: readonly TurnTaker[], one: Move): void {
  switch (one.move) {
    case 'replica':
      replicas[one.which]?.next();
      break;
    case 'verb':
      cluster.ask(one.verb);
      break;
    case 'release':
      cluster.release(one.image);
      break;
    case 'judge':
      judgeOpen(cluster, () => one.phase);
      break;
    case 'wait':
      cluster.wait(15);
      break;
  }
  cluster.readyAll();
  cluster.remember();
}

/** Calls of the replicas, one of each in turn. */
export function takeTurns(cluster: RememberedCluster, replicas: readonly TurnTaker[], calls: number): void {
  for (let call = 0; call < calls; call++) play(cluster, replicas, { move: 'replica', which: call % 2 === 0 ? 0 : 1 });
}

/**
 * Stores an abort in the middle of what the replicas do; what was on the wire already may still arrive. False: there was nothing to
 * abort.
 */
export function abortBetweenTurns(cluster: RememberedCluster, replicas: readonly TurnTaker[]): boolean {
  cluster.patch({ status: { abort: true } });
  const { status } = cluster.rollout;
  if (status.stableRS === status.currentPodHash || status.currentPodHash !== cluster.replicaSets[1]?.podHash)
    return false;
  for (const replica of replicas) while (!replica.isIdle) replica.next();
  return true;
}
