import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type FrontDesk, isLive, openFrontDesk, type Told } from '../support/front-desk.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

/** One rollout whose metrics are as different as metrics are; asked about in chat and from a terminal, before and during an update. */
let desk: FrontDesk;
let hanging: WebServer;
let garbage: WebServer;

beforeAll(async () => {
  desk = await openFrontDesk();
  hanging = await startWebServer(() => undefined);
  garbage = await startWebServer((_, response) => response.writeHead(200).end('<html>upstream reset'));
  const gone = await startWebServer(() => undefined);
  await gone.stop();
  const http = 'http_requests_total';
  const often = { interval: '2s', count: 100, failureLimit: 100, inconclusiveLimit: 100, consecutiveErrorLimit: 100 };
  const prometheus = (query: string, more: object = {}) => ({ ...often, provider: { prometheus: { query, ...more } } });
  const metrics = [
    {
      name: 'everybody',
      successCondition: 'result[0] >= 0.95',
      ...prometheus(`sum(rate(${http}{status!~"5.."}[20s])) / sum(rate(${http}[20s]))`),
    },
    {
      name: 'mine',
      successCondition: 'result[0] < 1000',
      ...prometheus(`sum(rate(${http}{service="{{args.service}}"}[20s]))`),
    },
    {
      name: 'made-up',
      successCondition: 'result[0] <= 5',
      ...prometheus('sum(rate(nothing_total[20s])) or vector(0)'),
    },
    {
      name: 'by-hash',
      successCondition: 'result[0] >= 0',
      ...prometheus('count({pod=~"gauge-{{args.hash}}-.*"}) or vector(7)'),
    },
    { name: 'too-few', successCondition: 'result[0] > 1000', ...prometheus('sum(up)') },
    { name: 'hangs', successCondition: 'result[0] > 0', ...prometheus('up', { address: hanging.url, timeout: 1 }) },
    { name: 'garbled', successCondition: 'result[0] > 0', ...prometheus('up', { address: garbage.url }) },
    { name: 'gone', successCondition: 'result[0] > 0', ...prometheus('up', { address: gone.url }) },
  ];
  await desk.sandbox.request('POST', '/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates', {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'gauges', namespace: 'shop' },
    spec: { args: [{ name: 'service' }, { name: 'hash' }], metrics },
  });
  const args = [
    { name: 'service', value: 'gauge-canary' },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
  ];
  const steps = [{ setWeight: 10 }, { analysis: { templates: [{ templateName: 'gauges' }], args } }, { pause: {} }];
  await desk.open({ name: 'gauge', hasRouter: true, steps });
  await desk.until('gauge', 'is live', isLive);
  await desk.card('gauge', 1, /is live/);
}, 180_000);
afterAll(async () => {
  await desk.stop();
  await hanging.stop();
  await garbage.stop();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a person runs it: a process of its own, with nothing but a kubeconfig. */
async function stepwise(...words: readonly string[]): Promise<Ran> {
  const { kubeconfigPath, prometheus } = desk.sandbox.standIns;
  const child = spawn(process.execPath, ['src/cli.ts', ...words, '--kubeconfig', kubeconfigPath], {
    env: { PATH: process.env.PATH, PROMETHEUS_ADDRESS: prometheus?.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out, err };
}

/** Chat keeps a number beside its unit. */
function unglued(words: string): string {
  return words.replaceAll('\u00a0', ' ');
}

/** The line about a metric; of its blocks, for the text that stands in a notification is cut. */
function about(name: string, words: string): string {
  return (
    unglued(words)
      .split('\n')
      .findLast((line) => new RegExp(`^\\S ${name} `).test(line)) ?? ''
  );
}

const Checked = z.object({
  update: z.string(),
  tookMs: z.number(),
  metrics: z.array(
    z.looseObject({
      name: z.string(),
      sight: z.looseObject({ kind: z.string() }),
      reading: z.looseObject({ kind: z.string(), queryMs: z.number().optional() }),
    }),
  ),
});

const quietly: readonly (readonly [name: string, line: RegExp, reading: string, sight: string])[] = [
  [
    'everybody',
    /^✓ everybody 1.* · all traffic: can see only ≥ 50 % errors at 10 % · \d+ ms$/,
    'measured',
    'allTraffic',
  ],
  ['mine', /^○ mine no data now .*no canary is running · canary \(service="gauge-canary"\)/, 'noData', 'canary'],
  ['made-up', /^✓ made-up 0 .* · blind: answers 0 without data, which passes/, 'measured', 'blind'],
  ['by-hash', /^· by-hash not measured: hash gets its value with an update/, 'waitsForUpdate', 'blind'],
  ['too-few', /^✗ too-few \d+ \(> 1,000\) fails/, 'measured', 'allTraffic'],
  [
    'hangs',
    /^○ hangs not answered: Prometheus at http:\/\/127\.0\.0\.1:\d+ did not answer within 1 s/,
    'failed',
    'allTraffic',
  ],
  ['garbled', /^○ garbled not answered: .*what is not an answer of Prometheus: <html>/, 'failed', 'allTraffic'],
  ['gone', /^○ gone not answered: .*could not be asked: .*ECONNREFUSED/, 'failed', 'allTraffic'],
];

/** The versions of everything, once they stand still: a rollout that is live may have its last write to come. */
async function settled(): Promise<Awaited<ReturnType<FrontDesk['versions']>>> {
  let last = await desk.versions();
  return desk.sandbox.eventually(
    'nothing moves',
    async () => {
      await sleep(500);
      const now = await desk.versions();
      const isSettled = JSON.stringify(now) === JSON.stringify(last);
      last = now;
      return isSettled ? now : undefined;
    },
    60_000,
  );
}

/** Requests are counted over some seconds: until there are some, there is no data of anybody's. */
async function check(user = 'vera'): Promise<Told> {
  return desk.sandbox.eventually(
    'everybody is measured',
    async () => {
      const told = await desk.type(user, '/rollout check gauge');
      return about('everybody', told.words).startsWith('✓') ? told : undefined;
    },
    60_000,
  );
}

it('measures each metric once, in chat and from a terminal alike, and changes nothing', {
  timeout: 120_000,
}, async () => {
  const told = await check();
  const before = await settled();
  const { words } = await desk.type('vera', '/rollout check gauge');
  expect(told.words).toContain('No update is under way');
  const ran = await stepwise('check', 'gauge', '-n', 'shop', '--json');
  expect(ran).toMatchObject({ code: 1, err: expect.any(String) });
  const { metrics, update, tookMs } = Checked.parse(JSON.parse(ran.out));
  expect(update).toBe('none');
  for (const [name, line, reading, sight] of quietly) {
    expect(about(name, words)).toMatch(line);
    expect(metrics.find((metric) => metric.name === name)).toMatchObject({
      reading: { kind: reading },
      sight: { kind: sight },
    });
  }
  // All at once: it takes as long as the slowest of them, which is the one that hangs for a second.
  const slowest = Math.max(...metrics.map(({ reading }) => reading.queryMs ?? 0));
  expect(tookMs).toBeLessThan(slowest + 10_000);
  expect(await desk.versions()).toEqual(before);
  const runs = z.object({ items: z.array(z.unknown()) });
  expect((await desk.sandbox.get(runs, '/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns')).items).toEqual([]);
});

it('asks Kubernetes who may check', async () => {
  const { words } = await desk.type('gus', '/rollout check gauge');
  expect(words).toMatch(/there is no rollout gauge|does not allow slack:U0GUEST to `(?:check|get)`/);
  expect(words).not.toContain('everybody');
});

it('says what a start would do, and its button starts it; then the canary is there to be measured', {
  timeout: 120_000,
}, async () => {
  const plan = await desk.type('dana', '/rollout plan gauge shop:2');
  const ran = await stepwise('plan', 'gauge', 'shop:2', '-n', 'shop');
  expect(ran).toMatchObject({ code: 0, err: '' });
  for (const said of [
    /Plan of shop\/gauge 1 → 2/,
    /10 % · measure 3 min 18 s · gate · 100 % \(by nginx\)/,
    /3 min 18 s or more: 1 gate waits for a person/,
    /made-up ≤ 5 · 100 × 2 s · blind: answers 0 without data, which passes/,
    /mine < 1,000 · 100 × 2 s · canary \(service="gauge-canary"\)/,
    /you may start, promote, abort/,
    /start, promote: slack:deployers/,
    /abort: slack:deployers, slack:oncall/,
  ]) {
    expect(unglued(plan.words)).toMatch(said);
    expect(ran.out).toMatch(said);
  }
  const viewer = await desk.type('vera', '/rollout start gauge shop:2 --dry-run');
  expect(viewer.words).toMatch(/you may not start, promote, abort/);
  expect(viewer.buttons).toEqual([]);

  const [start] = plan.buttons;
  expect(start?.label).toBe('Start gauge 2');
  await desk.press('dana', plan, start?.id ?? '', start?.value);
  await desk.card('gauge', 2, /too-few .* · all traffic/);
  const during = await desk.sandbox.eventually(
    'its canary is measured',
    async () => {
      const told = await desk.type('vera', '/rollout check gauge');
      return about('by-hash', told.words).startsWith('✓') ? told : undefined;
    },
    60_000,
  );
  expect(during.words).toContain('An update is under way');
  const why = await desk.type('vera', '/rollout why gauge');
  expect(about('made-up', why.words)).toContain('blind: answers 0 without data, which passes');
  expect(about('everybody', why.words)).toContain('all traffic: can see only ≥ 50 % errors at 10 %');
  await desk.type('dana', '/rollout abort gauge');
});
