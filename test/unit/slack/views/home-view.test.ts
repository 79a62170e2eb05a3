import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HomeFacts, Moving } from '../../../../src/operations/index.ts';
import { checkView as standInCheck } from '../../../../src/sandbox/slack-api/check-blocks.ts';
import { createSigner } from '../../../../src/slack/actions/signed-value.ts';
import { say } from '../../../../src/slack/messages/answers.ts';
import { type HomeScene, renderHome, renderHomeWords } from '../../../../src/slack/views/home-view.ts';
import { checkView } from '../../../../src/slack/views/view-limits.ts';
import { aTypicalDelivery, noonMs } from '../../../support/a-delivery.ts';
import { anyDelivery } from '../../../support/any-delivery.ts';

const signer = createSigner(['a key']);
const view = { sign: signer.sign, command: '/rollout', nameOf: () => undefined };
const card = { channel: 'C0SHIPSHOP', ts: '1.2' };

function aMoving(state: Parameters<typeof aTypicalDelivery>[0], changes: Partial<Moving> = {}): Moving {
  const delivery = { ...aTypicalDelivery(state), startedBy: 'slack:U0DANA' };
  return { delivery, card, mayPromote: true, mayAbort: true, ...changes };
}

function draw(facts: Partial<HomeFacts>, scene: Partial<HomeScene> = {}) {
  return renderHome(view, {
    facts: { moving: [], more: 0, changes: { changes: [], more: 0 }, seesNothing: false, ...facts },
    userId: 'U0DANA',
    notice: undefined,
    linkTo: ({ ts }) => `https://acme.slack.com/archives/${ts}`,
    asOfMs: noonMs,
    ...scene,
  });
}

const textOf = (home: ReturnType<typeof draw>) => JSON.stringify(home.blocks);
const buttonsOf = (home: ReturnType<typeof draw>) =>
  [...textOf(home).matchAll(/"action_id":"([a-z-]+)"/g)].map(([, id]) => id);

describe('Home', () => {
  it('shows what waits for the person with the buttons that they may use, and what is theirs without a gate', () => {
    const home = draw({ moving: [aMoving('gate'), aMoving('checking')] });
    expect(textOf(home)).toContain('One rollout waits for you.');
    expect(textOf(home)).toContain('Yours, under way');
    expect(textOf(home)).toContain('https://acme.slack.com/archives/1.2|card');
    expect(buttonsOf(home)).toEqual(['promote', 'abort', 'abort', 'open-start']);
  });

  it.each([
    ['may not promote', aMoving('gate', { mayPromote: false }), 'Nothing waits for you.', ['abort', 'open-start']],
    ['may do nothing', aMoving('gate', { mayPromote: false, mayAbort: false }), 'Nothing waits', ['open-start']],
    ['going back already', aMoving('aborting'), 'Nothing waits for you.', ['open-start']],
  ])('%s', (_, moving, words, buttons) => {
    const home = draw({ moving: [moving] });
    expect(textOf(home)).toContain(words);
    expect(buttonsOf(home)).toEqual(buttons);
  });

  it("leaves others' rollouts to the channel, unless they wait for this person", () => {
    const others = (state: 'checking' | 'gate') => ({ ...aMoving(state), delivery: aTypicalDelivery(state) });
    const home = draw({ moving: [others('checking'), others('gate')] }, { userId: 'U0ARNO' });
    expect(textOf(home)).not.toContain('Yours');
    expect(buttonsOf(home)).toEqual(['promote', 'abort', 'open-start']);
  });

  it('says what changed in the last hour, and that there was more', () => {
    const change = {
      namespace: 'shop',
      name: 'checkout',
      revision: 17,
      image: 'ghcr.io/acme/checkout:2.0.0',
      startedBy: 'slack:U0DANA',
      startedAtMs: noonMs,
      wasLive: undefined,
      last: { event: 'live', atMs: noonMs, by: undefined, text: '' },
    } as unknown as HomeFacts['changes']['changes'][number];
    const text = textOf(draw({ changes: { changes: Array.from({ length: 18 }, () => change), more: 2 } }));
    expect(text).toContain('shop/checkout *2.0.0* 🟢 is live');
    expect(text).toContain('+5 more: `/rollout changes`');
    expect(textOf(draw({}))).toContain('Nothing that you may see has moved.');
  });

  it('tells who sees nothing what to ask for, and shows the answer to what was clicked at its top', () => {
    const none = draw({ seesNothing: true });
    expect(textOf(none)).toContain('/rollout whoami');
    expect(buttonsOf(none)).toEqual([]);
    const notice = say(view, 'Asked: promote shop/checkout', [{ text: 'Status', line: 'status checkout' }]);
    expect(draw({}, { notice }).blocks[0]).toMatchObject({
      block_id: 'notice-0',
      text: { text: expect.stringMatching(/^Asked/) },
    });
  });

  it('passes every limit, whatever moves', () => {
    const moving = fc.record({
      delivery: anyDelivery,
      card: fc.constantFrom(card, undefined),
      mayPromote: fc.boolean(),
      mayAbort: fc.boolean(),
    });
    const crowd = fc.array(moving, { maxLength: 20 });
    fc.assert(
      fc.property(crowd, fc.nat(), fc.boolean(), (all, more, hasNotice) => {
        const each = all.map((one, index) => ({ ...one, delivery: { ...one.delivery, uid: `uid-${index}` } }));
        const notice = hasNotice ? say(view, 'words', [{ text: 'a', line: 'help' }]) : undefined;
        const home = draw({ moving: each, more }, { notice });
        expect(checkView(home)).toEqual([]);
        expect(standInCheck(home, { isFileUsable: () => true })).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(standInCheck(renderHomeWords('No.'), { isFileUsable: () => true })).toEqual([]);
  });
});
