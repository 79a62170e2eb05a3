import type { Api, Write } from '../api.ts';
import type { StoredObject } from '../kubernetes-object.ts';

/** Notes which manager set which fields. */
export function trackUpdate(
  _api: Api,
  _write: Write,
  object: StoredObject,
  _old: StoredObject | undefined,
): StoredObject {
  return object;
}
