import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');

// One that passes, and one for each way to fail that no test counts.
const files = {
  'passes.test.ts': `test('passes', () => expect(1).toBe(1));`,
  'before-all.test.ts': `beforeAll(() => { throw new Error('x'); }); test('never runs', () => expect(1).toBe(1));`,
  'after-all.test.ts': `describe('suite', () => { afterAll(() => { throw new Error('x'); }); test('passes', () => expect(1).toBe(1)); });`,
  'does-not-load.test.ts': `throw new Error('x');`,
};

async function run(names: readonly (keyof typeof files)[]): Promise<{ readonly code: number; readonly line: string }> {
  const folder = mkdtempSync(join(root, 'node_modules', '.closing-line-'));
  try {
    for (const name of names) writeFileSync(join(folder, name), files[name]);
    const config = join(folder, 'vitest.config.ts');
    writeFileSync(
      config,
      `import { ClosingLine } from ${JSON.stringify(join(root, 'test/support/closing-line.ts'))};
       export default { test: { globals: true, include: ['*.test.ts'], exclude: [], reporters: [new ClosingLine()] } };`,
    );
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const ended = promisify(execFile)(process.execPath, [vitest, 'run', '--root', folder, '--config', config]);
    const { code, stdout } = await ended.then(
      (output) => ({ code: 0, ...output }),
      (error: unknown) => z.object({ code: z.number(), stdout: z.string() }).parse(error),
    );
    return { code, line: stdout.trimEnd().split('\n').at(-1) ?? '' };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a failed hook, or a file that does not load, is a failure in the last line and in the exit code', async () => {
  expect(await run(['passes.test.ts'])).toEqual({ code: 0, line: '1 passed, 0 failed' });
  expect(await run(['passes.test.ts', 'before-all.test.ts', 'after-all.test.ts', 'does-not-load.test.ts'])).toEqual({
    code: 1,
    line: '2 passed, 3 failed, 1 skipped',
  });
});
