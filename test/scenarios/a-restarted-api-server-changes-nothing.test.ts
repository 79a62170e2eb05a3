import { afterEach, expect, it } from 'vitest';
import { restartableApi } from '../support/restart-api.ts';
import { asTold, buildStreet, seenOf } from '../support/shops.ts';

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
  const { restart, stop } = restartableApi(street.sandbox);
  // The last of all to go.
  stops.unshift(stop);
  for (const shop of shops) await street.release(shop, 'shop:2');
  await restart();
  for (const weight of [10, 25, 75]) {
    await street.untilWeight('calm', weight);
    await restart();
  }
  for (const shop of shops) await street.untilLive(shop);
  expect(shops.map((shop) => seenOf(street, shop))).toEqual(shops.map((shop) => asTold(shop, 'live')));
});
