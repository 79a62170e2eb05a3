import { z } from 'zod';
import type { Json, JsonObject } from '../lib/index.ts';
import type { Cluster, Resource } from './cluster.ts';
import { resources } from './resources.ts';

/** What the installed CRDs let in. */
export interface InstalledSchemas {
  /**
   * The object without the fields that the API server would drop. Written all the same, such a field would be missing in each answer:
   * the difference never becomes empty, and each write's echo is the next turn (`status.duration` exists only in Argo 1.10).
   */
  keepKnown(resource: Resource, object: JsonObject): JsonObject;
  /** Kinds that were asked for and have no definition. */
  readonly missing: readonly Resource[];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
  readonly 'x-kubernetes-embedded-resource'?: boolean | undefined;
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), Schema).optional(),
    additionalProperties: z.union([z.boolean(), Schema]).optional(),
    items: Schema.optional(),
    'x-kubernetes-preserve-unknown-fields': z.boolean().optional(),
    'x-kubernetes-embedded-resource': z.boolean().optional(),
  }),
);

const Definition = z.looseObject({
  spec: z.looseObject({
    preserveUnknownFields: z.boolean().optional(),
    versions: z.array(
      z.looseObject({ name: z.string(), schema: z.looseObject({ openAPIV3Schema: Schema.optional() }).optional() }),
    ),
  }),
});

/** Reads the definitions of these kinds. A kind without a definition (built in, or not installed) loses no field. */
export async function readInstalledSchemas(
  cluster: Cluster,
  kinds: readonly Resource[],
  signal: AbortSignal,
): Promise<InstalledSchemas> {
  const schemas = new Map<string, Schema>();
  const missing: Resource[] = [];
  await Promise.all(
    kinds.map(async (kind) => {
      const name = { namespace: '', name: `${kind.plural}.${kind.group}` };
      const found = await cluster.get(resources.customResourceDefinitions, name, signal);
      if (found === undefined) {
        missing.push(kind);
        return;
      }
      const { spec } = Definition.parse(found);
      const schema = spec.versions.find((version) => version.name === kind.version)?.schema?.openAPIV3Schema;
      if (schema !== undefined && spec.preserveUnknownFields !== true) schemas.set(keyOf(kind), schema);
    }),
  );
  return {
    missing,
    keepKnown(resource, object) {
      const schema = schemas.get(keyOf(resource));
      return schema === undefined ? object : keepObject(object, { ...schema, 'x-kubernetes-embedded-resource': true });
    },
  };
}

/** The versions that a definition serves; undefined: it is not installed. */
export async function readServedVersions(
  cluster: Pick<Cluster, 'get'>,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const found = await cluster.get(resources.customResourceDefinitions, { namespace: '', name }, signal);
  if (found === undefined) return undefined;
  return Served.parse(found)
    .spec.versions.filter(({ served }) => served)
    .map(({ name: version }) => version);
}

const Served = z.looseObject({
  spec: z.looseObject({ versions: z.array(z.looseObject({ name: z.string(), served: z.boolean().default(false) })) }),
});

function keyOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}

/** Fields that every object has, whatever its schema says. */
const headFields = ['apiVersion', 'kind', 'metadata'];

function keepObject(object: JsonObject, schema: Schema): JsonObject {
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) {
    const known = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
    const inner = known ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (schema['x-kubernetes-embedded-resource'] === true && headFields.includes(key)) kept[key] = value;
    else if (inner !== undefined) kept[key] = keep(value, inner);
    else if (isOpen) kept[key] = value;
  }
  return kept;
}

function keep(value: Json, schema: Schema): Json {
  if (isList(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => keep(item, items));
  }
  return typeof value === 'object' && value !== null ? keepObject(value, schema) : value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
