import { z } from 'zod';
import type { ObjectMeta } from '../lib/index.ts';
import { JsonText } from './json-text.ts';

/** One writer of an object, as the API server keeps it. Caches drop these: they are there on objects that were read live. */
export const FieldOwner = z.object({
  manager: z.string(),
  operation: z.string().default('Update'),
  /** Of its last write that changed anything; whole seconds. */
  time: z.string().default(''),
  subresource: z.string().default(''),
  fieldsV1: z.record(z.string(), z.unknown()).default({}),
});
export type FieldOwner = z.infer<typeof FieldOwner>;

/** Who writes this object, oldest write first. */
export function fieldOwners(metadata: Pick<ObjectMeta, 'managedFields'>): readonly FieldOwner[] {
  const found: FieldOwner[] = [];
  for (const one of metadata.managedFields ?? []) {
    const parsed = FieldOwner.safeParse(one);
    if (parsed.success) found.push(parsed.data);
  }
  return found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || 0);
}

/** One step into an object: the name of a field, or the item of a list with this name. */
export type FieldStep = string | { readonly named: string };

/**
 * Whether a writer owns the field at `path`, or anything below it. A list without keys (all lists of a custom resource that says
 * nothing else) is owned whole: who owns the list owns each field of its items.
 */
export function ownsField({ fieldsV1 }: FieldOwner, path: readonly FieldStep[]): boolean {
  let inner: unknown = fieldsV1;
  for (const [depth, step] of path.entries()) {
    if (typeof inner !== 'object' || inner === null) return false;
    if (depth > 0 && Object.keys(inner).length === 0) return true;
    inner = Object.entries(inner).find(([key]) => isStep(key, step))?.[1];
  }
  return inner !== undefined;
}

function isStep(key: string, step: FieldStep): boolean {
  if (typeof step === 'string') return key === `f:${step}`;
  if (!key.startsWith('k:')) return false;
  return ListItem.safeParse(key.slice(2)).data?.name === step.named;
}

const ListItem = JsonText.pipe(z.looseObject({ name: z.unknown() }));

/** Argo's controller, under the names that its writes have. */
export const argoController = /^(rollouts-controller|argo-rollouts)$/;

/**
 * Who wrote a field of a Rollout, oldest write first. Argo's controller writes the whole object back when it notes a revision, in Go's own
 * forms (`cpu: "0.1"` as `100m`), and owns the template from then on. It asks for no template and no pause: in a spec it counts for nobody.
 */
export function writersOf(
  metadata: Pick<ObjectMeta, 'managedFields'>,
  path: readonly FieldStep[],
): readonly FieldOwner[] {
  const owners = fieldOwners(metadata).filter((owner) => ownsField(owner, path));
  return path[0] === 'status' ? owners : owners.filter(({ manager }) => !argoController.test(manager));
}

/** Who wrote a field last, and when. */
export interface Writer {
  readonly manager: string;
  readonly atMs: number;
}

/** The newest owner of a field; undefined where nobody owns it, or the object was read from a cache. */
export function lastWriterOf(
  metadata: Pick<ObjectMeta, 'managedFields'>,
  path: readonly FieldStep[],
): Writer | undefined {
  const newest = fieldOwners(metadata).findLast((owner) => ownsField(owner, path));
  return newest === undefined ? undefined : { manager: newest.manager, atMs: Date.parse(newest.time) || 0 };
}
