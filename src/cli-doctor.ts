import type { Config } from './config/index.ts';
import {
  type ConnectedCluster,
  createAccessReviews,
  driveLeaseName,
  drivenRights,
  keeperLeaseName,
  neededDefinitions,
  neededRights,
  readArgoControllers,
  readLeaseHolder,
  readReadyDeployments,
  readServedVersions,
} from './kubernetes/index.ts';
import type { MetricProviders } from './metric-providers/index.ts';
import {
  failed,
  judgeClock,
  judgeController,
  judgeDefinitions,
  judgeDriven,
  judgePrometheus,
  judgeRights,
  ok,
  type Probes,
  rightQuestions,
} from './operations/index.ts';

interface OutsideHands {
  readonly cluster: ConnectedCluster;
  readonly config: Config;
  readonly providers: MetricProviders;
  /** The Prometheus to ask; '' where none is reached from here. */
  readonly prometheus: string;
}

/** What of an installation can be seen from outside it, with the rights of the kubeconfig. */
export function createOutsideProbes({ cluster, config, providers, prometheus }: OutsideHands): Probes {
  const own = config.POD_NAMESPACE;
  const account = `system:serviceaccount:${own}:stepwise`;
  /** One of its replicas says so by a Lease of its own. */
  async function isDriving(signal: AbortSignal): Promise<boolean> {
    // Its answer brings the API server's clock, by which a Lease is read.
    await cluster.api.request({ method: 'GET', path: '/version', signal });
    const name = { namespace: own, name: driveLeaseName(config.INSTANCE_ID) };
    return (await readLeaseHolder(cluster, name, signal)) !== undefined;
  }
  return {
    service: async (signal) => {
      const query = { namespace: own, labelSelector: 'app.kubernetes.io/name=stepwise' };
      const running = await readReadyDeployments(cluster, query, signal);
      if (running.length > 0) return ok(`runs in ${own}: ${running.join(', ')}`);
      return failed(`no Deployment of Stepwise in ${own} has a ready pod`, `kubectl -n ${own} get deployments,pods`);
    },
    rights: async (signal) => {
      const reviews = createAccessReviews(cluster, account);
      const drives = await isDriving(signal);
      const asked = rightQuestions(drives ? drivenRights : neededRights, {
        watchNamespaces: config.WATCH_NAMESPACES,
        leaseNamespace: config.ARGO_NAMESPACE,
        ownNamespace: own,
      });
      const answers = await Promise.all(asked.map(({ question }) => reviews.mayWe(question, signal)));
      return judgeRights(
        asked.filter((_, index) => answers[index] !== true),
        { asked: asked.length, account, isDriving: drives },
      );
    },
    definitions: async (signal) =>
      judgeDefinitions(
        await Promise.all(
          neededDefinitions.map(async (name) => ({ name, versions: await readServedVersions(cluster, name, signal) })),
        ),
      ),
    controller: async (signal) => {
      const namespace = config.ARGO_NAMESPACE;
      const name = keeperLeaseName(config.INSTANCE_ID);
      const lease = `${namespace}/${name}`;
      if (await isDriving(signal)) {
        const [holder, controllers] = await Promise.all([
          readLeaseHolder(cluster, { namespace, name }, signal),
          readArgoControllers(cluster, namespace, signal),
        ]);
        const [argo] = controllers ?? [];
        const controller = argo === undefined ? undefined : [argo.name, argo.version ?? ''].join(' ').trim();
        return judgeDriven({ controller, holder, lease });
      }
      const [holder, argo] = await Promise.all([
        readLeaseHolder(cluster, { namespace, name }, signal),
        readReadyDeployments(
          cluster,
          { namespace, labelSelector: 'app.kubernetes.io/name=argo-rollouts' },
          signal,
        ).catch(() => undefined),
      ]);
      return judgeController({
        holder,
        isOurs: holder?.startsWith('stepwise_') === true,
        lease,
        argo,
      });
    },
    prometheus:
      prometheus === ''
        ? undefined
        : async (signal) => {
            const { provider, settings } = providers.choose({ prometheus: { query: 'vector(1)', timeout: 3 } });
            const beganAtMs = performance.now();
            await provider.measure(settings, cluster.nowMs(), signal);
            return judgePrometheus(prometheus, performance.now() - beganAtMs);
          },
    clock: async (signal) => {
      await cluster.api.request({ method: 'GET', path: '/version', signal });
      return judgeClock(Date.now() - cluster.api.clock.nowMs(), cluster.api.clock.uncertaintyMs());
    },
  };
}
