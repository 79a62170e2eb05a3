import { KubeConfig } from '@kubernetes/client-node';
import { TerminalError } from '../lib/index.ts';

export interface KubeConfigSettings {
  /** Default: the service account of the pod we run in. */
  readonly kubeconfigPath?: string | undefined;
  /** Default: the file's current context. */
  readonly context?: string | undefined;
}

/** Reads where the API server is and who we are there. Throws `TerminalError` in words for the person who set it. */
export function loadKubeConfig({ kubeconfigPath, context }: KubeConfigSettings): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (kubeconfigPath === undefined) {
    kubeConfig.loadFromCluster();
    if (kubeConfig.getCurrentCluster()?.server.includes('undefined')) {
      throw new TerminalError('not in a cluster (no KUBERNETES_SERVICE_HOST) and no kubeconfig given: set KUBECONFIG');
    }
    return kubeConfig;
  }
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
