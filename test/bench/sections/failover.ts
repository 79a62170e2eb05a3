import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Arena, openArena, progress } from '../arena.ts';
import { watchContention } from '../contention.ts';
import { setImage } from '../fleet.ts';
import { against, spreadOf } from '../statistics.ts';

const everyMs = 150;
const killAfterMs = 4000;
const Lease = z.looseObject({ spec: z.looseObject({ holderIdentity: z.string() }) });

/** While rollouts move, the replica that is the keeper is killed and stays dead: how long does any of them stand still? */
export async function measureFailover(rollouts: number) {
  const arena = await openArena({ store: 'redis', replicas: 2, rollouts });
  try {
    return await killKeeper(arena);
  } finally {
    await arena.stop();
  }
}

async function killKeeper(arena: Arena) {
  const { fleet, ledger, sandbox } = arena;
  const first = new Map(fleet.names.map((name) => [name, ledger.standings.get(name)?.stableHash]));
  const lagsBefore = ledger.lags.length;
  const contention = watchContention(arena.replicas);
  let killedAtMs = 0;
  const killed = sleep(killAfterMs).then(async () => {
    const keeper = arena.replicas[await keeperIndex(arena)];
    keeper?.kill(3_600_000);
    killedAtMs = Date.now();
    progress('the keeper was killed');
  });
  for (const name of fleet.names) {
    await setImage(sandbox, name, '2.0.0');
    await sleep(everyMs);
  }
  await killed;
  await arena.settled('the update', fleet.names, (name) => {
    const now = ledger.standings.get(name);
    return now?.phase === 'Healthy' && now.stableHash !== first.get(name);
  });
  const after = ledger.lags.slice(lagsBefore).filter(({ trueAtMs, lagMs }) => trueAtMs + lagMs >= killedAtMs);
  // Those whose condition fell into the gap; what came true long after the kill is ordinary.
  const hit = after.filter(({ trueAtMs }) => trueAtMs <= killedAtMs + 15_000);
  const ms = spreadOf(hit.map(({ lagMs }) => lagMs));
  return {
    ...against(ms.max, 10_000),
    arrival: `one of ${fleet.names.length} rollouts every ${everyMs} ms; after ${killAfterMs} ms the keeper, one of 2 replicas, gets SIGKILL and stays dead; LEASE_SECONDS=4`,
    how: 'every step whose condition was true before the kill and not yet written, or came true within 15 s after it: condition true → status write by the one that is left',
    ms,
    contention: contention.stop(),
  };

  async function keeperIndex({ sandbox: { get } }: Arena): Promise<number> {
    const lease = await get(
      Lease,
      '/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases/argo-rollouts-controller-lock',
    );
    const number = /replica-(\d+)/.exec(lease.spec.holderIdentity)?.[1];
    if (number === undefined) throw new Error(`nobody of ours is the keeper: ${lease.spec.holderIdentity}`);
    return Number(number) - 1;
  }
}
