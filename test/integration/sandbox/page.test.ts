import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createPage, type Page, type PageOptions, type StatusLine } from '../../../src/sandbox/page/index.ts';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { eventually, quiet, startSocketApp } from './bolt.ts';
import { type Browser, hasChromium, startBrowser } from './browser.ts';
import { startLittleWorld } from './little-world.ts';
import { aCard, png } from './page-fixtures.ts';

const channel = 'C0SHIPSHOP';
const running: { stop(): Promise<void> }[] = [];
let browser: Browser;

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

interface Stage {
  readonly slack: SlackApi;
  readonly web: WebClient;
  readonly page: Page;
  readonly tab: Tab;
  readonly problems: readonly string[];
}

async function openStage(options: Partial<PageOptions> = {}, workspace: SlackApiOptions = {}): Promise<Stage> {
  const slack = await createSlackApi({ appName: 'Example', eventRetryDelaysMs: [], ...workspace });
  running.push(slack);
  const page = await createPage({ port: 0, slackUrl: slack.url, ...options });
  running.push(page);
  const web = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: quiet, retryConfig: { retries: 0 } });
  const { tab, problems } = await browser.open(page.url);
  running.push({ stop: () => tab.close() });
  await tab.getByRole('log').waitFor();
  return { slack, web, page, tab, problems };
}

async function post(web: WebClient, blocks: unknown[], more: object = {}): Promise<string> {
  const posted = await web.apiCall('chat.postMessage', { channel, text: 'card', blocks, ...more });
  return z.object({ ts: z.string() }).parse(posted).ts;
}

function row(tab: Tab, ts: string) {
  return tab.locator(`[data-ts="${ts}"]`);
}

describe.skipIf(!hasChromium())('the page in Chromium', () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.stop());

  test('it draws the blocks that arrived, and only those', async () => {
    const { web, tab, problems } = await openStage();
    const blocks = aCard();
    const ts = await post(web, blocks);
    const card = row(tab, ts);
    await card.getByText('checkout 2.0.0 at 25 %').waitFor();
    const drawn = () =>
      card.locator('.block').evaluateAll((all) => all.map((one) => one.getAttribute('data-block-type')));
    expect(await drawn()).toEqual(['header', 'section', 'actions', 'data_visualization', 'context']);
    expect(await card.locator('.block .hole').count()).toBe(0);
    expect(await card.locator('svg').count()).toBeGreaterThan(0);
    expect(await card.locator('[data-block-id=foot]').textContent()).toMatch(/@Dana Deployer · as of \d\d:\d\d:\d\d/);

    const withoutChart = blocks.filter((block) => block.type !== 'data_visualization');
    await web.apiCall('chat.update', { channel, ts, text: 'card', blocks: withoutChart });
    await card.locator('[data-block-id=chart]').waitFor({ state: 'detached' });
    expect(await drawn()).toEqual(['header', 'section', 'actions', 'context']);
    expect(problems).toEqual([]);
  });

  test('a press carries the value of its button, as the person one is, once the question is answered', async () => {
    const { slack, web, tab } = await openStage();
    const pressed: string[] = [];
    running.push(
      await startSocketApp(slack, (app: App) => {
        app.action(/.*/, async ({ ack, body }) => {
          await ack();
          if (body.type !== 'block_actions') return;
          const [action] = body.actions;
          const value =
            action?.type === 'overflow' ? action.selected_option.value : action?.type === 'button' && action.value;
          pressed.push(`${body.user.id} ${action?.action_id} ${value}`);
        });
      }),
    );
    const card = row(tab, await post(web, aCard()));
    await card.getByRole('button', { name: 'Hold' }).click();
    await eventually(() => pressed.length === 1);

    await tab.getByLabel('Be this person').selectOption({ label: 'Vera Viewer' });
    await card.getByRole('button', { name: 'Stop' }).click();
    await tab.getByRole('button', { name: 'Keep going' }).click();
    await card.getByRole('button', { name: 'Stop' }).click();
    await tab.getByRole('button', { name: 'Stop now' }).click();
    await eventually(() => pressed.length === 2);

    await card.getByRole('button', { name: 'More actions' }).click();
    await tab.getByRole('menuitem', { name: 'Finish' }).click();
    await eventually(() => pressed.length === 3);
    expect(pressed).toEqual(['U0DANA hold signed:hold', 'U0VERA stop signed:stop', 'U0VERA more finish']);
  });

  test('everything can be done from the keyboard, and the focus comes back', async () => {
    const { slack, web, tab } = await openStage({ command: '/tea' });
    const card = row(tab, await post(web, aCard()));
    await card.getByText('checkout 2.0.0').waitFor();
    const focused = () => tab.evaluate(() => document.activeElement?.getAttribute('data-action-id'));
    expect(await tab.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
    await card.getByRole('button', { name: 'Stop' }).focus();
    await tab.keyboard.press('Enter');
    await tab.getByRole('dialog', { name: 'Stop it?' }).waitFor();
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('stop');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('more');
    await tab.keyboard.press('Enter');
    await tab.keyboard.press('ArrowDown');
    expect(await tab.evaluate(() => document.activeElement?.textContent)).toBe('Finish');
    await tab.keyboard.press('Escape');
    expect(await focused()).toBe('more');
    expect(slack.transcript().deliveries).toEqual([]);
  });

  test('a press that nobody hears says so on the button', async () => {
    const { web, tab } = await openStage();
    const card = row(tab, await post(web, aCard()));
    await card.getByRole('button', { name: 'Hold' }).click();
    await card.getByText('The app is not connected.').waitFor({ state: 'attached' });
  });

  test('Enter sends the command that stands in the composer, and the answer is seen by its person alone', async () => {
    const { slack, tab } = await openStage({ command: '/tea with milk' });
    running.push(
      await startSocketApp(slack, (app: App) => {
        app.command('/tea', async ({ ack, command, client }) => {
          await ack();
          await client.chat.postEphemeral({
            channel: command.channel_id,
            user: command.user_id,
            text: `tea ${command.text}`,
          });
        });
      }),
    );
    const composer = tab.getByPlaceholder('Message #ship-shop');
    expect(await composer.inputValue()).toBe('/tea with milk');
    await composer.press('Enter');
    const answer = tab.locator('[data-ephemeral=true]', { hasText: 'tea with milk' });
    await answer.getByText('Only visible to you').waitFor();
    await tab.getByLabel('Be this person').selectOption({ label: 'Vera Viewer' });
    await answer.waitFor({ state: 'detached' });
    await tab.getByLabel('Be this person').selectOption({ label: 'Dana Deployer' });
    await answer.waitFor();
  });

  test('replies stand in the thread, a broadcast one in the channel too, and a person can answer there', async () => {
    const { slack, web, tab } = await openStage();
    const ts = await post(web, aCard());
    await web.chat.postMessage({ channel, thread_ts: ts, text: 'first step done' });
    await web.chat.postMessage({ channel, thread_ts: ts, reply_broadcast: true, text: 'waits for you' });
    const line = tab.getByRole('button', { name: /2 replies/ });
    await line.waitFor();
    expect(await tab.getByText('first step done').count()).toBe(0);
    expect(await tab.getByText('waits for you').count()).toBe(1);
    await line.click();
    await tab.getByText('first step done').waitFor();
    await tab.getByPlaceholder('Reply…').fill('thank you');
    await tab.getByPlaceholder('Reply…').press('Enter');
    const said = await eventually(() => slack.transcript().messages.find((message) => message.user === 'U0DANA'));
    expect(said).toMatchObject({ threadTs: ts, versions: [{ text: 'thank you' }] });
  });

  test('a link to a message leads to it, also into a closed thread', async () => {
    const { slack, web, tab } = await openStage();
    const ts = await post(web, aCard());
    const reply = await web.chat.postMessage({ channel, thread_ts: ts, text: 'far down' });
    const { permalink } = await web.chat.getPermalink({ channel, message_ts: reply.ts ?? '' });
    await web.chat.postEphemeral({ channel, user: 'U0DANA', text: `asked; see <${permalink}|the reply>` });
    await tab.getByRole('link', { name: 'the reply' }).click();
    await row(tab, reply.ts ?? '')
      .getByText('far down')
      .waitFor();
    await tab.locator(`.flash[data-ts="${reply.ts}"]`).waitFor();
    expect(tab.url()).not.toContain(slack.url);
  });

  test('{ago} follows the clock', async () => {
    const { web, tab } = await openStage();
    const card = row(tab, await post(web, aCard({ agoSeconds: 100 })));
    await card.getByText('next 2 minutes ago').waitFor();
    const soon = row(tab, await post(web, aCard({ agoSeconds: -3 })));
    await soon.getByText(/next in \d seconds?/).waitFor();
    await soon.getByText(/next \d seconds? ago/).waitFor();
  });

  test('hostile text stays text', async () => {
    const { slack, web, tab, problems } = await openStage();
    const hostile = '<img src=x onerror="window.broken = 1"><script>window.broken = 1</script>';
    await slack.say({ user: 'dana', channel, text: `said ${hostile}` });
    const text = `written ${hostile} &lt;b&gt; <javascript:window.broken=1|click>`;
    await post(web, [{ type: 'section', block_id: 's', text: { type: 'mrkdwn', text } }]);
    await tab.getByText('said <img src=x onerror="window.broken = 1">').waitFor();
    await tab.getByText('written').waitFor();
    await tab.getByText('click', { exact: true }).click();
    expect(await tab.evaluate(() => 'broken' in window)).toBe(false);
    expect(problems).toEqual([]);
  });

  test('a picture from a file shows in the channel', async () => {
    const { web, tab } = await openStage();
    await web.filesUploadV2({
      channel_id: channel,
      file: png,
      filename: 'dot.png',
      title: 'A dot',
      alt_text: 'one red dot',
    });
    const picture = tab.getByRole('img', { name: 'one red dot' });
    await picture.waitFor();
    expect(await picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth)).toBe(1);
  });

  test('a modal asks, refuses, and hands over what was put in', async () => {
    const { slack, tab } = await openStage();
    const submitted: unknown[] = [];
    running.push(
      await startSocketApp(slack, (app: App) => {
        app.command('/order', async ({ ack, body, client }) => {
          await ack();
          await client.views.open({ trigger_id: body.trigger_id, view: orderView });
        });
        app.view('order', async ({ ack, view }) => {
          const values = view.state.values;
          const size = values.size?.size?.selected_option?.value;
          if (size === 'small') return ack({ response_action: 'errors', errors: { size: 'no small ones left' } });
          submitted.push([values.name?.name?.value, size]);
          await ack();
        });
      }),
    );
    await tab.getByPlaceholder('Message #ship-shop').fill('/order');
    await tab.getByPlaceholder('Message #ship-shop').press('Enter');
    const dialog = tab.getByRole('dialog', { name: 'Order' });
    await dialog.getByRole('button', { name: 'Order' }).click();
    await dialog.getByText('Please complete this required field.').first().waitFor();
    await dialog.getByLabel('Name').fill('Dana');
    await dialog.getByLabel('Size').selectOption('small');
    await dialog.getByRole('button', { name: 'Order' }).click();
    await dialog.getByText('no small ones left').waitFor();
    await dialog.getByLabel('Size').selectOption('large');
    await dialog.getByRole('button', { name: 'Order' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(submitted).toEqual([['Dana', 'large']]);
  });

  test('a shortcut opens a form that tells of a choice at once, of a text at Enter, and fits the phone', async () => {
    const heard: string[] = [];
    const { slack, tab, problems } = await openStage(
      {},
      { shortcuts: [{ name: 'Order something', callbackId: 'order' }] },
    );
    running.push(
      await startSocketApp(slack, (app: App) => {
        app.shortcut('order', async ({ ack, shortcut, client }) => {
          await ack();
          await client.views.open({ trigger_id: shortcut.trigger_id, view: watchedView });
        });
        for (const action of ['size', 'name']) {
          app.action(action, async ({ ack, action: used }) => {
            await ack();
            heard.push('value' in used ? `${action} ${used.value}` : action);
          });
        }
      }),
    );
    await tab.getByRole('button', { name: 'Phone' }).click();
    await tab.getByRole('button', { name: 'Shortcuts' }).click();
    await tab.getByRole('menuitem', { name: 'Order something' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Order' });
    await dialog.getByText('fits in a hand').click();
    await eventually(() => heard.length === 1);
    await dialog.getByLabel('Name').fill('Dana');
    await dialog.getByLabel('Name').press('Enter');
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['size', 'name Dana']);
    const [form, phone] = await Promise.all([dialog.boundingBox(), tab.locator('.screen').boundingBox()]);
    expect(form?.width).toBeLessThanOrEqual(phone?.width ?? 0);
    expect(form?.x).toBeGreaterThanOrEqual(phone?.x ?? 0);
    expect(problems).toEqual([]);
  });

  test('the world follows the proxy, the pods and the processes; a broken one is broken by a button', async () => {
    const world = await startLittleWorld();
    running.push(world);
    const acted: string[] = [];
    let tell: (line: StatusLine) => void = () => {};
    const { tab } = await openStage({
      worldUrl: world.url,
      kubernetesUrl: world.url,
      actions: [{ name: 'kill', label: 'Kill it' }],
      onAction(name) {
        acted.push(name);
        tell({ name: 'service', isAlive: false, text: 'dead' });
        return 'killed';
      },
      status(listener) {
        tell = listener;
        listener({ name: 'service', isAlive: true, text: 'pid 7' });
        return () => {};
      },
      writes(listener) {
        listener({ atMs: Date.now(), line: 'PATCH ingress/checkout weight=10' });
        return () => {};
      },
    });
    await tab.locator('[data-version="1.4.2"][data-percent="90.0"]').waitFor();
    world.setShare(0.5);
    await tab.locator('[data-version="2.0.0"][data-percent="50.0"]').waitFor();
    await tab.getByText('PATCH ingress/checkout weight=10').waitFor();
    await tab.locator('.pod.is-ready').waitFor();
    world.addPod('checkout-b', '2.0.0', false);
    await tab.locator('.pod.is-starting').waitFor();
    world.addPod('checkout-b', '2.0.0', true);
    await tab.getByText('pid 7').waitFor();
    await tab.getByRole('button', { name: 'Kill it' }).click();
    await tab.locator('[data-alive=false]').waitFor();
    await tab.getByText('killed').waitFor();
    expect(acted).toEqual(['kill']);
  });

  test('phone is 375 pixels wide, dark is dark, and both outlive a reload', async () => {
    const { web, tab } = await openStage();
    const ts = await post(web, aCard());
    await tab.getByRole('button', { name: 'Phone' }).click();
    expect((await tab.locator('.screen').boundingBox())?.width).toBe(375);
    await tab.getByRole('button', { name: /colours/ }).click();
    const theme = await tab.evaluate(() => document.documentElement.dataset.theme);
    await tab.reload();
    await row(tab, ts).waitFor();
    expect((await tab.locator('.screen').boundingBox())?.width).toBe(375);
    expect(await tab.evaluate(() => document.documentElement.dataset.theme)).toBe(theme);
    const { bottom } = await tab.evaluate(() => document.body.getBoundingClientRect());
    expect(bottom).toBe(900);
  });

  test('the stand-in is killed and started again: the page finds it, with everything that was said', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'slack-'));
    running.push({ stop: async () => rmSync(dataFolder, { recursive: true }) });
    const first = await createSlackApi({ dataFolder });
    const page = await createPage({ port: 0, slackUrl: first.url });
    running.push(page);
    const { tab } = await browser.open(page.url);
    running.push({ stop: () => tab.close() });
    await first.say({ user: 'dana', channel, text: 'before' });
    await tab.getByText('before').waitFor();
    await first.stop();
    await tab.getByText('the stand-in is gone').waitFor();
    const second = await createSlackApi({ dataFolder, port: first.port });
    running.push(second);
    await second.say({ user: 'dana', channel, text: 'after' });
    await tab.getByText('after').waitFor();
    expect(await tab.getByText('before').count()).toBe(1);
  });
});

const order = {
  type: 'modal' as const,
  callback_id: 'order',
  title: { type: 'plain_text' as const, text: 'Order' },
  submit: { type: 'plain_text' as const, text: 'Order' },
};

const watchedView = {
  ...order,
  blocks: [
    {
      type: 'input' as const,
      block_id: 'size',
      dispatch_action: true,
      label: { type: 'plain_text' as const, text: 'Size' },
      element: {
        type: 'radio_buttons' as const,
        action_id: 'size',
        options: ['fits in a hand', 'fills a room'].map((size) => ({
          text: { type: 'plain_text' as const, text: size.split(' ')[0] ?? '' },
          description: { type: 'plain_text' as const, text: size },
          value: size,
        })),
      },
    },
    {
      type: 'input' as const,
      block_id: 'name',
      dispatch_action: true,
      label: { type: 'plain_text' as const, text: 'Name' },
      element: { type: 'plain_text_input' as const, action_id: 'name' },
    },
  ],
};

const orderView = {
  ...order,
  blocks: [
    {
      type: 'input' as const,
      block_id: 'name',
      label: { type: 'plain_text' as const, text: 'Name' },
      element: { type: 'plain_text_input' as const, action_id: 'name' },
    },
    {
      type: 'input' as const,
      block_id: 'size',
      label: { type: 'plain_text' as const, text: 'Size' },
      element: {
        type: 'static_select' as const,
        action_id: 'size',
        options: ['small', 'large'].map((size) => ({ text: { type: 'plain_text' as const, text: size }, value: size })),
      },
    },
  ],
};

test('a foreign page can neither act as a person here nor read along', async () => {
  const slack = await createSlackApi();
  running.push(slack);
  const page = await createPage({ port: 0, slackUrl: slack.url });
  running.push(page);
  const body = JSON.stringify({ user: 'dana', channel, text: 'forged' });
  const json = { 'content-type': 'application/json' };
  const fromElsewhere = { ...json, origin: 'https://evil.example' };
  const answers = await Promise.all([
    fetch(`${page.url}/slack/say`, { method: 'POST', body, headers: fromElsewhere }),
    fetch(`${page.url}/slack/say`, { method: 'POST', body, headers: json }),
    fetch(`${slack.url}/_stand-in/say`, { method: 'POST', body, headers: fromElsewhere }),
    fetch(`${slack.url}/_stand-in/say`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([403, 403, 403, 403]);
  expect(slack.transcript().messages).toEqual([]);
  const own = await fetch(`${page.url}/slack/say`, { method: 'POST', body, headers: { ...json, origin: page.url } });
  expect(own.status).toBe(200);
});
