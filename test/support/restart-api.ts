import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { createKubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import type { TestSandbox } from './sandbox.ts';

/** An API server that can be restarted; `stop` is the last of all to be called: what still runs would wait for it. */
export interface RestartableApi {
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Stops the API server of this world, leaves everybody alone for a second, and starts it again on its data and its port. */
export function restartableApi({ standIns }: TestSandbox): RestartableApi {
  const { kubernetes, kubeconfigPath, environment } = standIns;
  const config = new KubeConfig();
  config.loadFromFile(environment.KUBECONFIG ?? '');
  const options = {
    port: kubernetes?.port ?? 0,
    dataFolder: join(dirname(kubeconfigPath), 'kubernetes'),
    tokens: {
      [config.getCurrentUser()?.token ?? '']: {
        user: 'system:serviceaccount:stepwise:stepwise',
        groups: ['system:serviceaccounts', 'system:authenticated'],
      },
    },
  };
  let started: { stop(): Promise<void> } | undefined;
  return {
    async restart() {
      await (started ?? kubernetes)?.stop();
      await sleep(1000);
      started = await createKubernetesApi(options);
    },
    stop: async () => started?.stop(),
  };
}
