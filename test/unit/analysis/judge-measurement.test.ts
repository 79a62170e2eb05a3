import { expect, it } from 'vitest';
import { judgeMeasurement } from '../../../src/analysis/judge-measurement.ts';
import { type RecordedMeasurement, readMeasuredByArgo } from '../../support/recorded-conditions.ts';

const recorded = readMeasuredByArgo();
// When it was recorded: some conditions ask the clock.
const nowMs = Date.parse('2026-11-20T21:00:00Z');

function measure({ result, provider, conditions }: RecordedMeasurement): string {
  const metric = { name: 'm', provider: { [provider]: {} }, ...conditions };
  const times = { startedAtMs: nowMs, finishedAtMs: nowMs };
  const outcome = { kind: 'read', metric, ...times, secrets: [], result, value: '' } as const;
  const { phase, message = '' } = judgeMeasurement(outcome, 'argo');
  return `${phase} ${message}`;
}

it('has the whole recording', () => {
  expect(recorded.length).toBeGreaterThan(2300);
  const phases = new Set(recorded.map(({ measured }) => measured.split(' ')[0]));
  expect([...phases].sort()).toEqual(['Error', 'Failed', 'Inconclusive', 'Successful']);
});

it('EVIDENCE=argo makes of each what Argo made of it, in its words', { timeout: 120_000 }, () => {
  const others = recorded.flatMap((row) => {
    const ours = measure(row);
    return ours === row.measured ? [] : [{ ...row, ours }];
  });
  expect(others).toEqual([]);
});
