import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKubernetesApi, type KubernetesApi } from '../../../src/sandbox/kubernetes-api/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, type Body, type Server, send } from './agreement/server.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
let api: KubernetesApi;
let server: Server;

beforeEach(async () => {
  api = await createKubernetesApi({ port: 0, tokens: { admin: { user: 'admin', groups: ['system:masters'] } } });
  server = { url: api.url, tokens: { admin: 'admin', dana: 'dana' } };
});
afterEach(async () => {
  await api.stop();
});

function uidOf(answer: Answer): string {
  return String(Reflect.get(Object(answer.body.metadata), 'uid'));
}

async function make(name: string, metadata: Body = {}): Promise<string> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } };
  return uidOf(await send(server, { method: 'POST', path: maps, body }));
}

function ownedBy(
  ...owners: readonly { readonly name: string; readonly uid: string; readonly blocks?: boolean }[]
): Body {
  const ownerReferences = owners.map(({ name, uid, blocks = false }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid,
    blockOwnerDeletion: blocks,
  }));
  return { ownerReferences };
}

async function names(): Promise<string[]> {
  const { body } = await send(server, { method: 'GET', path: maps });
  return (Array.isArray(body.items) ? body.items : []).map((item) => item.metadata.name);
}

function remove(name: string, propagationPolicy?: string): Promise<Answer> {
  return send(server, { method: 'DELETE', path: `${maps}/${name}`, body: { propagationPolicy } });
}

test('what nobody owns any more goes, through all generations', async () => {
  const owner = await make('owner');
  const child = await make('child', ownedBy({ name: 'owner', uid: owner }));
  await make('grandchild', ownedBy({ name: 'child', uid: child }));
  await make('stranger');
  await remove('owner');
  await waitFor(async () => expect(await names()).toEqual(['stranger']));
});

test('what has another owner stays, and forgets the one that went', async () => {
  const one = await make('one');
  const two = await make('two');
  await make('shared', ownedBy({ name: 'one', uid: one }, { name: 'two', uid: two }));
  await remove('one');
  await waitFor(async () => {
    const { body } = await send(server, { method: 'GET', path: `${maps}/shared` });
    expect(body.metadata).toMatchObject({ ownerReferences: [{ name: 'two' }] });
    expect(Reflect.get(Object(body.metadata), 'ownerReferences')).toHaveLength(1);
  });
});

test('an owner that never was cannot own', async () => {
  await make('lost', ownedBy({ name: 'nobody', uid: 'no-such-uid' }));
  await waitFor(async () => expect(await names()).toEqual([]));
});

test('orphans are let go', async () => {
  const owner = await make('owner');
  await make('child', ownedBy({ name: 'owner', uid: owner }));
  await remove('owner', 'Orphan');
  await waitFor(async () => expect(await names()).toEqual(['child']));
  const { body } = await send(server, { method: 'GET', path: `${maps}/child` });
  expect(Reflect.get(Object(body.metadata), 'ownerReferences')).toBeUndefined();
});

test('in the foreground an owner waits for those that block it', async () => {
  const owner = await make('owner');
  const held = { finalizers: ['example.com/hold'], ...ownedBy({ name: 'owner', uid: owner, blocks: true }) };
  await make('held', held);
  await remove('owner', 'Foreground');
  await waitFor(async () => {
    const { body } = await send(server, { method: 'GET', path: `${maps}/held` });
    expect(body.metadata).toHaveProperty('deletionTimestamp');
  });
  expect(await names()).toEqual(['held', 'owner']);
  const headers = { 'content-type': 'application/merge-patch+json' };
  await send(server, { method: 'PATCH', path: `${maps}/held`, body: { metadata: { finalizers: null } }, headers });
  await waitFor(async () => expect(await names()).toEqual([]));
});

test('a pod on a node is given its grace period, one on none is not', async () => {
  const pod = (name: string, nodeName?: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { ...(nodeName === undefined ? {} : { nodeName }), containers: [{ name: 'main', image: 'web:1' }] },
  });
  await send(server, { method: 'POST', path: pods, body: pod('placed', 'node') });
  await send(server, { method: 'POST', path: pods, body: pod('waiting') });
  await send(server, { method: 'DELETE', path: `${pods}/waiting` });
  expect((await send(server, { method: 'GET', path: `${pods}/waiting` })).code).toBe(404);
  const going = await send(server, { method: 'DELETE', path: `${pods}/placed` });
  expect(going.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
  expect((await send(server, { method: 'GET', path: `${pods}/placed` })).code).toBe(200);
  await send(server, { method: 'DELETE', path: `${pods}/placed`, body: { gracePeriodSeconds: 0 } });
  expect((await send(server, { method: 'GET', path: `${pods}/placed` })).code).toBe(404);
});

test('a namespace takes everything in it along, and takes in nothing new', async () => {
  const inside = '/api/v1/namespaces/brief/configmaps';
  const map = (name: string, finalizers: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, finalizers },
  });
  await send(server, { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'brief' } } });
  await send(server, { method: 'POST', path: inside, body: map('held', ['example.com/hold']) });
  await send(server, { method: 'POST', path: inside, body: map('loose', []) });
  await send(server, { method: 'DELETE', path: '/api/v1/namespaces/brief' });
  await waitFor(async () => expect((await send(server, { method: 'GET', path: `${inside}/loose` })).code).toBe(404));
  const refused = await send(server, { method: 'POST', path: inside, body: map('late', []) });
  expect(refused.body).toMatchObject({ code: 403, message: expect.stringContaining('because it is being terminated') });
  const headers = { 'content-type': 'application/merge-patch+json' };
  await send(server, { method: 'PATCH', path: `${inside}/held`, body: { metadata: { finalizers: null } }, headers });
  await waitFor(async () =>
    expect((await send(server, { method: 'GET', path: '/api/v1/namespaces/brief' })).code).toBe(404),
  );
});

test('a kind takes its objects along', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const widgets = '/apis/example.com/v1/namespaces/default/widgets';
  const schema = { openAPIV3Schema: { type: 'object' } };
  const definition = {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
  await send(server, { method: 'POST', path: definitions, body: definition });
  await send(server, { method: 'POST', path: widgets, body: { metadata: { name: 'w' } } });
  await send(server, { method: 'DELETE', path: `${definitions}/widgets.example.com` });
  expect((await send(server, { method: 'GET', path: widgets })).code).toBe(404);
  await send(server, { method: 'POST', path: definitions, body: definition });
  expect((await send(server, { method: 'GET', path: widgets })).body.items).toEqual([]);
});
