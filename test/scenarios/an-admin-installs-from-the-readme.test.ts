import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAppManifest } from '../../src/sandbox/app-manifest.ts';
import {
  createKubernetesApi,
  httpRouteDefinition,
  type KubernetesApi,
} from '../../src/sandbox/kubernetes-api/index.ts';
import { createPrometheusApi } from '../../src/sandbox/prometheus-api/index.ts';
import { type ServiceProcess, startServiceProcess } from '../../src/sandbox/service-process.ts';
import { createSlackApi, type SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { createWorld } from '../../src/sandbox/world/index.ts';
import { hasKubectl, kubeconfigFor, type Ran, runLine } from '../support/kubectl.ts';
import { readCommands } from '../support/readme-commands.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';

/** What cannot run here, and why. Everything else in README's code blocks is run below, line by line. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm ci && npm run sandbox': 'played on a bare machine (test/bare-machine)',
  'npm run sandbox -- --story bad': 'played on a bare machine (test/bare-machine)',
  'npm ci && npm test': 'this test is part of it',
  'docker build -t $REG/stepwise:0.1 . && docker push $REG/stepwise:0.1': 'needs a registry',
  '/invite @Stepwise': "a word of Slack's own",
};

const channel = 'C0HELLO';
const commands = readCommands();
const isThere = hasKubectl('nobody followed the README');

const stops: (() => Promise<void>)[] = [];
let api: KubernetesApi;
let slack: SlackApi;
let prometheusUrl: string;
let redisUrl = '';
let folder: string;
let service: ServiceProcess | undefined;
const logged: string[] = [];
const done = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
  api = await createKubernetesApi({ port: 0, seedCrds: [httpRouteDefinition] });
  const load = { 'checkout.example.com': 40 };
  const world = await createWorld({ kubernetesUrl: api.url, port: 0, load });
  const targets = [{ url: `${world.url}/metrics` }];
  const prometheus = await createPrometheusApi({ port: 0, targets, scrapeIntervalMs: 1000, retentionMs: 900_000 });
  prometheusUrl = prometheus.url;
  slack = await createSlackApi({
    appName: 'Stepwise',
    ...readAppManifest('manifests/install/slack-app.yaml'),
    channels: [{ id: channel, name: 'deploys' }],
  });
  stops.push(slack.stop, prometheus.stop, world.stop, () => api.stop());
  if (hasRedisServer()) {
    const redis = await startRedisServer('port');
    redisUrl = redis.url;
    stops.push(() => redis.stop());
  }
  writeFileSync(join(folder, 'kubeconfig'), kubeconfigFor(api.url));
  cpSync('manifests', join(folder, 'manifests'), { recursive: true });
  // "Put the channel's id into it", as README asks.
  edit('manifests/examples/policy.yaml', (text) => text.replace(/C0[0-9]+\]/, `${channel}]`));
}, 60_000);
afterAll(async () => {
  await service?.stop();
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
});

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(join(folder, file), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(folder, file), after);
}

function run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  // The CLI is run from the repository; manifests are read from the copy that was edited.
  const cwd = /^(npm|node) /.test(line) ? process.cwd() : folder;
  return runLine(line, { cwd, environment: { HOME: folder, KUBECONFIG: join(folder, 'kubeconfig'), ...environment } });
}

/** Runs a line that README holds word for word: when it is no longer there, the test is what is wrong. */
async function follow(start: string, { mayFail = false } = {}): Promise<Ran> {
  const line = commands.find((command) => command.line.startsWith(start))?.line;
  if (line === undefined) throw new Error(`README does not say ${start}`);
  const ran = await run(line);
  done.add(line);
  if (!mayFail) expect(ran, `${line}\n${ran.words}`).toMatchObject({ code: 0 });
  return ran;
}

async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const endAt = performance.now() + 60_000;
  let last: unknown;
  while (performance.now() < endAt) {
    last = await look();
    if (last !== undefined) return last as T;
    await sleep(100);
  }
  throw new Error(
    `${what}: not within 60 s; logged last:\n${logged
      .slice(-15)
      .map((line) => line.slice(0, 400))
      .join('\n')}`,
  );
}

const Seen = z.looseObject({
  metadata: z.looseObject({ uid: z.string(), generation: z.number() }),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      abort: z.boolean().optional(),
      stableRS: z.string().optional(),
      currentPodHash: z.string().optional(),
      pauseConditions: z.array(z.unknown()).nullish(),
    })
    .default({}),
});
type Seen = z.infer<typeof Seen>;

async function get(path: string): Promise<unknown> {
  const response = await fetch(`${api.url}${path}`);
  return response.ok ? response.json() : undefined;
}

const hello = '/apis/argoproj.io/v1alpha1/namespaces/hello/rollouts/hello';

function untilHello(what: string, isSo: (rollout: Seen) => boolean): Promise<Seen> {
  return eventually(`hello ${what}`, async () => {
    const rollout = Seen.parse((await get(hello)) ?? {});
    return isSo(rollout) ? rollout : undefined;
  });
}

function isLive(version: string): (rollout: Seen) => boolean {
  return ({ spec, status }) =>
    spec.template.spec.containers[0]?.image.endsWith(`:${version}`) === true &&
    status.phase === 'Healthy' &&
    status.stableRS === status.currentPodHash;
}

const isAtGate = ({ status }: Seen) => status.phase === 'Paused' && (status.pauseConditions ?? []).length > 0;

/** The Deployment's container as a process of its own: the same settings, the rights of its service account. */
async function startService(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const token = await run('kubectl -n stepwise create token stepwise');
  expect(token.code, token.words).toBe(0);
  writeFileSync(join(folder, 'kubeconfig.service'), kubeconfigFor(api.url, token.words.trim()));
  const settings = await run(
    'kubectl -n stepwise get configmap "$(kubectl -n stepwise get deploy stepwise -o jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name})" -o jsonpath={.data}',
  );
  expect(settings.code, settings.words).toBe(0);
  service = startServiceProcess({
    environment: {
      PATH: process.execPath,
      ...z.record(z.string(), z.string()).parse(JSON.parse(settings.words)),
      ...serviceSettings(),
      ...environment,
    },
    onState: () => undefined,
    onLog: (line) => logged.push(line),
  });
  await eventually('the service listens in Slack', () => slack.connections() > 0 || undefined);
}

function serviceSettings(): Record<string, string> {
  return {
    KUBECONFIG: join(folder, 'kubeconfig.service'),
    POD_NAME: 'stepwise-0',
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SIGNING_KEY: '5afe'.repeat(16),
    IMAGE_HOOK_SECRET: 'hook',
    // As the overlay has it, where there is one; the embedded store takes seconds to be made.
    REDIS_URL: redisUrl,
    DATA_DIR: join(folder, 'queue'),
    PROMETHEUS_ADDRESS: prometheusUrl,
    HTTP_PORT: '0',
    LEASE_SECONDS: '4',
  };
}

/** Types it in the channel; gives the words that this person alone sees. */
async function type(user: string, line: string): Promise<string> {
  const answers = () => slack.transcript().messages.filter(({ onlyFor }) => onlyFor === user);
  const before = answers().length;
  await slack.command({ user, channel, text: line });
  done.add(line);
  const story = await eventually(`${user} hears an answer`, () => answers()[before]);
  return JSON.stringify(story.versions.at(-1));
}

/** Presses Promote on the card that has it now. */
async function pressPromote(): Promise<void> {
  const { ts } = await eventually('a card with Promote', () =>
    slack.transcript().messages.findLast(({ onlyFor, versions, deletedAtMs }) => {
      const now = JSON.stringify(versions.at(-1)?.blocks ?? []);
      return onlyFor === undefined && deletedAtMs === undefined && now.includes('"action_id":"promote"');
    }),
  );
  await slack.click({ user: 'U0DANA', channel, ts, action_id: 'promote' });
}

it('every command of README is run here, or is on the list of what cannot be', () => {
  expect(commands.length).toBeGreaterThan(20);
  const unknown = commands.filter(
    ({ line, script }) =>
      script === undefined && elsewhere[line] === undefined && !/^(kubectl|npm run stepwise --|\/rollout) /.test(line),
  );
  expect(unknown).toEqual([]);
  const gone = Object.keys(elsewhere).filter((line) => !commands.some((command) => command.line === line));
  expect(gone).toEqual([]);
});

it('every file that README names is there', () => {
  const text = readFileSync('README.md', 'utf8');
  const named = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)|(manifests\/[\w./-]*\w)/g)].map(
    ([, link, path]) => link ?? path ?? '',
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

describe.skipIf(!isThere)('the steps', () => {
  it('1 to 7: nothing is there, and then it runs', async () => {
    await follow('kubectl version');
    expect((await follow('kubectl get crd rollouts.argoproj.io', { mayFail: true })).words).toContain('NotFound');
    expect((await follow('kubectl get deploy -A')).words).toContain('No resources found');
    await follow('kubectl create -k manifests/install/crds-argo');
    await follow('kubectl create ns argo-rollouts');
    await follow('kubectl apply --server-side -k manifests/install/crds');
    await follow('kubectl create ns stepwise');
    const { words } = await follow('kubectl apply --server-side -k manifests/install/overlays/first');
    expect(words).toContain('deployment "stepwise" successfully rolled out');
    // What the Deployment would be, runs here beside it.
    await startService();
  });

  it('8 to 10: doctor, rights and the channel, without a restart', async () => {
    const before = await type('U0DANA', '/rollout doctor');
    expect(before).toContain('*This channel*: no DeliveryPolicy names it');
    expect(before).toMatch(/✓ \*Rights in the cluster\*: all \d+ are there/);
    expect(before).toContain('✓ *Custom resources*: 7 of 7');
    await follow('kubectl apply -f manifests/examples/access.yaml');
    await follow('kubectl apply -f manifests/examples/policy.yaml');
    await eventually('the policy is seen', async () => {
      const words = await type('U0DANA', '/rollout doctor');
      return words.includes('*This channel*: bound to namespaces hello by DeliveryPolicy hello/channels') || undefined;
    });
  });

  it('11: a first rollout goes to its gate, to 100 %, and another one is aborted', async () => {
    await follow('kubectl apply -f manifests/examples/hello');
    await untilHello('is live', isLive('1.0'));
    // Not bound in any other way: CHANNELS is not set.
    expect(await type('U0DANA', '/rollout start hello 2.0')).toContain('Asked: start');
    await untilHello('waits', isAtGate);
    await pressPromote();
    const two = await untilHello('is live', isLive('2.0'));
    await type('U0DANA', '/rollout start hello 1.0');
    await untilHello('waits', (rollout) => isAtGate(rollout) && rollout.status.currentPodHash !== two.status.stableRS);
    await type('U0DANA', '/rollout abort hello');
    const { status } = await untilHello(
      'is aborted',
      ({ status }) => status.abort === true && status.phase === 'Degraded',
    );
    expect(status.stableRS).toBe(two.status.stableRS);
  });

  it('the commands of the other sections, on a service with metrics', async () => {
    const example = 'manifests/examples/checkout';
    const applied = await run(`kubectl apply -f ${example}/namespace.yaml && kubectl apply -f ${example}`);
    expect(applied, applied.words).toMatchObject({ code: 0 });
    await eventually('checkout is live', async () => {
      const rollout = Seen.safeParse(await get('/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/checkout'));
      return (rollout.success && isLive('1.4.2')(rollout.data)) || undefined;
    });
    const ours = { STEPWISE_URL: await serviceUrl(), IMAGE_HOOK_SECRET: 'hook' };
    for (const script of new Set(commands.flatMap((command) => command.script ?? []))) {
      expect((await run(script, ours)).words).toContain('checkout');
      for (const { line } of commands.filter((command) => command.script === script)) done.add(line);
    }
    const typed = commands.filter(({ line }) => /^npm run stepwise -- |^kubectl .* exec /.test(line));
    expect(typed.length).toBeGreaterThan(2);
    await Promise.all(
      typed.map(async ({ line }) => {
        // The containers of the sandbox run no code: what would run inside runs here, with the service's own rights.
        const inside = line.replace(/^kubectl -n stepwise exec deploy\/stepwise -- /, '');
        const near = inside.replace('http://localhost:9090', prometheusUrl);
        const environment = inside === line ? {} : { ...serviceSettings(), LOG_LEVEL: 'silent' };
        // Until there was enough of what is measured.
        await eventually(line, async () => ((await run(near, environment)).code === 0 ? true : undefined));
        done.add(line);
      }),
    );
  });

  it('12: removed, it leaves every Rollout and every definition as it was', async () => {
    await service?.stop();
    service = undefined;
    const look = async () => ({
      rollouts: await versionsOf('/apis/argoproj.io/v1alpha1/rollouts'),
      replicaSets: await versionsOf('/apis/apps/v1/namespaces/hello/replicasets'),
      pods: await versionsOf('/api/v1/namespaces/hello/pods'),
      records: await versionsOf('/apis/stepwise.dev/v1alpha1/deliveryrecords'),
      definitions: await versionsOf('/apis/apiextensions.k8s.io/v1/customresourcedefinitions'),
      argo: await versionsOf('/api/v1/namespaces', 'argo-rollouts'),
    });
    const before = await look();
    expect(Object.values(before).map((found) => Object.keys(found).length > 0)).toEqual(Array(6).fill(true));
    await follow('kubectl delete -k manifests/install/overlays/first');
    expect(await versionsOf('/apis/rbac.authorization.k8s.io/v1/clusterroles', 'stepwise')).toEqual({});
    expect(await versionsOf('/api/v1/namespaces', 'stepwise')).toEqual({});
    expect(await look()).toEqual(before);
  });

  it('for some namespaces only: it plays a release with Roles in place of a ClusterRole', async () => {
    logged.length = 0;
    await follow('kubectl create ns stepwise');
    const installed = await run('kubectl apply --server-side -k manifests/install/overlays/namespaces');
    expect(installed, installed.words).toMatchObject({ code: 0 });
    const account = '--as=system:serviceaccount:stepwise:stepwise --as-group=system:serviceaccounts';
    const mayWe = async (question: string) => (await run(`kubectl auth can-i ${question} ${account}`)).words.trim();
    expect(await Promise.all(['-n hello', '-n shop', '-A'].map((where) => mayWe(`get secrets ${where}`)))).toEqual([
      'yes',
      'no',
      'no',
    ]);
    await startService({ QUEUE_PREFIX: 'namespaces', DATA_DIR: join(folder, 'queue-of-namespaces') });
    await eventually('all is well', async () => {
      const words = await type('U0DANA', '/rollout doctor');
      return /✓ \*Rights in the cluster\*: all \d+ are there/.test(words) || undefined;
    });
    // Begun elsewhere while no channel was bound: its card appears with the policy.
    expect((await run('kubectl delete -f manifests/examples/policy.yaml')).code).toBe(0);
    const image = '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"hello:3.0"}]';
    expect((await run(`kubectl -n hello patch rollout hello --type json -p '${image}'`)).code).toBe(0);
    await untilHello('waits', (rollout) => isAtGate(rollout) && rollout.status.abort !== true);
    expect(await type('U0DANA', '/rollout plan hello 3.1')).toContain('Who may');
    await follow('kubectl apply -f manifests/examples/policy.yaml');
    await pressPromote();
    await untilHello('is live', isLive('3.0'));
    expect(logged.filter((line) => /orbidden/.test(line))).toEqual([]);
  });

  it('no command of README was left out', () => {
    expect(commands.map(({ line }) => line).filter((line) => !done.has(line) && elsewhere[line] === undefined)).toEqual(
      [],
    );
  });
});

/** Where the service answers, from what it logged. */
async function serviceUrl(): Promise<string> {
  const Started = z.looseObject({ msg: z.literal('started'), port: z.number() });
  return eventually('the service has started', () => {
    for (const line of logged) {
      const started = line.startsWith('{') ? Started.safeParse(JSON.parse(line)) : undefined;
      if (started?.success === true) return `http://127.0.0.1:${started.data.port}`;
    }
    return undefined;
  });
}

const Listed = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ namespace: z.string().default(''), name: z.string(), resourceVersion: z.string() }),
    }),
  ),
});

/** Name → resourceVersion: equal when nobody wrote in between. */
async function versionsOf(path: string, prefix = ''): Promise<Record<string, string>> {
  const { items } = Listed.parse(await get(path));
  return Object.fromEntries(
    items
      .filter(({ metadata }) => metadata.name.startsWith(prefix))
      .map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]),
  );
}
