/** Writes .env.example from the table of settings. */
import { writeFileSync } from 'node:fs';
import { renderEnvExample } from '../../src/config/index.ts';

writeFileSync('.env.example', renderEnvExample());
