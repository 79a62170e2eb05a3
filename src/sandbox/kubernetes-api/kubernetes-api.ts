import { createAuthenticator, serviceAccountUser } from './access/authenticator.ts';
import { createAuthorizer } from './access/authorizer.ts';
import { checkAccess } from './access/check.ts';
import { answerReview, type ReviewTools, reviewKinds } from './access/reviews.ts';
import { type Api, timestamp } from './api.ts';
import { methodNotAllowed, notFound, pageNotFound } from './api-error.ts';
import { startDefinitionCleaner } from './cleaning/definitions.ts';
import { startEventSweeper } from './cleaning/events.ts';
import { GarbageCollector } from './cleaning/garbage-collector.ts';
import { NamespaceCleaner } from './cleaning/namespaces.ts';
import { startQuotaKeeper } from './cleaning/quotas.ts';
import { type Answer, jsonAnswer } from './requests/answer.ts';
import { type ApiRequest, isTrue, type ResourcePath, readObjectBody, type User } from './requests/request.ts';
import { defaultValues } from './resources/default-values.ts';
import { createRegistry } from './resources/registry.ts';
import { zeroIsAbsent } from './resources/zero-values.ts';
import { createBuiltInSchemas } from './schema/schema.ts';
import { seed } from './seed.ts';
import { startServer } from './server.ts';
import { openJournal } from './store/journal.ts';
import { Store } from './store/store.ts';
import { noticeOf, type Touched, type WriteNotice } from './write-notice.ts';

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
  /** How many writes of its kind back a watch may start before it is told to list again (410). Default 5000. */
  readonly rememberedChanges?: number;
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

/** Starts a Kubernetes API server in this process. */
export async function createKubernetesApi(options: KubernetesApiOptions): Promise<KubernetesApi> {
  const journal = options.dataFolder === undefined ? undefined : openJournal(options.dataFolder);
  const store = new Store(journal, options.rememberedChanges);
  const registry = createRegistry(store, createBuiltInSchemas({ defaults: defaultValues, zeroIsAbsent }));
  const api: Api = { store, registry, nowMs: () => Date.now() };
  seed(api, options.seedCrds ?? []);
  const authorizer = createAuthorizer(store);
  const authenticator = createAuthenticator(options.tokens ?? {}, options.anonymous ?? admin, authorizer);

  const counts = { reads: 0, writes: 0, watches: 0 };
  const listeners = new Set<(write: WriteNotice) => void>();
  // Requests are answered one after the other, each in one piece: the first change since a request began is that request's.
  let touched: Touched | undefined;
  store.onChange((_place, { object, previous }) => {
    touched ??= { object, previous };
  });
  const stopKeepers = [startDefinitionCleaner(api), startQuotaKeeper(api), startEventSweeper(api)];
  const cleaners = [new GarbageCollector(api), new NamespaceCleaner(api)];
  const server = await startServer({
    api,
    port: options.port,
    authenticate: (request) => authenticator.authenticate(request),
    authorize(request) {
      touched = undefined;
      checkAccess(authorizer, request);
    },
    answerReview: (request, path) => answerAsked({ authorizer, authenticator }, api, request, path),
    onAnswered(request, code) {
      if (request.method !== 'GET') counts.writes += 1;
      else if (isTrue(request.query.get('watch'))) counts.watches += 1;
      else counts.reads += 1;
      if (request.method === 'GET') return;
      const notice = noticeOf(api, request, code, touched);
      if (notice !== undefined) for (const listener of listeners) listener(notice);
    },
  });
  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await server.stop();
    for (const stopKeeper of stopKeepers) stopKeeper();
    for (const cleaner of cleaners) cleaner.stop();
    journal?.close();
  }
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    stop: () => (stopping ??= stop()),
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    requestCounts: () => ({ ...counts }),
  };
}

/** Reviews, and tokens for service accounts. */
function answerAsked(tools: ReviewTools, api: Api, request: ApiRequest, path: ResourcePath): Answer | undefined {
  if (path.group === 'authorization.k8s.io' || path.group === 'authentication.k8s.io') {
    if (reviewKinds[path.plural] === undefined) throw pageNotFound();
    if (request.method !== 'POST') throw methodNotAllowed();
    const body = readObjectBody(request);
    return jsonAnswer(answerReview(tools, path.plural, body, request.user, path.namespace), 201);
  }
  if (path.plural !== 'serviceaccounts' || path.subresource !== 'token' || request.method !== 'POST') return undefined;
  const place = { collection: 'serviceaccounts', namespace: path.namespace, name: path.name };
  if (api.store.get(place) === undefined) throw notFound(path, path.name);
  const token = tools.authenticator.issue(serviceAccountUser(path.namespace, path.name));
  const expirationTimestamp = timestamp(api.nowMs() + 3_600_000);
  return jsonAnswer({ ...readObjectBody(request), status: { token, expirationTimestamp } }, 201);
}
