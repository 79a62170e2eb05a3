import { expect, it } from 'vitest';
import { reasonWords } from '../../../../src/slack/messages/reason-words.ts';

const aborted = 'Rollout aborted update to revision 3';

it.each([
  [`${aborted}`, aborted],
  [
    `${aborted}: Step-based analysis phase error/failed: Analysis spec invalid: metrics[0].provider`,
    'Analysis spec invalid: metrics[0].provider',
  ],
  [`${aborted}: Background analysis phase error/failed: no answer`, 'no answer'],
  [`RolloutAborted: ${aborted}: Experiment analysis phase is error/failed: quota`, 'quota'],
  [`${aborted}: Blue/green pre-promotion analysis phase error/failed: bad`, 'bad'],
  [`${aborted}: Step-based analysis phase error/failed: `, `Step-based analysis phase error/failed:`],
  [
    'experiment checkout-6f7d9c5b8-18-3 waits for its pods: candidate 0 of 2 pods',
    'waits for its pods: candidate 0 of 2 pods',
  ],
  [`${aborted}: ReplicaSet "x-1" has timed out progressing.`, 'ReplicaSet "x-1" has timed out progressing.'],
])('of what is general nothing is left on a card: %s', (reason, shown) => {
  expect(reasonWords({ state: 'rolledBack' }, reason, 110)).toBe(shown);
});

it('where that does not fit, the first hand speaks', () => {
  const reason = `${aborted}: Step-based analysis phase error/failed: Metric "success-rate" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: dial tcp: lookup prometheus: no such host"`;
  expect(reasonWords({ state: 'rolledBack' }, reason, 110)).toBe(
    'success-rate: dial tcp: lookup prometheus: no such host',
  );
  expect(reasonWords({ state: 'rolledBack' }, reason, 400)).toMatch(/^Metric "success-rate" assessed Error due to/);
});
