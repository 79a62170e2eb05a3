import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, listAt, numberAt, objectAt, type StoredObject, textAt, textsAt } from '../kubernetes-object.ts';
import { readSchema, type Schema } from '../schema/schema.ts';
import { ageText } from './age.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { readJsonPath } from './json-path.ts';
import { type Column, customVerbs, type Resource, type Strategy } from './resource.ts';

const strategy: Strategy = { generation: 'spec', names: 'subdomain', mayCreateOnUpdate: false };

/** The kinds that a CustomResourceDefinition declares: one for each version it serves. */
export function customResourcesOf(definition: StoredObject, metadataSchema: Schema): readonly Resource[] {
  const spec = objectAt(definition, 'spec');
  const names = objectAt(spec, 'names');
  const group = textAt(spec, 'group');
  const plural = textAt(names, 'plural');
  const kind = textAt(names, 'kind');
  return listAt(spec, 'versions')
    .filter(isObject)
    .filter((version) => version.served === true)
    .map((version) => ({
      group,
      version: textAt(version, 'name'),
      plural,
      singular: textAt(names, 'singular') || kind.toLowerCase(),
      kind,
      listKind: textAt(names, 'listKind') || `${kind}List`,
      shortNames: textsAt(names, 'shortNames'),
      categories: textsAt(names, 'categories'),
      isNamespaced: spec.scope === 'Namespaced',
      isBuiltIn: false,
      verbs: customVerbs,
      collection: `${plural}.${group}`,
      schema: rootSchemaOf(version, spec, metadataSchema),
      hasRules: JSON.stringify(objectAt(version, 'schema')).includes('"x-kubernetes-validations"'),
      hasStatus: isObject(objectAt(version, 'subresources').status),
      scale: scaleOf(objectAt(version, 'subresources').scale),
      selectableFields: listAt(version, 'selectableFields').map((field) =>
        isObject(field) ? textAt(field, 'jsonPath').slice(1) : '',
      ),
      columns: columnsOf(listAt(version, 'additionalPrinterColumns')),
      strategy,
      convert: undefined,
    }));
}

function rootSchemaOf(version: JsonObject, spec: JsonObject, metadata: Schema): Schema {
  const schema = readSchema(objectAt(objectAt(version, 'schema'), 'openAPIV3Schema'));
  const text: Schema = { type: 'string' };
  return {
    ...schema,
    ...(spec.preserveUnknownFields === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    structFields: ['metadata'],
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata },
  };
}

function scaleOf(scale: Json | undefined): Resource['scale'] {
  if (!isObject(scale)) return undefined;
  const path = (field: string) =>
    textAt(scale, field)
      .split('.')
      .filter((step) => step !== '');
  return {
    specReplicas: path('specReplicasPath'),
    statusReplicas: path('statusReplicasPath'),
    selector: path('labelSelectorPath'),
  };
}

function columnsOf(declared: readonly Json[]): readonly Column[] {
  if (declared.length === 0) return [nameColumn, ageColumn];
  return [
    nameColumn,
    ...declared.filter(isObject).map((column) => {
      const path = textAt(column, 'jsonPath');
      const isDate = column.type === 'date';
      return {
        name: textAt(column, 'name'),
        type: textAt(column, 'type'),
        format: textAt(column, 'format'),
        description: textAt(column, 'description'),
        priority: numberAt(column, 'priority') ?? 0,
        read(object: JsonObject, nowMs: number): Json {
          const value = readJsonPath(object, path);
          if (value === undefined) return null;
          return isDate ? ageText(String(value), nowMs) : cellOf(value);
        },
      };
    }),
  ];
}

function cellOf(value: Json): Json {
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : value;
}
