import type { Json, JsonObject } from '../../../lib/index.ts';
import { objectAt, textAt, valueAt } from '../kubernetes-object.ts';
import { ageText } from './age.ts';
import type { Column } from './resource.ts';

export type Read = (object: JsonObject, nowMs: number) => Json;

export function column(name: string, read: Read, options: { type?: string; isWide?: boolean } = {}): Column {
  const { type = 'string', isWide = false } = options;
  return { name, type, format: '', description: '', priority: isWide ? 1 : 0, read };
}

export function wide(name: string, read: Read): Column {
  return column(name, read, { isWide: true });
}

export function count(name: string, path: string): Column {
  return column(name, (object) => countAt(object, path), { type: 'integer' });
}

function countAt(object: JsonObject, path: string): number {
  const value = valueAt(object, path.split('.'));
  return typeof value === 'number' ? value : 0;
}

export function textColumn(name: string, path: string, otherwise = '<none>'): Column {
  return column(name, (object) => {
    const value = valueAt(object, path.split('.'));
    return value === undefined || value === null || value === '' ? otherwise : String(value);
  });
}

export const nameColumn: Column = {
  ...column('Name', (object) => textAt(objectAt(object, 'metadata'), 'name')),
  format: 'name',
  description: 'Name must be unique within a namespace.',
};

export const ageColumn = column('Age', (object, nowMs) => ageText(createdAt(object), nowMs));

export function createdAt(object: JsonObject): string {
  return textAt(objectAt(object, 'metadata'), 'creationTimestamp');
}

export function ratio(name: string, ready: string, wanted: string): Column {
  return column(name, (object) => `${countAt(object, ready)}/${countAt(object, wanted)}`);
}
