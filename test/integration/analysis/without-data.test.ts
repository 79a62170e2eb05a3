import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readQuery } from '../../../src/analysis/sight/query.ts';
import { answerWithoutData } from '../../../src/analysis/sight/without-data.ts';
import { hasPrometheus, type RealPrometheus, startPrometheus } from '../../support/real-prometheus.ts';

/** What each of these answers where there is no series at all: said by reading the query, and by a real Prometheus that has none. */
const queries: readonly string[] = [
  'up',
  'sum(rate(x_total[5m]))',
  'count(x)',
  'count(x) or vector(0)',
  'sum(x) or on() vector(0)',
  'sum(x) / sum(y) or vector(0)',
  '(sum(x) or vector(0)) / sum(y)',
  '(sum(x) or vector(0)) / (sum(y) or vector(1))',
  '(sum(x) or vector(0)) / (sum(y) or vector(0))',
  'sum(x) / (sum(y) or vector(1))',
  'vector(0) and sum(x)',
  'vector(0) and on() sum(x)',
  'vector(1) unless on() sum(x)',
  'vector(1) unless sum(x) or vector(3)',
  'absent(x{job="a"})',
  'absent(x{job="a"}) or vector(0)',
  'vector(5) * on() absent(x{job="a"})',
  'vector(5) * absent(x{job="a"})',
  'vector(5) * ignoring(job) absent(x{job="a"})',
  'sum by (job) (absent(x{job="a"}))',
  'sum without (job) (absent(x{job="a",instance="b"})) + on(instance) absent(y{instance="b"})',
  'absent(absent(x))',
  'absent_over_time(x[5m])',
  '1 - absent(x)',
  'scalar(x)',
  'scalar(vector(7))',
  'vector(scalar(sum(x)))',
  'clamp_min(sum(x) or vector(0), 0.5)',
  'clamp_max(vector(8), 3)',
  'clamp(vector(8), 0, 3)',
  'clamp_min(x, 0.5)',
  'max_over_time((sum(x) or vector(4))[5m:1m])',
  'count(x or vector(1))',
  'avg(vector(3))',
  'stddev(vector(3))',
  'quantile(0.5, vector(3))',
  'topk(1, vector(3))',
  'group(vector(3))',
  'count_values("v", vector(3))',
  'histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le))',
  'histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le)) or vector(0)',
  'histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le) or vector(0))',
  'abs(vector(-2)) + floor(vector(1.5)) + ceil(vector(1.5)) + sqrt(vector(4)) + sgn(vector(-9))',
  'label_replace(vector(2), "a", "b", "", "")',
  'sort_desc(vector(2))',
  'vector(1) > 2',
  'vector(3) > 2',
  'vector(1) > bool 2',
  '2 < vector(3)',
  '2 > bool 1',
  '1 + 2 * 3 - 4 / 2',
  '-vector(2)',
  '0x1f + 1e2',
  'vector(7) % 4 + vector(2) ^ 3',
  'vector(1) == 1',
  'vector(1) != 1',
  'rate(x[5m] offset 5m) or vector(2)',
];

describe.skipIf(!hasPrometheus())('without any data', () => {
  let prometheus: RealPrometheus | undefined;
  beforeAll(async () => {
    prometheus = await startPrometheus({});
  });
  afterAll(async () => {
    await prometheus?.stop();
  });

  it.each(queries)('%s', async (query) => {
    const read = readQuery(query);
    if (read === undefined) throw new Error('not read');
    expect(answerWithoutData(read)).toEqual(await ask(prometheus?.url ?? '', query));
  });
});

const Answer = z.object({
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), z.string()]) }),
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })),
    }),
  ]),
});

async function ask(url: string, query: string): Promise<ReturnType<typeof answerWithoutData>> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${query}: ${text}`);
  const { data } = Answer.parse(JSON.parse(text));
  if (data.resultType === 'scalar') return { isScalar: true, values: [Number(data.result[1])] };
  return { isScalar: false, values: data.result.map(({ value }) => Number(value[1])) };
}
