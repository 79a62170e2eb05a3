import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { asTold, buildStreet, endsOf, seenOf } from '../support/shops.ts';

const shops = ['calm', 'sour'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('a bad release goes back and a good one goes on while Slack is down, and each is told once when it is back', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  street.sandbox.startService(street.settings);
  await street.untilOpen();
  await street.release('calm', 'shop:2');
  await street.release('sour', 'shop:bad');
  await street.untilWeight('sour', 10);
  street.slack.setFault('down');
  await street.untilWeight('sour', 0);
  await street.untilWeight('calm', 100);
  await sleep(5000);
  expect(shops.flatMap((shop) => endsOf(street.slack, shop, 2))).toEqual([]);
  street.slack.setFault('none');
  await street.untilBack('sour');
  await street.untilLive('calm');
  expect(shops.map((shop) => seenOf(street, shop))).toEqual([asTold('calm', 'live'), asTold('sour', 'back')]);
});
