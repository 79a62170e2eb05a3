import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderEnvExample } from '../../src/config/index.ts';

it('keeps .env.example equal to the settings', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample());
});
