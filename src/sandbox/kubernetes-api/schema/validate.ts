import type { Json, JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isList, isObject, isSame } from '../kubernetes-object.ts';
import { isRuleBroken } from './rules.ts';
import type { Schema } from './schema.ts';

/** Collects what is wrong with a value, in Kubernetes' words. `old` is what stood there before: unchanged parts are not looked at again. */
export function validate(schema: Schema, value: Json, path: string, causes: FieldCause[], old?: Json): void {
  if (value === old && old !== undefined) return;
  if (value === null && schema.nullable === true) return;
  const expected = typeMismatch(schema, value);
  if (expected !== undefined) {
    causes.push(
      wrong(
        path,
        typeName(value),
        `${path} in body must be of type ${expected}: "${typeName(value)}"`,
        'FieldValueTypeInvalid',
      ),
    );
    validateEnum(schema, value, path, causes);
    if (schema['x-kubernetes-int-or-string']) validateCombinations(schema, value, path, causes);
    return;
  }
  validateEnum(schema, value, path, causes);
  if (typeof value === 'string') validateText(schema, value, path, causes);
  else if (typeof value === 'number') validateNumber(schema, value, path, causes);
  else if (isList(value)) validateList(schema, value, path, causes, old);
  else if (isObject(value)) validateFields(schema, value, path, causes, old);
  validateCombinations(schema, value, path, causes);
  for (const rule of schema['x-kubernetes-validations'] ?? []) {
    if (!isRuleBroken(rule.rule, value, old)) continue;
    const shown = JSON.stringify(typeName(value));
    causes.push({
      field: path + (rule.fieldPath ?? ''),
      reason: rule.reason === 'FieldValueForbidden' ? 'FieldValueForbidden' : 'FieldValueInvalid',
      message: `Invalid value: ${shown}: ${rule.message ?? `failed rule: ${rule.rule}`}`,
    });
  }
}

function validateEnum(schema: Schema, value: Json, path: string, causes: FieldCause[]): void {
  if (schema.enum !== undefined && !schema.enum.some((allowed) => isSame(allowed, value))) {
    const supported = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ');
    const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
    causes.push({ field: path, reason: 'FieldValueNotSupported', message });
  }
}

function wrong(
  field: string,
  shown: string,
  message: string,
  reason: FieldCause['reason'] = 'FieldValueInvalid',
): FieldCause {
  return { field, reason, message: `Invalid value: ${JSON.stringify(shown)}: ${message}` };
}

function invalidValue(field: string, value: Json, message: string): FieldCause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${message}` };
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The type that was expected, when the value is of another one. */
function typeMismatch(schema: Schema, value: Json): string | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    return typeof value === 'string' || typeof value === 'number' ? undefined : 'integer,string';
  }
  if (schema.type === undefined) return undefined;
  const actual = typeName(value);
  if (actual === schema.type || (schema.type === 'number' && actual === 'integer')) return undefined;
  return schema.type;
}

function validateText(schema: Schema, value: string, path: string, causes: FieldCause[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (minLength !== undefined && value.length < minLength) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (maxLength !== undefined && value.length > maxLength) {
    causes.push({
      field: path,
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format === 'date-time' && Number.isNaN(Date.parse(value))) {
    causes.push(invalidValue(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`));
  }
}

function validateNumber(schema: Schema, value: number, path: string, causes: FieldCause[]): void {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const bound = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${bound} ${minimum}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const bound = schema.exclusiveMaximum ? 'less than' : 'less than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${bound} ${maximum}`));
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    causes.push(invalidValue(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
}

function validateList(
  schema: Schema,
  value: readonly Json[],
  path: string,
  causes: FieldCause[],
  old: Json | undefined,
): void {
  const { minItems, maxItems, items } = schema;
  if (minItems !== undefined && value.length < minItems) {
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    causes.push({ field: path, reason: 'FieldValueTooMany', message });
  }
  validateUnique(schema, value, path, causes);
  if (items === undefined) return;
  const keys = schema['x-kubernetes-list-map-keys'];
  for (const [index, item] of value.entries()) {
    validate(items, item, `${path}[${index}]`, causes, isList(old) ? sameItem(old, item, index, keys) : undefined);
  }
}

function sameItem(
  old: readonly Json[],
  item: Json,
  index: number,
  keys: readonly string[] | undefined,
): Json | undefined {
  if (keys === undefined || !isObject(item)) return old[index];
  return old.find((other) => isObject(other) && keys.every((key) => isSame(other[key], item[key])));
}

/** Sets and lists that are maps by key hold each item once. */
function validateUnique(schema: Schema, value: readonly Json[], path: string, causes: FieldCause[]): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return;
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const identity = listType === 'map' ? listKeyOf(schema, item) : item;
    const text = JSON.stringify(identity);
    if (seen.has(text)) {
      causes.push({ field: `${path}[${index}]`, reason: 'FieldValueDuplicate', message: `Duplicate value: ${text}` });
    }
    seen.add(text);
  }
}

/** The keys of one item of a map-list, with the schema's defaults for absent ones. */
export function listKeyOf(schema: Schema, item: Json): JsonObject {
  const key: Record<string, Json> = {};
  for (const field of [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    const value = (isObject(item) ? item[field] : undefined) ?? schema.items?.properties?.[field]?.default;
    if (value !== undefined) key[field] = value;
  }
  return key;
}

function validateFields(
  schema: Schema,
  value: JsonObject,
  path: string,
  causes: FieldCause[],
  old: Json | undefined,
): void {
  for (const field of schema.required ?? []) {
    if (value[field] === undefined) {
      const at = path === '' ? field : `${path}.${field}`;
      causes.push({ field: at, reason: 'FieldValueRequired', message: 'Required value' });
    }
  }
  const { maxProperties, minProperties, additionalProperties, properties } = schema;
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties) {
    const message = `Too many: ${count}: must have at most ${maxProperties} items`;
    causes.push({ field: path, reason: 'FieldValueTooMany', message });
  }
  if (minProperties !== undefined && count < minProperties) {
    causes.push(invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  for (const field in value) {
    const child = value[field];
    const childSchema =
      properties?.[field] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (child === undefined || childSchema === undefined) continue;
    const before = isObject(old) ? old[field] : undefined;
    validate(childSchema, child, path === '' ? field : `${path}.${field}`, causes, before);
  }
}

function isValid(schema: Schema, value: Json): boolean {
  const causes: FieldCause[] = [];
  validate(schema, value, '', causes);
  return causes.length === 0;
}

/** A real server names no field for a combination that fails. */
const nowhere = '<nil>';

function validateCombinations(schema: Schema, value: Json, path: string, causes: FieldCause[]): void {
  for (const part of schema.allOf ?? []) validate(part, value, path, causes);
  const [firstWay, ...otherWays] = schema.anyOf ?? [];
  if (firstWay !== undefined && ![firstWay, ...otherWays].some((part) => isValid(part, value))) {
    causes.push(wrong(nowhere, '', `"${path}" must validate at least one schema (anyOf)`));
    validate(firstWay, value, path, causes);
  }
  if (schema.oneOf !== undefined) {
    const matches = schema.oneOf.filter((part) => isValid(part, value)).length;
    const found = matches === 0 ? 'none valid' : `${matches} valid alternatives`;
    if (matches !== 1) {
      causes.push(wrong(nowhere, '', `"${path}" must validate one and only one schema (oneOf). Found ${found}`));
    }
  }
  if (schema.not !== undefined && isValid(schema.not, value)) {
    causes.push(wrong(nowhere, '', `"${path}" must not validate the schema (not)`));
  }
}
