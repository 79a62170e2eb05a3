import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { TerminalError } from '../lib/index.ts';

export interface KubeConfigSettings {
  /** Default: the service account of the pod we run in; outside of a pod `~/.kube/config`. */
  readonly kubeconfigPath?: string | undefined;
  /** Default: the file's current context. */
  readonly context?: string | undefined;
}

const podToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Reads where the API server is and who we are there. Throws `TerminalError` in words for the person who set it. */
export function loadKubeConfig(settings: KubeConfigSettings, home = homedir()): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (settings.kubeconfigPath === undefined && existsSync(podToken)) {
    kubeConfig.loadFromCluster();
    return kubeConfig;
  }
  const kubeconfigPath = settings.kubeconfigPath ?? join(home, '.kube', 'config');
  if (settings.kubeconfigPath === undefined && !existsSync(kubeconfigPath)) {
    throw new TerminalError(`not in a pod, and there is no ${kubeconfigPath}: set KUBECONFIG to a kubeconfig`);
  }
  const { context } = settings;
  try {
    kubeConfig.loadFromFile(kubeconfigPath);
  } catch (cause) {
    throw new TerminalError(`kubeconfig ${kubeconfigPath} cannot be read: ${String(cause)}`, { cause });
  }
  if (context !== undefined) kubeConfig.setCurrentContext(context);
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    throw new TerminalError(
      `kubeconfig ${kubeconfigPath} has no cluster for context "${kubeConfig.getCurrentContext()}"; it knows: ${known.join(', ')}`,
    );
  }
  allowPlainHttpOnLoopback(kubeConfig);
  return kubeConfig;
}

/** client-node 2.0.1 refuses every `http://` server unless `skipTLSVerify`; `kubectl proxy` and the sandbox are such servers. */
export function allowPlainHttpOnLoopback(kubeConfig: KubeConfig): void {
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => {
    const url = URL.parse(cluster.server);
    const isLoopback = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
    return url?.protocol === 'http:' && isLoopback ? { ...cluster, skipTLSVerify: true } : cluster;
  });
}
