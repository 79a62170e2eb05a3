import type { JsonObject } from '../../../lib/index.ts';
import { objectAt, textAt } from '../kubernetes-object.ts';
import type { Column } from './resource.ts';

export function columnsOf(_kind: string): readonly Column[] {
  return [nameColumn, ageColumn];
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  read: (object) => textAt(objectAt(object, 'metadata'), 'name'),
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  format: '',
  description: 'How long ago it was created.',
  priority: 0,
  read: (object: JsonObject, nowMs: number) =>
    ageText(textAt(objectAt(object, 'metadata'), 'creationTimestamp'), nowMs),
};

/** How long ago, as kubectl writes it: `45s`, `3m12s`, `2h5m`, `3d4h`, `12d`. */
export function ageText(timestamp: string, nowMs: number): string {
  const startMs = Date.parse(timestamp);
  if (Number.isNaN(startMs)) return '<unknown>';
  const seconds = Math.max(0, Math.floor((nowMs - startMs) / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  return pair(Math.floor(days / 365), 'y', days % 365, 'd');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
