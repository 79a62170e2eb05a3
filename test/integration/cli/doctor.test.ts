import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type TestSandbox } from '../../support/sandbox.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
}, 240_000);
afterAll(() => sandbox.stop());

/** `stepwise doctor` as a person types it. */
async function doctor(...flags: readonly string[]): Promise<{ readonly code: number; readonly words: string }> {
  const { kubeconfigPath } = sandbox.standIns;
  const typed = ['src/cli.ts', 'doctor', '--kubeconfig', kubeconfigPath, ...flags];
  const { promise, resolve } = Promise.withResolvers<{ code: number; words: string }>();
  const child = execFile(process.execPath, typed, { env: { PATH: process.env.PATH } }, (_error, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, words: `${stdout}${stderr}` }),
  );
  return promise;
}

/** Each question is a process of its own, and takes its time. */
const slow = { timeout: 120_000 };

it('before anything runs: what is installed is told from what is not', slow, async () => {
  const { code, words } = await doctor();
  expect(code).toBe(1);
  expect(words).toMatch(/^✗ Stepwise itself +no Deployment of Stepwise in stepwise has a ready pod$/m);
  expect(words).toMatch(/^ +kubectl -n stepwise get deployments,pods$/m);
  expect(words).toMatch(/^✓ Rights in the cluster +all \d+ are there$/m);
  expect(words).toMatch(/^✓ Custom resources +7 of 7, v1alpha1$/m);
  expect(words).toMatch(/^✗ Controller +nobody holds the Lease argo-rollouts\/argo-rollouts-controller-lock/m);
  expect(words).toMatch(/^✓ Clock /m);
  expect(words).not.toContain('Prometheus  ');
});

it('a right taken from the service account is missed, though the kubeconfig is an admin', slow, async () => {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/stepwise-engine';
  const binding = await sandbox.request('GET', path);
  await sandbox.request('DELETE', path);
  const { words } = await doctor();
  const { metadata, ...rest } = binding as { metadata: { name: string } };
  await sandbox.request('POST', path.slice(0, path.lastIndexOf('/')), { ...rest, metadata: { name: metadata.name } });
  expect(words).toMatch(/^✗ Rights in the cluster +\d+ of \d+ are missing: get rollouts\.argoproj\.io/m);
  expect(words).toContain('kubectl apply --server-side -k manifests/install/overlays/first');
});

it('when it runs all is well, and a program can read it', async () => {
  sandbox.startService({ SLACK_BOT_TOKEN: '' });
  const labels = { 'app.kubernetes.io/name': 'stepwise' };
  await sandbox.request('POST', '/apis/apps/v1/namespaces/stepwise/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'stepwise', namespace: 'stepwise', labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'stepwise', image: 'stepwise:0.1' }] } },
    },
  });
  const Runs = z.looseObject({ status: z.looseObject({ readyReplicas: z.number() }) });
  const Held = z.looseObject({ spec: z.looseObject({ holderIdentity: z.string().startsWith('stepwise_') }) });
  // Before the question: nobody waits for them there.
  await sandbox.eventually('it runs', () =>
    sandbox.get(Runs, '/apis/apps/v1/namespaces/stepwise/deployments/stepwise'),
  );
  const lease = '/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases/argo-rollouts-controller-lock';
  await sandbox.eventually('it holds the Lease', () => sandbox.get(Held, lease));
  const address = sandbox.standIns.environment.PROMETHEUS_ADDRESS ?? '';
  const lines = await sandbox.eventually(
    'all is well',
    async () => {
      const { code, words } = await doctor('--json', '--prometheus', address);
      return code === 0 ? (JSON.parse(words) as { name: string; state: string; found: string }[]) : undefined;
    },
    60_000,
  );
  expect(lines.map(({ name, state }) => `${state} ${name}`)).toEqual([
    'ok service',
    'ok rights',
    'ok definitions',
    'ok controller',
    'ok prometheus',
    'ok clock',
  ]);
  expect(lines.find(({ name }) => name === 'controller')?.found).toMatch(/^Stepwise \(stepwise_replica-1_/);
}, 180_000);
