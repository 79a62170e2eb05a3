import type { TestSandbox } from '../support/sandbox.ts';

export const benchNamespace = 'bench';
const argo = '/apis/argoproj.io/v1alpha1/namespaces/bench';

/** One rollout of the fleet: nginx canary, 10 → 30 → 60 %, timed pauses and one analysis whose answer is the argument `value`. */
function rolloutManifest(name: string) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: benchNamespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'ghcr.io/acme/bench:1.0.0' }] },
      },
      strategy: {
        canary: {
          canaryService: `${name}-canary`,
          stableService: `${name}-stable`,
          scaleDownDelaySeconds: 600,
          trafficRouting: { nginx: { stableIngress: name } },
          steps: [
            { setWeight: 10 },
            { pause: { duration: '4s' } },
            { setWeight: 30 },
            {
              analysis: {
                templates: [{ templateName: 'answer' }],
                args: [{ name: 'metric', value: `bench_${name.replaceAll('-', '_')}` }],
              },
            },
            { setWeight: 60 },
            { pause: { duration: '4s' } },
          ],
        },
      },
    },
  };
}

function serviceManifest(name: string, app: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: benchNamespace },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function ingressManifest(name: string) {
  const backend = { service: { name: `${name}-stable`, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: benchNamespace },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: `${name}.bench`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

/** A constant query: what is measured is the engine, not Prometheus. `time() * 0 + 1` passes for every rollout but the bad ones. */
function templateManifest(name: string, query: string) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: benchNamespace },
    spec: {
      args: [{ name: 'metric' }],
      metrics: [{ name: 'answer', successCondition: 'result >= 1', provider: { prometheus: { query } } }],
    },
  };
}

/** Creates `count` rollouts and waits until each is Healthy. */
export async function createFleet(sandbox: TestSandbox, count: number): Promise<readonly string[]> {
  await sandbox.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: benchNamespace },
  });
  await sandbox.request(
    'POST',
    `${argo}/analysistemplates`,
    templateManifest('answer', 'scalar(vector(1)) + 0 * time()'),
  );
  await sandbox.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/bench/rolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'deployers', namespace: benchNamespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'stepwise-deployer' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'slack:deployers' }],
  });
  const names = Array.from({ length: count }, (_, index) => `svc-${String(index).padStart(3, '0')}`);
  for (const name of names) {
    await sandbox.request('POST', '/api/v1/namespaces/bench/services', serviceManifest(`${name}-stable`, name));
    await sandbox.request('POST', '/api/v1/namespaces/bench/services', serviceManifest(`${name}-canary`, name));
    await sandbox.request('POST', '/apis/networking.k8s.io/v1/namespaces/bench/ingresses', ingressManifest(name));
    await sandbox.request('POST', `${argo}/rollouts`, rolloutManifest(name));
  }
  return names;
}

export function setImage(sandbox: TestSandbox, name: string, tag: string): Promise<unknown> {
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: `ghcr.io/acme/bench:${tag}` }];
  return sandbox.request('PATCH', `${argo}/rollouts/${name}`, patch, 'application/json-patch+json');
}
