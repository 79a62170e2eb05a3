import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject } from '../kubernetes-object.ts';

/** A structural schema: of a CRD as its author wrote it, or of a built-in kind as Kubernetes publishes it. */
export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: { readonly [field: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly default?: Json;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  /** Fields that are Go structs: never absent, however empty. */
  readonly structFields?: readonly string[];
  /** A resource quantity: there is one way to write each. */
  readonly isQuantity?: boolean;
  /** Zero or false is not there (Go's omitempty). */
  readonly omitsZero?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-validations'?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly reason?: string;
    readonly fieldPath?: string;
  }[];
}

/** Takes a CRD's schema as it is: the CRD was validated when it was written. */
export function readSchema(json: JsonObject): Schema {
  return json;
}

/** The schemas of the built-in kinds: the raw definitions for OpenAPI, and the linked ones (no `$ref` left) for everything else. */
export interface BuiltInSchemas {
  readonly definitions: { readonly [name: string]: JsonObject };
  /** By definition name, e.g. `io.k8s.api.core.v1.Pod`. */
  schema(name: string): Schema;
}

/** What the server's Go code knows where the published schemas are silent, by definition: defaults, and fields that omit zeros. */
export interface GoKnowledge {
  readonly defaults: { readonly [definition: string]: JsonObject };
  readonly zeroIsAbsent: { readonly [definition: string]: readonly string[] };
}

const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

export function createBuiltInSchemas({ defaults, zeroIsAbsent }: GoKnowledge): BuiltInSchemas {
  const file = new URL('../schemas/built-in.generated.json', import.meta.url);
  const definitions: Record<string, JsonObject> = JSON.parse(readFileSync(file, 'utf8'));
  const linked = new Map<string, Record<string, unknown>>();
  for (const [name, definition] of Object.entries(definitions)) {
    const shell: Record<string, unknown> = {
      ...definition,
      ...(isObject(definition.properties) ? { properties: {} } : {}),
    };
    // Before linking: a field that adds a default to a reference copies the shell as it is now.
    markOpen(shell);
    if (name === quantity) shell.isQuantity = true;
    linked.set(name, shell);
  }
  for (const [name, definition] of Object.entries(definitions)) {
    const shell = linked.get(name);
    if (shell === undefined) continue;
    const properties = shell.properties;
    if (isRecord(properties) && isObject(definition.properties)) {
      for (const [field, child] of Object.entries(definition.properties)) {
        const schema = link(child, linked);
        const value = defaults[name]?.[field];
        const omits = zeroIsAbsent[name]?.includes(field) ? { omitsZero: true } : {};
        const own = { ...(value === undefined ? {} : { default: value }), ...omits };
        // Shared where nothing is added: definitions may be recursive, and not yet filled in.
        properties[field] = Object.keys(own).length === 0 ? schema : { ...schema, ...own };
      }
    }
    for (const part of ['items', 'additionalProperties']) {
      if (isObject(definition[part])) shell[part] = link(definition[part], linked);
    }
  }
  return {
    definitions,
    schema: (name) => {
      const schema = linked.get(name);
      if (schema === undefined) throw new Error(`no built-in schema ${name}`);
      return schema;
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Replaces `$ref` by the definition's own (shared, perhaps still empty) object: definitions may be recursive. */
function link(node: Json, linked: ReadonlyMap<string, Record<string, unknown>>): Record<string, unknown> {
  if (!isObject(node)) return {};
  const { $ref, description, ...siblings } = node;
  const target = typeof $ref === 'string' ? linked.get($ref) : undefined;
  if (target !== undefined) return Object.keys(siblings).length === 0 ? target : { ...target, ...siblings };
  const copy: Record<string, unknown> = { ...siblings, ...(description === undefined ? {} : { description }) };
  for (const part of ['items', 'additionalProperties']) {
    if (isObject(node[part])) copy[part] = link(node[part], linked);
  }
  if (isObject(node.properties)) {
    copy.properties = Object.fromEntries(
      Object.entries(node.properties).map(([field, child]) => [field, link(child, linked)]),
    );
  }
  markOpen(copy);
  return copy;
}

/** A published object without properties is free-form (FieldsV1, RawExtension); in a CRD the same words would prune everything. */
function markOpen(schema: Record<string, unknown>): void {
  if (schema.format === 'int-or-string' || Array.isArray(schema.oneOf)) {
    delete schema.oneOf;
    schema['x-kubernetes-int-or-string'] = true;
    return;
  }
  const isClosed = ['properties', 'additionalProperties', 'items'].some((part) => schema[part] !== undefined);
  if (!isClosed && (schema.type === 'object' || schema.type === undefined)) {
    schema['x-kubernetes-preserve-unknown-fields'] = true;
  }
}
