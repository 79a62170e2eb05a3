import { z } from 'zod';
import type { JsonObject } from '../../../lib/index.ts';
import { count, flag, type Method, method, SlackError } from '../call.ts';
import type { Person, UserGroup } from '../options.ts';
import { takePage } from './pages.ts';

export function describePerson(person: Person, teamId: string): JsonObject {
  return {
    id: person.id,
    team_id: teamId,
    name: person.name,
    real_name: person.realName,
    deleted: person.isDeleted ?? false,
    tz: person.timeZone ?? 'Etc/UTC',
    tz_offset: offsetSeconds(person.timeZone ?? 'Etc/UTC'),
    is_admin: false,
    is_owner: false,
    is_restricted: person.isGuest ?? false,
    is_ultra_restricted: false,
    is_bot: person.isBot ?? false,
    is_app_user: false,
    is_email_confirmed: true,
    updated: 1_700_000_000,
    profile: {
      real_name: person.realName,
      display_name: person.name,
      title: person.title ?? '',
      team: teamId,
      ...(person.email !== undefined && { email: person.email }),
    },
  };
}

function offsetSeconds(timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date());
  const [, sign = '+', hours = '0', minutes = '0'] =
    name.find((part) => part.type === 'timeZoneName')?.value.match(/([+-])(\d+):(\d+)/) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

const info = method(
  { token: 'bot', scope: 'users:read', perMinute: 100 },
  z.object({ user: z.string() }),
  (args, { workspace, settings }) => {
    const person = workspace.people.get(args.user);
    if (person === undefined) throw new SlackError('user_not_found');
    return { user: describePerson(visible(person, settings.scopes), workspace.app.teamId) };
  },
);

/** Without the scope for it, an address is not told. */
function visible(person: Person, scopes: readonly string[]): Person {
  if (scopes.includes('users:read.email')) return person;
  const { email: _, ...rest } = person;
  return rest;
}

const list = method(
  { token: 'bot', scope: 'users:read', perMinute: 20 },
  z.object({ cursor: z.string().optional(), limit: count.optional() }),
  (args, { workspace, settings }) => {
    const page = takePage([...workspace.people.values()], args);
    const members = page.items.map((person) => describePerson(visible(person, settings.scopes), workspace.app.teamId));
    return { members, cache_ts: Math.floor(settings.nowMs() / 1000), ...page.metadata };
  },
);

const lookupByEmail = method(
  { token: 'bot', scope: 'users:read.email', perMinute: 50 },
  z.object({ email: z.string() }),
  (args, { workspace }) => {
    for (const person of workspace.people.values()) {
      if (person.email?.toLowerCase() === args.email.toLowerCase()) {
        return { user: describePerson(person, workspace.app.teamId) };
      }
    }
    throw new SlackError('users_not_found');
  },
);

function describeGroup(group: UserGroup, teamId: string): JsonObject {
  return {
    id: group.id,
    team_id: teamId,
    is_usergroup: true,
    is_subteam: true,
    name: group.name,
    handle: group.handle,
    description: '',
    is_external: false,
    date_create: 1_700_000_000,
    date_update: 1_700_000_000,
    date_delete: 0,
    auto_type: null,
    user_count: group.userIds.length,
    prefs: { channels: [], groups: [] },
  };
}

const groups = method(
  { token: 'bot', scope: 'usergroups:read', perMinute: 20 },
  z.object({ include_users: flag.default(false), include_disabled: flag.default(false) }),
  (args, { workspace }) => ({
    usergroups: [...workspace.userGroups.values()].map((group) => ({
      ...describeGroup(group, workspace.app.teamId),
      ...(args.include_users && { users: [...group.userIds] }),
    })),
  }),
);

const groupMembers = method(
  { token: 'bot', scope: 'usergroups:read', perMinute: 20 },
  z.object({ usergroup: z.string() }),
  (args, { workspace }) => {
    const group = workspace.userGroups.get(args.usergroup);
    if (group === undefined) throw new SlackError('no_such_subteam');
    return { users: [...group.userIds] };
  },
);

export const people: Readonly<Record<string, Method>> = {
  'users.info': info,
  'users.list': list,
  'users.lookupByEmail': lookupByEmail,
  'usergroups.list': groups,
  'usergroups.users.list': groupMembers,
};
