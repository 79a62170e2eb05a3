import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { channelOf, type FrontDesk, openFrontDesk } from '../support/front-desk.ts';
import {
  cardsOf,
  cardWords,
  failWithoutHistory,
  imageOf,
  leadVisitorsTo,
  openDeployments,
  openWritten,
  patchDeployment,
  type RollingShop,
  readDeployment,
  setDeploymentImage,
} from '../support/rolling-shops.ts';

const slowly = { minReadySeconds: 2 };
const shops: readonly RollingShop[] = [
  { name: 'good' },
  // Judged at once while its pods are moved one by one.
  { name: 'slow', analysis: 'strict', spec: slowly },
  // Judged when the last pod has come long ago.
  { name: 'later', analysis: 'late-slo', soak: '30s' },
  // Nobody judges it while we look.
  { name: 'again', analysis: 'tomorrow' },
  { name: 'nothing', analysis: 'tomorrow', soak: '1h', spec: { revisionHistoryLimit: 0 } },
  { name: 'never', analysis: 'none', spec: { progressDeadlineSeconds: 3 } },
];

const root = resolve(import.meta.dirname, '../..');
/** As they are shipped: the example, and the rolling Deployment of the seed documents. */
const written = {
  catalog: ['analysis', 'network', 'deployment'].map((file) => join(root, `manifests/examples/rolling/${file}.yaml`)),
  'modelcard-generator': [join(root, 'test/fixtures/seeds/completed/rolling-deployment.yaml')],
};

let desk: FrontDesk;
beforeAll(async () => {
  const names = [...shops.map(({ name }) => name), 'chat', ...Object.keys(written)];
  desk = await openFrontDesk({ ownChannels: names });
  await openDeployments(desk, [...shops, { name: 'chat' }], Object.keys(written));
  for (const files of Object.values(written)) await openWritten(desk, files);
  await leadVisitorsTo(desk, 'modelcard-generator');
  await Promise.all(names.map((name) => cardWords(desk, name, 1, /is live/)));
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

  // The verdict falls when Kubernetes has thrown away what it could go back to.
  await cardWords(desk, 'nothing', 2, /soaking/);
  await failWithoutHistory(desk, 'nothing');
  await cardWords(desk, 'nothing', 2, /bad and not undone.*revisionHistoryLimit: 0/s);
  expect(imageOf(await readDeployment(desk, 'nothing'))).toBe('shop:bad');
  // One card for each revision, and none for the undo of it.
  for (const name of ['slow', 'later', 'never'])
    expect([(await cardsOf(desk, name, 2)).length, (await cardsOf(desk, name, 3)).length], name).toEqual([1, 0]);
});

it('what is shipped as an example, and what the seed documents write, run as they stand', async () => {
  const release = async (catalog: string, modelcard: string) => {
    await setDeploymentImage(desk, 'catalog', `ghcr.io/acme/catalog:${catalog}`);
    await setDeploymentImage(desk, 'modelcard-generator', `modelcard-generator:${modelcard}`);
  };
  await release('2.0.0', '2');
  for (const name of Object.keys(written)) await cardWords(desk, name, 2, /is live.*6 new.*0 old/s);
  await release('3.0.0', 'bad');
  await cardWords(desk, 'catalog', 3, /rolled back.*success-rate.*failed/s);
  await cardWords(desk, 'modelcard-generator', 3, /rolled back.*error-rate.*failed/s);
  expect(imageOf(await readDeployment(desk, 'catalog'))).toBe('ghcr.io/acme/catalog:2.0.0');
  expect(imageOf(await readDeployment(desk, 'modelcard-generator'))).toBe('modelcard-generator:2');
});

it('people pause, resume and undo it in words, and hear what does not apply', async () => {
  const channel = channelOf('chat');
  const say = async (line: string, user = 'dana') => (await desk.type(user, `/rollout ${line}`, channel)).words;
  // So that it is on its way for as long as they talk.
  await patchDeployment(desk, 'chat', { spec: { minReadySeconds: 500 } });
  expect(await say('abort deploy/chat')).toContain('Nothing is under way there.');
  expect(await say('plan deploy/chat 2')).toMatch(/Kubernetes moves 3 pods · soak 1.*slo while its pods are moved/s);
  expect(await say('start deploy/chat 2', 'vera')).toMatch(/does not allow slack:U0VERA to `start` in shop/);
  expect(await say('start deploy/chat 2')).toContain('Asked: start shop/deploy/chat (2)');
  await cardWords(desk, 'chat', 2, /0 of 3 pods new/);
  expect(await say('pause deploy/chat')).toContain('Asked: pause shop/deploy/chat');
  await cardWords(desk, 'chat', 2, /paused on request/);
  expect((await readDeployment(desk, 'chat')).spec.paused).toBe(true);
  expect(await say('promote deploy/chat')).toContain('no gate waits for a promote');
  expect(await say('retry deploy/chat')).toContain('what was undone is started anew');
  expect(await say('restart deploy/chat')).toContain('It is paused already');
  expect(await say('resume deploy/chat')).toContain('Asked: resume shop/deploy/chat');
  expect(await say('undo deploy/chat')).toContain('Undo now asks Kubernetes for *1* (rev 1)');
  // Whoever may lower risk may do that anywhere.
  expect(await say('abort deploy/chat it smells', 'omar')).toContain('Asked: abort shop/deploy/chat (1, rev 1)');
  await cardWords(desk, 'chat', 2, /rolled back.*✓ no new pod serves.*it smells/s);
  const undone = await readDeployment(desk, 'chat');
  expect([imageOf(undone), undone.spec.paused ?? false]).toEqual(['shop:1', false]);
  expect(await say('start deploy/chat 1')).toContain('It already runs shop:1');
  // A record that cannot be read in time is said to be so: asked again.
  const hears = (line: string, words: RegExp) =>
    desk.sandbox.eventually(`${line} says ${words}`, async () => words.test(await say(line)) || undefined);
  await hears('history deploy/chat', /rev 2 \*2\* · 🔴 rolled back · by dana/);
  await hears('why deploy/chat', /Aborted by\* omar.*it smells/s);
});
