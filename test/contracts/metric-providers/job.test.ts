import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { createCluster, createJobs } from '../../../src/kubernetes/index.ts';
import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { aConfigMap, CONFIG_MAPS, JOBS, PODS, startSmallCluster } from '../../support/small-cluster.ts';
import { describeLastingMetricProvider, type LastingSource } from './describe-lasting-metric-provider.ts';

const images = {
  succeeds: 'job/fine:1',
  fails: 'job/broken:1',
  never: 'job/endless:1',
};
const facts = [
  'job/fine:1: { startMs: 20, endsAfterMs: 100, prints: [Done] }',
  'job/broken:1: { startMs: 20, endsAfterMs: 100, exitCode: 1, prints: ["ERROR: no such table"] }',
  'job/endless:1: { startMs: 20, endsAfterMs: 3600000 }',
];

function providerAt(server: string) {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: 'sandbox', server, skipTLSVerify: false }, { name: 'admin' });
  const cluster = createCluster({ kubeConfig, log: silentLog, limits: { perSecond: 2000, burst: 2000 } });
  const chosen = createMetricProviders({ jobs: createJobs(cluster) }).chooseLasting({ job: {} });
  if (chosen === undefined) throw new Error('there is no provider of Jobs');
  return { provider: chosen.provider, cluster };
}

async function start(): Promise<LastingSource> {
  const world = await startSmallCluster();
  await world.create(CONFIG_MAPS, aConfigMap('image-list', { 'images.yaml': facts.join('\n') }));
  const definition = readFileSync(
    new URL('../../../manifests/install/crds-argo/analysisruns.yaml', import.meta.url),
    'utf8',
  );
  await world.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', parse(definition));
  let runs = 0;
  const { provider, cluster } = providerAt(world.api.url);
  const nowhere = providerAt('http://127.0.0.1:1');
  const ofRun = (uid: string) => `labelSelector=${encodeURIComponent(`analysisrun.argoproj.io/uid=${uid}`)}`;
  const names = async (path: string, uid: string) =>
    (await world.list(`${path}?${ofRun(uid)}`)).map(({ metadata }) => metadata.name as string);
  return {
    provider,
    unreachable: nowhere.provider,
    // Its Jobs are owned by it: without it they would be taken for garbage.
    async run() {
      const name = `run-${++runs}`;
      const kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun' };
      const object = { ...kind, metadata: { name }, spec: { metrics: [] } };
      const { metadata } = await world.create('/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns', object);
      return { namespace: 'shop', name, uid: metadata.uid };
    },
    settings: (end) => ({
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: images[end] }] } },
      },
    }),
    begunOf: ({ uid }) => names(JOBS, uid),
    runningOf: async ({ uid }) => [...(await names(JOBS, uid)), ...(await names(PODS, uid))],
    async stop() {
      await cluster.stop();
      await nowhere.cluster.stop();
      await world.stop();
    },
  };
}

describeLastingMetricProvider('job', {
  start,
  nonsense: [undefined, {}, 'job', { spec: {} }, { spec: { template: { spec: { containers: [] } } } }],
});
