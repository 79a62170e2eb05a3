import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../support/closing-line.ts';

/** Apart from `npm test`: it builds a machine. Run it with `npx vitest run --config test/bare-machine/vitest.config.ts`, as root. */
export default defineConfig({
  test: {
    reporters: ['verbose', new ClosingLine()],
    include: ['test/bare-machine/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
