import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../../src/notifications/index.ts';
import { createSigner } from '../../../../src/slack/actions/signed-value.ts';
import type { Message } from '../../../../src/slack/messages/blocks.ts';
import { renderCard } from '../../../../src/slack/messages/card.ts';
import { permalink, renderNotice, slackIdOf } from '../../../../src/slack/messages/notice.ts';
import { aTypicalDelivery, noonMs } from '../../../support/a-delivery.ts';

const view = {
  sign: createSigner(['a signing key of the tests']).sign,
  asOfMs: noonMs,
  nameOf: (user: string) => (user === 'slack:U0DANA' ? 'Dana' : undefined),
  hasCharts: true,
  command: '/rollout',
};

function aNotice(changes: Partial<Notice>): Notice {
  return { id: '7', event: 'started', atMs: noonMs, by: undefined, text: '', weight: 'timeline', ...changes };
}

describe('one line of the thread', () => {
  it.each([
    [{ event: 'started', by: 'slack:U0DANA' }, 'checking', '🚀 Dana started *checkout 2.0.0*'],
    [{ event: 'started', by: 'kubectl' }, 'checking', '🚀 kubectl started *checkout 2.0.0*'],
    [{ event: 'started' }, 'checking', '🚀 *checkout 2.0.0* started'],
    [{ event: 'undone', by: 'slack:U0DANA' }, 'live', '↩️ *checkout* undone to *2.0.0* by Dana'],
    [{ event: 'undone' }, 'live', '↩️ *checkout* undone to *2.0.0*'],
    [{ event: 'stepReached', text: '25 %' }, 'checking', '▸ *checkout 2.0.0* 25 %'],
    [{ event: 'gateReached' }, 'gate', '🔵 *checkout 2.0.0* waits for you: promote to 75 %?'],
    [{ event: 'gateReached' }, 'moving', '🔵 *checkout 2.0.0* waits for you'],
    [{ event: 'promoted', by: 'slack:U0DANA' }, 'moving', '⏩ Dana promoted *checkout 2.0.0*'],
    [{ event: 'aborted', by: 'slack:U0DANA' }, 'aborting', '⛔ Dana aborted *checkout 2.0.0*'],
    [{ event: 'aborted' }, 'aborting', '⛔ *checkout 2.0.0* was aborted'],
    [{ event: 'rolledBack' }, 'rolledBack', '🔴 *checkout 2.0.0* rolled back, and the way back was seen'],
    [{ event: 'live', by: 'slack:U0DANA' }, 'live', '🟢 *checkout 2.0.0* is live'],
  ] as const)('%j of a delivery that is %s reads "%s"', (changes, state, sentence) => {
    expect(renderNotice(aTypicalDelivery(state), aNotice(changes), view).text).toBe(sentence);
  });

  it('brings the reason, and the metric that decided', () => {
    const told = renderNotice(
      aTypicalDelivery('aborting'),
      aNotice({ event: 'aborted', text: 'errors *everywhere*' }),
      view,
    );
    expect(JSON.stringify(told.blocks)).toContain('_errors ∗everywhere∗_');
    expect(JSON.stringify(told.blocks)).toContain('✗ success-rate 91.2 %');
  });

  it('says of the metric that decided what the card says', () => {
    const delivery = aTypicalDelivery('rolledBack');
    const lineOf = (message: Message) => /✗ success-rate[^\\]*/.exec(JSON.stringify(message.blocks))?.[0].split('"')[0];
    const told = renderNotice(delivery, aNotice({ event: 'rolledBack', weight: 'final' }), view);
    expect(lineOf(told)).toBe('✗ success-rate 91.2 % (≥ 95 %) failed 2 of 2'.replace(/ (?=2| %|of)/g, '\u00a0'));
    expect(lineOf(renderCard(delivery, view))).toBe(lineOf(told));
  });

  it('asks only while the question is open', () => {
    const types = (state: 'gate' | 'moving') =>
      renderNotice(aTypicalDelivery(state), aNotice({ event: 'gateReached', weight: 'needsHuman' }), view).blocks.map(
        ({ type }) => type,
      );
    expect(types('gate')).toEqual(['section', 'actions']);
    expect(types('moving')).toEqual(['section']);
  });

  it.each([
    ['gateReached', 'promoted', 'slack:U0DANA', '🔵 *checkout 2.0.0* waited for you: promoted by Dana'],
    ['gateReached', 'aborted', 'kubectl', '🔵 *checkout 2.0.0* waited for you: aborted by kubectl'],
    ['gateReached', 'aborted', undefined, '🔵 *checkout 2.0.0* waited for you: aborted'],
    ['gateReached', 'stepReached', undefined, '🔵 *checkout 2.0.0* waited for you: it went on'],
    ['gateReached', 'superseded', undefined, '🔵 *checkout 2.0.0* waited for you: superseded by another revision'],
    [
      'inconclusive',
      'finished',
      'slack:U0DANA',
      '🟠 *checkout 2.0.0* was inconclusive and waited for you: taken to 100 % without the rest of its plan by Dana',
    ],
  ] as const)(
    '%s that was answered (%s by %s) reads "%s", without buttons, also at the next gate',
    (event, by, who, words) => {
      const decided = { event: by, by: who, atMs: noonMs };
      const notice = aNotice({ event, weight: 'needsHuman', decided });
      const { text, blocks } = renderNotice(aTypicalDelivery('gate'), notice, view);
      expect(text).toBe(words);
      expect(blocks.map(({ type }) => type)).toEqual(['section']);
      expect(JSON.stringify(blocks)).not.toContain('<@');
    },
  );

  it('mentions who started it only where a person is needed', () => {
    const words = (weight: Notice['weight']) =>
      JSON.stringify(renderNotice(aTypicalDelivery('gate'), aNotice({ event: 'gateReached', weight }), view).blocks);
    expect(words('needsHuman')).toContain('<@U0DANA>');
    expect(words('final')).not.toContain('<@');
  });
});

describe('who and where', () => {
  it.each([
    ['U0DANA', 'U0DANA'],
    ['slack:U0DANA', 'U0DANA'],
    ['stepwise-U0DANA', 'U0DANA'],
    ['kubectl', undefined],
    ['UNIVERSE:x', undefined],
    [undefined, undefined],
  ])('%s is the slack user %s', (user, id) => {
    expect(slackIdOf(user)).toBe(id);
  });

  it('links to a message as Slack does, and to nothing else', () => {
    const place = { channel: 'C012', ts: '1700000000.000100' };
    expect(permalink('https://acme.slack.com/', place)).toBe('https://acme.slack.com/archives/C012/p1700000000000100');
    expect(permalink('', place)).toBeUndefined();
    expect(permalink('https://a|b>', place)).toBeUndefined();
    expect(permalink('https://acme.slack.com/', { channel: 'C012', ts: 'x' })).toBeUndefined();
  });
});
