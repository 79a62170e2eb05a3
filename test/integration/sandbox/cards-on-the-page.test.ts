import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery } from '../../../src/rollout/index.ts';
import { createPage, type Page } from '../../../src/sandbox/page/index.ts';
import { createSlackApi, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createSlackApp } from '../../../src/slack/index.ts';
import { cardStates, crowded, movedTo } from '../../support/card-states.ts';
import { noOperations } from '../../support/no-operations.ts';
import { silentLog } from '../../support/silent-log.ts';
import { type Browser, hasChromium, startBrowser } from './browser.ts';

const channel = 'C0SHIPSHOP';
/** Set it to keep the pictures of all states: `CARD_PICTURES=/tmp/cards vitest run test/integration/sandbox/cards-on-the-page.test.ts`. */
const pictures = process.env.CARD_PICTURES;

/** One card as Chromium drew it: CSS pixels from its top, and what is there to read. */
interface Seen {
  readonly ts: string;
  readonly height: number;
  /** Where the row of buttons ends; 0 without one. */
  readonly buttonsEnd: number;
  /** Wider than the place that it has. */
  readonly isCut: boolean;
  readonly holes: number;
  readonly order: readonly string[];
  readonly head: string;
  readonly words: string;
  readonly labels: readonly string[];
  readonly unnamed: number;
  readonly headContrast: number;
}

/** States whose header is that of another one: what tells them apart stands under it. */
const toldBelow = {
  gitOwned: /Git still asks for 3\.0\.0$/,
  activeRolledBack: /all requests back on 1\.4\.2/,
  watch: /! cost-per-order .* watch/,
  noReturnAhead: /no way back from step 4\/6/,
  noReturnPassed: /no way back since step 4\/6/,
  frozenByPerson: /resume or fix forward/,
  wentBackPast: /went back past its point of no return/,
  liveNoUndo: /no safe undo: it passed step 4\/6/,
  experiment: /^experiment$[\s\S]*^runs, and waits for its analysis compare$/m,
  inCluster: /shop on production-europe-west-1/,
};

/** Runs in the page. */
function readCards(): Seen[] {
  const luminance = (colour: string) => {
    const parts = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
  };
  const groundOf = (element: Element): string => {
    for (let one: Element | null = element; one !== null; one = one.parentElement) {
      const ground = getComputedStyle(one).backgroundColor;
      if (!/, 0\)$|transparent/.test(ground)) return ground;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (element: Element | null) => {
    if (element === null) return 0;
    const [dark = 0, light = 0] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))].sort();
    return (light + 0.05) / (dark + 0.05);
  };
  return [...document.querySelectorAll<HTMLElement>('article[data-ts]')].map((row) => {
    const blocks = row.querySelector<HTMLElement>('.blocks');
    const top = blocks?.getBoundingClientRect().top ?? 0;
    const head = row.querySelector<HTMLElement>('[data-block-type=header]');
    const controls = [...row.querySelectorAll<HTMLElement>('.actions button')];
    const pictured = [...row.querySelectorAll('img, svg')];
    return {
      ts: row.dataset.ts ?? '',
      height: blocks?.getBoundingClientRect().height ?? 0,
      buttonsEnd: (row.querySelector('.actions')?.getBoundingClientRect().bottom ?? top) - top,
      isCut: (blocks?.scrollWidth ?? 0) > (blocks?.clientWidth ?? 0) + 1,
      holes: row.querySelectorAll('.hole').length,
      order: [...row.querySelectorAll<HTMLElement>('[data-block-type]')].map((one) => one.dataset.blockType ?? ''),
      head: head?.innerText.trim() ?? '',
      words: blocks?.innerText ?? '',
      labels: controls.map((control) => control.getAttribute('aria-label') ?? ''),
      // An img without alt says its address to a screen reader.
      unnamed: pictured.filter((one) => one.tagName === 'IMG' && !one.hasAttribute('alt')).length,
      headContrast: contrast(head?.querySelector('[class*=header]') ?? head),
    };
  });
}

/** What a greyscale screen, or eyes that tell no colours apart, leave of a card: no emoji. */
function withoutColour(words: string): string {
  return words.replace(/\p{Extended_Pictographic}\ufe0f?/gu, '●').trim();
}

const order = ['header', 'section', 'actions', 'data_visualization', 'context'];

/** Everything that is wrong with how this card looks. */
function faultsOf(card: Seen): string[] {
  const buttons = card.labels.filter((label) => label !== 'More actions');
  const checks: readonly (readonly [boolean, string])[] = [
    [card.holes === 0, 'a block was not drawn'],
    [card.height > 60 && card.height <= 600, `${Math.round(card.height)} px high`],
    [card.buttonsEnd <= 300, `its buttons end at ${Math.round(card.buttonsEnd)} px`],
    [!card.isCut, 'wider than its place'],
    [card.order.join() === order.filter((type) => card.order.includes(type)).join(), `blocks ${card.order.join()}`],
    [card.head.length <= 45, `a header of ${card.head.length} characters`],
    [card.headContrast >= 4.5, `a header with a contrast of ${card.headContrast.toFixed(1)}`],
    [card.unnamed === 0, 'a picture without words'],
    [buttons.length <= 3, `${buttons.length} buttons`],
    [card.labels.length - buttons.length <= 1, 'two menus'],
    // What a screen reader says of a button names what it acts on.
    [buttons.every((label) => /checkout|recommendations/.test(label)), `buttons named ${buttons.join()}`],
  ];
  return checks.flatMap(([isFine, fault]) => (isFine ? [] : [fault]));
}

describe.skipIf(!hasChromium())('the card, as a person sees it', () => {
  let browser: Browser;
  let slack: SlackApi;
  let page: Page;
  let tab: Tab;
  let problems: readonly string[];
  const shown = new Map<string, { readonly name: string; readonly delivery: Delivery }>();

  beforeAll(async () => {
    browser = await startBrowser();
    slack = await createSlackApi({ appName: 'Stepwise' });
    page = await createPage({ port: 0, slackUrl: slack.url });
    // A clock of its own: the budget lets one message a second into a channel, and nobody waits for it here.
    let nowMs = Date.now();
    const app = createSlackApp({
      settings: {
        botToken: slack.botToken,
        mode: { kind: 'socket', appToken: slack.appToken },
        slackApiUrl: slack.apiUrl,
        command: '/rollout',
      },
      operations: noOperations,
      log: silentLog,
      signingKeys: ['a signing key of the tests'],
      clusterUid: () => '',
      now: () => (nowMs += 1000),
    });
    const all = Object.entries(cardStates).flatMap(([name, delivery]) => [
      { name, delivery },
      { name: `${name}, crowded`, delivery: crowded(delivery) },
    ]);
    for (const { name, delivery } of all) {
      const place = { channel, at: undefined, thread: undefined, claim: name };
      const { ts } = await app.notifier.showCard(movedTo(delivery, Date.now()), place, AbortSignal.timeout(60_000));
      shown.set(ts, { name, delivery });
    }
    await app.stop();
    ({ tab, problems } = await browser.open(page.url));
    await tab.locator(`[data-ts="${[...shown.keys()].at(-1)}"]`).waitFor({ timeout: 60_000 });
  }, 180_000);
  afterAll(async () => {
    await browser?.stop();
    await page?.stop();
    await slack?.stop();
  });

  async function look(width: 'Phone' | 'Desktop', theme: 'light' | 'dark'): Promise<ReadonlyMap<string, Seen>> {
    await tab.getByRole('button', { name: width }).click();
    const isThere = await tab.evaluate((wanted) => document.documentElement.dataset.theme === wanted, theme);
    if (!isThere) await tab.getByRole('button', { name: /colours/ }).click();
    await tab.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const seen = new Map<string, Seen>();
    for (const card of await tab.evaluate(readCards)) {
      const name = shown.get(card.ts)?.name;
      if (name === undefined) continue;
      seen.set(name, card);
      if (pictures !== undefined) await takePicture(tab, card.ts, `${name}-${width}-${theme}`.toLowerCase());
    }
    return seen;
  }

  const looks = (['Phone', 'Desktop'] as const).flatMap((width) =>
    (['light', 'dark'] as const).map((theme) => ({ width, theme })),
  );

  test('is one phone screen at most, its buttons in the upper half, in every state and however much it has to say', {
    timeout: 120_000,
  }, async () => {
    const wrong: string[] = [];
    for (const { width, theme } of looks) {
      const seen = await look(width, theme);
      expect(seen.size).toBe(Object.keys(cardStates).length * 2);
      for (const [name, card] of seen)
        wrong.push(...faultsOf(card).map((fault) => `${name}, ${width}, ${theme}: ${fault}`));
    }
    expect(wrong).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('tells each state from every other in words or signs, where nobody sees a colour', async () => {
    const seen = await look('Phone', 'light');
    const heads = Object.keys(cardStates).map((name) => withoutColour(seen.get(name)?.head ?? ''));
    expect(new Set(heads).size).toBe(heads.length - Object.keys(toldBelow).length);
    for (const [name, words] of Object.entries(toldBelow)) expect(seen.get(name)?.words, name).toMatch(words);
    expect(seen.get('live')?.words).not.toContain('Git');
  });

  test('says in text, for notifications and screen readers, what its header says', () => {
    for (const message of slack.transcript().messages) {
      const version = message.versions.at(-1);
      const header = version?.blocks?.find((block) => block.type === 'header');
      const { text = '' } = Object(header?.text) as { readonly text?: string };
      expect(text.replaceAll('\u00a0', ' ')).toBe(version?.text.replaceAll('&amp;', '&') ?? '');
    }
  });
});

async function takePicture(tab: Tab, ts: string, name: string): Promise<void> {
  mkdirSync(pictures ?? '', { recursive: true });
  await tab
    .locator(`article[data-ts="${ts}"]`)
    .screenshot({ path: join(pictures ?? '', `${name.replaceAll(', ', '-')}.png`) });
}
