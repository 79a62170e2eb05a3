import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { progress } from './arena.ts';
import { measureCharts } from './sections/charts.ts';
import { measureConditions } from './sections/conditions.ts';
import { measureFailover } from './sections/failover.ts';
import { measureIdle } from './sections/idle.ts';
import { measureMoving } from './sections/moving.ts';
import { measureReplicas } from './sections/replicas.ts';
import { measureScale } from './sections/scale.ts';
import { measureUndo } from './sections/undo.ts';

/**
 * Each measures something of its own, in a world of its own; `npm run bench -- moving undo` runs only those, and
 * `npm run bench -- --rollouts 1000`, `--idle 10000` or `--more-replicas 300` what is too large to be run each time.
 */
const sections: Record<string, () => Promise<unknown>> = {
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Measures this many at once: spread over 30 s, then all in one second; with `--spread` only that. */
    rollouts: { type: 'string' },
    spread: { type: 'string' },
    pause: { type: 'string', default: '30' },
    replicas: { type: 'string', default: '1' },
    /** What one replica keeps of this many that are done. */
    idle: { type: 'string' },
    /** How much more two replicas do than one with this many at once. */
    'more-replicas': { type: 'string' },
    cores: { type: 'string', default: '0.3' },
  },
});
const asked: string[] = [...positionals];
if (values.rollouts !== undefined) {
  for (const spread of values.spread === undefined ? ['30', '1'] : [values.spread]) {
    const options = {
      rollouts: Number(values.rollouts),
      replicas: Number(values.replicas),
      spreadSeconds: Number(spread),
      pauseSeconds: Number(values.pause),
      weights: 10,
      abortEvery: 20,
    };
    const name = `${values.rollouts} within ${spread} s, ${values.replicas} replica(s)`;
    sections[name] = () => measureScale(options);
    asked.push(name);
  }
}
if (values.idle !== undefined) {
  sections[`${values.idle} idle`] = () => measureIdle(Number(values.idle));
  asked.push(`${values.idle} idle`);
}
if (values['more-replicas'] !== undefined) {
  const options = { rollouts: Number(values['more-replicas']), coresEach: Number(values.cores) };
  sections['two replicas'] = () => measureReplicas(options);
  asked.push('two replicas');
}
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
