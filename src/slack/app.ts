import { App } from '@slack/bolt';
import type { Logger } from 'pino';
import type { Charts } from '../charts/index.ts';
import type { CardPlace, Operations, Target } from '../operations/index.ts';
import { actActionIds, addReasonActionId, lineActionIds, moreActionId } from './actions/action-ids.ts';
import { createSigner } from './actions/signed-value.ts';
import { createBoltLogger } from './bolt-logger.ts';
import { createChartUploads } from './chart-uploads.ts';
import { createDesk } from './desk.ts';
import { createHttpReceiver } from './http-receiver.ts';
import { createIdentity, readUserGroups } from './identity.ts';
import { registerListeners } from './listeners.ts';
import { permalink, slackIdOf } from './messages/notice.ts';
import { createNotifier, type SlackNotifier } from './notifier.ts';
import type { SlackReceiver } from './receiver.ts';
import { createSender, type Sender } from './sender.ts';
import { createSlackHealth, type SlackHealth } from './slack-health.ts';
import { createSocketReceiver } from './socket-receiver.ts';
import { registerViewListeners } from './view-listeners.ts';
import { createHomes } from './views/homes.ts';
import { createFormSeal } from './views/start-entry.ts';
import { createStartForms } from './views/start-form.ts';
import { createWebClient } from './web-client.ts';
import { createWorkspace } from './workspace.ts';

export interface SlackSettings {
  readonly botToken: string;
  readonly mode:
    | { readonly kind: 'socket'; readonly appToken: string }
    | { readonly kind: 'http'; readonly signingSecret: string; readonly port: number };
  readonly slackApiUrl: string;
  /** `/rollout` */
  readonly command: string;
  /** Refuse payloads of any other app. Unset: not checked (Socket Mode's token is the app's own). */
  readonly appId?: string | undefined;
  /** For this replica; Slack allows 50 a minute for all replicas together. Default 45. */
  readonly updatesPerMinute?: number | undefined;
}

export interface SlackTools {
  readonly settings: SlackSettings;
  readonly operations: Operations;
  readonly log: Logger;
  /** The first signs; all are accepted. */
  readonly signingKeys: readonly string[];
  /** uid of this cluster: a button of another one is refused. '' while unknown. */
  readonly clusterUid: () => string;
  /** For pictures in the thread; undefined: words only. */
  readonly charts?: Charts | undefined;
  /** Which rollout a card (or its thread) belongs to, where this replica has not shown it itself. */
  readonly findByCard?:
    | ((card: { readonly channel: string; readonly ts: string }) => Promise<Target | undefined>)
    | undefined;
  /** Which channel a namespace is bound to: named to people who ask in a channel without the bot. */
  readonly channelOf?: ((namespace: string) => string | undefined) | undefined;
  /** Which namespaces are bound to a channel. */
  readonly namespacesOf?: ((channel: string) => readonly string[]) | undefined;
  /** Tells when a rollout moves, so that what shows it is drawn anew. Returns how to stop listening. */
  readonly onRolloutChange?: ((listener: () => void) => () => void) | undefined;
  /** How many cards of this channel are live, for all replicas; unset: few. */
  readonly liveCardsIn?: ((channel: string) => number) | undefined;
  readonly now?: (() => number) | undefined;
  /** After how long a person hears that the answer is late. */
  readonly answerPatienceMs?: number | undefined;
}

export interface SlackApp {
  /** Resolves at once, also while Slack is down: it connects beside. Throws only when the HTTP port is taken. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly notifier: SlackNotifier;
  /** At least one connection is open (Socket Mode), or the port is (HTTP). */
  isConnected(): boolean;
  /** What only a person can put right, in words; none: all is well between us and Slack. */
  troubles(): readonly string[];
  /** What this replica knows of its own way to Slack: for `doctor`. */
  readonly checkup: {
    connections(): ReturnType<SlackReceiver['connections']>;
    userGroups(): ReturnType<typeof readUserGroups>;
    isOutside(channel: string): boolean;
    chartsRefusedUntilMs(): number | undefined;
    tokenProblem(): ReturnType<SlackHealth['tokenProblem']>;
  };
  port(): number | undefined;
}

/** The Slack app: listens, translates to operations, and tells through its notifier. */
export function createSlackApp(tools: SlackTools): SlackApp {
  const { settings, log } = tools;
  const now = tools.now ?? Date.now;
  const logger = createBoltLogger(log);
  const client = createWebClient({ token: settings.botToken, slackApiUrl: settings.slackApiUrl, logger });
  const signer = createSigner(tools.signingKeys);
  const health = createSlackHealth({ log, now });
  const workspace = createWorkspace({ client, log, health });
  const sender = createSender({ client, log, updatesPerMinute: settings.updatesPerMinute ?? 45, now, health });
  const identity = createIdentity({ client, log, now, teamId: () => workspace.known()?.teamId });
  const uploads = createChartUploads({ sender, charts: tools.charts, log });
  const notifier = createNotifier({
    command: settings.command,
    ...{ sender, signer, identity, uploads, log, now },
    liveCardsIn: tools.liveCardsIn ?? (() => 0),
  });
  const receiver = createReceiver(tools, { logger, now });
  const app = new App({
    receiver: receiver.receiver,
    // Asked per event: so that an outage of Slack at start is no crash. Our own client does the calls.
    authorize: async () => workspace.authorize(settings.botToken),
    convoStore: false,
    logger,
    clientOptions: { slackApiUrl: settings.slackApiUrl },
  });
  const view = {
    sign: signer.sign,
    command: settings.command,
    nameOf: (user: string) => identity.nameOf(slackIdOf(user) ?? ''),
    channelOf: tools.channelOf,
    namespacesOf: tools.namespacesOf,
  };
  const linkTo = (card: CardPlace) => permalink(workspace.known()?.url ?? '', card);
  const desk = createDesk({
    operations: tools.operations,
    signer,
    sender,
    identity,
    notifier,
    log,
    now,
    clusterUid: tools.clusterUid,
    findByCard: tools.findByCard,
    view,
    linkTo,
    answerPatienceMs: tools.answerPatienceMs,
  });
  const forms = createStartForms({
    operations: tools.operations,
    identity,
    sender,
    seal: createFormSeal(tools.signingKeys),
    view,
    whisper: (at, message) => desk.ephemeral(at)(message),
    log,
    now,
  });
  const homes = createHomes({ operations: tools.operations, identity, sender, view, linkTo, log, now });
  const stopListening = tools.onRolloutChange?.(() => homes.changed());
  registerViewListeners(app, { forms, homes, desk, signer, view, log });
  registerListeners(app, {
    desk,
    forms,
    homes,
    view,
    identity,
    log,
    command: settings.command,
    appId: settings.appId,
    teamId: () => workspace.known()?.teamId,
    actionIds: [...actActionIds, ...lineActionIds, moreActionId, addReasonActionId],
  });
  return {
    notifier,
    isConnected: () => receiver.isConnected(),
    troubles: () => troublesOf(health, sender),
    checkup: {
      connections: () => receiver.connections(),
      userGroups: () => readUserGroups(client),
      isOutside: (channel) => notifier.isOutside(channel),
      chartsRefusedUntilMs: () => sender.chartsRefusedUntilMs(),
      tokenProblem: health.tokenProblem,
    },
    port: () => receiver.port(),
    async start() {
      workspace.start();
      await receiver.start();
    },
    async stop() {
      await receiver.stop();
      await desk.stop();
      await forms.stop();
      stopListening?.();
      await homes.stop();
      await uploads.stop();
      await workspace.stop();
    },
  };
}

function createReceiver(
  { settings, log }: SlackTools,
  { logger, now }: { readonly logger: ReturnType<typeof createBoltLogger>; readonly now: () => number },
): SlackReceiver {
  const { mode, slackApiUrl } = settings;
  if (mode.kind === 'socket') return createSocketReceiver({ appToken: mode.appToken, slackApiUrl, log, logger, now });
  return createHttpReceiver({ signingSecret: mode.signingSecret, port: mode.port, log, logger, now });
}

function troublesOf(health: SlackHealth, sender: Sender): readonly string[] {
  const token = health.tokenProblem();
  const chartsUntilMs = sender.chartsRefusedUntilMs();
  return [
    ...(token === undefined
      ? []
      : [`Slack does not accept the bot token (${token.slackError}) since ${new Date(token.sinceMs).toISOString()}`]),
    ...(chartsUntilMs === undefined
      ? []
      : [`this workspace refuses charts in messages: sparklines until ${new Date(chartsUntilMs).toISOString()}`]),
  ];
}
