import { z } from 'zod';

/** The parts of any Kubernetes object's metadata that we read. Other people's fields pass through untouched. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string().default(''),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  /** RFC 3339, second precision, as the API server writes it. */
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
      }),
    )
    .default([]),
  /** Present only on objects that were read live: caches drop it. */
  managedFields: z.array(z.looseObject({ manager: z.string().optional(), time: z.string().optional() })).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** Any value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
