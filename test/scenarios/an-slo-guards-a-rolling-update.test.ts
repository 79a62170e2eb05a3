import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FrontDesk, openFrontDesk } from '../support/front-desk.ts';
import {
  cardsOf,
  cardWords,
  imageOf,
  openDeployments,
  type RollingShop,
  readDeployment,
  setDeploymentImage,
} from '../support/rolling-shops.ts';

const slowly = { minReadySeconds: 2 };
const shops: readonly RollingShop[] = [
  { name: 'good' },
  // Judged at once while its pods are moved one by one.
  { name: 'slow', spec: slowly },
  // Judged when the last pod has come long ago.
  { name: 'later', analysis: 'late-slo', soak: '30s' },
  // Nobody judges it while we look.
  { name: 'again', analysis: 'tomorrow' },
  { name: 'nothing', analysis: 'late-slo', soak: '30s', spec: { revisionHistoryLimit: 0 } },
  { name: 'never', analysis: 'none', spec: { progressDeadlineSeconds: 3 } },
];

let desk: FrontDesk;
beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: shops.map(({ name }) => name) });
  await openDeployments(desk, shops);
  await Promise.all(shops.map(({ name }) => cardWords(desk, name, 1, /is live/)));
});
afterAll(async () => {
  await desk?.stop();
});

it('what keeps its promise goes live, what breaks it goes back, and what nobody judged is left alone', async () => {
  await setDeploymentImage(desk, 'good', 'shop:2');
  for (const name of ['slow', 'later', 'again', 'nothing']) await setDeploymentImage(desk, name, 'shop:bad');
  await setDeploymentImage(desk, 'never', 'shop:unpullable');
  await cardWords(desk, 'again', 2, /pods new|soaking|no data/);
  await setDeploymentImage(desk, 'again', 'shop:3');

  await cardWords(desk, 'good', 2, /is live/);
  for (const name of ['slow', 'later', 'never']) {
    await cardWords(desk, name, 2, /rolled back/);
    const undone = await readDeployment(desk, name);
    expect(imageOf(undone), name).toBe('shop:1');
  }
  expect(await cardWords(desk, 'slow', 2, /rolled back/)).toMatch(
    /success-rate.*✓ no new pod serves.*✓ new pods going/s,
  );
  expect(await cardWords(desk, 'never', 2, /rolled back/)).toMatch(/ProgressDeadlineExceeded/);

  await cardWords(desk, 'again', 3, /3 new.*0 old/s);
  await cardWords(desk, 'again', 2, /superseded/);
  expect(imageOf(await readDeployment(desk, 'again'))).toBe('shop:3');

  await cardWords(desk, 'nothing', 2, /bad and not undone.*revisionHistoryLimit: 0/s);
  expect(imageOf(await readDeployment(desk, 'nothing'))).toBe('shop:bad');
  // One card for each revision, and none for the undo of it.
  for (const name of ['slow', 'later', 'never'])
    expect([(await cardsOf(desk, name, 2)).length, (await cardsOf(desk, name, 3)).length], name).toEqual([1, 0]);
});
