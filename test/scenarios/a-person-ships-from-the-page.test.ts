import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../src/sandbox/options.ts';
import { openPage } from '../../src/sandbox/sandbox-page.ts';
import { type Browser, hasChromium, startBrowser } from '../integration/sandbox/browser.ts';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

/** README's pictures are made here: `STEPWISE_PICTURES=test/pictures npx vitest run test/scenarios/a-person-ships-from-the-page.test.ts`. */
const pictures = process.env.STEPWISE_PICTURES ?? 'test-results';

describe.skipIf(!hasChromium())('a person ships from the page', () => {
  let sandbox: TestSandbox;
  let browser: Browser;
  let tab: Tab;
  let stopPage: () => Promise<void>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    sandbox = await startSandbox();
    const service = sandbox.startService();
    const page = await openPage({
      options: { ...parseOptions([]), port: 0 },
      standIns: sandbox.standIns,
      service: () => service,
      onStatus: () => () => undefined,
      emptyQueue: async () => '',
    });
    stopPage = () => page.stop();
    browser = await startBrowser();
    ({ tab } = await browser.open(page.url));
    await newest('checkout 1.4.2 is live').waitFor({ timeout: 60_000 });
  });

  afterAll(async () => {
    await browser?.stop();
    await stopPage?.();
    await sandbox?.stop();
  });

  /** The newest message in the channel that says this. */
  function newest(words: string | RegExp): Locator {
    return tab.locator('article', { hasText: words }).last();
  }

  /** The card itself: the message with a header block, not a notice about it. */
  async function cardOf(name: string): Promise<Locator> {
    const card = tab.locator('article', { has: tab.locator('[data-block-type=header]', { hasText: name }) }).last();
    await card.waitFor();
    await card.scrollIntoViewIfNeeded();
    return card;
  }

  /** Percent of the last second's requests that this version answered, as the page says it. */
  async function splitOf(version: string): Promise<number> {
    const words = await tab.locator('body').innerText();
    return Number(new RegExp(`${version.replaceAll('.', '\\.')}\\s+(\\d+) %`).exec(words)?.[1] ?? 0);
  }

  function picture(card: Locator, name: string): Promise<unknown> {
    return card.screenshot({ path: join(pictures, name) });
  }

  it('2.0.0 goes step by step to 100 %, and the world moves with it', { timeout: 170_000 }, async () => {
    await tab.getByRole('button', { name: 'Ship 2.0.0' }).click();
    await newest('waits for you').waitFor({ timeout: 60_000 });
    const card = await cardOf('checkout 2.0.0');
    await expect.poll(() => card.innerText(), { timeout: 60_000 }).toMatch(/promote|waits/i);
    await picture(card, 'card-gate.png');
    await tab.screenshot({ path: join(pictures, 'page-gate.png') });
    await expect.poll(() => splitOf('2.0.0'), { timeout: 60_000 }).toBeGreaterThan(35);
    expect(await splitOf('2.0.0')).toBeLessThan(65);

    await card.getByRole('button', { name: /^Promote/ }).click();
    await newest('checkout 2.0.0 is live').waitFor({ timeout: 60_000 });
    await expect.poll(() => splitOf('2.0.0'), { timeout: 60_000 }).toBe(100);
  });

  it('3.0.0 breaks its SLO and goes back by itself; the card says metric, value and limit', {
    timeout: 60_000,
  }, async () => {
    await tab.getByRole('button', { name: /^Ship 3\.0\.0/ }).click();
    await newest('checkout 3.0.0 rolled back').waitFor({ timeout: 60_000 });
    const card = await cardOf('checkout 3.0.0');
    const words = await card.innerText();
    expect(words).toMatch(/success-rate \d+(\.\d)? % \(≥ 95 %\)/);
    expect(words).toMatch(/weight 0[\s\S]*no canary requests[\s\S]*pods going[\s\S]*metric back/);
    expect(words).toContain('back on 2.0.0');
    await picture(card, 'card-rolled-back.png');
    await expect.poll(() => splitOf('2.0.0'), { timeout: 60_000 }).toBe(100);
  });

  it('a viewer is refused, to her alone, with the verb she lacks', { timeout: 60_000 }, async () => {
    await tab.getByLabel('Be this person').selectOption({ label: 'Vera Viewer' });
    await (await cardOf('checkout 3.0.0')).getByRole('button', { name: 'Retry' }).click();
    const refusal = tab.locator('article[data-ephemeral=true]', { hasText: /retry/i }).last();
    await refusal.waitFor();
    const words = await refusal.innerText();
    expect(words).toContain('slack:U0VERA');
    await tab.getByLabel('Be this person').selectOption({ label: 'Dana Deployer' });
    await expect.poll(() => tab.locator('article[data-ephemeral=true]', { hasText: 'slack:U0VERA' }).count()).toBe(0);
  });

  it.each(['Desktop', 'Phone'])('cards fit one screen at the width of: %s', { timeout: 60_000 }, async (width) => {
    await tab.getByRole('button', { name: width }).click();
    for (const name of ['checkout 2.0.0', 'checkout 3.0.0']) {
      const box = await (await cardOf(name)).boundingBox();
      expect(box?.height ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(600);
    }
    await picture(await cardOf('checkout 3.0.0'), `card-rolled-back-${width.toLowerCase()}.png`);
    await tab.screenshot({ path: join(pictures, `page-${width.toLowerCase()}.png`) });
  });
});
