import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Acting, createActing } from './acting.ts';
import { type Administration, createAdministration } from './administration.ts';
import { type Slack, SlackError } from './call.ts';
import { createDeliveries } from './deliveries.ts';
import { type ActiveFault, type Fault, parseFault } from './faults.ts';
import type { Uploads } from './methods/files.ts';
import { createMethods } from './methods/index.ts';
import { parseOptions, type SlackApiOptions } from './options.ts';
import { type Request, readRequest, readUpload, sendJson, TooLargeError } from './requests.ts';
import { respond } from './respond.ts';
import { createResponseUrls, Response } from './response-urls.ts';
import { createSockets } from './socket-mode.ts';
import { createStandIn } from './stand-in.ts';
import { createStories, type Transcript } from './transcript.ts';
import { createTriggers } from './triggers.ts';
import { createWebApi } from './web-api.ts';
import { openWorkspace } from './workspace.ts';

export interface SlackApi extends Acting, Administration {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string;
  /** For `slackApiUrl`: ends in `/api/`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly botUserId: string;
  transcript(): Transcript;
  /** From each envelope sent to its acknowledgement, in the order of sending; what was never acknowledged is left out. */
  ackLatenciesMs(): readonly number[];
  setFault(fault: Fault): void;
  /** From here on interactions and events go here as signed requests; undefined: over Socket Mode. */
  setRequestUrl(url: string | undefined): void;
  /** How many Socket Mode connections are open. */
  connections(): number;
  /** Asks every Socket Mode connection to reconnect. */
  refreshConnections(): void;
  stop(): Promise<void>;
}

/** Starts a workspace that answers as Slack does, to apps that differ from the real thing by the address only. */
export async function createSlackApi(options: SlackApiOptions = {}): Promise<SlackApi> {
  const settings = parseOptions(options);
  const workspace = openWorkspace(settings);
  const uploads: Uploads = new Map();
  let fault: ActiveFault = parseFault(settings.fault);
  let url = '';

  const sockets = createSockets({
    appId: workspace.app.appId,
    ackTimeoutMs: settings.ackTimeoutMs,
    refreshEveryMs: settings.refreshEveryMs,
    isDown: () => fault.kind === 'down',
    onCount: (count) => workspace.record({ kind: 'connectionsChanged', count }),
  });
  const slack: Slack = {
    settings,
    workspace,
    sockets,
    triggers: createTriggers(settings.nowMs),
    responseUrls: createResponseUrls(settings.nowMs),
    url: () => url,
    fault: () => fault,
  };
  const deliveries = createDeliveries({ ...settings, sockets }, settings.requestUrl);
  const acting = createActing(slack, deliveries);
  const administration = createAdministration(slack, deliveries);
  const webApi = createWebApi(slack, createMethods(uploads));
  const stories = createStories();
  for (const change of workspace.past) stories.add(change);
  workspace.listen(stories.add);

  function setFault(next: ActiveFault): void {
    if (next.kind === 'down') sockets.cut();
    if (next.kind === 'disconnect') sockets.refresh();
    fault = next.kind === 'disconnect' ? { kind: 'none' } : next;
    workspace.record({ kind: 'faultChanged', fault: fault.kind });
  }

  function transcript(): Transcript {
    return { calls: webApi.calls(), messages: stories.read(), deliveries: deliveries.record() };
  }

  const standIn = createStandIn({
    slack,
    acting,
    administration,
    setFault,
    setRequestUrl: deliveries.setRequestUrl,
    transcript,
  });

  async function answer(request: Request, response: ServerResponse): Promise<void> {
    const { path } = request;
    if (path.startsWith('/api/')) return webApi.answer(request, response);
    if (path.startsWith('/_stand-in/')) return standIn.answer(request, response);
    if (fault.kind === 'down') {
      response.destroy();
      return;
    }
    if (path.startsWith('/upload/v1/')) return receiveUpload(request, response, uploads);
    if (path.startsWith('/commands/') || path.startsWith('/actions/'))
      return answerResponseUrl(request, response, slack);
    if (path.startsWith('/files-pri/')) return sendPrivateFile(request, response, slack);
    sendJson(response, 404, { ok: false, error: 'not_found' });
  }

  const server = createServer((request, response) => {
    void serve(request, response, answer);
  });
  // Danger: Node's five idle seconds race with clients that reuse a connection; theirs must end first.
  server.keepAliveTimeout = 65_000;
  sockets.attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://${settings.host}:${port}`;

  return {
    ...acting,
    ...administration,
    url,
    apiUrl: `${url}/api/`,
    port,
    botToken: settings.botToken,
    appToken: settings.appToken,
    signingSecret: settings.signingSecret,
    botUserId: workspace.app.botUserId,
    transcript,
    ackLatenciesMs: () => deliveries.record().flatMap((delivery) => delivery.ackMs ?? []),
    setFault: (next) => setFault(parseFault(next)),
    setRequestUrl: deliveries.setRequestUrl,
    connections: sockets.count,
    refreshConnections: sockets.refresh,
    async stop() {
      deliveries.stop();
      standIn.stop();
      sockets.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      workspace.close();
    },
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request, response: ServerResponse) => Promise<void>,
): Promise<void> {
  try {
    await answer(await readRequest(incoming), response);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const status = error instanceof TooLargeError ? 413 : 500;
    sendJson(response, status, {
      ok: false,
      error: status === 413 ? 'too_large' : 'internal_error',
      message: String(error),
    });
  }
}

async function receiveUpload(request: Request, response: ServerResponse, uploads: Uploads): Promise<void> {
  const upload = uploads.get(request.path.replace('/upload/v1/', ''));
  if (upload === undefined) return sendJson(response, 404, { ok: false, error: 'upload_not_found' });
  const bytes = await readUpload(request);
  if (bytes.length !== upload.lengthBytes) return sendJson(response, 400, { ok: false, error: 'length_mismatch' });
  upload.bytes = bytes;
  response.end(`OK - ${bytes.length}`);
}

async function answerResponseUrl(request: Request, response: ServerResponse, slack: Slack): Promise<void> {
  const use = slack.responseUrls.use(request.path.split('/').at(-1) ?? '');
  if (use.kind === 'refused') return sendJson(response, 404, { ok: false, error: use.error });
  try {
    respond(slack, use.target, Response.parse(JSON.parse(request.body.toString())));
    response.end('ok');
  } catch (error) {
    const problem =
      error instanceof SlackError ? { error: error.message, ...error.details } : { error: 'invalid_payload' };
    sendJson(response, 400, { ok: false, ...problem });
  }
}

function sendPrivateFile(request: Request, response: ServerResponse, slack: Slack): void {
  const id = request.path.match(/^\/files-pri\/\w+-(F\w+)\//)?.[1] ?? '';
  const isAllowed = request.headers.authorization === `Bearer ${slack.settings.botToken}`;
  const file = slack.workspace.files.get(id);
  const bytes = slack.workspace.readFileBytes(id);
  if (!isAllowed || file === undefined || bytes === undefined) {
    sendJson(response, 403, { ok: false, error: 'access_denied' });
    return;
  }
  response.writeHead(200, { 'content-type': file.mimetype });
  response.end(bytes);
}
