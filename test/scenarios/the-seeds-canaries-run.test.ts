import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const completed = resolve(import.meta.dirname, '../fixtures/seeds/completed');

/** The canaries of the seed documents, in the form that Argo accepts. Their weights are their plans', and 0 at the end. */
const canaries = [
  { file: 'frontend.yaml', namespace: 'tbyte', name: 'tbyte-microservices-frontend', repository: 'frontend' },
  { file: 'backend.yaml', namespace: 'tbyte', name: 'tbyte-microservices-backend', repository: 'backend' },
  { file: 'modelcard.yaml', namespace: 'modelcard', name: 'modelcard-generator', repository: 'modelcard' },
] as const;
type Canary = (typeof canaries)[number];

const Rollout = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().default(''),
      message: z.string().default(''),
      abort: z.boolean().optional(),
      stableRS: z.string().default(''),
      currentPodHash: z.string().default(''),
    })
    .prefault({}),
});

/** Nothing is changed but durations, which become a test's, the image, which the world knows how to run, and where Prometheus is. */
function atTestPace({ file, repository }: Canary): string {
  return readFileSync(join(completed, file), 'utf8')
    .replaceAll(/duration: (\d+)s/g, 'duration: 1s')
    .replaceAll(/duration: (\d+)m/g, (_, minutes) => `duration: ${Number(minutes) / 5}s`)
    .replaceAll(/( +)interval: \d+s/g, '$1initialDelay: 2s\n$1interval: 1s')
    .replaceAll(/\[\d+m\]/g, '[5s]')
    .replaceAll(/ +address: .*\n/g, '')
    .replaceAll(/initialDelaySeconds: \d+/g, 'initialDelaySeconds: 0')
    .replaceAll(/image: \S+:latest/g, `image: ${repository}:1`);
}

let sandbox: TestSandbox;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seeds-'));
  for (const canary of canaries) writeFileSync(join(folder, canary.file), atTestPace(canary));
  sandbox = await startSandbox({ apply: [folder] });
  const images = canaries.flatMap(({ repository }) => [
    `${repository}:1: { startMs: 50, latencyMs: 5 }`,
    `${repository}:2: { startMs: 50, latencyMs: 5 }`,
    `${repository}:bad: { startMs: 50, latencyMs: 5, errorRate: 1 }`,
  ]);
  const maps = '/api/v1/namespaces/sandbox/configmaps';
  const merge = 'application/merge-patch+json';
  await sandbox.request('PATCH', `${maps}/image-list`, { data: { 'seeds.yaml': images.join('\n') } }, merge);
  const hosts = ['frontend', 'backend', 'modelcard'].map((host) => [`${host}.example.com`, '60']);
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data: Object.fromEntries(hosts) };
  await sandbox.request('POST', maps, load);
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

function pathOf({ namespace, name }: Canary): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`;
}

async function release(canary: Canary, tag: string): Promise<string> {
  const { status } = await sandbox.get(Rollout, pathOf(canary));
  const value = `${canary.repository}:${tag}`;
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }];
  await sandbox.request('PATCH', pathOf(canary), patch, 'application/json-patch+json');
  return status.currentPodHash;
}

/** How the release ended that began after `before`. */
function end(canary: Canary, before: string) {
  return sandbox.eventually(
    `${canary.name} ends`,
    async () => {
      const { status } = await sandbox.get(Rollout, pathOf(canary));
      const isDone = status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
      return status.currentPodHash !== before && (isDone || status.phase === 'Degraded') ? status : undefined;
    },
    120_000,
  );
}

it('each runs to Healthy', { timeout: 170_000 }, async () => {
  for (const canary of canaries) expect(await end(canary, '')).toMatchObject({ phase: 'Healthy' });
  const begun = await Promise.all(canaries.map(async (canary) => ({ canary, before: await release(canary, '2') })));
  for (const { canary, before } of begun) {
    const status = await end(canary, before);
    expect(status, `${canary.name}: ${status.message}`).toMatchObject({ phase: 'Healthy' });
  }
});

it('each goes back when its metric breaks', { timeout: 170_000 }, async () => {
  const begun = await Promise.all(canaries.map(async (canary) => ({ canary, before: await release(canary, 'bad') })));
  for (const { canary, before } of begun) {
    const status = await end(canary, before);
    expect(status, canary.name).toMatchObject({ phase: 'Degraded', abort: true, stableRS: before });
    expect(status.message).toMatch(/Metric "(error-rate|success-rate)" assessed Failed due to failed/);
  }
});
