import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, it } from 'vitest';
import { createKubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import { asTold, buildStreet, type Street, seenOf } from '../support/shops.ts';

const shops = ['calm', 'busy'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('in the middle of a release, at every weight: no second ReplicaSet, no step back', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  street.sandbox.startService(street.settings);
  await street.untilOpen();
  const restart = restarter(street);
  for (const shop of shops) await street.release(shop, 'shop:2');
  await restart();
  for (const weight of [10, 25, 75]) {
    await street.untilWeight('calm', weight);
    await restart();
  }
  for (const shop of shops) await street.untilLive(shop);
  expect(shops.map((shop) => seenOf(street, shop))).toEqual(shops.map((shop) => asTold(shop, 'live')));
});

/** Stops the API server, leaves everybody alone for a second, and starts it again on its data and its port. */
function restarter({ sandbox }: Street): () => Promise<void> {
  const { kubernetes, kubeconfigPath, environment } = sandbox.standIns;
  const config = new KubeConfig();
  config.loadFromFile(environment.KUBECONFIG ?? '');
  const options = {
    port: kubernetes?.port ?? 0,
    dataFolder: join(dirname(kubeconfigPath), 'kubernetes'),
    tokens: {
      [config.getCurrentUser()?.token ?? '']: {
        user: 'system:serviceaccount:stepwise:stepwise',
        groups: ['system:serviceaccounts', 'system:authenticated'],
      },
    },
  };
  let stop = () => kubernetes?.stop() ?? Promise.resolve();
  return async () => {
    await stop();
    await sleep(1000);
    const started = await createKubernetesApi(options);
    stop = () => started.stop();
    // The last of all to go: what still runs would wait for it.
    stops.unshift(stop);
  };
}
