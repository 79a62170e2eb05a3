/**
 * Writes down what real clients send to the sandbox's Kubernetes API: kubectl on PATH and the @kubernetes/client-node that is installed.
 *   node test/support/record-client-requests.ts
 * What a real server answers to it is recorded by test/integration/sandbox/client-requests.test.ts.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { createKubernetesApi } from '../../src/sandbox/kubernetes-api/index.ts';
import { startRecordingProxy } from '../integration/sandbox/client-requests/recording-proxy.ts';
import { kubeconfigOf } from '../integration/sandbox/kubectl/play.ts';

const fixtures = new URL('../fixtures/', import.meta.url);
const widgets = new URL('kubectl/widgets.yaml', fixtures).pathname;

async function record(client: string, act: (url: string, folder: string) => Promise<void>): Promise<void> {
  const namespace = 'recorded-namespace';
  const api = await createKubernetesApi({ port: 0 });
  const folder = mkdtempSync(join(tmpdir(), 'clients-'));
  const path = `${api.url}/api/v1/namespaces`;
  await fetch(path, { method: 'POST', body: JSON.stringify({ metadata: { name: namespace } }) });
  writeFileSync(
    join(folder, 'first'),
    kubeconfigOf({ url: api.url, token: '', home: folder, manifests: '' }, namespace),
  );
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'first') };
  await promisify(execFile)('kubectl', ['apply', '--server-side', '-f', widgets], { env });
  const proxy = await startRecordingProxy(api.url, namespace);
  writeFileSync(
    join(folder, 'config'),
    kubeconfigOf({ url: proxy.url, token: '', home: folder, manifests: '' }, namespace),
  );
  await act(proxy.url, folder);
  await proxy.stop();
  await api.stop();
  rmSync(folder, { recursive: true });
  const target = new URL(`client-requests/${client}.json`, fixtures);
  writeFileSync(target, `${JSON.stringify(proxy.requests, null, 1)}\n`);
  process.stderr.write(`${client}: ${proxy.requests.length} requests\n`);
}

const widget = (spec: string) =>
  `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":${spec}}`;
const commands = [
  'kubectl version',
  'kubectl create configmap one --from-literal=a=1',
  'kubectl create deployment web --image=web:1 --replicas=0',
  'kubectl create secret generic keys --from-literal=token=abc',
  'kubectl create role reader --verb=get --resource=pods',
  'kubectl get cm',
  'kubectl get cm one -o yaml',
  'kubectl get deploy,cm -l app=web',
  'kubectl get cm -A --field-selector=metadata.name=one --chunk-size=1',
  'kubectl describe deploy web',
  `echo '${widget('{"size":"small"}')}' | kubectl apply -f -`,
  `echo '${widget('{"size":"small"}')}' | kubectl apply -f -`,
  `echo '${widget('{"size":"large"}')}' | kubectl diff -f -`,
  `echo '${widget('{"size":"large"}')}' | kubectl apply -f -`,
  `echo '${widget('{"size":"large","note":"x"}')}' | kubectl apply --server-side -f -`,
  `echo '${widget('{"size":"small"}')}' | kubectl apply --server-side --field-manager=other -f -`,
  `echo '${widget('{"size":"small"}')}' | kubectl apply --server-side --field-manager=other --force-conflicts -f -`,
  'kubectl get widgets -o wide',
  `kubectl patch widget w --type=merge -p '{"spec":{"note":"y"}}'`,
  `kubectl patch widget w --type=json -p '[{"op":"remove","path":"/spec/note"}]'`,
  `kubectl patch widget w --subresource=status --type=merge -p '{"status":{"replicas":1}}'`,
  `kubectl patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}'`,
  'kubectl scale widget w --replicas=2',
  'kubectl scale deploy web --replicas=1 --current-replicas=0',
  'kubectl set image deploy/web side=side:2',
  'kubectl label cm one tier=front',
  'kubectl annotate cm one example.com/note=hello',
  'EDITOR="sed -i /a:/s/1/2/" kubectl edit cm one',
  'kubectl get cm one -o yaml | kubectl replace -f -',
  'kubectl rollout restart deploy web',
  'kubectl rollout history deploy web',
  'kubectl rollout pause deploy web',
  'kubectl autoscale deploy web --max=3',
  `kubectl wait widget w --for=jsonpath='{.spec.size}'=small --timeout=5s`,
  'kubectl get cm -w -o name > seen & until [ -s seen ]; do sleep 0.05; done; kill $!',
  'kubectl explain widget.spec',
  'kubectl api-resources --api-group=example.com',
  'kubectl auth can-i create pods',
  'kubectl auth can-i --list',
  'kubectl auth whoami',
  'kubectl get pods --as=eve --as-group=operators',
  'kubectl create configmap none --dry-run=server',
  'kubectl delete cm one --dry-run=server',
  'kubectl delete deploy web --cascade=foreground --wait=false',
  'kubectl delete widget w --cascade=orphan --wait=false',
  'kubectl delete cm,secret --all',
];

async function useKubectl(_url: string, folder: string): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'config') };
  for (const command of commands) {
    await promisify(execFile)('bash', ['-c', command], { env, cwd: folder }).catch((error: unknown) => {
      // Refusals are part of what is recorded: conflicts, differences, what eve may not.
      process.stderr.write(`${command}: ${String(error).split('\n')[1] ?? ''}\n`);
    });
  }
}

async function useClientNode(url: string): Promise<void> {
  const config = new KubeConfig();
  // client-node speaks plain HTTP only where it may leave out TLS.
  config.loadFromClusterAndUser({ name: 'here', server: url, skipTLSVerify: true }, { name: 'admin' });
  const namespace = 'recorded-namespace';
  const core = config.makeApiClient(CoreV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const kind = { group: 'example.com', version: 'v1', namespace, plural: 'widgets' };
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

  await config.makeApiClient(VersionApi).getCode();
  await config.makeApiClient(ApiextensionsV1Api).readCustomResourceDefinition({ name: 'widgets.example.com' });
  const made = await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'one', labels: { app: 'a' } }, data: { a: '1' } },
  });
  await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=a', limit: 10 });
  await core.replaceNamespacedConfigMap({
    namespace,
    name: 'one',
    body: { ...made, data: { a: '2' } },
    fieldManager: 'clients',
  });
  await core.replaceNamespacedConfigMap({ namespace, name: 'one', body: { ...made, data: { a: '3' } } }).catch(ignore);
  await core.readNamespacedConfigMap({ namespace, name: 'none' }).catch(ignore);
  await core.patchNamespacedConfigMap({ namespace, name: 'one', body: { data: { b: '1' } } }, merge);
  await core.patchNamespacedConfigMap({ namespace, name: 'one', body: [{ op: 'remove', path: '/data/b' }] });
  const body = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace },
    spec: { size: 'small' },
  };
  await custom.createNamespacedCustomObject({ ...kind, body, fieldManager: 'clients' });
  await custom.patchNamespacedCustomObject({ ...kind, name: 'w', body: { spec: { note: 'x' } } }, merge);
  await custom.patchNamespacedCustomObjectStatus({ ...kind, name: 'w', body: { status: { replicas: 1 } } }, merge);
  await custom.patchNamespacedCustomObjectScale({ ...kind, name: 'w', body: { spec: { replicas: 3 } } }, merge);
  await objects.patch(body, undefined, undefined, 'applier', true, PatchStrategy.ServerSideApply);
  await objects.list('example.com/v1', 'Widget', namespace);
  await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces({ limit: 1 });
  await config.makeApiClient(CoordinationV1Api).createNamespacedLease({
    namespace,
    body: {
      metadata: { name: 'l' },
      spec: { holderIdentity: 'a', renewTime: new V1MicroTime('2026-01-01T00:00:00.000Z') },
    },
  });
  await config.makeApiClient(AuthorizationV1Api).createSubjectAccessReview({
    body: {
      spec: {
        user: 'eve',
        groups: ['dev'],
        resourceAttributes: { verb: 'patch', resource: 'widgets', group: 'example.com', namespace },
      },
    },
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  await new Watch(config).watch(
    `/apis/example.com/v1/namespaces/${namespace}/widgets`,
    { allowWatchBookmarks: true, timeoutSeconds: 1 },
    () => undefined,
    () => resolve(),
  );
  await ended;
  await core.deleteNamespacedConfigMap({
    namespace,
    name: 'one',
    body: { preconditions: { uid: made.metadata?.uid ?? '' } },
  });
  await custom.deleteNamespacedCustomObject({ ...kind, name: 'w', propagationPolicy: 'Foreground' });
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'app=a' });
}

function ignore(): void {
  // A refusal is part of what is recorded.
}

await record('kubectl', useKubectl);
await record('client-node', useClientNode);
