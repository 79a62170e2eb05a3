import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { createSigner } from '../../../../src/slack/actions/signed-value.ts';
import { checkMessage } from '../../../../src/slack/limits.ts';
import { type CardView, renderCard } from '../../../../src/slack/messages/card.ts';
import { chartBlock } from '../../../../src/slack/messages/chart-block.ts';
import { renderNotice } from '../../../../src/slack/messages/notice.ts';
import { renderQuestion } from '../../../../src/slack/messages/question.ts';
import { aDelivery, aMetric, aSeries, aTypicalDelivery, deliveryStates, noonMs } from '../../../support/a-delivery.ts';
import { cardStates, crowded } from '../../../support/card-states.ts';

const signer = createSigner(['a signing key of the tests']);
const view: CardView = {
  sign: signer.sign,
  asOfMs: noonMs,
  nameOf: (user) => (user === 'slack:U0DANA' ? 'Dana' : undefined),
  hasCharts: true,
  command: '/rollout',
};

function words(blocks: unknown): string {
  return JSON.stringify(blocks);
}

function actionIds(delivery: Parameters<typeof renderCard>[0]): readonly string[] {
  const block = renderCard(delivery, view).blocks.find((candidate) => candidate.type === 'actions');
  return block?.type === 'actions' ? block.elements.map((element) => element.action_id ?? '') : [];
}

describe.each(deliveryStates)('the card of a delivery that is %s', (state) => {
  const card = renderCard(aTypicalDelivery(state), view);

  it('keeps the order header, section, actions, chart, context', () => {
    const order = ['header', 'section', 'actions', 'data_visualization', 'context'];
    const types = card.blocks.map((block) => block.type);
    expect(types).toEqual(order.filter((type) => types.some((shown) => shown === type)));
    expect(types).toEqual(expect.arrayContaining(['header', 'section', 'context']));
  });

  it('says the state in at most 45 characters, and the same to screen readers', () => {
    const [head] = card.blocks;
    if (head?.type !== 'header') throw new Error('no header');
    expect(head.text.text.length).toBeLessThanOrEqual(45);
    expect(card.text).toBe(head.text.text.replaceAll('\u00a0', ' '));
    expect(head.text.text).toMatch(/checkout/);
  });

  it('breaks no limit, mentions nobody, and never says successful', () => {
    expect(checkMessage(card)).toEqual([]);
    expect(words(card)).not.toMatch(/<@|<!channel|<!here|success(?:ful|ed)\b/i);
  });

  it('offers at most three buttons and names their object for screen readers', () => {
    const block = card.blocks.find((candidate) => candidate.type === 'actions');
    const elements = block?.type === 'actions' ? block.elements : [];
    const buttons = elements.flatMap((element) => (element.type === 'button' ? [element] : []));
    expect(buttons.length).toBeLessThanOrEqual(3);
    for (const button of buttons) expect(button.accessibility_label).toContain('checkout');
  });

  it('is the same card for the same delivery', () => {
    expect(card).toMatchSnapshot();
  });
});

const digest = '0123456789abcdef'.repeat(4);

describe.each(Object.entries(cardStates))('the card of %s', (name, delivery) => {
  const loud = crowded(delivery);

  it.each([true, false])('holds nothing that belongs in the thread (as long as it gets: %s)', (isCrowded) => {
    const card = renderCard(isCrowded ? loud : delivery, view);
    const types = card.blocks.map(({ type }) => type);
    expect(types.filter((type) => type === 'data_visualization').length).toBeLessThanOrEqual(1);
    expect(
      types.filter((type) => !['header', 'section', 'actions', 'data_visualization', 'context'].includes(type)),
    ).toEqual([]);
    const all = words(card);
    expect(all).not.toContain(digest);
    // No edit notifies anybody; PromQL and conditions are for Why; and nothing succeeded before the way was seen to its end.
    expect(all).not.toMatch(/<[@!](?!date)|result\[0\]|\bsum\(|success(?:ful|ed)\b/i);
    if (delivery.state !== 'live') expect(all).not.toMatch(/is live/);
  });

  it('offers Promote only where nothing measures, and what lowers risk wherever there is risk', () => {
    const ids = actionIds(delivery);
    if (
      delivery.metrics.some(({ verdict }) => verdict === 'waiting') ||
      ['checking', 'noData', 'moving', 'starting'].includes(name)
    )
      expect(ids).not.toContain('promote');
    const isAtRisk = ![
      'aborting',
      'rolledBack',
      'rollingBack',
      'stuck',
      'activeRolledBack',
      'wentBackPast',
      'notVerified',
      'frozen',
      'frozenByPerson',
      'live',
      'liveNoUndo',
      'gitOwned',
      'invalidSpec',
      'superseded',
    ].includes(name);
    // Behind the point of no return an abort would become a freeze: that is what is offered.
    const isPast = delivery.noReturn?.at === 'passed';
    expect(ids.includes(isPast ? 'pause' : 'abort')).toBe(isAtRisk);
    if (isPast) expect(ids).not.toContain('abort');
  });

  it('names every block, so that Slack keeps what a person has opened', () => {
    const ids = renderCard(delivery, view).blocks.map(({ block_id }) => block_id);
    expect(ids).toEqual(
      renderCard(loud, view)
        .blocks.map(({ block_id }) => block_id)
        .filter((id) => ids.includes(id)),
    );
    expect(ids).not.toContain(undefined);
  });
});

describe('who did it', () => {
  const foot = (changes: Parameters<typeof aDelivery>[1]) =>
    words(renderCard(aDelivery('live', changes), view).blocks.at(-1));
  it.each([
    [{ startedBy: 'slack:U0DANA' }, 'rev 18 · started by Dana · as of'],
    [{ startedBy: 'slack:U0DANA', isUndo: true }, 'rev 18 · undone to 2.0.0 by Dana · as of'],
    [{ startedBy: undefined, isUndo: true }, 'rev 18 · undone to 2.0.0 · as of'],
    [{ startedBy: undefined }, 'rev 18 · as of'],
    [{ startedBy: 'system:serviceaccount:ci:releases' }, 'started by ci/releases'],
  ])('%j reads %s', (changes, shown) => {
    expect(foot(changes)).toContain(shown);
  });

  it('says whose approvals a gate has, and how many are missing', () => {
    const { approval } = cardStates;
    if (approval === undefined) throw new Error('no such card');
    const card = words(renderCard(approval, view).blocks).replaceAll('\u00a0', ' ');
    expect(card).toContain('approved 1 of 2');
    expect(card).toContain('*promote to 75 %?* one more approval');
    expect(card).toContain('approved by slack:U0ARNO');
    expect(actionIds(approval).slice(0, 2)).toEqual(['approve', 'abort']);
  });
});

describe('what the state allows', () => {
  it('never offers Promote beside a running analysis', () => {
    expect(actionIds(aDelivery('checking'))).not.toContain('promote');
  });

  it('puts Promote first at a gate, Abort second', () => {
    expect(actionIds(aTypicalDelivery('gate')).slice(0, 2)).toEqual(['promote', 'abort']);
    expect(actionIds(aTypicalDelivery('live'))).toContain('undo');
    expect(actionIds({ ...aTypicalDelivery('live'), revision: 1 })).toEqual(['why']);
  });

  it('puts Abort first while it moves', () => {
    for (const state of ['starting', 'moving', 'checking', 'noData'] as const) {
      expect(actionIds(aDelivery(state))[0]).toBe('abort');
    }
  });

  it('asks before abort and undo, not before pause, resume and promote', () => {
    const asked = (state: (typeof deliveryStates)[number]) => {
      const block = renderCard(aTypicalDelivery(state), view).blocks.find((candidate) => candidate.type === 'actions');
      const elements = block?.type === 'actions' ? block.elements : [];
      return elements.flatMap((element) => (element.type === 'button' && element.confirm ? [element.action_id] : []));
    };
    expect(asked('moving')).toEqual(['abort']);
    expect(asked('gate')).toEqual(['abort']);
    expect(asked('paused')).toEqual(['abort']);
    expect(asked('live')).toEqual(['undo']);
  });
});

describe('the metrics on the card', () => {
  it('shows the one nearest its limit first, three at most, and counts the rest', () => {
    const metrics = [
      aMetric({ name: 'far', value: 0.999 }),
      aMetric({ name: 'near', value: 0.951 }),
      aMetric({ name: 'silent', verdict: 'noData', value: undefined }),
      aMetric({ name: 'broken', verdict: 'failing', value: 0.9 }),
      aMetric({ name: 'fine', value: 0.998 }),
    ];
    const body = words(renderCard(aDelivery('checking', { metrics }), view).blocks[1]);
    expect(body.indexOf('broken')).toBeLessThan(body.indexOf('silent'));
    expect(body.indexOf('silent')).toBeLessThan(body.indexOf('near'));
    expect(body).not.toContain('far');
    expect(body).toContain('+2 fine');
  });

  it('writes numbers for people', () => {
    const body = words(renderCard(aDelivery('checking'), view).blocks[1]);
    expect(body).toContain('success-rate 99.6 % (≥ 95 %) · 2/3');
    expect(body).toContain('latency-p95 212 ms (≤ 300 ms)');
  });

  it('says no data, never a number, where nothing was measured', () => {
    expect(words(renderCard(aTypicalDelivery('noData'), view).blocks[1])).toContain('○ success-rate no data');
  });
});

describe('the chart', () => {
  it('is a block of our own only as long as the library has no type for it', () => {
    const block = chartBlock(aSeries([1, 1, 1]));
    // @ts-expect-error The day @slack/types knows the block, this line stops being an error, and our own type can go.
    const known: KnownBlock | undefined = block;
    expect(known?.type).toBe('data_visualization');
  });

  const chartOf = (delivery: Parameters<typeof renderCard>[0]) =>
    renderCard(delivery, view).blocks.find((block) => block.type === 'data_visualization');

  it('is absent until three points and a limit exist', () => {
    expect(chartOf(aDelivery('checking', { series: aSeries([0.9, 0.9]) }))).toBeUndefined();
    expect(chartOf(aDelivery('checking', { series: aSeries([0.9, undefined, Number.NaN, 0.9]) }))).toBeUndefined();
    expect(chartOf(aDelivery('checking', { series: aSeries([1, 1, 1], { limit: undefined }) }))).toBeUndefined();
    expect(chartOf(aDelivery('checking', { series: aSeries([1, 1, 1]) }))).toBeDefined();
  });

  it('shows at most twelve points, each with a label of its own, and the limit as a line', () => {
    const chart = chartOf(
      aDelivery('checking', { series: aSeries(Array.from({ length: 40 }, (_, i) => 0.9 + i / 1000)) }),
    );
    if (chart?.type !== 'data_visualization') throw new Error('no chart');
    expect(chart.chart.axis_config.categories).toHaveLength(12);
    expect(chart.chart.axis_config.categories.at(-1)).toBe('12:00');
    expect(chart.chart.series.map(({ name }) => name)).toEqual(['canary', 'limit']);
    expect(chart.chart.series[1]?.data.every(({ value }) => value === 95)).toBe(true);
  });

  it('gives way to a sparkline where the workspace refuses it', () => {
    const { blocks } = renderCard(aDelivery('checking'), { ...view, hasCharts: false });
    expect(blocks.some((block) => block.type === 'data_visualization')).toBe(false);
    expect(words(blocks)).toMatch(/[▁▂▃▄▅▆▇█]{3} 99\.6 % … 99\.8 %/);
  });
});

describe('the card of blue-green', () => {
  const weights = [{ percent: 100, state: 'ahead' }] as const;
  const before = { weightPercent: 0, weights, step: { index: 0, count: 1 }, blueGreen: { at: 'preview' } } as const;
  const bodyOf = (delivery: Parameters<typeof renderCard>[0]) => {
    const section = renderCard(delivery, view).blocks.find(({ type }) => type === 'section');
    return section?.type === 'section' ? (section.text?.text ?? '') : '';
  };

  const active = { ...before, weightPercent: 100, blueGreen: { at: 'active' } } as const;
  const soon = { nextAtMs: noonMs + 20_000 };

  /** The headline, and the body up to the metrics. */
  it.each([
    [
      'starting',
      before,
      'in preview, starting pods',
      ['all requests on *1.4.2*', '0 of 4 pods ready', '*preview* → active'],
    ],
    ['checking', before, 'in preview, checking', ['all requests on *1.4.2*', /^measures /, '*preview* → active']],
    [
      'gate',
      before,
      'in preview, waits for you',
      ['all requests on *1.4.2*', '*promote to active?*', '*preview* → active'],
    ],
    [
      'moving',
      { ...before, ...soon },
      'in preview, moving',
      ['all requests on *1.4.2*', /^switches <!date/, '*preview* → active'],
    ],
    [
      'moving',
      { ...before, nextAtMs: undefined },
      'in preview, moving',
      ['all requests on *1.4.2*', 'switches next', '*preview* → active'],
    ],
    ['paused', before, 'in preview, paused', ['all requests on *1.4.2*', 'paused on request', '*preview* → active']],
    ['checking', active, 'active, checking', ['all requests on *2.0.0*', /^measures /, 'preview ✓ → *active*']],
    ['aborting', active, 'active, going back', ['all requests on *2.0.0*', 'going back to 1.4.2']],
    ['aborting', before, 'in preview, going back', ['all requests on *1.4.2*', 'the preview goes']],
    ['rolledBack', before, 'rolled back', ['all requests back on *1.4.2*']],
    ['live', active, 'is live', ['all requests on *2.0.0*']],
    ['starting', { ...before, fromImage: undefined }, ', starting pods', ['no requests yet']],
    ['moving', { ...active, weightPercent: 50 }, 'at 50 %, moving', ['█████░░░░░ *50 %*']],
  ] as const)('%s: says where the requests are, and never a share (%#)', (state, how, title, lines) => {
    const card = renderCard(aDelivery(state, { pods: { ready: 0, desired: 4 }, ...how, nextPercent: undefined }), view);
    const [head] = card.blocks;
    expect(JSON.stringify(head).replaceAll('\u00a0', ' ')).toContain(
      `checkout 2.0.0${title.startsWith(',') ? '' : ' '}${title}`,
    );
    const body = bodyOf(aDelivery(state, { pods: { ready: 0, desired: 4 }, ...how, nextPercent: undefined })).split(
      '\n',
    );
    for (const [index, line] of lines.entries()) {
      if (typeof line === 'string') expect(body[index]).toContain(line);
      else expect(body[index]).toMatch(line);
    }
    if (how.weightPercent !== 50) expect(words(card.blocks)).not.toMatch(/\b(?:0|100) %/);
  });

  it.each([
    [
      'finish',
      before,
      /Finish .* now\? It goes active as soon as all its pods are there, without the rest of its plan\./,
    ],
    ['finish', active, /It stays active without the rest of its plan\./],
    ['abort', before, /is on its way \(in preview\)\. Abort leaves all requests on stable, and the preview goes\./],
    ['abort', active, /is on its way \(active\)\. Abort sends all requests back to stable\./],
  ] as const)('a question before %s speaks of no share (%#)', (action, how, said) => {
    const { text } = renderQuestion(signer.sign, action, { delivery: aDelivery('checking', how) });
    expect(text).toMatch(said);
    expect(text).not.toContain('%');
  });

  it('asks in its own words before it acts', () => {
    const asked = (state: 'gate' | 'checking', how: Parameters<typeof aDelivery>[1]) =>
      words(renderCard(aDelivery(state, { ...how, nextPercent: undefined }), view).blocks);
    expect(asked('gate', before)).toContain('All requests stay on 1.4.2 (stable), and the preview goes.');
    expect(asked('checking', active)).toContain('All requests go back to 1.4.2 (stable), whose pods are all there.');
    expect(asked('gate', before)).toMatch(/"Promote"/);
  });

  it('offers no step to skip', () => {
    const overflow = (delivery: Parameters<typeof renderCard>[0]) => words(renderCard(delivery, view).blocks);
    expect(overflow(aDelivery('checking'))).toContain('Skip this step');
    expect(overflow(aDelivery('checking', before))).not.toContain('Skip this step');
  });

  it('says of the way back what was seen of Services and pods', () => {
    const verification = [
      { check: 'weightZero', isDone: true },
      { check: 'noCanaryRequests', isDone: true },
      { check: 'podsGone', isDone: false },
    ] as const;
    const body = bodyOf(aDelivery('aborting', { ...before, verification }));
    expect(body).toContain('✓ active on stable · ✓ no requests to it\n○ preview pods going');
  });
});

it('where clusters have names, a card and its notices say on which one', () => {
  const delivery = aDelivery('gate', { clusterName: 'prod-eu' });
  expect(words(renderCard(delivery, view).blocks)).toContain('1.4.2 → 2.0.0 · shop on prod-eu');
  const notice = { id: '1', event: 'live', weight: 'final', atMs: noonMs, by: undefined, text: '' } as const;
  expect(renderNotice(delivery, notice, view).text).toBe('🟢 *checkout 2.0.0* on prod-eu is live');
});
