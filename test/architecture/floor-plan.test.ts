import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

/** The mind sees no package but these: no network, disk, queue, clock or randomness comes in with them. */
const purePackages = ['zod', 're2js', '@prometheus-io/lezer-promql', '@lezer/common'];

/**
 * Which rooms a room may import. `types` rooms only as types. This table is the floor plan: a room that is not in it fails the test.
 * A room is a folder of src, or of src/sandbox.
 */
const plan: Record<
  string,
  { readonly rooms: readonly string[]; readonly types?: readonly string[]; readonly packages?: readonly string[] }
> = {
  lib: { rooms: [], packages: ['zod'] },
  config: { rooms: ['lib'], packages: ['zod', 'node:fs'] },
  analysis: { rooms: ['lib'], packages: purePackages },
  rollout: { rooms: ['lib', 'analysis'], packages: purePackages },
  experiment: { rooms: ['lib', 'rollout', 'analysis'], packages: purePackages },
  deployment: { rooms: ['lib', 'rollout', 'analysis'], packages: purePackages },
  access: { rooms: ['lib', 'rollout', 'analysis'], packages: purePackages },
  kubernetes: { rooms: ['lib', 'rollout', 'deployment', 'analysis'], types: ['experiment'] },
  'traffic-routers': { rooms: ['lib', 'rollout', 'kubernetes'] },
  'metric-providers': { rooms: ['lib', 'analysis'], types: ['webhooks'] },
  webhooks: { rooms: ['lib', 'analysis'] },
  notifications: { rooms: ['lib'], types: ['rollout'] },
  'queue-stores': { rooms: ['lib'] },
  records: { rooms: ['lib', 'rollout', 'analysis', 'kubernetes'], types: ['notifications'] },
  charts: { rooms: ['lib'], types: ['rollout'] },
  engine: {
    rooms: ['lib', 'rollout', 'deployment', 'analysis', 'experiment', 'access'],
    types: [
      'kubernetes',
      'traffic-routers',
      'metric-providers',
      'notifications',
      'queue-stores',
      'records',
      'charts',
      'webhooks',
    ],
  },
  operations: {
    rooms: ['lib', 'rollout', 'deployment', 'analysis', 'access'],
    types: ['engine', 'kubernetes', 'queue-stores', 'records', 'notifications'],
  },
  slack: { rooms: ['lib', 'rollout', 'analysis', 'operations'], types: ['notifications', 'charts', 'engine'] },
  http: { rooms: ['lib'], types: ['operations', 'engine'] },
  lint: { rooms: ['lib', 'rollout', 'deployment', 'analysis', 'experiment'], packages: ['zod', 'yaml'] },
  cli: { rooms: ['lib', 'operations', 'rollout', 'analysis', 'config', 'lint'] },
  'sandbox/kubernetes-api': { rooms: ['lib'] },
  'sandbox/world': { rooms: ['lib'] },
  'sandbox/prometheus-api': { rooms: ['lib'] },
  'sandbox/slack-api': { rooms: ['lib'] },
  'sandbox/page': { rooms: ['lib'] },
};

/** The wiring sees everything. */
const wiring = [
  'main.ts',
  'cli.ts',
  'cli-cluster.ts',
  'cli-doctor.ts',
  'cli-hand-over.ts',
  'service.ts',
  'service-argo-gauges.ts',
  'service-argo-metrics.ts',
  'service-builds.ts',
  'service-controller.ts',
  'service-doctor.ts',
  'service-experiments.ts',
  'service-why.ts',
  'service-hands.ts',
  'service-metrics.ts',
  'service-queue.ts',
  'service-reading.ts',
  'service-slack.ts',
  'sandbox',
];

/** The two mains hand it to config; the page's bundler only names the variable that React's own code asks for. */
const mayReadEnvironment = ['main.ts', 'cli.ts', 'sandbox/main.ts', 'sandbox/page/bundle.ts'];

interface Import {
  readonly from: string;
  readonly target: string;
  readonly isType: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
const imports = files.flatMap((file) => readImports(file));

function readImports(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm);
  const found = [...statements].map(([, type, names = '', target = '']) => ({
    from: file,
    target,
    isType: type !== undefined || isAllTypes(names),
  }));
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, target = '']) => ({
    from: file,
    target,
    isType: false,
  }));
  return [...found, ...dynamic];
}

function isAllTypes(names: string): boolean {
  const inner = names.match(/^\{([\s\S]*)\}$/)?.[1];
  const items =
    inner
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '') ?? [];
  return items.length > 0 && items.every((item) => item.startsWith('type '));
}

function roomOf(file: string): string {
  const [first = '', second] = file.split('/');
  if (first !== 'sandbox' || second === undefined || second.includes('.')) return first;
  return plan[`sandbox/${second}`] === undefined ? 'sandbox' : `sandbox/${second}`;
}

describe('floor plan', () => {
  it('saw the whole house', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(imports.length).toBeGreaterThan(files.length);
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].filter((room) => plan[room] === undefined && !wiring.includes(room))).toEqual([]);
  });

  it('lets imports run down only, and through the door', () => {
    const wrong: string[] = [];
    for (const { from, target, isType } of imports) {
      if (!target.startsWith('.')) continue;
      const to = relative(src, resolve(src, dirname(from), target));
      const [here, there] = [roomOf(from), roomOf(to)];
      if (here === there || wiring.includes(here)) continue;
      const allowed = plan[here]?.rooms.includes(there) || (isType && plan[here]?.types?.includes(there));
      if (!allowed) wrong.push(`${from} → ${to}${isType ? ' (type)' : ''}`);
      if (to !== `${there}/index.ts`) wrong.push(`${from} → ${to}: past the door`);
    }
    expect(wrong).toEqual([]);
  });

  it('keeps the mind free of everything that is not pure', () => {
    const wrong = imports
      .filter(({ from, target }) => !target.startsWith('.') && plan[roomOf(from)]?.packages?.includes(target) === false)
      .map(({ from, target }) => `${from} → ${target}`);
    expect(wrong).toEqual([]);
    const clocks = files
      .filter((file) => ['analysis', 'rollout', 'deployment', 'access'].includes(roomOf(file)))
      .filter((file) =>
        /\b(Date\.now|new Date\(\)|setTimeout|setInterval|fetch\(['"`]|process\.|Math\.random)/.test(code(file)),
      );
    expect(clocks).toEqual([]);
  });

  it('lets only config, and the two mains, read the environment', () => {
    const readers = files.filter((file) => /\bprocess\.env\b/.test(code(file)));
    expect(readers.filter((file) => !mayReadEnvironment.includes(file))).toEqual([]);
  });

  it('opens every room with a door plate', () => {
    const doors = Object.keys(plan).map((room) => join(src, room, 'index.ts'));
    const bare = doors.filter(
      (door) => files.includes(relative(src, door)) && !readFileSync(door, 'utf8').startsWith('/**'),
    );
    expect(bare).toEqual([]);
  });

  it('keeps the Slack stand-in ignorant of what is delivered', () => {
    const knowing = files.filter(
      (file) => file.startsWith('sandbox/slack-api/') && /rollout|canary/i.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(knowing).toEqual([]);
  });
});

/** The file without comments: a comment may name what the code must not use. */
function code(file: string): string {
  return readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
