import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { kubeconfigThrough, type LineHooks, startBreakableLine } from '../support/breakable-line.ts';
import { asTold, buildStreet, paths, type Street, seenOf } from '../support/shops.ts';

const shops = ['calm', 'sour'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('completes a good release and takes a bad one back when each first try of a write is answered 409', async () => {
  const refused = new Map<string, number>();
  let count = 0;
  const street = await startBehind({
    onRequest({ method, path }) {
      if (method !== 'PATCH' || path.includes('/leases/')) return 'pass';
      const tries = (refused.get(path) ?? 0) + 1;
      refused.set(path, tries);
      if (tries % 2 === 0) return 'pass';
      count += 1;
      return 'conflict';
    },
  });
  await ship(street);
  expect(count).toBeGreaterThan(50);
});

it('completes them when somebody else writes to every object all the time', async () => {
  const street = await startBehind({});
  const meddling = meddle(street);
  await ship(street);
  expect(await meddling.stop()).toBeGreaterThan(50);
});

async function startBehind(hooks: LineHooks): Promise<Street> {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  const { kubernetes, environment } = street.sandbox.standIns;
  const line = await startBreakableLine(kubernetes?.url ?? '', hooks);
  stops.push(() => line.stop());
  const KUBECONFIG = kubeconfigThrough(line, environment.KUBECONFIG ?? '');
  street.sandbox.startService({ ...street.settings, KUBECONFIG });
  await street.untilOpen();
  await street.untilOpen();
  return street;
}

async function ship(street: Street): Promise<void> {
  await street.release('calm', 'shop:2');
  await street.release('sour', 'shop:bad');
  await street.untilBack('sour');
  await street.untilLive('calm');
  expect(shops.map((shop) => seenOf(street, shop))).toEqual([asTold('calm', 'live'), asTold('sour', 'back')]);
}

const Names = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** Annotates all that we write to, round after round, as a careless controller would. Returns the number of its writes. */
function meddle({ sandbox }: Street): { stop(): Promise<number> } {
  const ending = new AbortController();
  const collections = [
    `${paths.argo}/rollouts`,
    `${paths.argo}/analysisruns`,
    paths.ingresses,
    paths.replicaSets,
    paths.services,
    '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords',
  ];
  async function run(): Promise<number> {
    let count = 0;
    while (!ending.signal.aborted) {
      for (const path of collections) {
        for (const { metadata } of (await sandbox.get(Names, path)).items) {
          const change = { metadata: { annotations: { meddled: `${count}` } } };
          await sandbox.request('PATCH', `${path}/${metadata.name}`, change, 'application/merge-patch+json');
          count += 1;
        }
      }
      await sleep(20);
    }
    return count;
  }
  const running = run();
  stops.push(async () => {
    ending.abort();
    await running.catch(() => undefined);
  });
  return {
    stop() {
      ending.abort();
      return running;
    },
  };
}
