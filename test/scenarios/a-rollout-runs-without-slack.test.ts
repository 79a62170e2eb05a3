import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { buildStreet } from '../support/shops.ts';

const shops = ['calm', 'sour'];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const Records = z.object({
  items: z.array(
    z.object({
      spec: z.object({ rollout: z.object({ name: z.string(), revision: z.number() }) }),
      entries: z.array(z.object({ event: z.string() })).default([]),
    }),
  ),
});

it('applied by kubectl, with no Slack token at all: it goes its way, and the record tells', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  street.sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
  await street.untilOpen();
  await street.release('calm', 'shop:2');
  await street.release('sour', 'shop:bad');
  const { sandbox, watcher } = street;
  const endOf = async (shop: string) => {
    const records = await sandbox.get(Records, '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords');
    const ofShop = records.items.filter(({ spec }) => spec.rollout.name === shop && spec.rollout.revision === 2);
    const events = ofShop.flatMap(({ entries }) => entries.map(({ event }) => event));
    return events.filter((event) => ['live', 'rolledBack', 'notVerified'].includes(event));
  };
  const ends = (shop: string) =>
    sandbox.eventually(
      `${shop} ends`,
      async () => {
        const found = await endOf(shop);
        return found.length > 0 ? found : undefined;
      },
      90_000,
    );
  expect(await ends('sour')).toEqual(['rolledBack']);
  expect(await ends('calm')).toEqual(['live']);
  expect(watcher.weightsOf('sour')).toEqual([10, 0]);
  expect(watcher.weightsOf('calm').slice(0, 5)).toEqual([10, 25, 50, 75, 100]);
  expect(street.slack.transcript().calls).toEqual([]);
});
