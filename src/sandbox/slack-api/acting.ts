import type { JsonObject } from '../../lib/index.ts';
import { isRecord } from './block-checks.ts';
import { type Slack, SlackError } from './call.ts';
import type { Deliveries } from './deliveries.ts';
import { type Acted, readOutcome, sendEvent } from './events.ts';
import { findChannel } from './messages.ts';
import { pushView, replaceView } from './methods/views.ts';
import type { Person } from './options.ts';
import * as payloads from './payloads.ts';
import { type ElementPress, withPress, writeAction } from './press.ts';
import { respond } from './respond.ts';
import { Response } from './response-urls.ts';
import { writeRichText, writeText } from './said-text.ts';
import { findMissing, readState, type Values } from './view-state.ts';
import type { Channel, Message, View } from './workspace.ts';

export type Acting = ReturnType<typeof createActing>;

/** Does what a person's Slack client does: each act becomes a payload of Slack's own shape, sent as that person. */
export function createActing(slack: Slack, deliveries: Deliveries) {
  const { workspace } = slack;

  function findPerson(id: string): Person {
    const person = workspace.people.get(id) ?? [...workspace.people.values()].find((other) => other.name === id);
    if (person === undefined) throw new SlackError('user_not_found');
    return person;
  }

  /** A channel that this person sees. */
  function findPlace(person: Person, name: string): Channel {
    const channel = findChannel(slack, name);
    if (!channel.memberIds.includes(person.id)) throw new SlackError('channel_not_found');
    return channel;
  }

  function tell(person: Person, channel: Channel, text: string): void {
    const message: Message = {
      type: 'message',
      ts: workspace.nextTs(),
      user: 'USLACKBOT',
      team: workspace.app.teamId,
      text,
    };
    workspace.record({ kind: 'ephemeralPosted', channel: channel.id, user: person.id, message });
  }

  async function command(input: { user: string; channel: string; text: string }): Promise<Acted> {
    const person = findPerson(input.user);
    const channel = findPlace(person, input.channel);
    const [, name, text = ''] = input.text.trim().match(/^(\/\S+)\s*(.*)$/s) ?? [];
    if (name === undefined) throw new SlackError('not_a_command');
    const payload = payloads.writeCommand({ person, channel }, name, text, slack);
    const outcome = await deliveries.send('slash_commands', payload, input.text);
    if (outcome.kind === 'failed') {
      tell(person, channel, `${name} failed with the error "${outcome.error}"`);
      return { isAcknowledged: false, error: outcome.error };
    }
    const response = Response.safeParse(outcome.response);
    const saysSomething = response.success && (response.data.text !== undefined || response.data.blocks !== undefined);
    const target = {
      channel: channel.id,
      userId: person.id,
      messageTs: undefined,
      isEphemeral: false,
      threadTs: undefined,
    };
    if (saysSomething) respond(slack, target, response.data);
    return { isAcknowledged: true };
  }

  /** Says something; a mention of the app and a direct message to it reach the app as events. */
  async function say(input: {
    user: string;
    channel: string;
    text: string;
    thread_ts?: string | undefined;
  }): Promise<Acted> {
    const person = findPerson(input.user);
    const channel = findPlace(person, input.channel);
    if (channel.isArchived) throw new SlackError('is_archived');
    const text = writeText(input.text, workspace.people.values());
    const ts = workspace.nextTs();
    const message: Message = {
      type: 'message',
      ts,
      user: person.id,
      team: workspace.app.teamId,
      text,
      blocks: [writeRichText(text)],
      ...(input.thread_ts !== undefined && { thread_ts: input.thread_ts }),
    };
    workspace.record({ kind: 'messagePosted', channel: channel.id, message });
    const isMention = text.includes(`<@${workspace.app.botUserId}>`);
    if (channel.directWith !== undefined) {
      return {
        ts,
        ...readOutcome(await sendEvent(slack, deliveries, payloads.writeDirectMessage(channel, message), 'message.im')),
      };
    }
    if (!isMention || !channel.memberIds.includes(workspace.app.botUserId)) return { isAcknowledged: true, ts };
    return {
      ts,
      ...readOutcome(await sendEvent(slack, deliveries, payloads.writeMention(channel, message), 'app_mention')),
    };
  }

  async function click(input: ElementPress & { channel: string; ts: string }): Promise<Acted> {
    const person = findPerson(input.user);
    const channel = findPlace(person, input.channel);
    const ephemeral = workspace.ephemerals.get(input.ts);
    const isEphemeral = ephemeral?.user === person.id && ephemeral.channel === channel.id;
    const message = isEphemeral ? ephemeral.message : workspace.messagesOf(channel.id).get(input.ts);
    if (message === undefined) throw new SlackError('message_not_found');
    const blocks = message.blocks ?? [];
    const action = writeAction(blocks, input, workspace.nextTs());
    const state = readState(blocks, withPress(input, action));
    const payload = payloads.writeMessageAction({ person, channel, message, isEphemeral }, action, state, slack);
    return readOutcome(await deliveries.send('interactive', payload, `block_actions ${input.action_id}`));
  }

  async function clickInView(input: ElementPress & { view_id: string }): Promise<Acted> {
    const person = findPerson(input.user);
    const view = findView(person, input.view_id);
    const blocks = blocksOf(view);
    refuseSilentInput(blocks, input);
    const action = writeAction(blocks, input, workspace.nextTs());
    const state = readState(blocks, withPress(input, action));
    const payload = payloads.writeViewAction(person, view, { action, state }, slack);
    return readOutcome(await deliveries.send('interactive', payload, `block_actions ${input.action_id}`));
  }

  function findView(person: Person, id: string): View {
    const view = workspace.views.get(id) ?? workspace.homes.get(person.id);
    if (view === undefined || view.id !== id || view.userId !== person.id) throw new SlackError('view_not_found');
    return view;
  }

  async function submit(input: { user: string; view_id: string; values?: Values | undefined }): Promise<Acted> {
    const person = findPerson(input.user);
    const view = findView(person, input.view_id);
    const state = readState(blocksOf(view), input.values ?? {});
    const missing = findMissing(blocksOf(view), state);
    if (Object.keys(missing).length > 0) return { isAcknowledged: false, errors: missing };
    const payload = payloads.writeSubmission(person, view, state, slack);
    const outcome = await deliveries.send('interactive', payload, `view_submission ${String(view.body.callback_id)}`);
    if (outcome.kind === 'failed') return readOutcome(outcome);
    return followSubmission(person, view, outcome.response);
  }

  /** Does to the open views what the acknowledgement asks for; nothing asked closes this one. */
  function followSubmission(person: Person, view: View, response: JsonObject): Acted {
    const body = response.view;
    // Closed meanwhile: there is nothing to update or to push upon.
    if (response.response_action !== 'errors' && !workspace.views.has(view.id)) return { isAcknowledged: true };
    switch (response.response_action) {
      case 'errors':
        return { isAcknowledged: true, errors: { ...(isRecord(response.errors) && toTexts(response.errors)) } };
      case 'update':
        if (isRecord(body)) replaceView(view, JSON.parse(JSON.stringify(body)), slack);
        return { isAcknowledged: true };
      case 'push':
        if (isRecord(body)) pushView(JSON.parse(JSON.stringify(body)), person.id, slack);
        return { isAcknowledged: true };
      case 'clear':
        for (const open of workspace.viewStackOf(person.id)) closeView(open);
        return { isAcknowledged: true };
      default:
        closeView(view);
        return { isAcknowledged: true };
    }
  }

  function closeView(view: View): void {
    workspace.record({ kind: 'viewClosed', userId: view.userId, id: view.id });
  }

  async function close(input: { user: string; view_id: string; clear?: boolean | undefined }): Promise<Acted> {
    const person = findPerson(input.user);
    const view = findView(person, input.view_id);
    const isCleared = input.clear === true || view.body.clear_on_close === true;
    const closing = isCleared ? workspace.viewStackOf(person.id) : [view];
    for (const open of closing) closeView(open);
    if (view.body.notify_on_close !== true) return { isAcknowledged: true };
    const payload = payloads.writeClosing(person, view, isCleared, slack);
    return readOutcome(await deliveries.send('interactive', payload, 'view_closed'));
  }

  async function shortcut(input: {
    user: string;
    callback_id: string;
    channel?: string | undefined;
    ts?: string | undefined;
  }): Promise<Acted> {
    const person = findPerson(input.user);
    if (input.channel === undefined || input.ts === undefined) {
      const known = slack.settings.shortcuts;
      if (known.length > 0 && !known.some(({ callbackId }) => callbackId === input.callback_id))
        throw new SlackError('shortcut_not_found');
      const payload = payloads.writeShortcut(person, input.callback_id, slack);
      return readOutcome(await deliveries.send('interactive', payload, `shortcut ${input.callback_id}`));
    }
    const channel = findPlace(person, input.channel);
    const message = workspace.messagesOf(channel.id).get(input.ts);
    if (message === undefined) throw new SlackError('message_not_found');
    const payload = payloads.writeMessageShortcut({ person, channel, message }, input.callback_id, slack);
    return readOutcome(await deliveries.send('interactive', payload, `message_action ${input.callback_id}`));
  }

  /** Asks the app for the options of an external select. */
  async function suggest(input: {
    user: string;
    view_id: string;
    action_id: string;
    block_id: string;
    value: string;
  }): Promise<Acted> {
    const person = findPerson(input.user);
    const view = findView(person, input.view_id);
    const { action_id, block_id, value } = input;
    const container = { container: { type: 'view', view_id: view.id } };
    const payload = payloads.writeSuggestion(person, { action_id, block_id, value }, container, slack);
    const outcome = await deliveries.send('interactive', payload, `block_suggestion ${action_id}`);
    if (outcome.kind === 'failed') return readOutcome(outcome);
    const { options, option_groups: groups } = outcome.response;
    const grouped = Array.isArray(groups)
      ? groups.flatMap((group) => (isRecord(group) && Array.isArray(group.options) ? group.options : []))
      : [];
    return { isAcknowledged: true, options: Array.isArray(options) ? options : grouped };
  }

  async function openHome(input: { user: string; tab?: 'home' | 'messages' | undefined }): Promise<Acted> {
    const person = findPerson(input.user);
    const channel = workspace.openDirectMessage(person.id);
    const event = {
      type: 'app_home_opened',
      user: person.id,
      channel: channel.id,
      tab: input.tab ?? 'home',
      event_ts: workspace.nextTs(),
    };
    return readOutcome(await sendEvent(slack, deliveries, event, 'app_home_opened'));
  }

  return { command, say, click, clickInView, submit, close, shortcut, suggest, openHome };
}

function blocksOf(view: View): readonly JsonObject[] {
  const blocks = view.body.blocks;
  return Array.isArray(blocks) ? blocks : [];
}

/** An input tells the app what is put in only where its block says so; else it is heard with the submission. */
function refuseSilentInput(blocks: readonly JsonObject[], { action_id, block_id }: ElementPress): void {
  const isSilent = blocks.some(
    (block) =>
      block.type === 'input' &&
      block.dispatch_action !== true &&
      (block_id === undefined || block.block_id === block_id) &&
      isRecord(block.element) &&
      block.element.action_id === action_id,
  );
  if (isSilent) throw new SlackError('action_not_dispatched');
}

function toTexts(record: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
}
