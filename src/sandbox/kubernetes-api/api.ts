import type { User } from './requests/request.ts';
import type { Registry } from './resources/registry.ts';
import type { Resource } from './resources/resource.ts';
import type { Place, Store } from './store/store.ts';

/** What every request handler works with. */
export interface Api {
  readonly store: Store;
  readonly registry: Registry;
  nowMs(): number;
}

/** One write on its way: what it is about, who does it, and how it was asked. */
export interface Write {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly user: User;
  /** The field manager. */
  readonly manager: string;
  readonly isDryRun: boolean;
  readonly isPatch: boolean;
  /** The patch as a refusal of it quotes it. */
  readonly patchText?: () => string;
  readonly fieldValidation: string;
  /** Sent as `Warning` headers with the answer. */
  readonly warnings: string[];
}

/** A timestamp as Kubernetes writes it: second precision. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** The server itself at work: seeding, garbage collection, namespaces. undefined when the kind is no longer served. */
export function internalWrite(api: Api, place: Place): Write | undefined {
  const resource = api.registry.storedAs(place.collection);
  if (resource === undefined) return undefined;
  return {
    resource,
    namespace: place.namespace,
    name: place.name,
    subresource: '',
    user: { user: 'system:apiserver', groups: ['system:masters'] },
    manager: 'kube-apiserver',
    isDryRun: false,
    isPatch: false,
    fieldValidation: 'Ignore',
    warnings: [],
  };
}
