import { type Slack, SlackError } from './call.ts';
import { acceptContent, writeAsApp } from './messages.ts';
import type { Response, ResponseTarget } from './response-urls.ts';
import type { Message } from './workspace.ts';

/** Says in the channel, or to the one person alone, what the app answered. */
export function respond(slack: Slack, target: ResponseTarget, response: Response): void {
  if (response.delete_original) deleteOriginal(slack, target);
  else if (response.replace_original && target.messageTs !== undefined) replaceOriginal(slack, target, response);
  else postReply(slack, target, response);
}

function postReply(slack: Slack, target: ResponseTarget, response: Response): void {
  const threadTs = response.thread_ts;
  const message: Message = { ...writeAsApp(slack, response), ...(threadTs !== undefined && { thread_ts: threadTs }) };
  const { channel, userId } = target;
  if (response.response_type === 'in_channel') slack.workspace.record({ kind: 'messagePosted', channel, message });
  else slack.workspace.record({ kind: 'ephemeralPosted', channel, user: userId, message });
}

function deleteOriginal(slack: Slack, { channel, userId, messageTs, isEphemeral }: ResponseTarget): void {
  if (messageTs === undefined) return;
  if (isEphemeral) slack.workspace.record({ kind: 'ephemeralDeleted', channel, user: userId, ts: messageTs });
  else slack.workspace.record({ kind: 'messageDeleted', channel, ts: messageTs });
}

function replaceOriginal(slack: Slack, target: ResponseTarget, response: Response): void {
  const { channel, userId: user, messageTs = '', isEphemeral } = target;
  const known = isEphemeral
    ? slack.workspace.ephemerals.get(messageTs)?.message
    : slack.workspace.messagesOf(channel).get(messageTs);
  if (known === undefined) throw new SlackError('message_not_found');
  const { blocks: _blocks, attachments: _attachments, text: _text, ...rest } = known;
  const message: Message = { ...rest, ...acceptContent(slack, response) };
  if (isEphemeral) slack.workspace.record({ kind: 'ephemeralUpdated', channel, user, message });
  else slack.workspace.record({ kind: 'messageUpdated', channel, message });
}
