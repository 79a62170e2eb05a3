import { describe, expect, it } from 'vitest';
import { refusalWords } from '../../../../src/slack/messages/refusal.ts';

const promote = { verb: 'promote', target: { namespace: 'shop', name: 'checkout' } } as const;

describe('a click on a card that is out of date is told what moved, in words', () => {
  const saw = { sawRevision: '2', revision: '2', sawStep: '6', step: '6', sawAnalysis: '', analysis: '' };
  it.each([
    [{ revision: '5', step: '9' }, 'revision 2, now 5'],
    [{ step: '9', analysis: 'checkout-2-8=Running' }, 'step 6, now 9'],
    [{ analysis: 'checkout-2-6=Successful' }, 'its analysis went on'],
    [
      { sawAnalysis: 'a=Running,checkout-2-6=Running', analysis: 'a=Running,checkout-2-6=Failed' },
      '`checkout-2-6` is Failed now',
    ],
    [{}, 'it moved on'],
  ])('%j: %s', (now, moved) => {
    const { why, works } = refusalWords({ done: false, reason: 'staleCard', facts: { ...saw, ...now } }, promote);
    expect(why).toBe(`the card showed something that is no longer so: ${moved}.`);
    expect(works).toEqual(['status shop/checkout']);
  });

  it('a form names the image that runs by now', () => {
    const facts = { image: 'ghcr.io/acme/checkout:1.5.0' };
    const { why } = refusalWords({ done: false, reason: 'staleCard', facts }, promote);
    expect(why).toContain('it runs ghcr.io/acme/checkout:1.5.0 now');
  });
});

it.each([
  [['shop/checkout'], true],
  [['shop/checkout', 'shop/checkin'], false],
])('a name that is not there: %j is guessed in words: %s', (candidates, isGuessed) => {
  const wish = { verb: 'start', target: { name: 'chekout' }, images: [{ image: '2.0.0' }] } as const;
  const { why, buttons } = refusalWords({ done: false, reason: 'unknownRollout', facts: {}, candidates }, wish);
  expect(why.includes('Did you mean shop/checkout?')).toBe(isGuessed);
  expect(buttons[0]).toMatchObject({ text: 'Start shop/checkout 2.0.0', line: 'start shop/checkout 2.0.0' });
});

it.each([
  ['noSteps', {}, 'finish shop/checkout'],
  ['analysisRunning', { strategy: 'blueGreen' }, 'finish shop/checkout'],
  ['analysisRunning', { strategy: 'canary' }, 'skip shop/checkout'],
] as const)('what has no steps offers none to skip: %s %j', (reason, facts, works) => {
  expect(refusalWords({ done: false, reason, facts }, promote).works).toEqual([works]);
});
