import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import type { Locator, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPage, type Page } from '../../../src/sandbox/page/index.ts';
import { createSlackApi, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createSigner } from '../../../src/slack/actions/signed-value.ts';
import { renderCard } from '../../../src/slack/messages/card.ts';
import { aTypicalDelivery, deliveryStates, noonMs } from '../../support/a-delivery.ts';
import { quiet } from './bolt.ts';
import { type Browser, hasChromium, startBrowser } from './browser.ts';

const channel = 'C0SHIPSHOP';
/** Set it to keep the pictures of all states: `CARD_PICTURES=docs/cards npm test`. */
const pictures = process.env.CARD_PICTURES;

/** Heights in CSS pixels, from the top of the card. */
interface Measured {
  readonly height: number;
  readonly buttonsEnd: number;
  readonly widest: number;
  readonly holes: number;
}

function measure(card: Locator): Promise<Measured> {
  return card.evaluate((row) => {
    const blocks = row.querySelector('.blocks');
    const box = blocks?.getBoundingClientRect();
    const buttons = row.querySelector('.actions')?.getBoundingClientRect();
    return {
      height: box?.height ?? 0,
      buttonsEnd: (buttons?.bottom ?? box?.top ?? 0) - (box?.top ?? 0),
      widest: blocks?.scrollWidth ?? 0,
      holes: row.querySelectorAll('.hole').length,
    };
  });
}

describe.skipIf(!hasChromium())('the card of each state, as a person sees it', () => {
  let browser: Browser;
  let slack: SlackApi;
  let page: Page;
  let tab: Tab;
  let web: WebClient;
  let problems: readonly string[];

  beforeAll(async () => {
    browser = await startBrowser();
    slack = await createSlackApi({ appName: 'Stepwise' });
    page = await createPage({ port: 0, slackUrl: slack.url });
    web = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: quiet });
    ({ tab, problems } = await browser.open(page.url));
    await tab.getByRole('log').waitFor();
  });
  afterAll(async () => {
    await browser.stop();
    await page.stop();
    await slack.stop();
  });

  async function look(width: 'Phone' | 'Desktop', theme: 'light' | 'dark'): Promise<void> {
    await tab.getByRole('button', { name: width }).click();
    const isThere = await tab.evaluate((wanted) => document.documentElement.dataset.theme === wanted, theme);
    if (!isThere) await tab.getByRole('button', { name: /colours/ }).click();
  }

  test.each(deliveryStates)('%s: one phone screen at most, its buttons in the upper half', async (state) => {
    const card = renderCard(aTypicalDelivery(state), {
      sign: createSigner(['a signing key of the tests']).sign,
      asOfMs: noonMs,
      nameOf: () => 'Dana',
      hasCharts: true,
    });
    const { ts = '' } = await web.chat.postMessage({ channel, text: card.text, blocks: [...card.blocks] });
    const row = tab.locator(`[data-ts="${ts}"]`);
    await row.getByText(card.text).waitFor();
    for (const width of ['Phone', 'Desktop'] as const) {
      for (const theme of ['light', 'dark'] as const) {
        await look(width, theme);
        const measured = await measure(row);
        expect(measured.holes).toBe(0);
        expect(measured.height).toBeGreaterThan(100);
        expect(measured.height).toBeLessThanOrEqual(600);
        expect(measured.buttonsEnd).toBeLessThanOrEqual(300);
        if (width === 'Phone') expect(measured.widest).toBeLessThanOrEqual(375);
        if (pictures !== undefined) await takePicture(row, `${state}-${width}-${theme}`.toLowerCase());
      }
    }
    await web.chat.delete({ channel, ts });
    expect(problems).toEqual([]);
  });
});

async function takePicture(row: Locator, name: string): Promise<void> {
  mkdirSync(pictures ?? '', { recursive: true });
  await row.screenshot({ path: join(pictures ?? '', `${name}.png`) });
}
