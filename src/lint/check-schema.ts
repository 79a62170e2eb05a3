import { z } from 'zod';
import { editDistance } from '../lib/index.ts';

export type SchemaNode = {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, SchemaNode>> | undefined;
  readonly items?: SchemaNode | undefined;
  readonly additionalProperties?: SchemaNode | boolean | undefined;
  readonly required?: readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
  readonly 'x-kubernetes-int-or-string'?: boolean | undefined;
};

export const SchemaNode: z.ZodType<SchemaNode> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    properties: z.record(z.string(), SchemaNode).optional(),
    items: SchemaNode.optional(),
    additionalProperties: z.union([z.boolean(), SchemaNode]).optional(),
    required: z.array(z.string()).optional(),
    enum: z.array(z.unknown()).optional(),
    'x-kubernetes-preserve-unknown-fields': z.boolean().optional(),
    'x-kubernetes-int-or-string': z.boolean().optional(),
  }),
);

export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Fields that every object has, whatever its definition says of them. */
const everywhere = ['apiVersion', 'kind', 'metadata'];

/** What the structure says against an object, as an API server words it; and fields that it does not know, which one would drop. */
export function checkSchema(content: Readonly<Record<string, unknown>>, schema: SchemaNode): readonly SchemaProblem[] {
  const { metadata: _, ...rest } = content;
  return check(rest, { ...schema, required: (schema.required ?? []).filter((name) => name !== 'metadata') }, []);
}

function check(value: unknown, schema: SchemaNode, path: SchemaProblem['path']): SchemaProblem[] {
  const wrong = wrongType(value, schema);
  if (wrong !== undefined) {
    const words = `Invalid value: ${JSON.stringify(value)}: must be ${wrong}`;
    return [{ path, message: `${write(path)}: ${words}` }];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const allowed = schema.enum.map((one) => JSON.stringify(one)).join(', ');
    const words = `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed}`;
    return [{ path, message: `${write(path)}: ${words}` }];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => check(item, schema.items ?? {}, [...path, index]));
  return isRecord(value) ? checkFields(value, schema, path) : [];
}

function checkFields(
  value: Readonly<Record<string, unknown>>,
  schema: SchemaNode,
  path: SchemaProblem['path'],
): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) problems.push({ path, message: `${write([...path, name])}: Required value` });
  }
  const known = schema.properties ?? {};
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema.additionalProperties === true ||
    schema.properties === undefined;
  for (const [name, part] of Object.entries(value)) {
    const here = [...path, name];
    const own = Object.hasOwn(known, name) ? known[name] : undefined;
    if (own !== undefined) problems.push(...check(part, own, here));
    else if (isRecord(schema.additionalProperties)) problems.push(...check(part, schema.additionalProperties, here));
    else if (!isOpen && !(path.length === 0 && everywhere.includes(name))) {
      problems.push({ path: here, message: `${write(here)}: unknown field${suggest(name, Object.keys(known))}` });
    }
  }
  return problems;
}

function wrongType(value: unknown, schema: SchemaNode): string | undefined {
  // Null is dropped by an API server, as if it were not there.
  if (value === null || value === undefined) return undefined;
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || Number.isInteger(value) ? undefined : 'a whole number or a text';
  }
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? undefined : 'an object';
    case 'array':
      return Array.isArray(value) ? undefined : 'a list';
    case 'string':
      return typeof value === 'string' ? undefined : 'a text';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'integer':
      return Number.isInteger(value) ? undefined : 'a whole number';
    case 'number':
      return typeof value === 'number' ? undefined : 'a number';
    default:
      return undefined;
  }
}

function suggest(name: string, known: readonly string[]): string {
  const [best] = known
    .map((one) => ({ one, distance: editDistance(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(name.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? '' : `; did you mean ${best.one}?`;
}

/** `spec.steps[0].setWeight`. */
function write(path: SchemaProblem['path']): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
