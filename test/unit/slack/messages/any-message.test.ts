import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Notice, NoticeEvent } from '../../../../src/notifications/index.ts';
import { type PlanAnswer, refusalReasons } from '../../../../src/operations/index.ts';
import { checkBlocks } from '../../../../src/sandbox/slack-api/index.ts';
import {
  actActionIds,
  lineActionIds,
  moreActionId,
  openStartActionId,
  shipActionId,
} from '../../../../src/slack/actions/action-ids.ts';
import { createSigner } from '../../../../src/slack/actions/signed-value.ts';
import type { Command } from '../../../../src/slack/commands/command.ts';
import { parse } from '../../../../src/slack/commands/parse.ts';
import { checkMessage } from '../../../../src/slack/limits.ts';
import {
  renderAnswer,
  renderPlanWeights,
  renderRefusal,
  renderUnclear,
} from '../../../../src/slack/messages/answers.ts';
import { type Message, reasonBlockId } from '../../../../src/slack/messages/blocks.ts';
import { renderBuild } from '../../../../src/slack/messages/build.ts';
import { renderCard } from '../../../../src/slack/messages/card.ts';
import { renderCheck } from '../../../../src/slack/messages/check.ts';
import { renderDoctor } from '../../../../src/slack/messages/doctor.ts';
import { renderHelp, renderLater } from '../../../../src/slack/messages/help.ts';
import { renderList, renderMine, renderWhich, renderWhichLine } from '../../../../src/slack/messages/lists.ts';
import { renderChanges, renderHistory, renderWhere } from '../../../../src/slack/messages/look-back.ts';
import { renderNotice } from '../../../../src/slack/messages/notice.ts';
import { renderPlan } from '../../../../src/slack/messages/plan.ts';
import { renderQuestion } from '../../../../src/slack/messages/question.ts';
import { renderWhoami } from '../../../../src/slack/messages/whoami.ts';
import { renderWhy } from '../../../../src/slack/messages/why.ts';
import { renderFormOffer } from '../../../../src/slack/views/form-wish.ts';
import { causesOf } from '../../../support/a-cause.ts';
import { noonMs } from '../../../support/a-delivery.ts';
import { aCheckAnswer, aCheckedMetric, aPlanAnswer } from '../../../support/a-plan.ts';
import { anyDelivery, nastyWords } from '../../../support/any-delivery.ts';

const signer = createSigner(['a signing key of the tests']);
const view = { sign: signer.sign, command: '/rollout', nameOf: () => undefined, asOfMs: noonMs, hasCharts: true };

const events: readonly NoticeEvent[] = [
  'started',
  'stepReached',
  'gateReached',
  'promoted',
  'inconclusive',
  'aborted',
  'rolledBack',
  'notVerified',
  'live',
  'invalidSpec',
  'stalled',
  'superseded',
  'fieldPutBack',
  'watchRaised',
  'undone',
  'retried',
  'restarted',
  'reasonGiven',
  'paused',
  'resumed',
  'skipped',
  'finished',
];

const notice: fc.Arbitrary<Notice> = fc.record({
  id: fc.constant('n-1'),
  event: fc.constantFrom(...events),
  atMs: fc.constant(noonMs),
  by: fc.option(nastyWords, { nil: undefined }),
  text: nastyWords,
  weight: fc.constantFrom('timeline', 'needsHuman', 'final'),
});

const words = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,60}[a-z0-9]$/);
/** Any wish that words can come to. */
const wish: fc.Arbitrary<Command> = fc
  .tuple(fc.constantFrom('start', 'promote', 'abort', 'undo', 'status', 'start x'), words, nastyWords)
  .map(([verb, name, reason]) => parse(`${verb} ${name} 2.0.0 because ${reason}`))
  .map((parsed) => (parsed.kind === 'command' ? parsed.command : { verb: 'undo', target: { name: 'checkout' } }));
const facts = fc.dictionary(
  fc.constantFrom(
    'name',
    'namespace',
    'verb',
    'user',
    'image',
    'message',
    'from',
    'to',
    'revision',
    'by',
    'note',
    'usual',
    'container',
  ),
  nastyWords,
);

/** Nothing in it is refused by Slack, mentions anybody, or was cut in the middle of an escape. */
function expectSendable(message: Message, mayMention = false): void {
  expect(checkMessage(message)).toEqual([]);
  const blocks: unknown = JSON.parse(JSON.stringify(message.blocks));
  expect(checkBlocks(blocks, { surface: 'message', isFileUsable: () => true })).toEqual([]);
  for (const id of actionIdsOf(message)) expect(registry).toContain(id);
  for (const text of mrkdwnOf(message)) {
    expect(text).not.toMatch(/<!(?:channel|here|everyone|subteam)/);
    if (!mayMention) expect(text).not.toMatch(/<@/);
    // Every bracket is one of ours: a date or a link.
    expect(text.replace(/<(?:!date\^\d+\^\{[a-z_]+\}\|[^<>]*|@[UW][A-Z0-9]+|https?:[^<>]*)>/g, '')).not.toMatch(/[<>]/);
    expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
  }
}

/** Every id that a listener exists for, and the input that only comes along with a click. */
const registry: readonly string[] = [
  ...actActionIds,
  ...lineActionIds,
  moreActionId,
  openStartActionId,
  shipActionId,
  reasonBlockId,
];

function actionIdsOf(message: Message): readonly string[] {
  const found: string[] = [];
  JSON.stringify(message.blocks, (key, value: unknown) => {
    if (key === 'action_id') found.push(String(value));
    return value;
  });
  return found;
}

function mrkdwnOf(message: Message): readonly string[] {
  const found: string[] = [message.text];
  JSON.stringify(message.blocks, (_, value: unknown) => {
    const { type, text } = Object(value) as { type?: unknown; text?: unknown };
    if (type === 'mrkdwn' && typeof text === 'string') found.push(text);
    return value;
  });
  return found;
}

const runs = { numRuns: 100 };
// A busy machine is given time: what is held here are limits, not speed.
vi.setConfig({ testTimeout: 60_000 });

describe('for any delivery', () => {
  it('the card can be sent, with and without the chart', () => {
    fc.assert(
      fc.property(anyDelivery, fc.boolean(), (delivery, hasCharts) => {
        const card = renderCard(delivery, { ...view, hasCharts });
        expectSendable(card);
        const [head] = card.blocks;
        expect(head?.type === 'header' && head.text.text.length <= 45).toBe(true);
      }),
      runs,
    );
  });

  it('the notice can be sent', () => {
    fc.assert(
      fc.property(anyDelivery, notice, (delivery, told) => expectSendable(renderNotice(delivery, told, view), true)),
      runs,
    );
  });

  it('why, questions, lists and which can be sent', () => {
    fc.assert(
      fc.property(fc.array(anyDelivery, { minLength: 1, maxLength: 30 }), nastyWords, (deliveries, word) => {
        const [first] = deliveries;
        if (first === undefined) return;
        const why = {
          delivery: first,
          diagnosis: { first: undefined, others: [] },
          verdict: undefined,
          mayDo: undefined,
          unread: [],
        };
        expectSendable(renderWhy(why, view, 'https://acme.slack.com/archives/C1/p1'));
        for (const action of ['finish', 'skip', 'undo', 'abort'] as const)
          expectSendable(renderQuestion(signer.sign, action, { delivery: first, needsReason: true, reason: word }));
        expectSendable(renderList(view, deliveries));
        expectSendable(renderMine(view, deliveries));
        expectSendable(renderWhich(view, 'abort', deliveries));
        expectSendable(renderWhichLine(view, { verb: 'history' }, deliveries));
        expectSendable(renderPlanWeights(view, first, word));
      }),
      { numRuns: 60 },
    );
  });
});

describe('for any plan and check', () => {
  const sightWords = fc.record({
    kind: fc.constant('blind' as const),
    because: fc.record({ kind: fc.constant('stableOnly' as const), by: nastyWords }),
  });
  const metric = fc.tuple(nastyWords, nastyWords, sightWords, fc.boolean()).map(([name, message, sight, isFailed]) =>
    aCheckedMetric({
      name,
      condition: message,
      limit: undefined,
      sight,
      reading: isFailed
        ? { kind: 'failed', message, queryMs: 10 }
        : { kind: 'measured', value: undefined, text: message, verdict: 'error', message, queryMs: 10 },
    }),
  );

  it('both can be sent, however many metrics and steps they have', () => {
    const metrics = fc.array(metric, { maxLength: 60 });
    fc.assert(
      fc.property(metrics, fc.array(nastyWords, { maxLength: 40 }), nastyWords, (checked, problems, name) => {
        const answer = aCheckAnswer({ name, metrics: checked, problems: [{ templates: problems, problem: name }] });
        expectSendable(renderCheck(view, answer));
        const { plan, access } = aPlanAnswer();
        const image = { container: name, from: name, to: name, isSame: false, isForeign: true, isUnusualTag: false };
        const others = { start: problems, promote: [], abort: problems };
        expectSendable(
          renderPlan(
            view,
            { verb: 'plan', target: { name: 'checkout' } },
            { done: true, plan: { ...plan, name, problems, images: [image, image] }, access: { ...access, others } },
          ),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('a plan ends with the button that starts it, where that may be done', () => {
    const command = { verb: 'plan', target: { name: 'checkout' }, images: [{ image: '2.0.0' }] } as const;
    const buttons = (change: Partial<PlanAnswer>) =>
      renderPlan(view, command, aPlanAnswer(change)).blocks.filter(({ type }) => type === 'actions').length;
    const { plan, access } = aPlanAnswer();
    expect(buttons({})).toBe(1);
    expect(buttons({ access: { ...access, isBoundHere: false } })).toBe(0);
    expect(buttons({ access: { ...access, you: { ...access.you, start: false } } })).toBe(0);
    expect(buttons({ plan: { ...plan, problems: ['no'] } })).toBe(0);
    expect(buttons({ plan: { ...plan, images: [] } })).toBe(0);
  });
});

const outcomes = ['live', 'underWay', 'wasLive', 'aborted', 'rolledBack', 'superseded', 'unknown'] as const;
const maybeWords = fc.option(nastyWords, { nil: undefined });
const past = fc.record({
  namespace: words,
  name: words,
  revision: fc.integer({ min: 1, max: 999 }),
  image: maybeWords,
  startedBy: maybeWords,
  by: maybeWords,
  startedAtMs: fc.option(fc.constant(noonMs), { nil: undefined }),
  endedAtMs: fc.constant(undefined),
  isKept: fc.boolean(),
  outcome: fc.constantFrom(...outcomes),
  wasLive: fc.constant('yes' as const),
  last: fc.record({
    event: fc.oneof(fc.constantFrom(...events), nastyWords),
    atMs: fc.constant(noonMs),
    by: maybeWords,
    text: nastyWords,
  }),
});

describe('for any past', () => {
  it('history, changes and where can be sent', () => {
    fc.assert(
      fc.property(fc.array(past, { maxLength: 30 }), words, nastyWords, (revisions, name, channel) => {
        expectSendable(renderHistory(view, { done: true, target: { namespace: name, name }, revisions }));
        expectSendable(renderChanges(view, { changes: revisions, more: 3 }, { lastMs: 3_600_000, namespace: name }));
        const rollouts = revisions.map((one) => ({ name: one.name, isMoving: one.isKept }));
        expectSendable(renderWhere(view, [{ namespace: name, rollouts, channel }], channel));
      }),
      { numRuns: 60 },
    );
  });

  it('every cause of why can be sent, whatever words others gave it', () => {
    fc.assert(
      fc.property(anyDelivery, nastyWords, (delivery, word) => {
        const causes = causesOf(word);
        const unread = [{ what: word, why: word }];
        for (const first of causes) {
          const diagnosis = { first, others: first === causes[0] ? causes : [] };
          expectSendable(
            renderWhy({ delivery, diagnosis, verdict: undefined, mayDo: undefined, unread }, view, undefined),
          );
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('for any answer', () => {
  it.each(refusalReasons)('the refusal %s has words', (reason) => {
    fc.assert(
      fc.property(facts, wish, fc.array(words, { maxLength: 8 }), (known, command, candidates) => {
        const message = renderRefusal(view, command, { done: false, reason, facts: known, candidates });
        expectSendable(message);
        expect(message.text).toMatch(/^Not done: [^\n]*\n[^\n]{12}/);
      }),
      { numRuns: 40 },
    );
  });

  it('done can be sent', () => {
    fc.assert(
      fc.property(facts, wish, (known, command) => {
        const target = { namespace: 'shop', name: command.target?.name ?? 'x' };
        const done = { done: true as const, target, card: undefined, facts: known };
        expectSendable(renderAnswer({ view, linkTo: () => undefined }, command, done));
      }),
      runs,
    );
  });

  it('what was not understood can be sent', () => {
    fc.assert(
      fc.property(
        nastyWords,
        fc.constantFrom('', 'start ', 'undo x ', 'promote x ', 'freeze ', 'abort x --'),
        (tail, head) => {
          const parsed = parse(head + tail);
          if (parsed.kind === 'unclear') expectSendable(renderUnclear(view, parsed));
          if (parsed.kind === 'later') expectSendable(renderLater(view, parsed, { name: 'checkout' }));
        },
      ),
      runs,
    );
  });

  it('what doctor, whoami, a build and an offer say can be sent', () => {
    const finding = fc.record({
      name: fc.constantFrom('slack', 'rights', 'queue'),
      title: fc.constant('Rights in the cluster'),
      state: fc.constantFrom('ok', 'warning', 'failed'),
      found: nastyWords,
      fixes: fc.array(nastyWords, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 12 }), words, nastyWords, nastyWords, (lines, name, word, other) => {
        expectSendable(renderDoctor(lines));
        expectSendable(renderFormOffer(view, { target: { namespace: name, name } }));
        const person = { slackId: 'U0DANA', displayName: word, user: 'slack:U0DANA', groups: [`slack:${name}`] };
        expectSendable(renderWhoami(view, person, { bound: [name], may: [] }));
        expectSendable(renderWhoami(view, person, { bound: [name, word], may: [name, other] }));
        const images = [{ container: name, image: word }];
        const built = { namespace: name, name, image: word, images, commits: 3, link: other, by: other };
        expectSendable(renderBuild(built, signer.sign));
      }),
      { numRuns: 100 },
    );
  });

  it('help names every verb', () => {
    const help = renderHelp(view, undefined);
    expectSendable(help);
    for (const verb of ['start', 'abort', 'undo', 'why', 'freeze']) expect(JSON.stringify(help.blocks)).toContain(verb);
    expectSendable(renderHelp(view, 'undo'));
  });
});
