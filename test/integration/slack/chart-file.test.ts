import { afterEach, expect, it } from 'vitest';
import { createSlackApi, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createBoltLogger } from '../../../src/slack/bolt-logger.ts';
import { createChartFiles } from '../../../src/slack/chart-file.ts';
import { createSender } from '../../../src/slack/sender.ts';
import { createSlackHealth } from '../../../src/slack/slack-health.ts';
import { createWebClient } from '../../../src/slack/web-client.ts';
import { silentLog } from '../../support/silent-log.ts';
import { png } from '../sandbox/page-fixtures.ts';

const channel = 'C0SHIPSHOP';
let slack: SlackApi | undefined;
afterEach(() => slack?.stop());

async function openFiles(options: Parameters<typeof createSlackApi>[0], waitsMs: readonly number[]) {
  const standIn = await createSlackApi(options);
  slack = standIn;
  const logger = createBoltLogger(silentLog);
  const client = createWebClient({ token: standIn.botToken, slackApiUrl: standIn.apiUrl, logger });
  const health = createSlackHealth({ log: silentLog, now: Date.now });
  const sender = createSender({ client, log: silentLog, updatesPerMinute: 45, now: Date.now, health });
  const { ts = '' } = await client.chat.postMessage({ channel, text: 'card' });
  const files = createChartFiles({ sender, log: silentLog, waitsMs });
  const share = (altText: string) =>
    files.share({ png, title: 'a chart', altText, card: { channel, ts } }, AbortSignal.timeout(60_000));
  const pictures = () =>
    standIn.transcript().messages.filter((message) => message.threadTs === ts && message.files.length > 0);
  return { standIn, share, pictures };
}

it('a picture stands in the thread, with the words that say the same', async () => {
  const { share, pictures } = await openFiles(
    { fileProcessingMs: 20 },
    Array.from({ length: 500 }, () => 20),
  );
  await share('91.2 %, limit ≥ 95 %'.padEnd(1500, '.'));
  expect(pictures()).toHaveLength(1);
  expect(JSON.stringify(pictures()[0]?.files)).toMatch(/"alt_txt":"91\.2 %, limit ≥ 95 %/);
});

it('one that Slack accepts with its words and never shares is sent without, and is there once', async () => {
  const options = { fileProcessingMs: 0, fault: 'unshared_files' } as const;
  const { standIn, share, pictures } = await openFiles(options, [5, 5, 5]);
  await share('first');
  await share('second');
  await expect.poll(() => pictures().length, { timeout: 60_000 }).toBe(2);
  const calls = standIn.transcript().calls.map(({ method }) => method);
  expect(calls.filter((method) => method === 'files.getUploadURLExternal')).toHaveLength(3);
  expect(calls.filter((method) => method === 'files.delete')).toHaveLength(1);
});

it('one that nobody may look up is believed to be there', async () => {
  const scopes = ['chat:write', 'files:write'];
  const { standIn, share, pictures } = await openFiles({ fileProcessingMs: 0, scopes }, [5, 5, 5]);
  await share('first');
  await expect.poll(() => pictures().length, { timeout: 60_000 }).toBe(1);
  expect(standIn.transcript().calls.filter(({ method }) => method === 'files.delete')).toEqual([]);
});
