import { expect, it } from 'vitest';
import { DeliveryRecord, pastRevisionOf } from '../../../src/records/index.ts';

function recordOf(...events: readonly (readonly [event: string, by?: string])[]) {
  return DeliveryRecord.parse({
    metadata: { namespace: 'shop', name: 'record' },
    spec: { rollout: { name: 'checkout', uid: 'u', revision: 3 } },
    entries: events.map(([event, by], index) => ({
      seq: index + 1,
      at: `2026-11-20T10:0${index}:00Z`,
      event,
      ...(by === undefined ? {} : { by }),
      text: `words of ${event}`,
      facts: event === 'started' ? { image: 'app:3' } : {},
      hash: '',
    })),
  });
}

it('tells who began it and what became of it last; wishes, verdicts and reasons are no moves', () => {
  const record = recordOf(
    ['started', 'U1'],
    ['asked:abort', 'U2'],
    ['verdict:Failed'],
    ['aborted', 'U2'],
    ['rolledBack'],
    ['reasonGiven', 'U2'],
    ['denied:retry', 'U3'],
  );
  expect(pastRevisionOf(record)).toMatchObject({
    namespace: 'shop',
    name: 'checkout',
    revision: 3,
    image: 'app:3',
    startedBy: 'U1',
    startedAtMs: Date.parse('2026-11-20T10:00:00Z'),
    wasLive: 'no',
    outcome: 'rolledBack',
    last: { event: 'rolledBack', atMs: Date.parse('2026-11-20T10:04:00Z') },
  });
});

it('goes on from its end: a restart is the last move of what is live', () => {
  expect(pastRevisionOf(recordOf(['started'], ['live'], ['restarted', 'U1']))).toMatchObject({
    wasLive: 'yes',
    outcome: 'live',
    last: { event: 'restarted', by: 'U1' },
  });
});

it('knows nothing of a record without events', () => {
  expect(pastRevisionOf(recordOf())).toMatchObject({ image: undefined, last: undefined, outcome: undefined });
});
