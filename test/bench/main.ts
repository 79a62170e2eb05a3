import { cpus } from 'node:os';
import { progress } from './arena.ts';
import { measureCharts } from './sections/charts.ts';
import { measureConditions } from './sections/conditions.ts';
import { measureFailover } from './sections/failover.ts';
import { measureMoving } from './sections/moving.ts';
import { measureUndo } from './sections/undo.ts';

/** Each measures something of its own, in a world of its own; `npm run bench -- moving undo` runs only those. */
const sections: Readonly<Record<string, () => Promise<unknown>>> = {
  moving: () =>
    measureMoving({ store: 'redis', replicas: 2, rollouts: 200, badEvery: 5, startEveryMs: 100, acts: 100 }),
  undo: () => measureUndo(30),
  failover: () => measureFailover(50),
  embedded: () =>
    measureMoving({ store: 'embedded', replicas: 1, rollouts: 20, badEvery: 5, startEveryMs: 100, acts: 40 }),
  /** So few that Slack's limits hold no card back. */
  cards: () => measureMoving({ store: 'redis', replicas: 2, rollouts: 3, startEveryMs: 1000, acts: 6 }),
  charts: () => measureCharts(50),
  conditions: () => measureConditions(200),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => sections[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown section ${unknown.join(', ')}; known: ${Object.keys(sections).join(', ')}`);
  process.exit(2);
}
const results: Record<string, unknown> = {
  machine: { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, at: new Date().toISOString() },
};
for (const name of asked.length > 0 ? asked : Object.keys(sections)) {
  progress(`section ${name}`);
  try {
    results[name] = await sections[name]?.();
  } catch (error) {
    results[name] = { failed: error instanceof Error ? error.message : String(error) };
    process.exitCode = 1;
  }
}
console.log(JSON.stringify(results, null, 2));
