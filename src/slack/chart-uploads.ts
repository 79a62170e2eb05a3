import type { Logger } from 'pino';
import type { Charts } from '../charts/index.ts';
import { NotNowError, redact } from '../lib/index.ts';
import type { MessagePlace } from '../notifications/index.ts';
import type { MetricSeries } from '../rollout/index.ts';
import { plain } from './messages/mrkdwn.ts';
import { SlackRefusedError } from './method-calls.ts';
import { pause } from './pause.ts';
import type { Sender } from './sender.ts';

export interface ChartUpload {
  readonly series: MetricSeries;
  readonly title: string;
  readonly card: MessagePlace;
}

/** Pictures for the thread, drawn and uploaded beside the turns: a notice never waits for its chart. */
export interface ChartUploads {
  add(upload: ChartUpload): void;
  stop(): Promise<void>;
}

/** A chart is worth these tries and no more: the notice has said it in words and numbers. */
const retryAfterMs = [1000, 5000, 20_000, 60_000, 180_000];
const maxWaiting = 200;
/** files.getUploadURLExternal refuses more: alt_txt_too_large. */
const maxAltText = 1000;
const uploadTimeoutMs = 9000;

export function createChartUploads(tools: {
  readonly sender: Sender;
  readonly charts: Charts | undefined;
  readonly log: Logger;
}): ChartUploads {
  const { sender, charts, log } = tools;
  const stopping = new AbortController();
  const waiting: ChartUpload[] = [];
  let working: Promise<void> | undefined;
  const saidRefusals = new Set<string>();

  async function work(): Promise<void> {
    for (let upload = waiting.shift(); upload !== undefined; upload = waiting.shift()) {
      if (stopping.signal.aborted || charts === undefined) return;
      await tryUpload(charts, upload);
    }
  }

  async function tryUpload(drawer: Charts, upload: ChartUpload): Promise<void> {
    for (const pauseMs of [...retryAfterMs, undefined]) {
      try {
        return await uploadChart({ sender, charts: drawer, upload, signal: stopping.signal });
      } catch (error) {
        if (stopping.signal.aborted) return;
        // Slack understood and said no: it says so again.
        if (error instanceof SlackRefusedError) return refused(error);
        if (pauseMs === undefined) return log.warn({ err: error, title: upload.title }, 'a chart could not be shown');
        await pause(error instanceof NotNowError ? Math.max(pauseMs, error.retryAfterMs) : pauseMs, stopping.signal);
      }
    }
  }

  function refused({ slackError, method }: SlackRefusedError): void {
    if (saidRefusals.has(slackError)) return;
    saidRefusals.add(slackError);
    log.warn({ slackError, method }, 'slack takes no charts as files: notices say the verdict in words and numbers');
  }

  return {
    add(upload) {
      if (charts === undefined || stopping.signal.aborted) return;
      if (waiting.length >= maxWaiting) waiting.shift();
      waiting.push(upload);
      working ??= work().finally(() => {
        working = undefined;
      });
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

/** files.getUploadURLExternal → the bytes → files.completeUploadExternal, which shares it into the thread. */
async function uploadChart(work: {
  readonly sender: Sender;
  readonly charts: Charts;
  readonly upload: ChartUpload;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { sender, upload, signal } = work;
  const chart = await work.charts.draw(upload.series, plain(upload.title, 100));
  const words = redact(chart.altText).slice(0, maxAltText);
  const slot = await sender.call(
    'files.getUploadURLExternal',
    (client) =>
      client.files.getUploadURLExternal({
        filename: 'chart.png',
        length: chart.png.byteLength,
        alt_text: words,
        // The name in Slack's reference; the library knows only the other one.
        ...{ alt_txt: words },
      }),
    signal,
  );
  if (slot.upload_url === undefined || slot.file_id === undefined)
    throw new Error('slack gave no address to upload to');
  const { upload_url: address, file_id: id } = slot;
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(chart.png),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(uploadTimeoutMs)]),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`uploading a chart: HTTP ${answer.status}`);
  await sender.call(
    'files.completeUploadExternal',
    (client) =>
      client.files.completeUploadExternal({
        files: [{ id, title: plain(upload.title, 100) }],
        channel_id: upload.card.channel,
        thread_ts: upload.card.ts,
      }),
    signal,
  );
}
