import { answerCondition } from '../../../src/analysis/index.ts';
import { readRecordedAnswers } from '../../support/recorded-conditions.ts';
import { against, spreadOf } from '../statistics.ts';

/** Every recorded condition, asked again and again of its result: what one answer costs once the condition has been read. */
export function measureConditions(evaluations: number) {
  const recorded = readRecordedAnswers();
  const nowMs = Date.now();
  const answer = ({ condition, result, numbersAre }: (typeof recorded)[number], times: number): number => {
    const startedAtMs = performance.now();
    for (let time = 0; time < times; time++) answerCondition(condition, result, { nowMs, numbersAre });
    return ((performance.now() - startedAtMs) * 1000) / times;
  };
  // The first round warms the engine, the second meets no program that is kept: more conditions than are kept went by.
  for (const one of recorded) answer(one, 10);
  const firstUs = spreadOf(recorded.map((one) => answer(one, 1)));
  const us = spreadOf(recorded.map((one) => answer(one, evaluations)));
  return Promise.resolve({
    ...against(us.p50, 20),
    how: `median over ${recorded.length} recorded conditions, each answered ${evaluations} times, in microseconds`,
    us,
    firstUs,
  });
}
