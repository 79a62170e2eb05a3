import type { Api } from '../api.ts';
import { badRequest, expired } from '../api-error.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import type { Resource } from '../resources/resource.ts';
import { sortKey } from '../store/collection.ts';
import { parseSelection, type Selection } from './selectors.ts';

/** What a list, a watch or a deletecollection is about. */
export interface Scope {
  readonly resource: Resource;
  /** undefined: all namespaces, or a cluster-scoped kind. */
  readonly namespace: string | undefined;
  readonly selection: Selection;
}

export interface Page {
  readonly objects: readonly StoredObject[];
  readonly resourceVersion: string;
  readonly continueToken: string;
  readonly remainingItemCount: number | undefined;
}

export function scopeOf(resource: Resource, namespace: string, query: URLSearchParams, name = ''): Scope {
  const fields = [query.get('fieldSelector') ?? '', name === '' ? '' : `metadata.name=${name}`];
  const selection = parseSelection(
    query.get('labelSelector') ?? '',
    fields.filter((field) => field !== '').join(','),
    resource,
  );
  return { resource, namespace: namespace === '' ? undefined : namespace, selection };
}

/** One page; the pages of one list all show the moment of the first. */
export function listPage(api: Api, scope: Scope, query: URLSearchParams): Page {
  const token = query.get('continue') ?? '';
  const limit = Number(query.get('limit') ?? 0);
  const start = token === '' ? undefined : parseToken(token);
  const version = start?.resourceVersion ?? exactVersion(query) ?? api.store.resourceVersion;
  const collection = api.store.collection(scope.resource.collection);
  const namespace = scope.resource.isNamespaced ? scope.namespace : undefined;
  const then = collection.listAt(namespace, version);
  if (then === undefined) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
  const rest = start === undefined ? then : then.filter((object) => sortKey(object) > start.after);
  const { selection } = scope;
  const matching = selection === undefined ? rest : rest.filter(selection);
  const page = limit > 0 ? matching.slice(0, limit) : matching;
  const last = page.at(-1);
  const left = matching.length - page.length;
  return {
    objects: page,
    resourceVersion: String(version),
    continueToken: left > 0 && last !== undefined ? makeToken(version, sortKey(last)) : '',
    remainingItemCount: left > 0 && selection === undefined ? left : undefined,
  };
}

function exactVersion(query: URLSearchParams): number | undefined {
  if (query.get('resourceVersionMatch') !== 'Exact') return undefined;
  return Number(query.get('resourceVersion'));
}

function makeToken(resourceVersion: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: resourceVersion, start: after })).toString('base64url');
}

function parseToken(token: string): { readonly resourceVersion: number; readonly after: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof rv === 'number' && typeof start === 'string') return { resourceVersion: rv, after: start };
  } catch {
    // Falls through to the same refusal as a token of another shape.
  }
  throw badRequest('continue key is not valid: invalid continue token');
}
