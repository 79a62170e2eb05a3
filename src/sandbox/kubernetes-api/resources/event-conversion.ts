import type { Json, JsonObject } from '../../../lib/index.ts';

/** Core/v1 name → events.k8s.io/v1 name. Events are stored in the core form. */
const names: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];

function renamed(object: JsonObject, pairs: readonly (readonly [string, string])[]): JsonObject {
  const result: Record<string, Json> = { ...object };
  for (const [from, to] of pairs) {
    const value = result[from];
    if (value === undefined) continue;
    delete result[from];
    result[to] = value;
  }
  return result;
}

/** The same Event under the names of events.k8s.io/v1, and back. */
export const eventConversion = {
  toServed: (stored: JsonObject) => renamed({ ...stored, apiVersion: 'events.k8s.io/v1' }, names),
  toStored: (served: JsonObject) =>
    renamed(
      { ...served, apiVersion: 'v1' },
      names.map(([core, newer]) => [newer, core]),
    ),
};
