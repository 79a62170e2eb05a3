import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

// One project per kind of test, one kind after the other, the quick ones first: whole services beside a kill stress would tell nothing
// but the machine's patience.
function project(name: string, groupOrder: number, testTimeout: number, extra: object = {}) {
  const include = [`test/${name}/**/*.test.ts`];
  return {
    test: {
      name,
      include,
      testTimeout,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
      sequence: { groupOrder },
      ...extra,
    },
  };
}

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    projects: [
      project('architecture', 0, 10_000, { maxWorkers: 2 }),
      project('unit', 0, 10_000, { maxWorkers: 2 }),
      project('contracts', 1, 120_000, { maxWorkers: 2 }),
      project('integration', 2, 120_000, { maxWorkers: 3 }),
      project('scenarios', 3, 300_000, { maxWorkers: 3 }),
    ],
  },
});
