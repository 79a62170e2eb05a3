import { z } from 'zod';
import type { KubernetesObject, Resource } from './cluster.ts';
import { apiVersionOf } from './resources.ts';

// Looks at the head of each object and leaves the rest as it came: a zod copy of 10,000 whole objects would cost more than their use.
const Head = z.looseObject({ name: z.string(), uid: z.string(), resourceVersion: z.string() });

/** An answer → an object. Names the kind where the API leaves it out (items of built-in lists). */
export function parseObject(answer: unknown, resource: Resource): KubernetesObject {
  if (!isObject(answer)) throw new Error(`the API server answered no ${resource.kind}: ${JSON.stringify(answer)}`);
  return 'kind' in answer ? answer : { apiVersion: apiVersionOf(resource), kind: resource.kind, ...answer };
}

export function isObject(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && 'metadata' in value && Head.safeParse(value.metadata).success;
}

const List = z.looseObject({
  items: z.array(z.unknown()).nullable(),
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
});

export function parseList(answer: unknown, resource: Resource) {
  const { items, metadata } = List.parse(answer);
  return {
    items: (items ?? []).map((item) => parseObject(item, resource)),
    resourceVersion: metadata.resourceVersion,
    continueFrom: metadata.continue === '' ? undefined : metadata.continue,
  };
}

const AccessAnswer = z.looseObject({
  status: z.looseObject({
    allowed: z.boolean(),
    reason: z.string().default(''),
    evaluationError: z.string().default(''),
  }),
});

/** Where a rule could not be evaluated (a binding to a role that is gone) the server's word about it is the reason. */
export function parseAccessAnswer(answer: unknown): { readonly allowed: boolean; readonly reason: string } {
  const { allowed, reason, evaluationError } = AccessAnswer.parse(answer).status;
  return { allowed, reason: reason === '' ? evaluationError : reason };
}

/** One entry of a built-in object's `status.conditions`. */
export const ObjectCondition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});

/** uid of the owner that controls the object. */
export function controllerUidOf(object: KubernetesObject): string | undefined {
  const owners = object.metadata.ownerReferences;
  if (!Array.isArray(owners)) return undefined;
  return Owners.parse(owners).find((owner) => owner.controller === true)?.uid;
}
const Owners = z.array(z.looseObject({ uid: z.string(), controller: z.boolean().optional() }));

/** Resource versions of one kind are decimal numbers that grow (a promise since Kubernetes 1.35, a fact before). */
export function isOlderVersion(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

/** As Argo writes what it makes: a list with nothing in it is left out. */
export function withoutEmptyLists<T extends object>(spec: T): T {
  const copy = { ...spec };
  for (const [key, value] of Object.entries(copy)) {
    if (Array.isArray(value) && value.length === 0) Reflect.deleteProperty(copy, key);
  }
  return copy;
}
