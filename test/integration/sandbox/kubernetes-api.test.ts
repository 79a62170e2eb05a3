import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Case, cases, definitions } from './agreement/cases.ts';
import { type Answer, type Body, type Server, send } from './agreement/server.ts';

// What a real kube-apiserver 1.34.4 answered. With REAL_KUBE_APISERVER_URL, REAL_KUBE_APISERVER_TOKEN (system:masters) and
// REAL_KUBE_APISERVER_DANA (user dana in deployers) the same cases run against a real server too; RECORD=1 writes down what it says.
const fixture = new URL('../../fixtures/kubernetes-api-answers.json', import.meta.url);
const recorded: { readonly [name: string]: unknown } = JSON.parse(readFileSync(fixture, 'utf8'));
const realUrl = process.env.REAL_KUBE_APISERVER_URL;
const run = `agree-${Date.now().toString(36)}`;

/** What counts of one answer, without what differs from run to run. */
function essence(each: Case, answer: Answer, namespace: string, before: Answer | undefined): unknown {
  const body = withSortedManagers(answer.body);
  const isRefusal = body.kind === 'Status' && body.status === 'Failure';
  const events = answer.text.split('\n').filter((line) => line.startsWith('{"type"'));
  const picked: Record<string, unknown> = {};
  for (const path of each.pick ?? []) {
    let value = read(body, path.split('.'));
    if (path === 'events') value = events.map(eventLine);
    // Did the write move the object to another version?
    if (path === 'moved') value = before !== undefined && versionOf(before) !== versionOf(answer);
    if (value !== undefined) picked[path] = value;
  }
  const refusal = {
    reason: body.reason,
    ...(each.withoutMessage ? {} : { message: body.message, details: withoutDoubles(body.details) }),
  };
  const found = { code: answer.code, ...(isRefusal ? refusal : picked) };
  const text = JSON.stringify(found)
    .replaceAll(namespace, '<ns>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replaceAll(/(ResourceVersion in record )\(\d+\)/g, '$1(<version>)');
  return JSON.parse(text);
}

/** Managers are ordered by time, which has whole seconds: here by name. */
function withSortedManagers(body: Body): Body {
  const metadata = body.metadata;
  const entries = read(metadata, ['managedFields']);
  if (typeof metadata !== 'object' || !Array.isArray(entries)) return body;
  const keyOf = (entry: unknown) =>
    ['manager', 'operation', 'subresource'].map((field) => read(entry, [field]) ?? '').join(' ');
  const managedFields = entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { ...body, metadata: { ...metadata, managedFields } };
}

/** A real server runs some checks twice, and its details tell twice what its message tells once. */
function withoutDoubles(details: unknown): unknown {
  const causes = read(details, ['causes']);
  if (typeof details !== 'object' || !Array.isArray(causes)) return details;
  const once = new Map(causes.map((cause) => [JSON.stringify(cause), cause]));
  return { ...details, causes: [...once.keys()].sort().map((text) => once.get(text)) };
}

function versionOf(answer: Answer): unknown {
  return read(answer.body, ['metadata', 'resourceVersion']);
}

function eventLine(line: string): string {
  const { type, object } = JSON.parse(line);
  const isEnd = object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true';
  return [type, object.kind, object.metadata?.name ?? '', isEnd ? 'initial-events-end' : ''].join(' ').trim();
}

/** `items.*.metadata.name` reads every item; `items.length` counts them. */
function read(value: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(value)) {
    if (step === 'length') return value.length;
    return step === '*' ? value.map((item) => read(item, rest)) : undefined;
  }
  return typeof value === 'object' && value !== null ? read(Reflect.get(value, step), rest) : undefined;
}

function inNamespace<T>(value: T, namespace: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll('{ns}', namespace));
}

async function play(server: Server, each: Case): Promise<unknown[]> {
  const namespace = `${run}-${cases.indexOf(each)}`;
  await send(server, { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
  const answers: unknown[] = [];
  let before: Answer | undefined;
  for (const step of each.steps) {
    const answer = await send(server, inNamespace(step, namespace));
    answers.push(essence(each, answer, namespace, before));
    before = answer;
  }
  return answers;
}

async function install(server: Server): Promise<void> {
  for (const definition of definitions) {
    await send(server, {
      method: 'POST',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: definition,
    });
  }
  for (const plural of ['widgets', 'gadgets']) {
    const path = `/apis/agreement.example.com/v1/${plural}`;
    await waitFor(async () => expect((await send(server, { method: 'GET', path })).code).toBe(200));
  }
}

describe('the sandbox answers as a real API server did', () => {
  let api: KubernetesApi;
  let server: Server;
  beforeAll(async () => {
    const tokens = {
      admin: { user: 'admin', groups: ['system:masters'] },
      dana: { user: 'dana', groups: ['deployers'] },
    };
    api = await createKubernetesApi({ port: 0, tokens });
    server = { url: api.url, tokens: { admin: 'admin', dana: 'dana' } };
    await install(server);
  });
  afterAll(async () => {
    await api.stop();
  });
  test.for(cases)('$name', async (each) => {
    expect(await play(server, each)).toEqual(recorded[each.name]);
  });
});

describe.skipIf(realUrl === undefined)('a real API server answers as recorded', () => {
  const server: Server = {
    url: realUrl ?? '',
    tokens: { admin: process.env.REAL_KUBE_APISERVER_TOKEN ?? '', dana: process.env.REAL_KUBE_APISERVER_DANA ?? '' },
  };
  const heard: Record<string, unknown> = {};
  beforeAll(async () => {
    await install(server);
  });
  afterAll(() => {
    if (process.env.RECORD === '1') writeFileSync(fixture, `${JSON.stringify(heard, null, 1)}\n`);
  });
  test.for(cases)('$name', async (each) => {
    const answers = await play(server, each);
    heard[each.name] = answers;
    if (process.env.RECORD !== '1') expect(answers).toEqual(recorded[each.name]);
  });
});
