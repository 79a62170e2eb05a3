import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../src/sandbox');

test.each(['slack-api', 'page'])('%s knows nothing of the product: its words appear nowhere', (room) => {
  const files = globSync('**/*.{ts,tsx,css}', { cwd: join(root, room) });
  expect(files.length).toBeGreaterThan(20);
  const tellers = files.filter((file) =>
    /rollout|canary|stepwise|argo\b/i.test(readFileSync(join(root, room, file), 'utf8')),
  );
  expect(tellers).toEqual([]);
});
