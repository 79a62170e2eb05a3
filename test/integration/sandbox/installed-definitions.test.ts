import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import {
  createKubernetesApi,
  httpRouteDefinition,
  type KubernetesApi,
} from '../../../src/sandbox/kubernetes-api/index.ts';
import { type Answer, type Body, type Server, send } from './agreement/server.ts';

const install = new URL('../../../manifests/install/', import.meta.url);
const argo = '/apis/argoproj.io/v1alpha1/namespaces/default';
const records = '/apis/stepwise.dev/v1alpha1/namespaces/default/deliveryrecords';
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const jsonPatch = { 'content-type': 'application/json-patch+json' };
let api: KubernetesApi;
let server: Server;

function definitionsIn(folder: string): object[] {
  const files = readdirSync(new URL(folder, install)).filter((file) => file !== 'kustomization.yaml');
  const listed: { resources: string[] } = parse(readFileSync(new URL(`${folder}kustomization.yaml`, install), 'utf8'));
  expect(listed.resources.toSorted()).toEqual(files.toSorted());
  return files.map((file) => parse(readFileSync(new URL(folder + file, install), 'utf8')));
}

beforeAll(async () => {
  api = await createKubernetesApi({ port: 0, tokens: { admin: { user: 'admin', groups: ['system:masters'] } } });
  server = { url: api.url, tokens: { admin: 'admin', dana: 'dana' } };
  for (const definition of [...definitionsIn('crds-argo/'), ...definitionsIn('crds/'), httpRouteDefinition]) {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldValidation=Strict';
    const answer = await send(server, { method: 'POST', path, body: definition });
    expect(answer.body).toMatchObject({
      status: { conditions: [{ status: 'True' }, { type: 'Established', status: 'True' }] },
    });
  }
});
afterAll(async () => {
  await api.stop();
});

function patch(path: string, body: unknown, headers = mergePatch): Promise<Answer> {
  return send(server, { method: 'PATCH', path, body, headers });
}

describe("Argo's kinds", () => {
  const documents = parseAllDocuments(
    readFileSync(new URL('../../fixtures/every-argo-field.yaml', import.meta.url), 'utf8'),
  );
  test.for(documents.map((document): Body => document.toJS()))('no field of %o is lost', async (object) => {
    const path = `${argo}/${String(object.kind).toLowerCase()}s`;
    const answer = await send(server, { method: 'POST', path: `${path}?fieldValidation=Strict`, body: object });
    expect(answer.code, answer.text).toBe(201);
    expect(answer.body.spec).toEqual(object.spec);
    // Only a Rollout has a status subresource; the others take their status with them.
    expect(answer.body.status).toEqual(object.kind === 'Rollout' ? undefined : object.status);
  });

  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, creationTimestamp: null },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      },
      strategy: { canary: {} },
    },
  };
  test('a Rollout: its template is stored as written, its selector stays, its scale counts HPAReplicas', async () => {
    const created = await send(server, { method: 'POST', path: `${argo}/rollouts`, body: rollout });
    expect(created.body.spec).toEqual(rollout.spec);
    const moved = await patch(`${argo}/rollouts/web`, { spec: { selector: { matchLabels: { app: 'other' } } } });
    expect(moved.body).toMatchObject({ code: 422, message: expect.stringContaining('field is immutable') });
    await patch(`${argo}/rollouts/web/status`, { status: { replicas: 5, HPAReplicas: 3, selector: 'app=web' } });
    const scale = await send(server, { method: 'GET', path: `${argo}/rollouts/web/scale` });
    expect(scale.body).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 3, selector: 'app=web' } });
  });
  test('an AnalysisRun has no status subresource: its status is patched on the object', async () => {
    const path = `${argo}/analysisruns/big`;
    expect((await patch(`${path}/status`, { status: { phase: 'Failed' } })).code).toBe(404);
    expect((await patch(path, { status: { phase: 'Failed' } })).body.status).toMatchObject({ phase: 'Failed' });
  });
});

describe('a DeliveryRecord', () => {
  const record = {
    apiVersion: 'stepwise.dev/v1alpha1',
    kind: 'DeliveryRecord',
    metadata: { name: 'web-abc-1' },
    spec: { rollout: { name: 'web', uid: 'abc', revision: 1 } },
  };
  const entry = { seq: 1, at: '2026-01-01T00:00:00Z', event: 'RolloutStepCompleted', hash: 'h1', extra: 'kept' };
  test('begins empty, and grows by compare-and-append', async () => {
    const created = await send(server, { method: 'POST', path: records, body: record });
    expect(created.body).toMatchObject({ head: '', entries: [], ledger: {}, seen: {} });
    const append = (head: string, next: object, hash: string) =>
      patch(
        `${records}/web-abc-1`,
        [
          { op: 'test', path: '/head', value: head },
          { op: 'add', path: '/entries/-', value: next },
          { op: 'replace', path: '/head', value: hash },
        ],
        jsonPatch,
      );
    expect((await append('', entry, 'h1')).body).toMatchObject({ head: 'h1', entries: [entry] });
    expect((await append('', { ...entry, seq: 2 }, 'h2')).code).toBe(422);
  });
  test('keeps its ledger by merge patch, and refuses a state that is none', async () => {
    const line = { state: 'claimed', channel: 'C1', claimedAt: '2026-01-01T00:00:00Z' };
    await patch(`${records}/web-abc-1`, { ledger: { card: line } });
    const told = await patch(`${records}/web-abc-1`, { ledger: { card: { state: 'told', ts: '1.2' } } });
    expect(told.body.ledger).toEqual({ card: { ...line, state: 'told', ts: '1.2' } });
    expect((await patch(`${records}/web-abc-1`, { ledger: { card: { state: 'lost' } } })).code).toBe(422);
  });
});
