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

const pods = (image: string) => `
          containers:
            - { name: app, image: '${image}', ports: [{ name: http, containerPort: 8080 }] }`;

const standAlone = (name: string, spec: string) => `
---
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: { name: ${name}, namespace: lab }
spec:
  ${spec}
  scaleDownDelaySeconds: 1
  templates:
    - name: baseline
      replicas: 2
      service: {}
      selector: { matchLabels: { app: ${name} } }
      template:
        metadata: { labels: { app: ${name} } }
        spec:${pods('lab:1')}
`;

const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: lab }
${standAlone('alone', 'duration: 1s')}
${standAlone('endless', 'progressDeadlineSeconds: 300')}
${standAlone('failing', 'analyses: [{ name: never, templateName: never, requiredForCompletion: true }]')}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: never, namespace: lab }
spec:
  metrics:
    - { name: never, successCondition: result > 1, provider: { prometheus: { query: scalar(vector(0)) } } }
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: success-rate, namespace: lab }
spec:
  args: [{ name: service }]
  metrics:
    - name: success-rate
      initialDelay: 3s
      interval: 1s
      count: 2
      successCondition: result[0] >= 0.95
      provider:
        prometheus:
          query: |
            sum(rate(http_requests_total{service="{{args.service}}",status!~"5.."}[8s]))
              / sum(rate(http_requests_total{service="{{args.service}}"}[8s]))
---
apiVersion: v1
kind: Service
metadata: { name: web-stable, namespace: lab }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: web-canary, namespace: lab }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: lab }
spec:
  parentRefs: [{ name: gateway }]
  hostnames: [web.example.com]
  rules:
    - backendRefs:
        - { name: web-stable, port: 80, weight: 100 }
        - { name: web-canary, port: 80, weight: 0 }
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web, namespace: lab }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
        metadata: { labels: { app: web } }
        spec:${pods('lab:1')}
  strategy:
    canary:
      stableService: web-stable
      canaryService: web-canary
      trafficRouting: { plugins: { argoproj-labs/gatewayAPI: { httpRoute: web } } }
      steps:
        - experiment:
            scaleDownDelaySeconds: 0
            templates:
              - { name: baseline, specRef: stable, weight: 20 }
              - { name: candidate, specRef: canary, weight: 30 }
            analyses:
              - name: compare
                templateName: success-rate
                requiredForCompletion: true
                args: [{ name: service, value: '{{templates.candidate.replicaset.name}}' }]
        - pause: {}
`;

const images = ['lab:1', 'lab:2'].map((image) => `${image}: { startMs: 50, latencyMs: 5 }`);
const maps = '/api/v1/namespaces/sandbox/configmaps';
const merge = 'application/merge-patch+json';

let sandbox: TestSandbox;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'experiments-'));
  writeFileSync(join(folder, 'lab.yaml'), manifests);
  sandbox = await startSandbox({ apply: [folder] });
  const bad = 'lab:bad: { startMs: 50, latencyMs: 5, errorRate: 1 }';
  await sandbox.request('PATCH', `${maps}/image-list`, { data: { 'lab.yaml': [...images, bad].join('\n') } }, merge);
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data: { 'web.example.com': '60' } };
  await sandbox.request('POST', maps, load);
  sandbox.standIns.kubernetes?.onWrite(({ resource, object }) => {
    if (resource === 'httproutes' && object !== undefined) splits.add(splitOf(Route.parse(object)));
  });
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
  // How long a service takes to start is no part of what is claimed here.
  await untilWeb('it is open', ({ phase }) => phase === 'Healthy', 150_000);
}, 180_000);
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

const List = z.object({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });
const Sized = z.looseObject({ spec: z.looseObject({ replicas: z.number() }) });

const Route = z.looseObject({
  spec: z.looseObject({
    rules: z.array(
      z.looseObject({
        backendRefs: z.array(z.looseObject({ name: z.string(), port: z.number(), weight: z.number() })),
      }),
    ),
  }),
});
const Rollout = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().default(''),
      message: z.string().default(''),
      currentStepIndex: z.number().default(0),
      abort: z.boolean().optional(),
      stableRS: z.string().default(''),
      currentPodHash: z.string().default(''),
    })
    .prefault({}),
});

/** Every split that was written: `web-stable:80=100 web-canary:80=0`. */
const splits = new Set<string>();

function splitOf({ spec }: z.infer<typeof Route>): string {
  const refs = spec.rules[0]?.backendRefs ?? [];
  // The hash and the revision in their names are another matter.
  return refs.map(({ name, port, weight }) => `${name.replace(/^web-.*-/, '')}:${port}=${weight}`).join(' ');
}

async function splitNow(): Promise<string> {
  return splitOf(await sandbox.get(Route, '/apis/gateway.networking.k8s.io/v1/namespaces/lab/httproutes/web'));
}

async function release(image: string): Promise<void> {
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  await sandbox.request('PATCH', `${argo}/rollouts/web`, patch, 'application/json-patch+json');
}

function untilWeb(what: string, isSo: (status: z.infer<typeof Rollout>['status']) => boolean, timeoutMs = 90_000) {
  return sandbox.eventually(
    what,
    async () => {
      const { status } = await sandbox.get(Rollout, `${argo}/rollouts/web`);
      return isSo(status) ? status : undefined;
    },
    timeoutMs,
  );
}

function untilPhase(name: string, phase: string) {
  return sandbox.eventually(`${name} is ${phase}`, async () => {
    const { status } = await sandbox.get(Experiment, `${argo}/experiments/${name}`);
    return status.phase === phase ? status : undefined;
  });
}

function untilGone(name: string) {
  return sandbox.eventually(`the pods of ${name} go, and its Service`, async () => {
    const { spec } = await sandbox.get(Sized, `${replicaSets}/${name}-baseline`);
    const { items } = await sandbox.get(List, services);
    return spec.replicas === 0 && items.every(({ metadata }) => metadata.name !== `${name}-baseline`)
      ? true
      : undefined;
  });
}

it('stands alone: pods, a Service, its time, and everything goes', { timeout: 120_000 }, async () => {
  const { templateStatuses } = await untilPhase('alone', 'Successful');
  expect(templateStatuses).toMatchObject([{ name: 'baseline', status: 'Successful' }]);
  await untilGone('alone');
});

it('fails with its analysis', { timeout: 120_000 }, async () => {
  const { message, analysisRuns } = await untilPhase('failing', 'Failed');
  expect(message).toMatch(/^Metric "never" assessed Failed due to failed \(1\) > failureLimit \(0\)/);
  expect(analysisRuns).toMatchObject([{ name: 'never', analysisRun: 'failing-never', phase: 'Failed' }]);
  await untilGone('failing');
});

it('ends when somebody says so', { timeout: 120_000 }, async () => {
  const { templateStatuses } = await untilPhase('endless', 'Running');
  expect(templateStatuses).toMatchObject([
    { status: 'Running', serviceName: 'endless-baseline', availableReplicas: 2 },
  ]);
  await sandbox.request('PATCH', `${argo}/experiments/endless`, { spec: { terminate: true } }, merge);
  await untilPhase('endless', 'Successful');
  await untilGone('endless');
});

it('as a step gets its share of the requests, is waited for, and sends back what fails', {
  timeout: 200_000,
}, async () => {
  await release('lab:2');
  await untilWeb(
    'the experiment was good',
    ({ phase, currentStepIndex }) => phase === 'Paused' && currentStepIndex === 1,
  );
  expect([...splits]).toContain('web-stable:80=50 web-canary:80=0 baseline:8080=20 candidate:8080=30');
  expect(await splitNow()).toBe('web-stable:80=100 web-canary:80=0');
  await sandbox.request('PATCH', `${argo}/rollouts/web/status`, { status: { pauseConditions: null } }, merge);
  await untilWeb(
    'it is live',
    ({ phase, stableRS, currentPodHash }) => phase === 'Healthy' && stableRS === currentPodHash,
  );

  splits.clear();
  await release('lab:bad');
  const { message } = await untilWeb('it goes back', ({ phase, abort }) => phase === 'Degraded' && abort === true);
  expect(message).toMatch(
    /^RolloutAborted: Rollout aborted update to revision 3: Experiment analysis phase is error\/failed: Metric "success-rate" assessed Failed/,
  );
  expect([...splits]).toContain('web-stable:80=50 web-canary:80=0 baseline:8080=20 candidate:8080=30');
  expect(await splitNow()).toBe('web-stable:80=100 web-canary:80=0');
  await sandbox.eventually('no Service of an experiment is left', async () => {
    const { items } = await sandbox.get(List, services);
    return items.length === 2 ? true : undefined;
  });
});
