import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

// One project per kind of test; the rules of each kind stand in src/README.md.
function project(name: string, testTimeout: number, extra: object = {}) {
  return { test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 60_000, ...extra } };
}

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    projects: [
      project('architecture', 10_000),
      project('unit', 10_000),
      project('contracts', 60_000),
      project('integration', 60_000),
      project('scenarios', 180_000, { fileParallelism: false }),
    ],
  },
});
