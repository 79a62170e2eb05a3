import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderEnvExample } from '../../src/config/index.ts';
import { heapFlags } from '../../src/sandbox/service-process.ts';
import { withVerbList } from '../support/verb-list.ts';

it('keeps .env.example equal to the settings', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample());
});

it('keeps the verbs of README.md equal to the verb table', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toBe(withVerbList(readme));
});

it('starts the service with the same heap in the image, from npm and in the sandbox', () => {
  expect(readFileSync('Dockerfile', 'utf8')).toContain(
    `CMD ${JSON.stringify(['node', ...heapFlags, 'src/main.ts']).replaceAll('","', '", "')}\n`,
  );
  expect(readFileSync('package.json', 'utf8')).toContain(
    `"start": "${['node', ...heapFlags, 'src/main.ts'].join(' ')}"`,
  );
});
