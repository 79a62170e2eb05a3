import { afterAll, beforeAll, it } from 'vitest';
import { type FrontDesk, openFrontDesk } from '../support/front-desk.ts';
import { cardWords, openDeployments, setDeploymentImage } from '../support/rolling-shops.ts';

let desk: FrontDesk;
beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: ['good'] });
});
afterAll(async () => {
  await desk?.stop();
});

it('a Deployment has its card while it rolls, and is live when its soak is over', async () => {
  await openDeployments(desk, [{ name: 'good', soak: '1s', analysis: 'none' }]);
  await cardWords(desk, 'good', 1, /is live/);
  await setDeploymentImage(desk, 'good', 'shop:2');
  await cardWords(desk, 'good', 2, /is live.*3 new.*0 old/s);
});
