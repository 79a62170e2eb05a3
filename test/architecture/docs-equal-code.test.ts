import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderEnvExample } from '../../src/config/index.ts';
import { withVerbList } from '../support/verb-list.ts';

it('keeps .env.example equal to the settings', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample());
});

it('keeps the verbs of README.md equal to the verb table', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toBe(withVerbList(readme));
});
