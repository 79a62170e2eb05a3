import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { startFleet } from '../support/argo-fleet.ts';
import { argo } from '../support/argo-line.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { buildStreet, paths, type Street } from '../support/shops.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const gates = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }, { setWeight: 75 }];

it.skipIf(!hasRedisServer())(
  'is taken over from an Argo controller at 25 %, and handed back at 50 %, and no pod notices',
  async () => {
    const street = await buildStreet(['moved'], gates);
    stops.push(() => street.stop());
    const actors = noteActors(street);
    const redis = await startRedisServer('port');
    stops.push(() => redis.stop());
    const fleet = await startFleet(street.sandbox, { REDIS_URL: redis.url, SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
    stops.push(() => fleet.stop());
    await street.untilOpen();
    await street.release('moved', 'shop:2');
    await untilGate(street, 1);
    const atFirst = await readPods(street);

    const taken = await fleet.cli('take-over', '--yes');
    expect(taken, taken.words).toMatchObject({ code: 0 });
    expect(taken.words).toMatch(
      /^Take-over: argo-rollouts v1\.8\.3 → Stepwise\nNow argo-rollouts v1\.8\.3 runs the Rollouts\.$/m,
    );
    expect(taken.words).toMatch(/^ {2}shop\/moved +adopted by hash, rev 2, at 25 %, step 2 of 5, gate$/m);
    expect(taken.words).toMatch(/^✓ stepwise_.* runs the Rollouts$/m);
    expect(await readPods(street)).toEqual(atFirst);

    await promote(street);
    await untilGate(street, 3);
    expect(street.watcher.weightsOf('moved')).toEqual([25, 50]);
    const inBetween = await readPods(street);
    expect(atFirst.filter((pod) => !inBetween.includes(pod))).toEqual([]);

    const given = await fleet.cli('hand-back', '--yes');
    expect(given, given.words).toMatchObject({ code: 0 });
    expect(given.words).toMatch(/^✓ argo-rollouts-.* runs the Rollouts$/m);
    expect(await readPods(street)).toEqual(inBetween);
    await promote(street);
    await street.sandbox.eventually('it is live', () => {
      const { phase, stableRS, currentPodHash } = street.watcher.rolloutOf('moved')?.status ?? {};
      return (phase === 'Healthy' && stableRS === currentPodHash) || undefined;
    });
    await street.untilWeight('moved', 0);

    expect(street.watcher.weightsOf('moved')).toEqual([25, 50, 75, 100, 0]);
    expect(street.watcher.replicaSetsOf('moved')).toHaveLength(2);
    // Whoever acted: one, then the other, then the first again; never the two among each other.
    expect(actors.filter((actor, index) => actor !== actors[index - 1])).toEqual([
      argo.manager,
      'stepwise',
      argo.manager,
    ]);
  },
);

/** Who wrote what only the controller writes, in order. */
function noteActors({ sandbox }: Street): readonly string[] {
  const actors: string[] = [];
  const acted = new Set(['replicasets', 'services', 'ingresses', 'rollouts']);
  sandbox.standIns.kubernetes?.onWrite(({ resource, namespace, fieldManager, object, status }) => {
    const isEngine = fieldManager === argo.manager || fieldManager === 'stepwise';
    if (namespace === 'shop' && status < 400 && object !== undefined && isEngine && acted.has(resource))
      actors.push(fieldManager);
  });
  return actors;
}

const Pods = z.object({
  items: z.array(z.looseObject({ metadata: z.looseObject({ uid: z.string() }) })),
});

async function readPods({ sandbox }: Street): Promise<readonly string[]> {
  const { items } = await sandbox.get(Pods, '/api/v1/namespaces/shop/pods?labelSelector=app%3Dmoved');
  return items.map(({ metadata }) => metadata.uid).sort();
}

/** As kubectl's plugin does it. */
async function promote({ sandbox }: Street): Promise<void> {
  const change = { status: { pauseConditions: null } };
  await sandbox.request('PATCH', `${paths.argo}/rollouts/moved/status`, change, 'application/merge-patch+json');
}

const Paused = z.looseObject({
  status: z.looseObject({
    currentStepIndex: z.number(),
    pauseConditions: z.array(z.unknown()).min(1),
    controllerPause: z.literal(true),
  }),
});

async function untilGate({ sandbox }: Street, step: number): Promise<void> {
  await sandbox.eventually(`a gate at step ${step}`, async () => {
    const seen = Paused.safeParse(await sandbox.request('GET', `${paths.argo}/rollouts/moved`));
    return seen.success && seen.data.status.currentStepIndex === step ? true : undefined;
  });
}
