import type { Logger } from 'pino';
import { NotNowError, redact } from '../lib/index.ts';
import type { MessagePlace } from '../notifications/index.ts';
import { SlackRefusedError } from './method-calls.ts';
import { pause } from './pause.ts';
import type { Sender } from './sender.ts';

/** A picture for a card's thread. */
export interface ChartFile {
  readonly png: Uint8Array;
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly altText: string;
  readonly card: MessagePlace;
}

/** files.getUploadURLExternal refuses more: alt_txt_too_large. */
const maxAltText = 1000;
const uploadTimeoutMs = 9000;
/** Slack shares a file some time after it said yes. */
const shareWaitsMs = [300, 1000, 2000, 4000, 8000];

/**
 * Uploads pictures and sees them shared. Slack is known to accept files with an alternative text and never to share some of them
 * (https://github.com/slackapi/python-slack-sdk/issues/1818): such a one is deleted, and sent without; the notice above it says the same.
 */
export function createChartFiles(tools: {
  readonly sender: Sender;
  readonly log: Logger;
  readonly waitsMs?: readonly number[];
}) {
  const { sender, log, waitsMs = shareWaitsMs } = tools;
  let losesAltText = false;

  async function share(file: ChartFile, signal: AbortSignal): Promise<void> {
    const altText = losesAltText ? '' : redact(file.altText).slice(0, maxAltText);
    const id = await upload({ ...file, altText }, sender, signal);
    if (altText === '' || (await isShared(id, signal))) return;
    if (signal.aborted) return;
    losesAltText = true;
    log.warn('slack accepted a chart with its alternative text and did not share it: charts go without from now on');
    // Deleted first, so that it cannot come late, beside the other.
    await sender.call('files.delete', (client) => client.files.delete({ file: id }), signal);
    await upload({ ...file, altText: '' }, sender, signal);
  }

  async function isShared(id: string, signal: AbortSignal): Promise<boolean> {
    for (const waitMs of waitsMs) {
      await pause(waitMs, signal);
      try {
        const { file } = await sender.call('files.info', (client) => client.files.info({ file: id }), signal);
        if (Object.values(file?.shares ?? {}).some((places) => Object.keys(places ?? {}).length > 0)) return true;
      } catch (error) {
        // Without files:read nobody can look: believed.
        if (error instanceof SlackRefusedError) return true;
        if (!(error instanceof NotNowError)) throw error;
      }
    }
    return false;
  }

  return { share };
}

/** files.getUploadURLExternal → the bytes → files.completeUploadExternal, which shares it into the thread. Gives the file's id. */
async function upload({ png, title, altText, card }: ChartFile, sender: Sender, signal: AbortSignal): Promise<string> {
  const slot = await sender.call(
    'files.getUploadURLExternal',
    (client) =>
      client.files.getUploadURLExternal({
        filename: 'chart.png',
        length: png.byteLength,
        // `alt_txt` is the name in Slack's reference; the library knows only the other one.
        ...(altText === '' ? {} : { alt_text: altText, alt_txt: altText }),
      }),
    signal,
  );
  if (slot.upload_url === undefined || slot.file_id === undefined)
    throw new Error('slack gave no address to upload to');
  const { upload_url: address, file_id: id } = slot;
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(png),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(uploadTimeoutMs)]),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`uploading a chart: HTTP ${answer.status}`);
  await sender.call(
    'files.completeUploadExternal',
    (client) =>
      client.files.completeUploadExternal({
        files: [{ id, title }],
        channel_id: card.channel,
        thread_ts: card.ts,
      }),
    signal,
  );
  return id;
}
