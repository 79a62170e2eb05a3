import type { JsonObject } from '../../lib/index.ts';
import type { Slack } from './call.ts';
import { createId } from './ids.ts';
import { describeMessage, toJson } from './messages.ts';
import { describeView } from './methods/views.ts';
import type { Person } from './options.ts';
import type { Channel, Message, View } from './workspace.ts';

/** The old verification token: long deprecated, still in every payload. */
const verificationToken = 'sandbox-verification-token';

function describeUser(person: Person, slack: Slack): JsonObject {
  return { id: person.id, username: person.name, name: person.name, team_id: slack.workspace.app.teamId };
}

function describePlace(channel: Channel): JsonObject {
  return { id: channel.id, name: channel.directWith === undefined ? channel.name : 'directmessage' };
}

/** What every interaction begins with. */
function interaction(type: string, person: Person, slack: Slack): JsonObject {
  const { app } = slack.workspace;
  return {
    type,
    user: describeUser(person, slack),
    api_app_id: app.appId,
    token: verificationToken,
    team: { id: app.teamId, domain: app.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

function createResponseUrl(kind: 'commands' | 'actions', place: Place, slack: Slack): string {
  const id = slack.responseUrls.create({
    channel: place.channel.id,
    userId: place.person.id,
    messageTs: place.message?.ts,
    isEphemeral: place.isEphemeral ?? false,
    threadTs: place.message?.thread_ts,
  });
  return `${slack.url()}/${kind}/${slack.workspace.app.teamId}/${id}`;
}

export interface Place {
  readonly person: Person;
  readonly channel: Channel;
  readonly message?: Message;
  readonly isEphemeral?: boolean;
}

export function writeCommand(place: Place, command: string, text: string, slack: Slack): JsonObject {
  const { app } = slack.workspace;
  return {
    token: verificationToken,
    team_id: app.teamId,
    team_domain: app.teamDomain,
    channel_id: place.channel.id,
    channel_name: place.channel.directWith === undefined ? place.channel.name : 'directmessage',
    user_id: place.person.id,
    user_name: place.person.name,
    command,
    text,
    api_app_id: app.appId,
    is_enterprise_install: 'false',
    response_url: createResponseUrl('commands', place, slack),
    trigger_id: slack.triggers.create(place.person.id),
  };
}

/** A press on an element of a message. */
export function writeMessageAction(
  place: Required<Place>,
  action: JsonObject,
  state: JsonObject,
  slack: Slack,
): JsonObject {
  const { person, channel, message, isEphemeral } = place;
  return {
    ...interaction('block_actions', person, slack),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...(message.thread_ts !== undefined && { thread_ts: message.thread_ts }),
    },
    trigger_id: slack.triggers.create(person.id),
    channel: describePlace(channel),
    // An ephemeral message is not kept anywhere: its presses come without it.
    ...(!isEphemeral && { message: describeMessage(slack, channel.id, message) }),
    state: { values: state },
    response_url: createResponseUrl('actions', place, slack),
    actions: [action],
  };
}

/** A press on an element of a modal or a Home tab. */
export function writeViewAction(
  person: Person,
  view: View,
  input: { action: JsonObject; state: JsonObject },
  slack: Slack,
): JsonObject {
  return {
    ...interaction('block_actions', person, slack),
    container: { type: 'view', view_id: view.id },
    trigger_id: slack.triggers.create(person.id),
    view: { ...describeView(view, slack), state: { values: input.state } },
    actions: [input.action],
  };
}

export function writeSubmission(person: Person, view: View, state: JsonObject, slack: Slack): JsonObject {
  return {
    ...interaction('view_submission', person, slack),
    trigger_id: slack.triggers.create(person.id),
    view: { ...describeView(view, slack), state: { values: state } },
    response_urls: [],
  };
}

export function writeClosing(person: Person, view: View, isCleared: boolean, slack: Slack): JsonObject {
  return { ...interaction('view_closed', person, slack), view: describeView(view, slack), is_cleared: isCleared };
}

export function writeShortcut(person: Person, callbackId: string, slack: Slack): JsonObject {
  return {
    ...interaction('shortcut', person, slack),
    callback_id: callbackId,
    trigger_id: slack.triggers.create(person.id),
    action_ts: slack.workspace.nextTs(),
  };
}

export function writeMessageShortcut(
  place: Place & { readonly message: Message },
  callbackId: string,
  slack: Slack,
): JsonObject {
  return {
    ...interaction('message_action', place.person, slack),
    callback_id: callbackId,
    trigger_id: slack.triggers.create(place.person.id),
    action_ts: slack.workspace.nextTs(),
    message_ts: place.message.ts,
    channel: describePlace(place.channel),
    message: describeMessage(slack, place.channel.id, place.message),
    response_url: createResponseUrl('actions', place, slack),
  };
}

/** A question for the options of an external select, one per keystroke. */
export function writeSuggestion(
  person: Person,
  asked: { action_id: string; block_id: string; value: string },
  container: JsonObject,
  slack: Slack,
): JsonObject {
  return { ...interaction('block_suggestion', person, slack), ...asked, ...container };
}

export function writeEvent(event: JsonObject, slack: Slack): JsonObject {
  const { app } = slack.workspace;
  return {
    token: verificationToken,
    team_id: app.teamId,
    context_team_id: app.teamId,
    context_enterprise_id: null,
    api_app_id: app.appId,
    event,
    type: 'event_callback',
    event_id: createId('Ev'),
    event_time: Math.floor(slack.settings.nowMs() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: app.teamId, user_id: app.botUserId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
    event_context: createId('4-'),
  };
}

export function writeMention(channel: Channel, message: Message): JsonObject {
  return { ...toJson(message), type: 'app_mention', channel: channel.id, event_ts: message.ts };
}

export function writeDirectMessage(channel: Channel, message: Message): JsonObject {
  return { ...toJson(message), type: 'message', channel: channel.id, channel_type: 'im', event_ts: message.ts };
}
