import type { App, RespondFn, ViewSubmitAction } from '@slack/bolt';
import type { Logger } from 'pino';
import { z } from 'zod';
import { openStartActionId, shipActionId } from './actions/action-ids.ts';
import type { Signer } from './actions/signed-value.ts';
import type { Desk } from './desk.ts';
import { type AnswerView, say } from './messages/answers.ts';
import type { Mrkdwn } from './messages/mrkdwn.ts';
import { subjectOfLine } from './views/form-wish.ts';
import type { Homes } from './views/homes.ts';
import { answerForSlack, SentView } from './views/start-answer.ts';
import { fields } from './views/start-entry.ts';
import type { StartForms } from './views/start-form.ts';
import { startCallbackId } from './views/start-view.ts';

const InView = z.looseObject({ user: z.looseObject({ id: z.string() }), view: SentView });
const Shortcut = z.looseObject({ user: z.looseObject({ id: z.string() }), trigger_id: z.string() });
const Offer = z.looseObject({
  user: z.looseObject({ id: z.string() }),
  trigger_id: z.string(),
  channel: z.looseObject({ id: z.string() }).optional(),
  container: z.looseObject({ thread_ts: z.string().optional() }).optional(),
  actions: z.array(z.looseObject({ action_id: z.string(), value: z.string().default('') })),
});
const Suggestion = z.looseObject({ user: z.looseObject({ id: z.string() }), value: z.string().default('') });

export interface ViewListenerTools {
  readonly forms: StartForms;
  readonly homes: Homes;
  readonly desk: Desk;
  readonly signer: Signer;
  readonly view: AnswerView;
  readonly log: Logger;
}

/** What people do in forms and with the shortcut, each on its exact name. */
export function registerViewListeners(app: App, tools: ViewListenerTools): void {
  const { forms, desk, log } = tools;

  app.shortcut({ type: 'shortcut', callback_id: startCallbackId }, async ({ ack, shortcut }) => {
    await ack();
    const { user, trigger_id: triggerId } = Shortcut.parse(shortcut);
    const wish = { userId: user.id, channel: '', triggerId };
    await forms.open(wish, async (words) => log.warn({ slackUser: user.id, words }, 'a shortcut opened no form'));
  });

  // The choices that the preview follows: each is a click of its own.
  for (const field of [fields.service, fields.container, fields.image, fields.typed]) {
    app.action({ type: 'block_actions', action_id: field }, async ({ ack, body }) => {
      await ack();
      const { user, view } = InView.parse(body);
      await forms.refresh(user.id, view);
    });
  }

  app.options<'block_suggestion'>({ type: 'block_suggestion', action_id: fields.service }, async ({ ack, body }) => {
    const { user, value } = Suggestion.parse(body);
    await ack({ options: [...(await forms.suggest(user.id, value))] });
  });

  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: startCallbackId }, async ({ ack, body }) => {
    const { user, view } = InView.parse(body);
    await ack(answerForSlack(await forms.submit(user.id, view)));
  });

  // Ships what the message offers. Where a newer build was heard of since, or none can tell, the form asks which.
  app.action(shipActionId, async ({ ack, body, respond }) => {
    await ack();
    const { origin, triggerId, value, tell } = offerOf(body, respond, shipActionId);
    const payload = tools.signer.verify(value);
    const subject = payload?.kind === 'line' ? subjectOfLine(payload.line) : undefined;
    if (subject !== undefined && (await forms.isOvertaken({ ...origin, triggerId, ...subject })))
      return forms.open({ ...origin, triggerId, ...subject }, tell);
    const reply = respond === undefined ? desk.ephemeral(origin) : desk.respondVia(respond, origin);
    await desk.click({ ...origin, triggerId }, { actionId: shipActionId, value }, reply);
  });

  app.action(openStartActionId, async ({ ack, body, respond }) => {
    await ack();
    const { origin, triggerId, value, tell } = offerOf(body, respond, openStartActionId);
    const payload = tools.signer.verify(value);
    if (payload?.kind !== 'line') {
      log.warn(
        { audit: true, slackUser: origin.userId, channel: origin.channel },
        'a button without our signature was refused',
      );
      return tell('This button was not signed by me, or with a key that is no longer valid: nothing was done.');
    }
    await forms.open({ ...origin, triggerId, ...subjectOfLine(payload.line) }, tell);
  });

  function offerOf(body: unknown, respond: RespondFn | undefined, actionId: string) {
    const { user, trigger_id: triggerId, channel, container, actions } = Offer.parse(body);
    const value = actions.find(({ action_id: id }) => id === actionId)?.value ?? '';
    const origin = { userId: user.id, channel: channel?.id ?? '', thread: container?.thread_ts };
    const tell = async (words: Mrkdwn) => {
      const message = say(tools.view, words);
      if (respond !== undefined) await desk.respondVia(respond, origin)(message);
      else tools.homes.tell(origin.userId, message);
    };
    return { origin, triggerId, value, tell };
  }
}
