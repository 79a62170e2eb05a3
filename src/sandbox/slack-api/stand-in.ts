import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Acting } from './acting.ts';
import type { Administration } from './administration.ts';
import { type Slack, SlackError } from './call.ts';
import { type ActiveFault, parseFault, UnknownFaultError } from './faults.ts';
import { toJson } from './messages.ts';
import { describeFile } from './methods/files.ts';
import { describeView } from './methods/views.ts';
import { type Request, sendJson } from './requests.ts';
import type { Transcript } from './transcript.ts';
import type { Recorded } from './workspace.ts';

/** What a page or a test may do here, besides being a Slack app. */
export interface StandInTools {
  readonly slack: Slack;
  readonly acting: Acting;
  readonly administration: Administration;
  readonly setFault: (fault: ActiveFault) => void;
  readonly setRequestUrl: (url: string | undefined) => void;
  readonly transcript: () => Transcript;
}

const Json = z.json();
const Values = z.record(z.string(), z.record(z.string(), Json));
const Press = { user: z.string(), action_id: z.string(), value: Json.optional(), values: Values.optional() };

const Acts = {
  command: z.object({ user: z.string(), channel: z.string(), text: z.string() }),
  say: z.object({ user: z.string(), channel: z.string(), text: z.string().min(1), thread_ts: z.string().optional() }),
  click: z.object({ ...Press, channel: z.string(), ts: z.string(), block_id: z.string().optional() }),
  clickInView: z.object({ ...Press, view_id: z.string(), block_id: z.string().optional() }),
  submit: z.object({ user: z.string(), view_id: z.string(), values: Values.optional() }),
  close: z.object({ user: z.string(), view_id: z.string(), clear: z.boolean().optional() }),
  shortcut: z.object({
    user: z.string(),
    callback_id: z.string(),
    channel: z.string().optional(),
    ts: z.string().optional(),
  }),
  suggest: z.object({
    user: z.string(),
    view_id: z.string(),
    action_id: z.string(),
    block_id: z.string(),
    value: z.string(),
  }),
  openHome: z.object({ user: z.string(), tab: z.enum(['home', 'messages']).optional() }),
  setPerson: z.object({
    user: z.string(),
    realName: z.string().optional(),
    email: z.string().optional(),
    isGuest: z.boolean().optional(),
    isDeleted: z.boolean().optional(),
  }),
  setUserGroup: z.object({ handle: z.string(), user_ids: z.array(z.string()) }),
};

const ChannelChange = z.object({
  channel: z.string(),
  isArchived: z.boolean().optional(),
  hasApp: z.boolean().optional(),
});

/** `/_stand-in/…`: acts of people, faults, the transcript, and a stream of everything that changes. */
export function createStandIn({ slack, acting, administration, setFault, setRequestUrl, transcript }: StandInTools) {
  const { workspace } = slack;
  const streams = new Set<ServerResponse>();
  const stopListening = workspace.listen((change) => {
    const line = `data: ${JSON.stringify(decorate(change))}\n\n`;
    for (const stream of streams) stream.write(line);
  });
  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.write(': still here\n\n');
  }, 15_000);

  /** Views and files leave in the shapes of the API. */
  function decorate(change: Recorded): object {
    if ('view' in change) return { ...change, userId: change.view.userId, view: describeView(change.view, slack) };
    if (change.kind === 'fileChanged') return { ...change, file: describeFile(change.file, slack) };
    return change;
  }

  const acts: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    command: (body) => acting.command(Acts.command.parse(body)),
    say: (body) => acting.say(Acts.say.parse(body)),
    click: (body) => acting.click(Acts.click.parse(body)),
    'click-in-view': (body) => acting.clickInView(Acts.clickInView.parse(body)),
    submit: (body) => acting.submit(Acts.submit.parse(body)),
    close: (body) => acting.close(Acts.close.parse(body)),
    shortcut: (body) => acting.shortcut(Acts.shortcut.parse(body)),
    suggest: (body) => acting.suggest(Acts.suggest.parse(body)),
    'open-home': (body) => acting.openHome(Acts.openHome.parse(body)),
    person: (body) => administration.setPerson(Acts.setPerson.parse(body)),
    'user-group': (body) => administration.setUserGroup(Acts.setUserGroup.parse(body)),
    async fault(body) {
      setFault(parseFault(z.object({ fault: z.unknown() }).parse(body).fault));
      return { fault: slack.fault() };
    },
    async refresh() {
      slack.sockets.refresh();
      return {};
    },
    async 'request-url'(body) {
      setRequestUrl(z.object({ url: z.url().nullable() }).parse(body).url ?? undefined);
      return {};
    },
    async channel(body) {
      administration.setChannel(ChannelChange.parse(body));
      return {};
    },
  };

  function readState(): object {
    return {
      app: { ...workspace.app, shortcuts: slack.settings.shortcuts },
      people: [...workspace.people.values()],
      userGroups: [...workspace.userGroups.values()],
      channels: [...workspace.channels.values()].map((channel) => ({
        ...channel,
        messages: [...workspace.messagesOf(channel.id).values()],
      })),
      ephemerals: [...workspace.ephemerals.values()],
      files: [...workspace.files.values()].map((file) => describeFile(file, slack)),
      views: [...workspace.views.values()].map((view) => ({ userId: view.userId, view: describeView(view, slack) })),
      homes: [...workspace.homes.values()].map((view) => ({ userId: view.userId, view: describeView(view, slack) })),
      fault: slack.fault(),
      connections: slack.sockets.count(),
    };
  }

  function stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    // The state comes first on the same stream: nothing can happen between reading it and listening.
    response.write(`data: ${JSON.stringify({ kind: 'state', state: readState() })}\n\n`);
    streams.add(response);
    response.on('close', () => streams.delete(response));
  }

  function sendFile(id: string, response: ServerResponse): void {
    const file = workspace.files.get(id);
    const bytes = workspace.readFileBytes(id);
    if (file === undefined || bytes === undefined) {
      sendJson(response, 404, { ok: false, error: 'file_not_found' });
      return;
    }
    response.writeHead(200, { 'content-type': file.mimetype, 'x-content-type-options': 'nosniff' });
    response.end(bytes);
  }

  async function answer(request: Request, response: ServerResponse): Promise<void> {
    // Danger: any web page may send a form to 127.0.0.1. JSON is what it cannot send without our consent.
    const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
    const origin = request.headers.origin;
    if (origin !== undefined || (request.verb === 'POST' && !isJson)) {
      return sendJson(response, 403, { ok: false, error: 'not_from_a_browser_page' });
    }
    const name = request.path.replace(/^\/_stand-in\//, '');
    if (request.verb === 'GET') {
      if (name === 'state') return sendJson(response, 200, readState());
      if (name === 'events') return stream(response);
      if (name === 'transcript') return sendJson(response, 200, transcript());
      if (name.startsWith('files/')) return sendFile(name.slice('files/'.length), response);
    }
    const act = request.verb === 'POST' ? acts[name] : undefined;
    if (act === undefined) return sendJson(response, 404, { ok: false, error: 'unknown_act' });
    try {
      const body: unknown = request.body.length === 0 ? {} : JSON.parse(request.body.toString());
      return sendJson(response, 200, { ok: true, ...toJson(Object(await act(body))) });
    } catch (error) {
      if (error instanceof z.ZodError) return sendJson(response, 400, { ok: false, error: z.prettifyError(error) });
      if (error instanceof UnknownFaultError) return sendJson(response, 400, { ok: false, error: error.message });
      if (error instanceof SyntaxError) return sendJson(response, 400, { ok: false, error: 'invalid_json' });
      if (error instanceof SlackError) return sendJson(response, 200, { ok: false, error: error.message });
      throw error;
    }
  }

  return {
    answer,
    stop(): void {
      stopListening();
      clearInterval(heartbeat);
      for (const response of streams) response.end();
    },
  };
}
