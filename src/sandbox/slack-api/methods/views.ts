import { z } from 'zod';
import type { JsonObject } from '../../../lib/index.ts';
import { blockWorld, type Method, method, record, refuseProblems, type Slack, SlackError } from '../call.ts';
import { checkView } from '../check-blocks.ts';
import { createId } from '../ids.ts';
import { nameBlock } from '../messages.ts';
import type { View } from '../workspace.ts';

/** A view as the API and the payloads show it. */
export function describeView(view: View, slack: Slack): JsonObject {
  const { app } = slack.workspace;
  return {
    id: view.id,
    team_id: app.teamId,
    private_metadata: '',
    callback_id: '',
    state: { values: {} },
    title: null,
    close: null,
    submit: null,
    clear_on_close: false,
    notify_on_close: false,
    external_id: '',
    ...view.body,
    hash: view.hash,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: app.appId,
    app_installed_team_id: app.teamId,
    bot_id: app.botId,
  };
}

const mostBytes = 250_000;

/** Refuses what Slack would not open, and names what has no id yet. */
function acceptView(body: JsonObject, type: 'modal' | 'home', slack: Slack): JsonObject {
  if (body.type !== type)
    throw new SlackError('invalid_arguments', { response_metadata: { messages: [`[ERROR] view must be a ${type}`] } });
  if (Buffer.byteLength(JSON.stringify(body)) > mostBytes) throw new SlackError('view_too_large');
  refuseProblems(checkView(body, blockWorld(slack)), 'invalid_arguments');
  const externalId = body.external_id;
  if (typeof externalId === 'string' && externalId !== '') {
    for (const other of slack.workspace.views.values()) {
      if (other.body.external_id === externalId) throw new SlackError('duplicate_external_id');
    }
  }
  return named(body);
}

function named(body: JsonObject): JsonObject {
  const blocks = body.blocks;
  if (!Array.isArray(blocks)) return body;
  return { ...body, blocks: blocks.map(nameBlock) };
}

function createHash(slack: Slack): string {
  return `${Math.floor(slack.settings.nowMs() / 1000)}.${createId('').slice(0, 8)}`;
}

/** Puts a new view on top of what this person has open. */
export function pushView(body: JsonObject, userId: string, slack: Slack): View {
  const stack = slack.workspace.viewStackOf(userId);
  if (stack.length >= 3) throw new SlackError('push_limit_reached');
  const id = createId('V');
  const view: View = {
    id,
    userId,
    rootId: stack[0]?.id ?? id,
    previousId: stack.at(-1)?.id,
    hash: createHash(slack),
    body: acceptView(body, 'modal', slack),
  };
  slack.workspace.record({ kind: 'viewOpened', view });
  return view;
}

/** Replaces the content of an open view. */
export function replaceView(old: View, body: JsonObject, slack: Slack): View {
  refuseProblems(checkView(body, blockWorld(slack)), 'invalid_arguments');
  const view: View = { ...old, body: named(body), hash: createHash(slack) };
  slack.workspace.record({ kind: 'viewUpdated', view });
  return view;
}

const Opening = z.object({
  trigger_id: z.string().optional(),
  interactivity_pointer: z.string().optional(),
  view: record,
});

function openOver(isPush: boolean): Method {
  return method({ token: 'bot', perMinute: 100 }, Opening, (args, slack) => {
    const trigger = slack.triggers.use(args.trigger_id ?? args.interactivity_pointer ?? '');
    if (trigger.kind === 'refused') throw new SlackError(trigger.error);
    if (!isPush) {
      for (const open of slack.workspace.viewStackOf(trigger.userId)) {
        slack.workspace.record({ kind: 'viewClosed', userId: trigger.userId, id: open.id });
      }
    }
    return { view: describeView(pushView(args.view, trigger.userId, slack), slack) };
  });
}

const Update = z.object({
  view_id: z.string().optional(),
  external_id: z.string().optional(),
  hash: z.string().optional(),
  view: record,
});

const update = method({ token: 'bot', perMinute: 100 }, Update, (args, slack) => {
  const old = [...slack.workspace.views.values()].find(
    (view) =>
      view.id === args.view_id || (args.external_id !== undefined && view.body.external_id === args.external_id),
  );
  if (old === undefined) throw new SlackError('not_found');
  if (args.hash !== undefined && args.hash !== old.hash) throw new SlackError('hash_conflict');
  return { view: describeView(replaceView(old, args.view, slack), slack) };
});

const Publish = z.object({ user_id: z.string(), hash: z.string().optional(), view: record });

const publish = method({ token: 'bot', perMinute: 100 }, Publish, (args, slack) => {
  if (!slack.workspace.people.has(args.user_id)) throw new SlackError('user_not_found');
  const old = slack.workspace.homes.get(args.user_id);
  if (args.hash !== undefined && args.hash !== old?.hash) throw new SlackError('hash_conflict');
  const id = old?.id ?? createId('V');
  const view: View = {
    id,
    userId: args.user_id,
    rootId: id,
    previousId: undefined,
    hash: createHash(slack),
    body: acceptView(args.view, 'home', slack),
  };
  slack.workspace.record({ kind: 'homePublished', view });
  return { view: describeView(view, slack) };
});

export const views: Readonly<Record<string, Method>> = {
  'views.open': openOver(false),
  'views.push': openOver(true),
  'views.update': update,
  'views.publish': publish,
};
