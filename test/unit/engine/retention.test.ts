import { expect, it } from 'vitest';
import type { MetricProviders } from '../../../src/metric-providers/index.ts';
import { OneRun } from '../../support/one-run.ts';

/** Answers at once, with another number each time. */
function counting(): MetricProviders {
  let asked = 0;
  const measure = async () => ({ result: [++asked], value: `[${asked}]` });
  return {
    kinds: ['prometheus'],
    choose: () => ({ provider: { kind: 'prometheus', measure }, settings: {} }),
    chooseLasting: () => undefined,
  };
}

it.each([
  ['ten measurements of each metric', undefined, 10],
  ['as many as its rule says', [{ metricName: '^m$', limit: 25 }], 25],
])('a run of 50 measurements keeps %s, and counts all', async (_, measurementRetention, kept) => {
  const metric = {
    name: 'm',
    interval: '10s',
    count: 50,
    successCondition: 'result[0] > 0',
    provider: { prometheus: {} },
  };
  const one = new OneRun({ spec: { metrics: [metric], ...(measurementRetention && { measurementRetention }) } });
  const sizes: number[] = [];
  one.onWrite = (moment) => {
    if (moment === 'after') sizes.push(JSON.stringify(one.object).length);
  };
  await one.play(counting());
  const [result] = one.run.status.metricResults;
  expect(result).toMatchObject({ phase: 'Successful', count: 50, successful: 50 });
  expect(result?.measurements.map(({ value }) => value)).toEqual(
    Array.from({ length: kept }, (_each, index) => `[${51 - kept + index}]`),
  );
  // A write for each measurement, and no object grows once it holds what it keeps.
  expect(one.writes).toBeLessThanOrEqual(53);
  const full = sizes.slice(kept + 2);
  expect(full.length).toBeGreaterThan(20);
  expect(Math.max(...full) - Math.min(...full)).toBeLessThan(120);
});
