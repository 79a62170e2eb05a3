import type { Json, JsonObject } from '../lib/index.ts';

/** One kind as the API serves it: `{ group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts' }`; group '' is core. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

/** `namespace` '' for cluster-scoped kinds. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export type JsonPatch = readonly (
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
)[];

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Default `stepwise`; a person's act: `stepwise-<slack user>`. */
  readonly fieldManager?: string;
  readonly subresource?: 'status';
}

/** Any object as the API gave it. */
export type KubernetesObject = JsonObject & {
  readonly metadata: JsonObject & {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
};

/**
 * The Kubernetes API as the engine and the operations use it. Each call ends within 5 s, waits its turn at one token bucket
 * (100/s, burst 200) and honours 429. A missing object is `undefined` on read and `NotFoundError` on write; a failed precondition
 * (409, or a JSON Patch `test` that failed) is `ConflictError`; an existing name on create is `AlreadyExistsError`; an admission or
 * schema refusal (400, 422) is `InvalidError`; 403 is `ForbiddenError`. Everything else throws and may be tried again.
 */
export interface Cluster {
  /** Live: a GET without resourceVersion. */
  get(resource: Resource, name: ObjectName, signal: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Live, in pages of 500. `namespace` '' lists all. */
  list(
    resource: Resource,
    query: { readonly namespace: string; readonly labelSelector?: string },
    signal: AbortSignal,
  ): Promise<readonly KubernetesObject[]>;
  create(resource: Resource, object: JsonObject, options: WriteOptions): Promise<KubernetesObject>;
  /** RFC 6902, for writes with a `test`. */
  patchJson(resource: Resource, name: ObjectName, patch: JsonPatch, options: WriteOptions): Promise<KubernetesObject>;
  /** RFC 7386. A precondition travels as `metadata.resourceVersion` inside the patch. */
  patchMerge(resource: Resource, name: ObjectName, patch: JsonObject, options: WriteOptions): Promise<KubernetesObject>;
  /** Background propagation; precondition: uid. Gone already is success. */
  delete(resource: Resource, name: ObjectName, uid: string, options: WriteOptions): Promise<void>;
  /** SubjectAccessReview. Throws when the question cannot be answered: the caller refuses. */
  mayI(question: AccessQuestion, signal: AbortSignal): Promise<{ readonly allowed: boolean; readonly reason: string }>;
  /** The API server's clock, from the `Date` header of its answers and this process's monotonic clock; Unix milliseconds. */
  nowMs(): number;
  /** uid of the kube-system namespace. */
  uid(): string;
}

export interface AccessQuestion {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly namespace: string;
  readonly name: string;
  /** Default `rollouts` of `argoproj.io`. */
  readonly resource?: { readonly group: string; readonly plural: string };
}

/**
 * A cache of one kind, kept by list and watch; objects are projected as they arrive.
 * `T` is the projection; undefined means "not ours", and is not kept.
 */
export interface Reflector<T> {
  get(name: ObjectName): T | undefined;
  /** All, or those of one namespace. */
  list(namespace?: string): readonly T[];
  /** Objects whose controller owner has this uid; Services: those that this Rollout (`namespace/name`) has marked as its own. */
  ownedBy(uid: string): readonly T[];
  /**
   * Called after the cache changed. `before` undefined: added; `after` undefined: deleted; `isLearnt`: the answer of our own write told,
   * and whoever wrote knows already. Returns an unsubscribe.
   */
  onChange(
    listener: (change: {
      readonly name: ObjectName;
      readonly before: T | undefined;
      readonly after: T | undefined;
      readonly isLearnt?: true;
    }) => void,
  ): () => void;
  /**
   * Takes in the answer of our own write, so that the next look does not see the world before it. What is older than the cached
   * version is ignored, and so is an older event that the watch brings later.
   */
  learn(object: KubernetesObject): void;
  /** Resolves when the first list is complete. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Since the last sign of life of its watch (an event, a bookmark, a list). */
  ageMs(): number;
}
