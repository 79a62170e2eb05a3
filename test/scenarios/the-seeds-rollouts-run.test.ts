import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const completed = resolve(import.meta.dirname, '../fixtures/seeds/completed');
const storefront = resolve(import.meta.dirname, '../../manifests/examples/storefront');

/** A Rollout as it is written somewhere; `repository` is its image's. */
interface Written {
  readonly path: string;
  readonly namespace: string;
  readonly name: string;
  readonly repository: string;
}

/** Those of the seed documents, in the form that Argo accepts, and the example of blue-green. Gates are promoted as they come. */
const written: readonly Written[] = [
  {
    path: join(completed, 'frontend.yaml'),
    namespace: 'tbyte',
    name: 'tbyte-microservices-frontend',
    repository: 'frontend',
  },
  {
    path: join(completed, 'backend.yaml'),
    namespace: 'tbyte',
    name: 'tbyte-microservices-backend',
    repository: 'backend',
  },
  {
    path: join(completed, 'modelcard.yaml'),
    namespace: 'modelcard',
    name: 'modelcard-generator',
    repository: 'modelcard',
  },
  {
    path: join(completed, 'blue-green.yaml'),
    namespace: 'bluegreen',
    name: 'modelcard-generator',
    repository: 'modelcard',
  },
  {
    path: join(completed, 'post-promotion.yaml'),
    namespace: 'vitalstream-prod',
    name: 'vitalstream-prod-backend',
    repository: 'vitalstream-backend',
  },
  { path: storefront, namespace: 'storefront', name: 'storefront', repository: 'ghcr.io/acme/storefront' },
];

const Rollout = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().default(''),
      message: z.string().default(''),
      abort: z.boolean().optional(),
      stableRS: z.string().default(''),
      currentPodHash: z.string().default(''),
      pauseConditions: z.array(z.looseObject({ reason: z.string() })).nullish(),
    })
    .prefault({}),
});

/** Nothing is changed but durations, which become a test's, the image, which the world knows how to run, and where Prometheus is. */
function atTestPace({ path, repository }: Written): string {
  const files = path.endsWith('.yaml')
    ? [path]
    : readdirSync(path)
        .sort()
        .map((file) => join(path, file));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n---\n');
  // Before the switch nobody answers at the preview for a moment: that lies behind when it is looked at.
  const delay = text.includes('blueGreen:') ? '6s' : '2s';
  return text
    .replaceAll(/duration: (\d+)s/g, 'duration: 1s')
    .replaceAll(/duration: (\d+)m/g, (_, minutes) => `duration: ${Number(minutes) / 5}s`)
    .replaceAll(/( +)interval: \d+s/g, `$1initialDelay: ${delay}\n$1interval: 1s`)
    .replaceAll(/\[\d+m\]/g, '[5s]')
    .replaceAll(/ +address: .*\n/g, '')
    .replaceAll(/initialDelaySeconds: \d+/g, 'initialDelaySeconds: 0')
    .replaceAll(/image: \S+:latest/g, `image: ${repository}:1`);
}

let sandbox: TestSandbox;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seeds-'));
  for (const rollout of written)
    writeFileSync(join(folder, `${rollout.namespace}-${rollout.name}.yaml`), atTestPace(rollout));
  sandbox = await startSandbox({ apply: [folder] });
  const repositories = [...new Set(written.map(({ repository }) => repository))];
  const images = repositories.flatMap((repository) => [
    `${repository}:1: { startMs: 50, latencyMs: 5 }`,
    `${repository}:2: { startMs: 50, latencyMs: 5 }`,
    `${repository}:bad: { startMs: 50, latencyMs: 5, errorRate: 1 }`,
  ]);
  const maps = '/api/v1/namespaces/sandbox/configmaps';
  const merge = 'application/merge-patch+json';
  await sandbox.request('PATCH', `${maps}/image-list`, { data: { 'seeds.yaml': images.join('\n') } }, merge);
  const names = ['frontend', 'backend', 'modelcard', 'modelcard-bluegreen', 'modelcard-preview', 'storefront'];
  const hosts = [...names.map((name) => `${name}.example.com`), 'api.vitalstream.com'];
  const data = Object.fromEntries(hosts.map((host) => [host, '60']));
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data };
  await sandbox.request('POST', maps, load);
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

function pathOf({ namespace, name }: Written): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`;
}

async function release(rollout: Written, tag: string): Promise<string> {
  const { status } = await sandbox.get(Rollout, pathOf(rollout));
  const value = `${rollout.repository}:${tag}`;
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }];
  await sandbox.request('PATCH', pathOf(rollout), patch, 'application/json-patch+json');
  return status.currentPodHash;
}

/** How the release ended that began after `before`; whoever it waits for promotes it. */
async function end(rollout: Written, before: string) {
  let last: unknown;
  try {
    return await sandbox.eventually(
      `${rollout.name} ends`,
      async () => {
        const { status } = await sandbox.get(Rollout, pathOf(rollout));
        last = status;
        if (status.phase === 'Paused' && status.pauseConditions?.[0]?.reason === 'BlueGreenPause') {
          const promote = { status: { pauseConditions: null } };
          await sandbox.request('PATCH', `${pathOf(rollout)}/status`, promote, 'application/merge-patch+json');
        }
        const isDone = status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
        return status.currentPodHash !== before && (isDone || status.phase === 'Degraded') ? status : undefined;
      },
      120_000,
    );
  } catch (error) {
    throw new Error(`${rollout.name} ends, but is ${JSON.stringify(last)}`, { cause: error });
  }
}

it('each runs to Healthy', { timeout: 170_000 }, async () => {
  for (const rollout of written) expect(await end(rollout, '')).toMatchObject({ phase: 'Healthy' });
  const begun = await Promise.all(written.map(async (rollout) => ({ rollout, before: await release(rollout, '2') })));
  for (const { rollout, before } of begun) {
    const status = await end(rollout, before);
    expect(status, `${rollout.name}: ${status.message}`).toMatchObject({ phase: 'Healthy' });
  }
});

it('each goes back when its metric breaks', { timeout: 170_000 }, async () => {
  const begun = await Promise.all(written.map(async (rollout) => ({ rollout, before: await release(rollout, 'bad') })));
  for (const { rollout, before } of begun) {
    const status = await end(rollout, before);
    expect(status, rollout.name).toMatchObject({ phase: 'Degraded', abort: true, stableRS: before });
    expect(status.message).toMatch(/Metric "(error-rate|success-rate)" assessed Failed due to failed/);
  }
});
