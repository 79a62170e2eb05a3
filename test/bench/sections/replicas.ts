import { openArena, progress } from '../arena.ts';
import { watchContention } from '../contention.ts';
import { limitCores } from '../cpu-quota.ts';
import { setImage } from '../fleet.ts';
import { differenceOf } from '../service-metrics.ts';
import { round } from '../statistics.ts';

const weights = 10;

export interface ReplicasOptions {
  readonly rollouts: number;
  /** Of each replica: so little that the world around them, on the same machine, is never what they wait for. */
  readonly coresEach: number;
}

/**
 * How much more two replicas do than one, in the same time: updates without pauses, as many at once as there are, so that nothing but
 * the replicas' own work takes time.
 */
export async function measureReplicas(options: ReplicasOptions) {
  const one = await updatesPerSecond(1, options);
  const two = await updatesPerSecond(2, options);
  const ratio = two.updatesPerSecond / one.updatesPerSecond;
  return {
    measured: Math.round(ratio * 100) / 100,
    targetAtLeast: 1.7,
    isMet: ratio >= 1.7,
    arrival: `${options.rollouts} rollouts of 2 replicas, all started at once; each ${weights} × setWeight without pauses behind nginx; no Slack; each replica is held to ${options.coresEach} of a core`,
    one,
    two,
  };
}

async function updatesPerSecond(replicas: number, { rollouts, coresEach }: ReplicasOptions) {
  const steps = Array.from({ length: weights }, (_, index) => ({ setWeight: (index + 1) * (100 / weights) }));
  const arena = await openArena({ store: 'redis', replicas, rollouts, steps, hasSlack: false });
  const { fleet, ledger } = arena;
  try {
    const first = new Map(fleet.names.map((name) => [name, ledger.standings.get(name)?.stableHash]));
    const pids = arena.replicas.map((replica) => replica.pid()).filter((pid) => pid !== undefined);
    const before = await arena.readMetrics();
    const limit = await limitCores(pids, coresEach);
    try {
      const contention = watchContention(arena.replicas);
      progress(`${rollouts} rollouts start at once, ${replicas} replica(s)`);
      const startedAtMs = performance.now();
      await Promise.all(fleet.names.map((name) => setImage(arena.sandbox, name, '2.0.0')));
      const isDone = (name: string) => {
        const now = ledger.standings.get(name);
        return now?.phase === 'Healthy' && now.stableHash !== first.get(name);
      };
      await arena.settled('the update', fleet.names, isDone, 600_000);
      const tookSeconds = (performance.now() - startedAtMs) / 1000;
      const spent = differenceOf(before, await arena.readMetrics());
      return {
        updatesPerSecond: round(rollouts / tookSeconds),
        tookSeconds: round(tookSeconds),
        cpuMsPerUpdate: round((spent.cpuSeconds * 1000) / rollouts),
        turnsPerUpdate: round(spent.turns / rollouts),
        contention: contention.stop(),
      };
    } finally {
      await limit.lift();
    }
  } finally {
    await arena.stop();
  }
}
