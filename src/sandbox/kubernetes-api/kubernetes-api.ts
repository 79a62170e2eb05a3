import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../lib/index.ts';
import type { Api, Write } from './api.ts';
import { unauthorized } from './api-error.ts';
import { isObject, textAt } from './kubernetes-object.ts';
import { createObject } from './objects/create.ts';
import { updateObject } from './objects/update.ts';
import { type ApiRequest, isTrue, managerOf, parseResourcePath, type User } from './requests/request.ts';
import { defaultValues } from './resources/default-values.ts';
import { createRegistry, definitionsCollection } from './resources/registry.ts';
import { createBuiltInSchemas } from './schema/schema.ts';
import { startServer } from './server.ts';
import { openJournal } from './store/journal.ts';
import { Store } from './store/store.ts';

export interface KubernetesApiOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Everything is kept here, and survives SIGKILL. Without it, the world ends with the process. */
  readonly dataFolder?: string;
  /** Bearer token → who it is. */
  readonly tokens?: { readonly [token: string]: User };
  /** Who a request without a token is. Default: system:admin in system:masters, as kubectl sends no token over http. */
  readonly anonymous?: User;
  /** CustomResourceDefinitions that are there from the start. */
  readonly seedCrds?: readonly object[];
}

/** One write, told after it was answered. */
export interface WriteNotice {
  readonly atMs: number;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly fieldManager: string;
  /** One line, e.g. `PATCH ingress/web canary-weight=10`. */
  readonly summary: string;
  /** The HTTP status code. */
  readonly status: number;
}

export interface KubernetesApi {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  /** Returns how to stop listening. */
  onWrite(listener: (write: WriteNotice) => void): () => void;
  requestCounts(): { readonly reads: number; readonly writes: number; readonly watches: number };
}

const admin: User = { user: 'system:admin', groups: ['system:masters', 'system:authenticated'] };
const itself: User = { user: 'system:apiserver', groups: ['system:masters'] };

/** Starts a Kubernetes API server in this process. */
export async function createKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const journal = options.dataFolder === undefined ? undefined : openJournal(options.dataFolder);
  const store = new Store(journal);
  const registry = createRegistry(store, createBuiltInSchemas(defaultValues));
  const api: Api = { store, registry, nowMs: () => Date.now() };
  seed(api, options.seedCrds ?? []);

  const counts = { reads: 0, writes: 0, watches: 0 };
  const listeners = new Set<(write: WriteNotice) => void>();
  const server = await startServer({
    api,
    port: options.port,
    authenticate: (request) => authenticate(request, options),
    authorize: () => {},
    onAnswered(request, code) {
      if (request.method !== 'GET') counts.writes += 1;
      else if (isTrue(request.query.get('watch'))) counts.watches += 1;
      else counts.reads += 1;
      if (request.method === 'GET' || listeners.size === 0) return;
      const notice = noticeOf(api, request, code);
      if (notice !== undefined) for (const listener of listeners) listener(notice);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    async stop() {
      await server.stop();
      journal?.close();
    },
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    requestCounts: () => ({ ...counts }),
  };
}

function authenticate(request: IncomingMessage, options: KubernetesApiOptions): User {
  const header = request.headers.authorization;
  if (header === undefined) return options.anonymous ?? admin;
  const token = /^Bearer (.+)$/.exec(header)?.[1] ?? '';
  const found = options.tokens?.[token];
  if (found === undefined) throw unauthorized();
  return { user: found.user, groups: [...found.groups, 'system:authenticated'] };
}

function noticeOf(api: Api, request: ApiRequest, code: number): WriteNotice | undefined {
  const path = parseResourcePath(request.path);
  if (path === undefined) return undefined;
  const subresource = path.subresource === '' ? '' : `/${path.subresource}`;
  const resource = api.registry.find(path.group, path.version, path.plural);
  return {
    atMs: api.nowMs(),
    verb: request.method,
    resource: path.plural,
    namespace: path.namespace,
    name: path.name,
    user: request.user.user,
    fieldManager: managerOf(request),
    summary: `${request.method} ${resource?.singular ?? path.plural}/${path.name}${subresource}`,
    status: code,
  };
}

/** What a cluster has before anybody asks: namespaces, and the CRDs it was given. */
function seed(api: Api, definitions: readonly object[]): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    if (api.store.get({ collection: 'namespaces', namespace: '', name }) !== undefined) continue;
    createObject(api, seedWrite(api, '', 'v1', 'namespaces'), { metadata: { name } });
  }
  for (const definition of definitions) {
    const json: JsonObject = JSON.parse(JSON.stringify(definition));
    const write = seedWrite(api, 'apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    const name = textAt(isObject(json.metadata) ? json.metadata : undefined, 'name');
    const current = api.store.get({ collection: definitionsCollection, namespace: '', name });
    if (current === undefined) createObject(api, write, json);
    else updateObject(api, { ...write, name }, current, json, { needsResourceVersion: false });
  }
}

function seedWrite(api: Api, group: string, version: string, plural: string): Write {
  const resource = api.registry.find(group, version, plural);
  if (resource === undefined) throw new Error(`${plural} is not served`);
  return {
    resource,
    namespace: '',
    name: '',
    subresource: '',
    user: itself,
    manager: 'kube-apiserver',
    isDryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
  };
}
