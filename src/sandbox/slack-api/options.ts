import type { Fault } from './faults.ts';

/** A member of the workspace, as `users.info` tells about them. */
export interface Person {
  readonly id: string;
  /** The handle, without the at sign. */
  readonly name: string;
  readonly realName: string;
  readonly title?: string;
  readonly email?: string;
  readonly timeZone?: string;
  readonly isGuest?: boolean;
  readonly isBot?: boolean;
  readonly isDeleted?: boolean;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly userIds: readonly string[];
}

export interface ChannelOption {
  readonly id: string;
  readonly name: string;
  readonly topic?: string;
  readonly isPrivate?: boolean;
  /** Left out: everybody who is not a guest, and the app. */
  readonly memberIds?: readonly string[];
}

export interface Shortcut {
  readonly name: string;
  readonly callbackId: string;
}

export interface SlackApiOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** The app as the workspace knows it. */
  readonly appName?: string;
  readonly botToken?: string;
  readonly appToken?: string;
  readonly signingSecret?: string;
  /** The bot token's scopes: a method whose scope is missing answers `missing_scope`. */
  readonly scopes?: readonly string[];
  /** The events that the app subscribed to: others are not sent. */
  readonly events?: readonly string[];
  /** Its global shortcuts: people find these, and no others. Left out: any callback id is sent. */
  readonly shortcuts?: readonly Shortcut[];
  readonly people?: readonly Person[];
  readonly userGroups?: readonly UserGroup[];
  readonly channels?: readonly ChannelOption[];
  /** Send interactions and events here as signed HTTP requests, instead of over Socket Mode. */
  readonly requestUrl?: string;
  /** `slack`: the published rate limits hold. Default `off`. */
  readonly limits?: 'slack' | 'off';
  /** Ask each Socket Mode connection to reconnect after this long, as Slack does every few hours. Default: never. */
  readonly refreshEveryMs?: number;
  /** How long an uploaded file cannot be used in a block yet. */
  readonly fileProcessingMs?: number;
  readonly ackTimeoutMs?: number;
  /** Waits before the repeats of an event that nobody acknowledged. */
  readonly eventRetryDelaysMs?: readonly number[];
  /** Messages, files and channels are kept here and survive a SIGKILL. Left out: memory only. */
  readonly dataFolder?: string;
  readonly fault?: Fault;
  /** The clock, in epoch milliseconds. */
  readonly nowMs?: () => number;
}

export interface Settings extends Required<Omit<SlackApiOptions, 'dataFolder' | 'requestUrl' | 'refreshEveryMs'>> {
  readonly dataFolder: string | undefined;
  readonly requestUrl: string | undefined;
  readonly refreshEveryMs: number | undefined;
}

/** The scopes that an app for commands, cards and files asks for. No history: such an app cannot read channels. */
const scopes = [
  'commands',
  'chat:write',
  'app_mentions:read',
  'im:write',
  'users:read',
  'usergroups:read',
  'files:read',
  'files:write',
] as const;

const events = ['app_mention', 'app_home_opened', 'user_change', 'subteam_updated', 'subteam_members_changed'] as const;

const people: readonly Person[] = [
  { id: 'U0DANA', name: 'dana', realName: 'Dana Deployer', title: 'Developer', timeZone: 'Europe/Berlin' },
  { id: 'U0ARNO', name: 'arno', realName: 'Arno Approver', title: 'Team lead', timeZone: 'Europe/Berlin' },
  { id: 'U0VERA', name: 'vera', realName: 'Vera Viewer', title: 'Support', timeZone: 'Europe/Lisbon' },
  { id: 'U0OMAR', name: 'omar', realName: 'Omar On-call', title: 'On call', timeZone: 'America/New_York' },
  { id: 'U0GUEST', name: 'gus', realName: 'Gus Guest', title: 'Contractor', isGuest: true },
  { id: 'U0ROBOT', name: 'buildbot', realName: 'Buildbot', isBot: true },
];

const userGroups: readonly UserGroup[] = [
  { id: 'S0DEPLOY', handle: 'deployers', name: 'Deployers', userIds: ['U0DANA'] },
  { id: 'S0APPROVE', handle: 'approvers', name: 'Approvers', userIds: ['U0ARNO'] },
  { id: 'S0ONCALL', handle: 'oncall', name: 'On call', userIds: ['U0OMAR'] },
];

export function parseOptions(options: SlackApiOptions): Settings {
  return {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    appName: options.appName ?? 'Example',
    botToken: options.botToken ?? 'xoxb-sandbox-bot-token',
    appToken: options.appToken ?? 'xapp-sandbox-app-token',
    signingSecret: options.signingSecret ?? 'sandbox-signing-secret',
    scopes: options.scopes ?? scopes,
    events: options.events ?? events,
    shortcuts: options.shortcuts ?? [],
    people: options.people ?? people,
    userGroups: options.userGroups ?? userGroups,
    channels: options.channels ?? [{ id: 'C0SHIPSHOP', name: 'ship-shop', topic: 'What ships to the shop' }],
    requestUrl: options.requestUrl,
    limits: options.limits ?? 'off',
    refreshEveryMs: options.refreshEveryMs,
    fileProcessingMs: options.fileProcessingMs ?? 300,
    ackTimeoutMs: options.ackTimeoutMs ?? 3000,
    eventRetryDelaysMs: options.eventRetryDelaysMs ?? [100, 60_000, 300_000],
    dataFolder: options.dataFolder,
    fault: options.fault ?? 'none',
    nowMs: options.nowMs ?? Date.now,
  };
}
