import type { Slack } from './call.ts';
import { SlackError } from './call.ts';
import type { Deliveries } from './deliveries.ts';
import { type Acted, readOutcome, sendEvent } from './events.ts';
import { toJson } from './messages.ts';
import { describePerson } from './methods/people.ts';
import type { Person } from './options.ts';

/** What is left out stays as it is. */
export interface PersonChange {
  readonly user: string;
  readonly realName?: string | undefined;
  readonly email?: string | undefined;
  readonly isGuest?: boolean | undefined;
  readonly isDeleted?: boolean | undefined;
}

export interface ChannelChange {
  readonly channel: string;
  readonly isArchived?: boolean | undefined;
  /** Whether the app is a member. */
  readonly hasApp?: boolean | undefined;
}

export type Administration = ReturnType<typeof createAdministration>;

/** What the workspace's administrators do: people, groups and channels change, and the app hears of it. */
export function createAdministration(slack: Slack, deliveries: Deliveries) {
  const { workspace } = slack;

  /** Changes what the workspace knows of a person, and says so to the app. */
  async function setPerson({ user, ...changes }: PersonChange): Promise<Acted> {
    const person: Person = { ...findPerson(user), ...toJson(changes) };
    workspace.record({ kind: 'personChanged', person });
    const event = {
      type: 'user_change',
      user: describePerson(person, workspace.app.teamId),
      cache_ts: Math.floor(slack.settings.nowMs() / 1000),
      event_ts: workspace.nextTs(),
    };
    return readOutcome(await sendEvent(slack, deliveries, event, 'user_change'));
  }

  /** Changes who is in a user group, and says so to the app. */
  async function setUserGroup(input: { handle: string; user_ids: readonly string[] }): Promise<Acted> {
    const group = [...workspace.userGroups.values()].find((other) => other.handle === input.handle);
    if (group === undefined) throw new SlackError('no_such_subteam');
    const added = input.user_ids.filter((id) => !group.userIds.includes(id));
    const removed = group.userIds.filter((id) => !input.user_ids.includes(id));
    workspace.record({ kind: 'userGroupChanged', userGroup: { ...group, userIds: input.user_ids } });
    const event = {
      type: 'subteam_members_changed',
      subteam_id: group.id,
      team_id: workspace.app.teamId,
      added_users: added,
      added_users_count: added.length,
      removed_users: removed,
      removed_users_count: removed.length,
      event_ts: workspace.nextTs(),
    };
    return readOutcome(await sendEvent(slack, deliveries, event, 'subteam_members_changed'));
  }

  function findPerson(id: string): Person {
    const person = workspace.people.get(id) ?? [...workspace.people.values()].find((other) => other.name === id);
    if (person === undefined) throw new SlackError('user_not_found');
    return person;
  }

  /** Archives a channel, or takes the app out of it. */
  function setChannel({ channel: id, isArchived, hasApp }: ChannelChange): void {
    const channel = workspace.channels.get(id);
    if (channel === undefined) throw new SlackError('channel_not_found');
    const bot = workspace.app.botUserId;
    const others = channel.memberIds.filter((member) => member !== bot);
    const memberIds = hasApp === undefined ? channel.memberIds : [...others, ...(hasApp ? [bot] : [])];
    const changed = { ...channel, memberIds, isArchived: isArchived ?? channel.isArchived };
    workspace.record({ kind: 'channelChanged', channel: changed });
  }

  return { setPerson, setUserGroup, setChannel };
}
