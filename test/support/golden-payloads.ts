import type { NoticeEvent } from '../../src/notifications/index.ts';
import { type CheckupLine, refusalReasons } from '../../src/operations/index.ts';
import { createSigner } from '../../src/slack/actions/signed-value.ts';
import { parse } from '../../src/slack/commands/parse.ts';
import * as answers from '../../src/slack/messages/answers.ts';
import type { Message } from '../../src/slack/messages/blocks.ts';
import { renderBuild } from '../../src/slack/messages/build.ts';
import { renderCard } from '../../src/slack/messages/card.ts';
import { renderCheck } from '../../src/slack/messages/check.ts';
import { renderDoctor } from '../../src/slack/messages/doctor.ts';
import { renderHelp, renderLater } from '../../src/slack/messages/help.ts';
import { renderList, renderMine, renderWhich, renderWhichLine } from '../../src/slack/messages/lists.ts';
import { renderChanges, renderHistory, renderWhere } from '../../src/slack/messages/look-back.ts';
import { eventWords, renderNotice } from '../../src/slack/messages/notice.ts';
import { renderPlan } from '../../src/slack/messages/plan.ts';
import { renderQuestion, renderTrialQuestion } from '../../src/slack/messages/question.ts';
import { renderWhoami } from '../../src/slack/messages/whoami.ts';
import { renderWhy } from '../../src/slack/messages/why.ts';
import { renderFormOffer } from '../../src/slack/views/form-wish.ts';
import { renderHome, renderHomeWords } from '../../src/slack/views/home-view.ts';
import { createFormSeal, emptyEntry, keyOf } from '../../src/slack/views/start-entry.ts';
import {
  drawnOf,
  renderLoading,
  renderStartView,
  renderWordsView,
  type StartScene,
} from '../../src/slack/views/start-view.ts';
import type { HomeView, ModalView } from '../../src/slack/views/view.ts';
import { causesOf } from './a-cause.ts';
import { aDelivery, aTypicalDelivery, noonMs } from './a-delivery.ts';
import { aCheckAnswer, aCheckedMetric, aPlanAnswer } from './a-plan.ts';
import { aStartForm } from './a-start-form.ts';
import { cardStates, crowded } from './card-states.ts';

/** What Slack is sent: a message, or a view. */
export type Payload =
  | { readonly kind: 'message'; readonly name: string; readonly message: Message }
  | { readonly kind: 'view'; readonly name: string; readonly view: ModalView | HomeView };

const { sign } = createSigner(['a signing key of the tests']);
const view = {
  sign,
  command: '/rollout',
  nameOf: (user: string) => (user.endsWith('U0DANA') ? 'Dana' : undefined),
  asOfMs: noonMs,
  hasCharts: true,
};
const link = 'https://acme.slack.com/archives/C0SHIPSHOP/p1700000000000100';
const target = { namespace: 'shop', name: 'checkout' };
const dana = {
  slackId: 'U0DANA',
  displayName: 'Dana',
  user: 'slack:U0DANA',
  groups: ['slack:deployers', 'slack:members'],
};
const gate = aTypicalDelivery('gate');

const noticeEvents: readonly NoticeEvent[] = [
  ...([
    'started',
    'stepReached',
    'gateReached',
    'promoted',
    'skipped',
    'finished',
    'paused',
    'resumed',
    'retried',
  ] as const),
  ...(['undone', 'inconclusive', 'aborted', 'rolledBack', 'notVerified', 'live', 'invalidSpec', 'stalled'] as const),
  ...(['superseded', 'fieldPutBack', 'watchRaised', 'frozen'] as const),
];

function aNotice(event: NoticeEvent): Message {
  const state = (
    { gateReached: 'gate', inconclusive: 'inconclusive', frozen: 'frozen', rolledBack: 'rolledBack' } as const
  )[String(event)];
  const notice = { id: '7', event, atMs: noonMs, by: 'slack:U0DANA', text: 'errors on the payment page' };
  return renderNotice(aTypicalDelivery(state ?? 'checking'), { ...notice, weight: 'needsHuman' }, view);
}

const past = {
  ...target,
  revision: 17,
  image: 'ghcr.io/acme/checkout:1.4.2',
  by: 'slack:U0DANA',
  startedBy: 'slack:U0DANA',
  startedAtMs: noonMs - 3_600_000,
  endedAtMs: noonMs,
  isKept: true,
  outcome: 'wasLive' as const,
  wasLive: 'yes' as const,
  last: { event: 'live', atMs: noonMs, by: undefined, text: '' },
};

const checkup: readonly CheckupLine[] = [
  { name: 'slack', title: 'Slack connections', state: 'ok', found: '2 of 2 sockets', fixes: [] },
  {
    name: 'rights',
    title: 'Rights in the cluster',
    state: 'failed',
    found: 'may not patch ingresses in shop',
    fixes: ['kubectl -n shop create rolebinding stepwise --clusterrole=stepwise --serviceaccount=stepwise:stepwise'],
  },
];

function aStartScene(changes: Partial<StartScene>): StartScene {
  const entry = { ...emptyEntry, serviceKey: keyOf(target) };
  const scene = { services: [target], service: target, form: aStartForm(), entry, verdict: undefined };
  return { ...scene, channel: 'C0SHIPSHOP', nowMs: noonMs, ...changes };
}

function aStartView(changes: Partial<StartScene>): ModalView {
  const scene = aStartScene(changes);
  return renderStartView(scene, createFormSeal(['a signing key of the tests']).seal(drawnOf(scene)));
}

function aHome(hasNotice: boolean): HomeView {
  const moving = ['gate', 'checking'] as const;
  return renderHome(view, {
    facts: {
      moving: moving.map((state) => ({
        delivery: { ...aTypicalDelivery(state), uid: state },
        card: { channel: 'C0SHIPSHOP', ts: '1.2' },
        mayPromote: true,
        mayAbort: true,
      })),
      more: 2,
      changes: { changes: [past], more: 1 },
      seesNothing: false,
    },
    userId: 'U0DANA',
    notice: hasNotice ? answers.say(view, 'Asked: promote checkout.') : undefined,
    linkTo: () => link,
    asOfMs: noonMs,
  });
}

/** One telling example, or some, of everything that Slack is sent, by the function that draws it: held against Slack's own rules. */
export function goldenPayloads(): Readonly<Record<string, readonly Payload[]>> {
  const messages: Readonly<Record<string, readonly Message[]>> = {
    renderCard: Object.values(cardStates).flatMap((delivery) => [
      renderCard(delivery, view),
      renderCard(crowded(delivery), { ...view, hasCharts: false }),
    ]),
    renderNotice: noticeEvents.map(aNotice),
    renderWhy: [
      ...Object.values(cardStates).map((delivery) =>
        renderWhy(
          { delivery, diagnosis: { first: undefined, others: [] }, verdict: undefined, mayDo: undefined, unread: [] },
          view,
          link,
        ),
      ),
      ...causesOf('words').map((first) =>
        renderWhy(
          { delivery: gate, diagnosis: { first, others: [] }, verdict: undefined, mayDo: undefined, unread: [] },
          view,
          link,
        ),
      ),
    ],
    renderQuestion: (['finish', 'skip', 'terminate', 'undo', 'abort'] as const).map((action) =>
      renderQuestion(sign, action, { delivery: gate, needsReason: true, reason: 'hotfix' }),
    ),
    renderTrialQuestion: [
      renderTrialQuestion(
        view,
        {
          done: true,
          trial: { namespace: 'shop', name: 'experiment/checkout-1', uid: 'u', phase: 'Running', message: 'so far' },
        },
        { line: 'terminate shop/experiment/checkout-1', reason: undefined },
      ),
    ],
    renderList: [renderList(view, [gate, aDelivery('checking')])],
    renderMine: [renderMine(view, [gate]), renderMine(view, [])],
    renderWhich: [renderWhich(view, 'abort', [gate])],
    renderWhichLine: [renderWhichLine(view, { verb: 'history' }, [gate])],
    renderPlanWeights: [answers.renderPlanWeights(view, gate, '50%')],
    renderHistory: [renderHistory(view, { done: true, target, revisions: [past] })],
    renderChanges: [renderChanges(view, { changes: [past], more: 3 }, { lastMs: 3_600_000 })],
    renderWhere: [
      renderWhere(
        view,
        [{ namespace: 'shop', rollouts: [{ name: 'checkout', isMoving: true }], channel: 'C0SHIPSHOP' }],
        '',
      ),
    ],
    renderPlan: [renderPlan(view, { verb: 'plan', target }, aPlanAnswer())],
    renderCheck: [
      renderCheck(view, aCheckAnswer({ metrics: [aCheckedMetric(), aCheckedMetric({ name: 'latency' })] })),
    ],
    renderDoctor: [renderDoctor(checkup)],
    renderWhoami: [
      renderWhoami(view, dana, { bound: ['shop'], may: [] }),
      renderWhoami(view, dana, { bound: ['shop'], may: ['shop', 'pay'] }),
    ],
    renderBuild: [
      renderBuild(
        {
          ...target,
          image: 'ghcr.io/acme/checkout:2.0.1',
          images: [{ container: 'checkout', image: 'ghcr.io/acme/checkout:2.0.1' }],
          commits: 3,
          link: 'https://git.example/acme/checkout/compare/2.0.0...2.0.1',
          by: 'dana',
        },
        sign,
      ),
    ],
    renderRefusal: refusalReasons.map((reason) =>
      answers.renderRefusal(
        view,
        { verb: 'start', target },
        { done: false, reason, facts: { ...target, verb: 'start' }, candidates: ['shop/cart'] },
      ),
    ),
    renderAnswer: [
      answers.renderAnswer(
        { view, linkTo: () => link },
        { verb: 'abort', target },
        { done: true, target, card: undefined, facts: {} },
      ),
    ],
    renderUnclear: ['abrot checkout', 'promote checkout 50%', 'checkout abort'].flatMap((typed) => {
      const parsed = parse(typed);
      return parsed.kind === 'unclear' ? [answers.renderUnclear(view, parsed)] : [];
    }),
    renderLater: [renderLater(view, { kind: 'later', what: 'approve', text: 'approve' }, target)],
    renderHelp: [renderHelp(view, undefined), renderHelp(view, 'undo')],
    renderStranger: [answers.renderStranger(view, 'guest')],
    renderFormOffer: [renderFormOffer(view, { target })],
    say: [answers.say(view, `${eventWords('live') ?? ''} words`)],
  };
  const views: Readonly<Record<string, readonly (ModalView | HomeView)[]>> = {
    renderStartView: [
      aStartView({}),
      aStartView({ plan: aPlanAnswer(), verdict: { kind: 'wouldStart', from: '1.4.2', to: '2.0.0' } }),
    ],
    renderLoading: [renderLoading()],
    renderWordsView: [renderWordsView('Nobody may start anything here yet.')],
    renderHome: [aHome(false), aHome(true)],
    renderHomeWords: [renderHomeWords('Guests may look, not change anything.')],
  };
  const all: Record<string, readonly Payload[]> = {};
  for (const [name, list] of Object.entries(messages))
    all[name] = list.map((message, index) => ({ kind: 'message', name: `${name} ${index + 1}`, message }));
  for (const [name, list] of Object.entries(views))
    all[name] = list.map((one, index) => ({ kind: 'view', name: `${name} ${index + 1}`, view: one }));
  return all;
}
