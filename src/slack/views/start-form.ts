import type { Logger } from 'pino';
import type { Answer, Operations, Person, StartWish, Target } from '../../operations/index.ts';
import { createBusy } from '../busy.ts';
import type { Command } from '../commands/command.ts';
import type { Identity } from '../identity.ts';
import { type AnswerView, renderAnswer, renderStranger } from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import type { Mrkdwn } from '../messages/mrkdwn.ts';
import { refusalWords } from '../messages/refusal.ts';
import { SlackRefusedError } from '../method-calls.ts';
import type { Sender } from '../sender.ts';
import {
  changedWords,
  errorAt,
  fieldOf,
  forService,
  lateView,
  type SentView,
  type SubmissionAnswer,
  tryAgain,
  wordsOnly,
} from './start-answer.ts';
import {
  type Drawn,
  type Entry,
  emptyEntry,
  type FormSeal,
  fields,
  imageOf,
  isNamed,
  readEntry,
} from './start-entry.ts';
import { isDrawnFor, questions, readScene, type SceneWish } from './start-scene.ts';
import {
  drawnOf,
  mostStaticOptions,
  renderLoading,
  renderStartView,
  renderWordsView,
  serviceOption,
} from './start-view.ts';
import { type ModalView, viewForSlack } from './view.ts';
import { fitView } from './view-limits.ts';

/** Who asked for the form, from where, and about what. */
export interface FormWish {
  readonly userId: string;
  /** '': in the Home tab, or by a shortcut. */
  readonly channel: string;
  /** Lives three seconds, opens one form. */
  readonly triggerId: string;
  readonly target?: Target | undefined;
  readonly image?: string | undefined;
}

export interface StartForms {
  /** Opens the form at once and fills it in; says so where Slack does not open it. */
  open(wish: FormWish, tell: (words: Mrkdwn) => Promise<void>): Promise<void>;
  /** Whether the form should ask: something newer than this image was built since. In doubt the button does what it says. */
  isOvertaken(wish: FormWish): Promise<boolean>;
  /** Draws it anew after a choice. */
  refresh(userId: string, view: SentView): Promise<void>;
  /** Starts, or says why not; in time for Slack, which waits three seconds. */
  submit(userId: string, view: SentView): Promise<SubmissionAnswer>;
  /** The services whose names hold what was typed. */
  suggest(userId: string, typed: string): Promise<readonly ReturnType<typeof serviceOption>[]>;
  stop(): Promise<void>;
}

const callTimeoutMs = 9000;
/** Slack gives three seconds for an answer in the acknowledgement; what takes longer is told in the form afterwards. */
const ackAfterMs = 2200;
const stopWaitMs = 3000;
/** Of the three seconds that a trigger lives. */
const decideMs = 1200;
const maxViewsRemembered = 1000;

export interface StartFormTools {
  readonly operations: Operations;
  readonly identity: Identity;
  readonly sender: Sender;
  readonly seal: FormSeal;
  readonly view: AnswerView;
  /** Tells this one person, in this channel. */
  readonly whisper: (at: { readonly userId: string; readonly channel: string }, message: Message) => Promise<void>;
  readonly log: Logger;
  readonly now: () => number;
}

/** The start form's life: opened on a trigger, drawn anew with each choice, sent once. */
export function createStartForms(tools: StartFormTools): StartForms {
  const { operations, sender, log, seal, view: answerView } = tools;
  const busy = createBusy();
  /** How often each open form was drawn by this replica: an older reading must not be drawn over a newer one. */
  const drawings = new Map<string, number>();

  async function draw(wish: SceneWish): Promise<ModalView> {
    const scene = await readScene(wish, tools);
    return 'problem' in scene ? renderWordsView(scene.problem) : renderStartView(scene, seal.seal(drawnOf(scene)));
  }

  async function drawFor(userId: string, wish: Omit<SceneWish, 'person'>): Promise<ModalView> {
    try {
      const who = await whoIs(userId);
      return 'problem' in who ? renderWordsView(who.problem) : await draw({ ...wish, person: who.person });
    } catch (error) {
      log.error({ err: error, slackUser: userId }, 'a start form could not be filled in');
      return renderWordsView('The cluster could not say what you may start. Nothing was done; try again in a moment.');
    }
  }

  async function whoIs(userId: string): Promise<{ readonly person: Person } | { readonly problem: Mrkdwn }> {
    const identified = await tools.identity.identify(userId);
    if ('problem' in identified) return { problem: renderStranger(answerView, identified.problem).text };
    return identified.isGuest ? { problem: renderStranger(answerView, 'guest').text } : identified;
  }

  /** `hash`: only while the form is as it was seen. */
  async function update(viewId: string, view: ModalView, hash?: string): Promise<void> {
    const content = {
      view_id: viewId,
      view: viewForSlack(fitView(view, log)),
      ...(hash === undefined ? {} : { hash }),
    };
    try {
      await sender.call('views.update', (client) => client.views.update(content), AbortSignal.timeout(callTimeoutMs));
    } catch (error) {
      // Closed by its person, or drawn over by a later choice: nobody misses this one.
      if (error instanceof SlackRefusedError && ['not_found', 'hash_conflict'].includes(error.slackError)) return;
      log.warn({ err: error }, 'a start form could not be drawn anew');
    }
  }

  function nextDrawing(viewId: string): () => boolean {
    if (drawings.size >= maxViewsRemembered) drawings.clear();
    const own = (drawings.get(viewId) ?? 0) + 1;
    drawings.set(viewId, own);
    return () => drawings.get(viewId) === own;
  }

  async function openNow(wish: FormWish, tell: (words: Mrkdwn) => Promise<void>): Promise<void> {
    let opened: { readonly id: string; readonly hash: string | undefined };
    try {
      const answer = await sender.call(
        'views.open',
        (client) => client.views.open({ trigger_id: wish.triggerId, view: viewForSlack(renderLoading()) }),
        AbortSignal.timeout(callTimeoutMs),
      );
      opened = { id: answer.view?.id ?? '', hash: answer.view?.hash };
    } catch (error) {
      log.warn({ err: error, slackUser: wish.userId }, 'a start form could not be opened');
      await tell(
        `Slack did not open the form. Type it: \`${answerView.command} start ${wish.target?.name ?? 'checkout'} 2.0.0\``,
      );
      return;
    }
    const { channel, target, image } = wish;
    await update(opened.id, await drawFor(wish.userId, { channel, target, image, entry: emptyEntry }), opened.hash);
  }

  async function isOvertaken({ userId, channel, target, image }: FormWish): Promise<boolean> {
    const who = await whoIs(userId);
    if ('problem' in who || target === undefined || image === undefined) return false;
    const found = await operations.startForm({ person: who.person, channel, target });
    if (!found.done) return false;
    const builds = found.form.images.filter(({ from }) => from.kind === 'built');
    return (
      builds[0] !== undefined && !isNamed(builds[0].image, image) && builds.some((one) => isNamed(one.image, image))
    );
  }

  async function refreshNow(userId: string, sent: SentView): Promise<void> {
    const drawn = seal.open(sent.private_metadata);
    if (drawn === undefined) return;
    const isLatest = nextDrawing(sent.id);
    const entry = readEntry(sent.state?.values, drawn);
    const next = await drawFor(userId, {
      channel: drawn.channel,
      entry: forService(entry, drawn),
      target: drawn.service,
    });
    // No hash: what was seen here last is what the person chose last, and another choice draws again.
    if (isLatest()) await update(sent.id, next);
  }

  async function submitNow(userId: string, sent: SentView): Promise<SubmissionAnswer> {
    const drawn = seal.open(sent.private_metadata);
    if (drawn === undefined) {
      log.warn({ slackUser: userId }, 'a form without our seal was refused');
      return {
        response_action: 'update',
        view: renderWordsView('This form was not made by me, or with a key that is no longer valid: nothing was done.'),
      };
    }
    const entry = readEntry(sent.state?.values, drawn);
    if (drawn.service === undefined || !isDrawnFor(drawn, entry))
      return errorAt(sent, 'service', 'The form was still being filled in for this service. Look at it, then start.');
    const image = imageOf(entry);
    if (image === undefined) return errorAt(sent, 'image', 'Choose an image, or type one.');
    const who = await whoIs(userId);
    if ('problem' in who) return { response_action: 'update', view: renderWordsView(who.problem) };
    const wish: StartWish = {
      person: who.person,
      channel: drawn.channel,
      target: drawn.service,
      isInOwnChannel: drawn.channel === '',
      images: [image],
      isConfirmed: entry.isSure,
      reason: entry.reason === '' ? undefined : entry.reason,
      sawTemplate: drawn.template,
    };
    return answerFor({ wish, drawn, entry, sent }, await operations.start(wish));
  }

  async function answerFor({ wish, drawn, entry, sent }: Sent, answer: Answer): Promise<SubmissionAnswer> {
    const command: Command = { verb: 'start', target: wish.target, images: wish.images };
    const { channel } = drawn;
    if (answer.done) {
      const message = renderAnswer({ view: answerView, linkTo: () => undefined }, command, answer);
      if (channel === '') return { response_action: 'update', view: renderWordsView(message.text) };
      busy.run(tools.whisper({ userId: wish.person.slackId, channel }, message)).catch((error: unknown) => {
        log.info({ err: error }, 'what a form did was not whispered: the card tells it');
      });
      return { response_action: 'clear' };
    }
    const words = refusalWords(answer, command).why;
    const again = (changed: Mrkdwn) =>
      draw({ person: wish.person, channel, target: drawn.service, entry: { ...entry, isSure: false }, changed });
    if (answer.reason === 'staleCard')
      return { response_action: 'update', view: await again(changedWords(answer, drawn)) };
    const isAsking = sent.blocks.some(({ block_id: id }) => id?.startsWith(fields.sure) === true);
    const isQuestion = questions.has(answer.reason);
    if (isQuestion && !isAsking) return { response_action: 'update', view: await again(words) };
    return errorAt(sent, isQuestion ? 'sure' : fieldOf(answer.reason), wordsOnly(words));
  }

  return {
    open: (wish, tell) => busy.run(openNow(wish, tell)),
    isOvertaken: (wish) => Promise.race([isOvertaken(wish).catch(() => false), soon()]),
    refresh: (userId, sent) => busy.run(refreshNow(userId, sent)),
    async submit(userId, sent) {
      const answer = submitNow(userId, sent).catch((error: unknown): SubmissionAnswer => {
        log.error({ err: error, slackUser: userId }, 'a start from a form failed');
        return { response_action: 'update', view: renderWordsView(tryAgain) };
      });
      const early = await Promise.race([answer, inTime()]);
      if (early !== undefined) return early;
      // Slack closes its ears now: what comes of it is told in the form that stays open.
      void busy.run(answer.then((late) => update(sent.id, lateView(late, sent))));
      return { response_action: 'update', view: renderWordsView('Asking…') };
    },
    async suggest(userId, typed) {
      const who = await whoIs(userId);
      if ('problem' in who) return [];
      const services = await operations.startable(who.person);
      const wanted = typed.trim().toLowerCase();
      return services
        .filter(({ namespace, name }) => `${namespace}/${name}`.includes(wanted))
        .slice(0, mostStaticOptions)
        .map((one) => serviceOption(one, services));
    },
    stop: () => busy.settle(stopWaitMs),
  };
}

interface Sent {
  readonly wish: StartWish;
  readonly drawn: Drawn;
  readonly entry: Entry;
  readonly sent: SentView;
}

/** A button that waits longer would lose its trigger: it does what it says. */
function soon(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), decideMs).unref();
  });
}

function inTime(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ackAfterMs).unref();
  });
}
