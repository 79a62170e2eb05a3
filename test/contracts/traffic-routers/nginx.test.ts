import { resources } from '../../../src/kubernetes/index.ts';
import type { RouterTarget } from '../../../src/traffic-routers/index.ts';
import { createTrafficRouters } from '../../../src/traffic-routers/index.ts';
import { at, expectObject, type TestCluster } from '../../support/test-cluster.ts';
import { describeTrafficRouter } from './describe-traffic-router.ts';

const prefix = 'nginx.ingress.kubernetes.io';

function canary(tools: TestCluster, { namespace }: RouterTarget, name: string) {
  return tools.cluster.get(resources.ingresses, { namespace, name: `web-${name}-canary` }, tools.signal);
}

describeTrafficRouter('nginx', {
  create(cluster) {
    const [nginx] = createTrafficRouters(cluster).choose({ nginx: { stableIngress: 'x' } });
    if (nginx === undefined) throw new Error('nginx is not listed');
    return nginx;
  },
  routing: (names) => ({ nginx: names.length === 0 ? {} : { stableIngresses: [...names] } }),
  async install({ cluster, signal }, { namespace, stableService }, name) {
    const backend = { service: { name: stableService, port: { number: 80 } } };
    const rules = [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
    const spec = { ingressClassName: 'nginx', rules };
    await cluster.create(resources.ingresses, { metadata: { namespace, name }, spec }, { signal });
  },
  async uninstall({ cluster, signal }, { namespace }, name) {
    const stable = expectObject(await cluster.get(resources.ingresses, { namespace, name }, signal));
    await cluster.delete(resources.ingresses, { namespace, name }, stable.metadata.uid, { signal });
  },
  async share(tools, target, name) {
    const found = await canary(tools, target, name);
    if (found === undefined) return undefined;
    const annotations = found.metadata.annotations;
    if (at(annotations, `${prefix}/canary`) !== 'true') return 0;
    return (
      Number(at(annotations, `${prefix}/canary-weight`)) /
      Number(at(annotations, `${prefix}/canary-weight-total`) ?? 100)
    );
  },
  async identity(tools, target, name) {
    const { uid, resourceVersion } = expectObject(await canary(tools, target, name)).metadata;
    return { uid, resourceVersion };
  },
  async meddle({ cluster, signal }, { namespace }, name) {
    const patch = {
      metadata: { labels: { team: 'edge' }, annotations: { 'example.com/note': 'hands off' } },
      spec: { defaultBackend: { service: { name: 'sorry', port: { number: 80 } } } },
    };
    await cluster.patchMerge(resources.ingresses, { namespace, name: `web-${name}-canary` }, patch, { signal });
  },
  async isMeddled(tools, target, name) {
    const found = await canary(tools, target, name);
    return (
      at(found, 'metadata', 'labels', 'team') === 'edge' &&
      at(found, 'metadata', 'annotations', 'example.com/note') === 'hands off' &&
      at(found, 'spec', 'defaultBackend', 'service', 'name') === 'sorry'
    );
  },
  routes: { refusal: /^nginx sets no header and mirror routes \("testers"\): a canary Ingress says weights only$/ },
  additional: { refusal: /^nginx splits between stable and canary only$/ },
  words: { missing: /^Ingress ".*" not found$/ },
});
