import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { asTold, buildStreet, type Street, seenOf, toldOf } from '../support/shops.ts';

const shops = ['calm', 'sour'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('holds at its weight while Prometheus is down, slow, talks nonsense or has no data, and goes on when it is back', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  street.sandbox.startService(street.settings);
  await street.untilOpen();
  const { prometheus } = street.sandbox.standIns;
  prometheus?.setFault('down');
  await street.release('calm', 'shop:2');
  await street.release('sour', 'shop:bad');
  for (const shop of shops) await street.untilWeight(shop, 10);
  for (const fault of ['down', 'garbage', 'empty', 'slow'] as const) {
    prometheus?.setFault(fault);
    // Longer than a whole analysis takes when there is evidence.
    await sleep(4000);
    expect(
      shops.map((shop) => street.watcher.weightsOf(shop)),
      fault,
    ).toEqual([[10], [10]]);
    await street.sandbox.eventually('the card says so', () => isHeld(street, 'calm') || undefined);
  }
  prometheus?.setFault('none');
  await street.untilBack('sour');
  await street.untilLive('calm');
  expect(shops.map((shop) => seenOf(street, shop))).toEqual([asTold('calm', 'live'), asTold('sour', 'back')]);
});

function isHeld({ slack }: Street, shop: string): boolean {
  return toldOf(slack, shop, 2).cards.some(({ text }) => /at 10 %, no data/.test(text));
}
