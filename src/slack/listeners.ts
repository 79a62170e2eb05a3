import type { App, RespondFn } from '@slack/bolt';
import type { Logger } from 'pino';
import { z } from 'zod';
import { moreActionId } from './actions/action-ids.ts';
import type { Desk, Origin, Reply } from './desk.ts';
import type { Identity } from './identity.ts';
import type { AnswerView } from './messages/answers.ts';
import { say } from './messages/answers.ts';
import { reasonBlockId } from './messages/blocks.ts';
import { createSeen } from './seen.ts';
import { formSubjectOf } from './views/form-wish.ts';
import type { Homes } from './views/homes.ts';
import type { StartForms } from './views/start-form.ts';

/** What every payload says about where it comes from, in Slack's several spellings. */
const Sender = z.looseObject({
  api_app_id: z.string().optional(),
  team_id: z.string().optional(),
  team: z.looseObject({ id: z.string() }).nullish(),
  user: z.looseObject({ team_id: z.string().optional() }).optional().catch(undefined),
});

const Click = z.looseObject({
  user: z.looseObject({ id: z.string() }),
  trigger_id: z.string().optional(),
  channel: z.looseObject({ id: z.string() }).optional(),
  container: z.looseObject({ message_ts: z.string().optional(), thread_ts: z.string().optional() }).optional(),
  view: z.looseObject({ type: z.string() }).optional(),
  message: z
    .looseObject({
      blocks: z.array(z.looseObject({ elements: z.array(z.unknown()).optional().catch(undefined) })).optional(),
    })
    .optional(),
  state: z
    .looseObject({ values: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .optional()
    .catch(undefined),
  actions: z
    .array(
      z.looseObject({
        action_id: z.string(),
        value: z.string().optional(),
        selected_option: z.looseObject({ value: z.string().optional() }).nullish(),
      }),
    )
    .min(1),
});
type Click = z.infer<typeof Click>;

const Mention = z.looseObject({
  user: z.string().optional(),
  bot_id: z.string().optional(),
  text: z.string().default(''),
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
});

/** What stands in a text input. */
const Written = z.looseObject({ value: z.string() });

const Valued = z.looseObject({ value: z.string() });

export interface ListenerTools {
  readonly desk: Desk;
  readonly forms: StartForms;
  readonly homes: Homes;
  readonly view: AnswerView;
  readonly identity: Identity;
  readonly log: Logger;
  readonly command: string;
  readonly appId: string | undefined;
  readonly teamId: () => string | undefined;
  readonly actionIds: readonly string[];
}

/** Everything that Slack may send us, each on its exact name. Acknowledge first, then work: Slack waits three seconds. */
export function registerListeners(app: App, tools: ListenerTools): void {
  const { desk, identity, log } = tools;
  const isSeenEvent = createSeen({ ttlMs: 10 * 60_000, max: 20_000, now: Date.now });

  app.use(async (args) => {
    const { body, next } = args;
    const problem = strangerOf(body, tools);
    if (problem === undefined) return next();
    log.warn({ audit: true, problem }, 'a payload of another app or workspace was refused');
    if ('ack' in args && typeof args.ack === 'function') await args.ack();
    if ('respond' in args && typeof args.respond === 'function') await desk.refuse(args.respond, 'stranger');
  });

  app.command(tools.command, async ({ ack, command, respond }) => {
    await ack();
    const origin: Origin = { userId: command.user_id, channel: command.channel_id, triggerId: command.trigger_id };
    const reply = desk.respondVia(respond, origin);
    const subject = formSubjectOf(command.text ?? '');
    if (subject === undefined) return desk.words(origin, command.text ?? '', reply);
    const wish = { userId: command.user_id, channel: command.channel_id, triggerId: command.trigger_id, ...subject };
    await tools.forms.open(wish, (words) => reply(say(tools.view, words)));
  });

  for (const actionId of tools.actionIds) {
    app.action(actionId, async ({ ack, body, respond }) => {
      await ack();
      const click = Click.parse(body);
      const reply = replyTo(originOf(click), respond);
      await serveClick(tools, click, actionId, reply);
    });
  }

  app.event('app_mention', async ({ event, body }) => {
    const mention = Mention.parse(event);
    const eventId = 'event_id' in body ? body.event_id : `${mention.channel}/${mention.ts}`;
    // Slack sends an event again when it did not hear the ack.
    if (isSeenEvent(eventId) || mention.user === undefined || mention.bot_id !== undefined) return;
    const origin = { userId: mention.user, channel: mention.channel, thread: mention.thread_ts };
    await desk.words(origin, mention.text, desk.ephemeral(origin));
  });

  app.event('app_home_opened', async ({ event }) => {
    const { user, tab } = Opened.parse(event);
    if (tab === 'home') tools.homes.opened(user);
  });

  app.event('user_change', async ({ event }) => identity.forgetUser(event.user.id));
  app.event('subteam_updated', async () => identity.forgetGroups());
  app.event('subteam_members_changed', async () => identity.forgetGroups());

  function replyTo(origin: Origin, respond: RespondFn | undefined): Reply {
    if (origin.isHome === true) return async (message) => tools.homes.tell(origin.userId, message);
    return respond === undefined ? desk.ephemeral(origin) : desk.respondVia(respond, origin);
  }

  app.error(async (error) => log.error({ err: error }, 'a slack payload could not be served'));
}

const Opened = z.looseObject({ user: z.string(), tab: z.string().default('home') });

async function serveClick(
  { desk }: ListenerTools,
  click: Click,
  actionId: string,
  reply: ReturnType<Desk['respondVia']>,
): Promise<void> {
  const action = click.actions.find((candidate) => candidate.action_id === actionId);
  if (action === undefined) return;
  if (actionId === moreActionId) {
    const option = action.selected_option?.value ?? '';
    await desk.choice(originOf(click), { option, siblingValues: signedValues(click) }, reply);
    return;
  }
  await desk.click(originOf(click), { actionId, value: action.value ?? '', reason: reasonIn(click) }, reply);
}

/** What the person wrote into the message's input before they clicked. */
function reasonIn({ state }: Click): string | undefined {
  const written = Written.safeParse(state?.values[reasonBlockId]?.[reasonBlockId]);
  return written.success ? written.data.value : undefined;
}

function originOf(click: Click): Origin {
  return {
    userId: click.user.id,
    isHome: click.view?.type === 'home',
    channel: click.channel?.id ?? '',
    thread: click.container?.thread_ts,
    message: click.container?.message_ts,
    triggerId: click.trigger_id,
  };
}

/** The signed values of the buttons beside an overflow: its own options are too short for a signature. */
function signedValues(click: Click): readonly string[] {
  const values: string[] = [];
  for (const block of click.message?.blocks ?? []) {
    for (const element of block.elements ?? []) {
      const valued = Valued.safeParse(element);
      if (valued.success) values.push(valued.data.value);
    }
  }
  return values;
}

/** Another app's payload, or somebody of another workspace (Slack Connect). */
function strangerOf(body: unknown, tools: ListenerTools): string | undefined {
  const sender = Sender.safeParse(body);
  if (!sender.success) return 'unreadable';
  const { api_app_id: appId, team_id, team, user } = sender.data;
  if (tools.appId !== undefined && appId !== undefined && appId !== tools.appId) return `app ${appId}`;
  const own = tools.teamId();
  for (const teamId of [team_id, team?.id, user?.team_id]) {
    if (own !== undefined && own !== '' && teamId !== undefined && teamId !== own) return `workspace ${teamId}`;
  }
  return undefined;
}
