import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Person } from '../operations/index.ts';

/** Why somebody is not a person we act for. */
export type IdentityProblem = 'bot' | 'deleted' | 'stranger' | 'guest' | 'unreadable';

export type Identified =
  | { readonly person: Person; readonly isGuest: false }
  /** Guests may look (Kubernetes decides what), never change anything. */
  | { readonly person: Person; readonly isGuest: true }
  | { readonly problem: IdentityProblem };

export interface Identity {
  /** Slack user → our person. Unknown people and unanswerable questions are a problem, never a guess. */
  identify(userId: string): Promise<Identified>;
  /** The display name, as last heard; undefined: never asked or not known. */
  nameOf(userId: string): string | undefined;
  /** Hears the name so that `nameOf` knows it; never throws, and waits half a second at most. */
  learnName(userId: string): Promise<void>;
  /** `user_change`, `subteam_*`: ask again next time. */
  forgetUser(userId: string): void;
  forgetGroups(): void;
}

const cacheMs = 5 * 60_000;
const maxCachedUsers = 5000;
const nameWaitMs = 500;

const User = z.looseObject({
  id: z.string(),
  team_id: z.string().optional(),
  name: z.string().optional(),
  real_name: z.string().optional(),
  profile: z.looseObject({ display_name: z.string().optional() }).optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
});
type User = z.infer<typeof User>;

const UserGroups = z
  .array(
    z.looseObject({
      handle: z.string(),
      users: z.array(z.string()).default([]),
      date_delete: z.number().default(0),
    }),
  )
  .default([]);

interface Cached<T> {
  readonly value: Promise<T>;
  readonly atMs: number;
}

/** `slack:deployers` → a handle that Kubernetes takes as a group name. */
const prefix = 'slack:';

export function createIdentity(tools: {
  readonly client: WebClient;
  readonly log: Logger;
  readonly now: () => number;
  /** Our workspace; undefined until Slack told. */
  readonly teamId: () => string | undefined;
}): Identity {
  const { client, log, now } = tools;
  const users = new Map<string, Cached<User>>();
  const names = new Map<string, string>();
  let groups: Cached<ReadonlyMap<string, readonly string[]>> | undefined;

  function readUser(userId: string): Promise<User> {
    const known = users.get(userId);
    if (known !== undefined && now() - known.atMs < cacheMs) return known.value;
    const value = client.users.info({ user: userId }).then((answer) => User.parse(answer.user));
    if (users.size >= maxCachedUsers) users.clear();
    users.set(userId, { value, atMs: now() });
    value.then(
      (user) => names.set(userId, displayName(user)),
      () => users.delete(userId),
    );
    return value;
  }

  function readGroups(): Promise<ReadonlyMap<string, readonly string[]>> {
    if (groups !== undefined && now() - groups.atMs < cacheMs) return groups.value;
    const value = listGroups(client).catch((error: unknown) => {
      if (!isWithoutGroups(error)) throw error;
      log.info({ err: error }, 'this workspace has no user groups: people are slack:members only');
      return new Map<string, readonly string[]>();
    });
    const asked = { value, atMs: now() };
    groups = asked;
    value.catch(() => {
      if (groups === asked) groups = undefined;
    });
    return value;
  }

  async function identify(userId: string): Promise<Identified> {
    try {
      const [user, handles] = await Promise.all([readUser(userId), readGroups()]);
      const problem = problemOf(user, tools.teamId());
      if (problem !== undefined) return { problem };
      const isGuest = user.is_restricted === true || user.is_ultra_restricted === true;
      const own = (handles.get(userId) ?? []).map((handle) => `${prefix}${handle}`);
      const person: Person = {
        slackId: userId,
        displayName: displayName(user),
        user: `${prefix}${userId}`,
        groups: isGuest ? own : [...own, `${prefix}members`],
      };
      return { person, isGuest };
    } catch (error) {
      log.warn({ err: error, slackUser: userId }, 'a person could not be read from slack');
      return { problem: 'unreadable' };
    }
  }

  return {
    identify,
    nameOf: (userId) => names.get(userId),
    learnName: async (userId) => {
      if (names.has(userId)) return;
      // A name is a nicety: the card does not wait for a slow answer.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, nameWaitMs);
      await Promise.race([readUser(userId).catch(() => undefined), tooLong]);
      clearTimeout(timer);
    },
    forgetUser: (userId) => {
      users.delete(userId);
      names.delete(userId);
    },
    forgetGroups: () => {
      groups = undefined;
    },
  };
}

/** Whether this workspace tells us its user groups, asked now. A throw: Slack could not be asked. */
export async function readUserGroups(
  client: WebClient,
): Promise<{ readonly kind: 'known'; readonly count: number } | { readonly kind: 'none'; readonly why: string }> {
  try {
    const { usergroups } = await client.usergroups.list();
    return { kind: 'known', count: UserGroups.parse(usergroups).filter(({ date_delete }) => date_delete === 0).length };
  } catch (error) {
    if (!isWithoutGroups(error)) throw error;
    const words = error instanceof Error ? error.message : '';
    return { kind: 'none', why: words.replace(/^An API error occurred: /, '') };
  }
}

async function listGroups(client: WebClient): Promise<ReadonlyMap<string, readonly string[]>> {
  // One call for all groups and their people: usergroups.* is Tier 2.
  const answer = await client.usergroups.list({ include_users: true });
  const handles = new Map<string, string[]>();
  for (const group of UserGroups.parse(answer.usergroups)) {
    if (group.date_delete > 0 || group.handle === 'members') continue;
    for (const user of group.users) handles.set(user, [...(handles.get(user) ?? []), group.handle]);
  }
  return handles;
}

/** Free plans and apps without usergroups:read: no groups, which is an answer. */
function isWithoutGroups(error: unknown): boolean {
  const words = error instanceof Error ? error.message : '';
  return /missing_scope|paid_teams_only|plan_upgrade_required|team_not_on_paid|feature_not_enabled|unknown_method/.test(
    words,
  );
}

function problemOf(user: User, teamId: string | undefined): IdentityProblem | undefined {
  if (user.deleted === true) return 'deleted';
  if (user.is_bot === true || user.id === 'USLACKBOT') return 'bot';
  if (user.is_stranger === true) return 'stranger';
  if (teamId !== undefined && user.team_id !== undefined && user.team_id !== teamId) return 'stranger';
  return undefined;
}

function displayName(user: User): string {
  const shown = user.profile?.display_name?.trim();
  return (shown !== undefined && shown !== '' ? shown : (user.real_name ?? user.name)) ?? user.id;
}
