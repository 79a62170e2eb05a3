import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const example = resolve(import.meta.dirname, '../../manifests/examples/orchestrator');
const rolloutPath = '/apis/argoproj.io/v1alpha1/namespaces/amas/rollouts/orchestrator';

const Rollout = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  status: z
    .looseObject({
      phase: z.string().default(''),
      message: z.string().default(''),
      stableRS: z.string().default(''),
      currentPodHash: z.string().default(''),
    })
    .prefault({}),
});

/** The example as it is shipped, at a test's pace: its minutes and half minutes become seconds. Nothing else is changed. */
function atTestPace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-'));
  for (const file of readdirSync(example)) {
    const text = readFileSync(join(example, file), 'utf8')
      .replaceAll(/duration: \dm/g, 'duration: 1s')
      .replaceAll(/interval: \d+s/g, 'interval: 1s')
      .replaceAll('[2m]', '[6s]')
      .replaceAll('count: 3', 'count: 2')
      .replaceAll(/( +)interval: 1s/g, '$1initialDelay: 3s\n$1interval: 1s');
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(
    join(folder, 'load.yaml'),
    [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata: { name: load, namespace: sandbox }',
      'data: { orchestrator.example.com: "60" }',
    ].join('\n'),
  );
  return folder;
}

let sandbox: TestSandbox;
let folder: string;
const weights: number[] = [];

beforeAll(async () => {
  folder = atTestPace();
  sandbox = await startSandbox({ apply: [folder] });
  sandbox.standIns.kubernetes?.onWrite(({ name, summary }) => {
    const weight = /canary-weight=(\d+)/.exec(summary)?.[1];
    if (name === 'orchestrator-orchestrator-stable-canary' && weight !== undefined) weights.push(Number(weight));
  });
  // No Slack at all: a Rollout that is applied runs by itself.
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ends(): Promise<z.infer<typeof Rollout>['status']> {
  return sandbox.eventually(
    'the rollout ends',
    async () => {
      const { status } = await sandbox.get(Rollout, rolloutPath);
      const isDone = status.phase === 'Healthy' && status.stableRS === status.currentPodHash;
      return isDone || status.phase === 'Degraded' ? status : undefined;
    },
    120_000,
  );
}

it('runs to Healthy through every weight of its plan', { timeout: 170_000 }, async () => {
  const first = await ends();
  expect(first.phase).toBe('Healthy');
  const patch = [
    {
      op: 'replace',
      path: '/spec/template/spec/containers/0/image',
      value: 'ghcr.io/acme/orchestrator:1.1.0',
    },
  ];
  await sandbox.request('PATCH', rolloutPath, patch, 'application/json-patch+json');
  await sandbox.eventually('the new revision is seen', async () => {
    const { status } = await sandbox.get(Rollout, rolloutPath);
    return status.currentPodHash === first.currentPodHash ? undefined : status;
  });

  expect(await ends()).toMatchObject({ phase: 'Healthy' });
  // A weight is written once the Ingress exists; the 0 at the end is the canary's share after it became stable.
  expect(weights.filter((weight) => weight > 0)).toEqual([10, 25, 50, 75, 100].slice(weights.includes(10) ? 0 : 1));
});
