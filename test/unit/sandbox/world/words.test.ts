import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// The world must be believed when it says that traffic moved: so it cannot know who moves it, or why.
test.each(['world', 'prometheus-api'])('sandbox/%s knows nothing of who steers the traffic', (room) => {
  const folder = join(import.meta.dirname, '../../../../src/sandbox', room);
  const lines: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) lines.push(...readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'));
  }
  expect(lines.length).toBeGreaterThan(500);
  const told = lines.filter((line) =>
    /rollout|canary|argoproj|stepwise/i.test(line.replaceAll('nginx.ingress.kubernetes.io/canary', '')),
  );
  // The page of the annotation's own documentation.
  expect(told.filter((line) => !line.includes('https://kubernetes.github.io/ingress-nginx/'))).toEqual([]);
});
