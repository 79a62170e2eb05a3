import type { Logger } from 'pino';
import type { Charts } from '../charts/index.ts';
import { NotNowError } from '../lib/index.ts';
import type { MessagePlace } from '../notifications/index.ts';
import type { MetricSeries } from '../rollout/index.ts';
import { createChartFiles } from './chart-file.ts';
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

export function createChartUploads(tools: {
  readonly sender: Sender;
  readonly charts: Charts | undefined;
  readonly log: Logger;
}): ChartUploads {
  const { sender, charts, log } = tools;
  const files = createChartFiles({ sender, log });
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
        const title = plain(upload.title, 100);
        const { png, altText } = await drawer.draw(upload.series, title);
        return await files.share({ png, altText, title, card: upload.card }, stopping.signal);
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
    log.warn(
      { slackError, method },
      'slack did not take a chart as a file: its notice says the verdict in words and numbers',
    );
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
