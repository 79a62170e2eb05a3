import { z } from 'zod';
import type { JsonObject } from '../../../lib/index.ts';
import { count, type Method, method, records, type Slack, SlackError } from '../call.ts';
import { createId, createSecret } from '../ids.ts';
import { findOwnChannel, findThread, writeAsApp } from '../messages.ts';
import type { Message, StoredFile } from '../workspace.ts';

/** A file that was announced: its address to upload to, and later its bytes. */
export interface Upload {
  readonly fileId: string;
  readonly name: string;
  readonly altText: string;
  readonly lengthBytes: number;
  bytes: Buffer | undefined;
}

/** Announced uploads by the secret part of their address. */
export type Uploads = Map<string, Upload>;

export function describeFile(file: StoredFile, slack: Slack): JsonObject {
  const isReady = file.readyAtMs <= slack.settings.nowMs();
  const { teamId, botUserId } = slack.workspace.app;
  const shares: Record<string, { ts: string }[]> = {};
  for (const share of file.shares) shares[share.channel] = [...(shares[share.channel] ?? []), { ts: share.ts }];
  return {
    id: file.id,
    created: Math.floor(file.createdMs / 1000),
    timestamp: Math.floor(file.createdMs / 1000),
    name: file.name,
    title: file.title,
    ...(file.altText !== '' && { alt_txt: file.altText }),
    // Empty until Slack has looked at the bytes: this is how a client learns that the file can be used.
    mimetype: isReady ? file.mimetype : '',
    filetype: isReady ? (file.mimetype.split('/')[1] ?? '') : '',
    user: file.user,
    user_team: teamId,
    editable: false,
    size: file.sizeBytes,
    mode: 'hosted',
    is_external: false,
    is_public: file.shares.length > 0,
    url_private: `${slack.url()}/files-pri/${teamId}-${file.id}/${encodeURIComponent(file.name)}`,
    permalink: `${slack.url()}/files/${botUserId}/${file.id}/${encodeURIComponent(file.name)}`,
    shares: isReady && file.shares.length > 0 ? { public: shares } : {},
    channels: isReady ? Object.keys(shares) : [],
  };
}

function sniffMimetype(bytes: Buffer): string {
  if (bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  if (bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'image/jpeg';
  if (bytes.subarray(0, 4).toString('latin1') === 'GIF8') return 'image/gif';
  return bytes.includes(0) ? 'application/octet-stream' : 'text/plain';
}

const Complete = z.object({
  files: records,
  channel_id: z.string().optional(),
  channels: z.string().optional(),
  thread_ts: z.string().optional(),
  initial_comment: z.string().optional(),
  blocks: records.optional(),
});
const CompletedFile = z.object({ id: z.string(), title: z.string().optional() });

export function createFileMethods(uploads: Uploads): Readonly<Record<string, Method>> {
  const announce = method(
    { token: 'bot', scope: 'files:write', perMinute: 100 },
    z.object({
      filename: z.string().min(1),
      length: count,
      // The documented name, and the one that @slack/web-api sends.
      alt_txt: z.string().optional(),
      alt_text: z.string().optional(),
      snippet_type: z.string().optional(),
    }),
    (args, slack) => {
      if (args.length === 0) throw new SlackError('invalid_arguments');
      const altText = args.alt_txt ?? args.alt_text ?? '';
      if (altText.length > 1000) throw new SlackError('alt_txt_too_large');
      const secret = createSecret();
      const fileId = createId('F');
      uploads.set(secret, {
        fileId,
        name: args.filename,
        altText,
        lengthBytes: args.length,
        bytes: undefined,
      });
      return { upload_url: `${slack.url()}/upload/v1/${secret}`, file_id: fileId };
    },
  );

  /** Answers at once; the file can be used, and stands in its channel, only some time later. */
  const complete = method({ token: 'bot', scope: 'files:write', perMinute: 100 }, Complete, (args, slack) => {
    const channelName = args.channel_id ?? args.channels;
    const channel = channelName === undefined ? undefined : findOwnChannel(slack, channelName);
    const thread =
      channel === undefined || args.thread_ts === undefined ? undefined : findThread(slack, channel.id, args.thread_ts);
    const finished = args.files.map((item) => takeUpload(CompletedFile.parse(item), uploads, slack));
    for (const file of finished) slack.workspace.record({ kind: 'fileChanged', file });
    const isLost = slack.fault().kind === 'unshared_files' && finished.some(({ altText }) => altText !== '');
    if (channel !== undefined && !isLost) {
      const comment = { text: args.initial_comment, blocks: args.blocks };
      const share = (): void => shareFiles(finished, { channel: channel.id, thread, ...comment }, slack);
      setTimeout(share, slack.settings.fileProcessingMs).unref();
    }
    return { files: finished.map((file) => ({ id: file.id, title: file.title })) };
  });

  const info = method(
    { token: 'bot', scope: 'files:read', perMinute: 100 },
    z.object({ file: z.string() }),
    (args, slack) => {
      const file = slack.workspace.files.get(args.file);
      if (file === undefined) throw new SlackError('file_not_found');
      return { file: describeFile(file, slack), comments: [], response_metadata: { next_cursor: '' } };
    },
  );

  const remove = method(
    { token: 'bot', scope: 'files:write', perMinute: 50 },
    z.object({ file: z.string() }),
    (args, slack) => {
      const file = slack.workspace.files.get(args.file);
      if (file === undefined) throw new SlackError('file_not_found');
      slack.workspace.record({ kind: 'fileDeleted', file: file.id });
      return {};
    },
  );

  return {
    'files.delete': remove,
    'files.getUploadURLExternal': announce,
    'files.completeUploadExternal': complete,
    'files.info': info,
  };
}

function takeUpload(item: z.infer<typeof CompletedFile>, uploads: Uploads, slack: Slack): StoredFile {
  const found = [...uploads].find(([, upload]) => upload.fileId === item.id);
  const bytes = found?.[1].bytes;
  if (found === undefined || bytes === undefined) throw new SlackError('file_not_found');
  const [secret, upload] = found;
  uploads.delete(secret);
  slack.workspace.writeFileBytes(item.id, bytes);
  const nowMs = slack.settings.nowMs();
  return {
    id: item.id,
    name: upload.name,
    title: item.title ?? upload.name,
    altText: upload.altText,
    mimetype: sniffMimetype(bytes),
    sizeBytes: bytes.length,
    createdMs: nowMs,
    user: slack.workspace.app.botUserId,
    readyAtMs: nowMs + slack.settings.fileProcessingMs,
    shares: [],
  };
}

interface Share {
  readonly channel: string;
  readonly thread: string | undefined;
  readonly text: string | undefined;
  readonly blocks: readonly JsonObject[] | undefined;
}

function shareFiles(files: readonly StoredFile[], share: Share, slack: Slack): void {
  const message: Message = {
    ...writeAsApp(slack, { text: share.text ?? ' ', blocks: share.blocks }),
    text: share.text ?? '',
    files: files.map((file) => describeFile(file, slack)),
    ...(share.thread !== undefined && { thread_ts: share.thread }),
  };
  for (const file of files) {
    const shares = [...file.shares, { channel: share.channel, ts: message.ts }];
    slack.workspace.record({ kind: 'fileChanged', file: { ...file, shares } });
  }
  slack.workspace.record({ kind: 'messagePosted', channel: share.channel, message });
}
