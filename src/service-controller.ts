import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import type { Mode } from './engine/index.ts';
import {
  type ArgoController,
  type ConnectedCluster,
  createLeaseWatch,
  keeperLeaseName,
  readArgoControllers,
  readLeaseTrace,
  readRecentWriters,
} from './kubernetes/index.ts';
import type { RunBy } from './rollout/index.ts';

/** Names under which Argo's controller writes. */
const argoManagers = /^(rollouts-controller|argo-rollouts)$/;
const traceMs = 24 * 60 * 60_000;
const retryMs = 2000;

/**
 * CONTROLLER, or where it is empty: `drive` wherever an Argo controller left a trace in the last day. Asked once at the start, and held
 * until the process ends: nobody begins to move Rollouts because somebody else fell silent.
 */
export async function chooseMode(
  cluster: ConnectedCluster,
  config: Config,
  log: Logger,
  stopping: AbortSignal,
): Promise<Mode> {
  if (config.CONTROLLER !== '') return config.CONTROLLER;
  for (;;) {
    try {
      const sign = await findSign(cluster, config, AbortSignal.any([stopping, AbortSignal.timeout(15_000)]));
      const mode = sign === undefined ? 'own' : 'drive';
      log.info({ mode, sign }, 'CONTROLLER is not set: chosen by what is in the cluster');
      return mode;
    } catch (error) {
      stopping.throwIfAborted();
      log.warn({ err: error }, 'whether an Argo controller runs could not be read, asking again');
      await sleep(retryMs, undefined, { signal: stopping });
    }
  }
}

async function findSign(cluster: ConnectedCluster, config: Config, signal: AbortSignal): Promise<string | undefined> {
  const [argo] = (await readArgoControllers(cluster, config.ARGO_NAMESPACE, signal)) ?? [];
  if (argo !== undefined) return `Deployment ${argo.namespace}/${argo.name}`;
  const name = { namespace: config.ARGO_NAMESPACE, name: keeperLeaseName(config.INSTANCE_ID) };
  const lease = await readLeaseTrace(cluster, name, signal);
  const isTheirs = lease !== undefined && lease.holder !== '' && !lease.holder.startsWith('stepwise_');
  if (isTheirs && cluster.nowMs() - lease.renewedAtMs < traceMs) return `Lease held by ${lease.holder}`;
  for (const { manager, atMs, on } of await readRecentWriters(cluster, config.WATCH_NAMESPACES, signal)) {
    if (argoManagers.test(manager) && cluster.nowMs() - atMs < traceMs) return `${on} written by ${manager}`;
  }
  return undefined;
}

/** What this process knows of the controller that it drives. */
export interface DrivenController {
  /** Who runs the Rollouts now; undefined while that was not looked at yet. */
  runBy(): RunBy | undefined;
  /** Whose Lease it is, fresh. */
  holder(): string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const versionEveryMs = 60_000;

/** Watches Argo's Lease, and asks now and then which version it is. */
export function watchController(cluster: ConnectedCluster, config: Config, log: Logger): DrivenController {
  const stopping = new AbortController();
  const lease = createLeaseWatch({
    cluster,
    namespace: config.ARGO_NAMESPACE,
    name: keeperLeaseName(config.INSTANCE_ID),
    log,
  });
  let argo: ArgoController | undefined;
  let loop: Promise<void> | undefined;

  async function askVersion(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]);
        const found = (await readArgoControllers(cluster, config.ARGO_NAMESPACE, signal)) ?? [];
        argo = found.find(({ instanceId }) => instanceId === config.INSTANCE_ID) ?? found[0];
      } catch (error) {
        if (!stopping.signal.aborted) log.info({ err: error }, 'version of the Argo controller not read');
      }
      await sleep(versionEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    holder: lease.holder,
    runBy() {
      const holder = lease.holder() ?? lease.lastHolder();
      const name = argo?.name ?? (holder === undefined ? undefined : deploymentOf(holder));
      if (name === undefined) return undefined;
      const silentSinceMs = lease.silentSinceMs();
      return {
        name: argo?.version === undefined ? name : `${name} ${argo.version}`,
        ...(silentSinceMs === undefined ? {} : { silentSinceMs }),
      };
    },
    async start() {
      loop ??= askVersion();
      await lease.start();
    },
    async stop() {
      stopping.abort(new Error('the service stops'));
      await Promise.all([lease.stop(), loop]);
    },
  };
}

/** `argo-rollouts` of `argo-rollouts-6f7d9c5b8-x2x4z_0d6c1a2b-…`: a holder is the pod's name and a uuid. */
function deploymentOf(holder: string): string {
  return holder.replace(/_[^_]*$/, '').replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}$/, '');
}
