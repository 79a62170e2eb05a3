import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { type Server, sendRaw } from './agreement/server.ts';
import type { SentRequest } from './client-requests/recording-proxy.ts';

// What kubectl 1.32 and client-node 2 really send (test/support/record-client-requests.ts wrote it down), sent again; the answers are those
// of a real kube-apiserver 1.34.4. With REAL_KUBE_APISERVER_URL and REAL_KUBE_APISERVER_TOKEN they are asked of a real server too; RECORD=1
// writes down what it says.
const folder = new URL('../../fixtures/client-requests/', import.meta.url);
const widgets: unknown = parse(readFileSync(new URL('../kubectl/widgets.yaml', folder), 'utf8'));
const realUrl = process.env.REAL_KUBE_APISERVER_URL;
const clients = ['kubectl', 'client-node'];

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

/** Of an answer what a client goes on from: code, kind, and the words of a refusal. */
interface Heard {
  readonly request: string;
  readonly code: number;
  readonly type: string;
  readonly kind?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
}

async function replay(server: Server, client: string): Promise<readonly Heard[]> {
  const namespace = `${client}-sent-this`;
  const admin = { authorization: `Bearer ${server.tokens.admin}` };
  const headers = { ...admin, 'content-type': 'application/json' };
  await sendRaw(server, 'POST', '/api/v1/namespaces', {
    headers,
    body: JSON.stringify({ metadata: { name: namespace } }),
  });
  const answers: string[] = [];
  const heard: Heard[] = [];
  for (const sent of read<readonly SentRequest[]>(`${client}.json`)) {
    const path = filled(sent.path, namespace, answers);
    const isBinary = sent.headers['content-type']?.includes('protobuf');
    const body = isBinary ? Buffer.from(sent.body ?? '', 'base64') : filled(sent.body ?? '', namespace, answers);
    const headers = { ...sent.headers, ...jsonOf(sent.headers.accept ?? ''), ...admin };
    const answer = await sendRaw(server, sent.method, brief(path), { headers, body });
    answers.push(answer.text);
    heard.push(essence(sent, answer, namespace));
  }
  await sendRaw(server, 'DELETE', `/api/v1/namespaces/${namespace}`, { headers: admin });
  return heard;
}

/** Who takes protobuf also takes JSON, which is all that the sandbox speaks. */
function jsonOf(accept: string): { readonly accept: string } {
  const types = accept.split(',').filter((type) => !type.startsWith('application/vnd.kubernetes.protobuf'));
  return { accept: types.join(',') || '*/*' };
}

/** A watch answers when its time is over: here soon. */
function brief(path: string): string {
  if (!/[?&]watch=true/.test(path)) return path;
  return `${path.replace(/&timeoutSeconds=\d+/, '')}&timeoutSeconds=1`;
}

/** Puts what this server answered where the client put what it was answered. */
function filled(text: string, namespace: string, answers: readonly string[]): string {
  return text
    .replaceAll('{ns}', namespace)
    .replaceAll(/<uid (\d+)>/g, (_, index) => /"uid":"([^"]+)"/.exec(answers[Number(index)] ?? '')?.[1] ?? 'none')
    .replaceAll(
      /<version (\d+)>/g,
      (_, index) => /"resourceVersion":"(\d+)"/.exec(answers[Number(index)] ?? '')?.[1] ?? 'none',
    );
}

function essence(
  sent: SentRequest,
  answer: { readonly code: number; readonly type: string; readonly text: string },
  namespace: string,
): Heard {
  const request = `${sent.method} ${sent.path}`;
  const { code, type } = answer;
  if (!type.includes('json') || /[?&]watch=true/.test(sent.path)) return { request, code, type };
  const { kind, reason, message } = JSON.parse(answer.text.replaceAll(namespace, '{ns}'));
  return { request, code, type, ...(kind === undefined ? {} : { kind }), ...(code < 400 ? {} : { reason, message }) };
}

async function installWidgets(server: Server): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const headers = { authorization: `Bearer ${server.tokens.admin}`, 'content-type': 'application/json' };
  await sendRaw(server, 'POST', path, { headers, body: JSON.stringify(widgets) });
}

describe('the sandbox answers what real clients send as a real API server did', () => {
  let api: KubernetesApi;
  let server: Server;
  beforeAll(async () => {
    api = await createKubernetesApi({ port: 0, tokens: { admin: { user: 'admin', groups: ['system:masters'] } } });
    server = { url: api.url, tokens: { admin: 'admin', dana: '' } };
    await installWidgets(server);
  });
  afterAll(async () => {
    await api.stop();
  });
  test.for(clients)('%s', async (client) => {
    const requests = read<readonly SentRequest[]>(`${client}.json`);
    expect(requests.length).toBeGreaterThan(20);
    expect(await replay(server, client)).toEqual(read(`${client}-answers.json`));
  });
});

describe.skipIf(realUrl === undefined)('a real API server answers real clients as recorded', () => {
  const server: Server = {
    url: realUrl ?? '',
    tokens: { admin: process.env.REAL_KUBE_APISERVER_TOKEN ?? '', dana: '' },
  };
  beforeAll(async () => {
    await installWidgets(server);
    await new Promise((resolve) => setTimeout(resolve, 3000));
  });
  test.for(clients)('%s', async (client) => {
    const heard = await replay(server, client);
    const file = new URL(`${client}-answers.json`, folder);
    if (process.env.RECORD === '1') writeFileSync(file, `${JSON.stringify(heard, null, 1)}\n`);
    else expect(heard).toEqual(read(`${client}-answers.json`));
  });
});
