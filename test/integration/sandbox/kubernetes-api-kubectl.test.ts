import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';

const oldest = 30;

function kubectlMinor(): number {
  try {
    const version = JSON.parse(execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' }));
    return Number.parseInt(version.clientVersion.minor, 10);
  } catch {
    return 0;
  }
}

const isThere = kubectlMinor() >= oldest;
if (!isThere) {
  process.stderr.write(
    `\nLEFT OUT: no kubectl >= 1.${oldest} on PATH, so nothing proves that real kubectl works on the sandbox.\n\n`,
  );
}

describe.skipIf(!isThere)('real kubectl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  let api: KubernetesApi;
  beforeAll(async () => {
    api = await createKubernetesApi({ port: 0, seedCrds: [widgets] });
  });
  afterAll(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Output {
    readonly code: number;
    readonly text: string;
  }
  // A home of its own: kubectl keeps what it discovered there, and another server's kinds are none of this one's.
  function environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'none') };
  }
  function kubectl(...words: readonly string[]): Promise<Output> {
    return new Promise((resolve) => {
      const options = { env: environment(), timeout: 20_000, encoding: 'utf8' } as const;
      execFile('kubectl', [`--server=${api.url}`, ...words], options, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, text: `${stdout}${stderr}`.trim() });
      });
    });
  }
  function file(name: string, object: object): string {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(object));
    return path;
  }

  test('creates what kubectl create sends as protobuf', async () => {
    expect(await kubectl('create', 'namespace', 'made')).toEqual({ code: 0, text: 'namespace/made created' });
    await kubectl('-n', 'made', 'create', 'secret', 'generic', 'keys', '--from-literal=token=abc');
    await kubectl('-n', 'made', 'create', 'rolebinding', 'readers', '--clusterrole=view', '--user=dana', '--group=dev');
    await kubectl('-n', 'made', 'create', 'deployment', 'web', '--image=web:1', '--replicas=3', '--port=8080');
    await kubectl('-n', 'made', 'create', 'service', 'clusterip', 'web', '--tcp=80:8080');
    const secret = await kubectl('-n', 'made', 'get', 'secret', 'keys', '-o', 'jsonpath={.data.token}');
    expect(Buffer.from(secret.text, 'base64').toString()).toBe('abc');
    const readers = await kubectl('-n', 'made', 'get', 'rolebinding', 'readers', '-o', 'jsonpath={.subjects[*].name}');
    expect(readers.text).toBe('dana dev');
    const ports = await kubectl('-n', 'made', 'get', 'deploy,svc', '-o', 'jsonpath={..containerPort} {..targetPort}');
    expect(ports.text).toBe('8080 8080');
    expect((await kubectl('auth', 'can-i', 'delete', 'pods')).text).toBe('yes');
  });

  test('applies, diffs, patches and deletes a built-in kind', async () => {
    const first = file('web.json', deployment('web', 'web:1'));
    expect((await kubectl('apply', '-f', first)).text).toBe('deployment.apps/web created');
    expect((await kubectl('apply', '-f', first)).text).toBe('deployment.apps/web unchanged');
    const second = file('web.json', deployment('web', 'web:2'));
    const difference = await kubectl('diff', '-f', second);
    expect(difference.code).toBe(1);
    expect(difference.text).toMatch(/-\s+- image: web:1|-\s+image: web:1/);
    expect((await kubectl('apply', '-f', second)).text).toBe('deployment.apps/web configured');
    expect((await kubectl('scale', 'deploy/web', '--replicas=4')).text).toBe('deployment.apps/web scaled');
    await kubectl(
      'patch',
      'deploy',
      'web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}',
    );
    await kubectl('set', 'image', 'deploy/web', 'side=side:2');
    await kubectl('label', 'deploy/web', 'tier=front');
    await kubectl('annotate', 'deploy/web', 'example.com/note=hello');
    const seen = await kubectl(
      'get',
      'deploy',
      'web',
      '-o',
      'jsonpath={.metadata.generation} {.spec.replicas} {..image}',
    );
    expect(seen.text).toBe('6 4 side:2 web:2');
    expect((await kubectl('get', 'deploy', '-l', 'tier=front', '-o', 'name')).text).toBe('deployment.apps/web');
    expect((await kubectl('delete', 'deploy/web')).text).toBe('deployment.apps "web" deleted');
    expect((await kubectl('get', 'deploy/web')).text).toBe(
      'Error from server (NotFound): deployments.apps "web" not found',
    );
  });

  test('knows a custom kind: short names, columns, status, wait, describe, explain', async () => {
    const path = file('widget.json', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
      spec: { size: 3 },
    });
    expect((await kubectl('apply', '-f', path)).text).toBe('widget.example.com/w created');
    const table = await kubectl('get', 'wd');
    expect(table.text.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['NAME', 'SIZE'],
      ['w', '3'],
    ]);
    const waiting = kubectl('wait', 'wd/w', '--for=condition=Ready', '--timeout=15s');
    const conditions = [{ type: 'Ready', status: 'True' }];
    await kubectl(
      'patch',
      'wd',
      'w',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: { conditions } }),
    );
    expect(await waiting).toEqual({ code: 0, text: 'widget.example.com/w condition met' });
    expect((await kubectl('describe', 'wd', 'w')).text).toMatch(/Size:\s+3/);
    expect((await kubectl('explain', 'widget.spec')).text).toMatch(/size\s+<integer>/);
    const refused = await kubectl('patch', 'wd', 'w', '--type=merge', '-p', '{"spec":{"size":"big"}}');
    expect(refused.text).toContain(
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    );
    const unknown = file('odd.json', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'odd' },
      spec: { sise: 3 },
    });
    expect((await kubectl('apply', '-f', unknown)).text).toContain('unknown field "spec.sise"');
  });

  test('applies a List', async () => {
    const items = ['one', 'two'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }));
    const path = file('list.json', { apiVersion: 'v1', kind: 'List', items });
    expect((await kubectl('apply', '-f', path)).text).toBe('configmap/one created\nconfigmap/two created');
  });

  test('applies on the server, and meets conflicts', async () => {
    const one = file('map.json', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared' },
      data: { a: '1' },
    });
    const other = file('other.json', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared' },
      data: { a: '2' },
    });
    expect((await kubectl('apply', '--server-side', '-f', one)).text).toBe('configmap/shared serverside-applied');
    const conflict = await kubectl('apply', '--server-side', '--field-manager=other', '-f', other);
    expect(conflict.text).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.a');
    await kubectl('apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', other);
    expect((await kubectl('get', 'cm', 'shared', '-o', 'jsonpath={.data.a}')).text).toBe('2');
  });

  test('watches', async () => {
    const watching = spawn(
      'kubectl',
      [`--server=${api.url}`, 'get', 'cm', '-w', '-o', 'name', '--field-selector=metadata.name=seen'],
      {
        env: environment(),
      },
    );
    const { promise: saw, resolve } = Promise.withResolvers<string>();
    watching.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString()));
    await kubectl('create', 'configmap', 'unseen');
    await kubectl('create', 'configmap', 'seen');
    expect(await saw).toBe('configmap/seen\n');
    watching.kill();
  });

  test('empties a namespace, and lets it go', async () => {
    await kubectl('create', 'namespace', 'brief');
    await kubectl('-n', 'brief', 'create', 'configmap', 'inside');
    expect((await kubectl('delete', 'namespace', 'brief', '--timeout=15s')).text).toContain(
      'namespace "brief" deleted',
    );
    expect((await kubectl('-n', 'brief', 'get', 'cm', '-o', 'name')).text).toBe('');
  });
});

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

function deployment(name: string, image: string): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}
