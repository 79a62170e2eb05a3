import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ServiceProcess } from '../../src/sandbox/service-process.ts';
import { argoSettings, startArgoLine } from './argo-line.ts';
import { kubeconfigThrough } from './breakable-line.ts';
import type { TestSandbox } from './sandbox.ts';

/**
 * An Argo controller and Stepwise as Deployments of the sandbox: wherever one of their pods runs, so does a process, with the settings that
 * its ConfigMap has at that moment. The Argo is our own engine behind a line (argo-line.ts).
 */
export interface Fleet {
  /** `stepwise <words>`, as an admin types it. */
  cli(...words: readonly string[]): Promise<{ readonly code: number; readonly words: string }>;
  stop(): Promise<void>;
}

const Pods = z.object({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.looseObject({ phase: z.string().optional() }).default({}),
    }),
  ),
});
const Settings = z.looseObject({ data: z.record(z.string(), z.string()) });

export async function startFleet(
  sandbox: TestSandbox,
  /** Of both; a queue that processes share. */
  stepwiseSettings: Readonly<Record<string, string>>,
): Promise<Fleet> {
  const { kubernetes, environment, kubeconfigPath } = sandbox.standIns;
  const line = await startArgoLine(kubernetes?.url ?? '');
  const kubeconfig = kubeconfigThrough(line, environment.KUBECONFIG ?? '');
  const processes = new Map<string, ServiceProcess>();
  const stopping = new AbortController();
  let count = 0;

  async function settingsOf(app: string): Promise<Record<string, string>> {
    count += 1;
    if (app === 'argo-rollouts')
      return { ...stepwiseSettings, ...argoSettings, KUBECONFIG: kubeconfig, HTTP_PORT: '0' };
    const { data } = await sandbox.get(Settings, '/api/v1/namespaces/stepwise/configmaps/stepwise');
    return { ...stepwiseSettings, ...data, HTTP_PORT: '0', POD_NAME: `stepwise-${count}` };
  }

  async function follow(app: string, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${app}`)}`;
    const { items } = await sandbox.get(Pods, path);
    const running = items.filter(({ metadata, status }) => !metadata.deletionTimestamp && status.phase === 'Running');
    const wanted = new Set(running.map(({ metadata }) => `${app}/${metadata.uid}`));
    for (const key of wanted) if (!processes.has(key)) processes.set(key, sandbox.startService(await settingsOf(app)));
    for (const [key, process] of processes) {
      if (!key.startsWith(`${app}/`) || wanted.has(key)) continue;
      processes.delete(key);
      await process.stop();
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await follow('argo-rollouts', 'argo-rollouts').catch(() => undefined);
      await follow('stepwise', 'stepwise').catch(() => undefined);
      await sleep(100, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  await sandbox.request('POST', '/api/v1/namespaces/stepwise/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'stepwise', namespace: 'stepwise' },
    data: { CONTROLLER: 'drive', ARGO_NAMESPACE: 'argo-rollouts' },
  });
  await sandbox.request('POST', deployments('argo-rollouts'), deployment('argo-rollouts', 'argo-rollouts'));
  await sandbox.request('POST', deployments('stepwise'), deployment('stepwise', 'stepwise'));
  const loop = run();

  return {
    cli(...words) {
      const { promise, resolve } = Promise.withResolvers<{ code: number; words: string }>();
      const typed = ['src/cli.ts', ...words, '--kubeconfig', kubeconfigPath];
      const child = execFile(process.execPath, typed, { env: { PATH: process.env.PATH } }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, words: `${stdout}${stderr}` }),
      );
      return promise;
    },
    async stop() {
      stopping.abort();
      await loop;
      await line.stop();
    },
  };
}

function deployments(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments`;
}

function deployment(name: string, namespace: string) {
  const labels = { 'app.kubernetes.io/name': name };
  const image = name === 'stepwise' ? 'stepwise:0.1' : 'quay.io/argoproj/argo-rollouts:v1.8.3';
  const envFrom = name === 'stepwise' ? { envFrom: [{ configMapRef: { name: 'stepwise' } }] } : {};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: name, containers: [{ name, image, ...envFrom }] },
      },
    },
  };
}
