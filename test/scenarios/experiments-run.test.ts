import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/lab';
const replicaSets = '/apis/apps/v1/namespaces/lab/replicasets';
const services = '/api/v1/namespaces/lab/services';

const Experiment = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().default(''),
      message: z.string().default(''),
      availableAt: z.string().optional(),
      templateStatuses: z.array(z.looseObject({ name: z.string(), status: z.string().default('') })).default([]),
      analysisRuns: z.array(z.looseObject({ name: z.string(), phase: z.string() })).default([]),
    })
    .prefault({}),
});

const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: lab }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: image-list, namespace: lab }
data:
  lab.yaml: |
    lab:1: { startMs: 50, latencyMs: 5 }
---
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: { name: alone, namespace: lab }
spec:
  duration: 1s
  scaleDownDelaySeconds: 1
  templates:
    - name: baseline
      replicas: 2
      service: {}
      selector: { matchLabels: { app: alone } }
      template:
        metadata: { labels: { app: alone } }
        spec:
          containers:
            - { name: app, image: 'lab:1', ports: [{ name: http, containerPort: 8080 }] }
`;

let sandbox: TestSandbox;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'experiments-'));
  writeFileSync(join(folder, 'lab.yaml'), manifests);
  sandbox = await startSandbox({ apply: [folder] });
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

const List = z.object({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });
const Sized = z.looseObject({ spec: z.looseObject({ replicas: z.number() }) });

it('runs one of its own: pods, a Service, its time, and everything goes', async () => {
  const running = await sandbox.eventually('it runs', async () => {
    const { status } = await sandbox.get(Experiment, `${argo}/experiments/alone`);
    return status.phase === 'Running' ? status : undefined;
  });
  expect(running.templateStatuses).toMatchObject([
    { name: 'baseline', status: 'Running', replicas: 2, availableReplicas: 2 },
  ]);
  const { status } = await sandbox.eventually('it ends', async () => {
    const found = await sandbox.get(Experiment, `${argo}/experiments/alone`);
    return found.status.phase === 'Successful' ? found : undefined;
  });
  expect(status.templateStatuses).toMatchObject([{ status: 'Successful' }]);
  await sandbox.eventually('its pods go, and its Service', async () => {
    const { spec } = await sandbox.get(Sized, `${replicaSets}/alone-baseline`);
    const { items } = await sandbox.get(List, services);
    return spec.replicas === 0 && items.length === 0 ? true : undefined;
  });
});
