import type { JsonObject } from '../../lib/index.ts';
import { defaultRoles } from './access/default-roles.ts';
import { type Api, internalWrite } from './api.ts';
import { objectAt, textAt } from './kubernetes-object.ts';
import { createObject } from './objects/create.ts';
import { updateObject } from './objects/update.ts';
import { definitionsCollection } from './resources/registry.ts';

const rbac = 'rbac.authorization.k8s.io';

/** What a cluster has before anybody asks: namespaces, default roles, and the CRDs it was given. What is there already stays. */
export function seed(api: Api, definitions: readonly object[]): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    createIfMissing(api, 'namespaces', { metadata: { name } });
  }
  const { roles, bindings } = defaultRoles();
  for (const role of roles) createIfMissing(api, `clusterroles.${rbac}`, role);
  for (const binding of bindings) createIfMissing(api, `clusterrolebindings.${rbac}`, binding);
  for (const definition of definitions) {
    const json: JsonObject = JSON.parse(JSON.stringify(definition));
    const place = {
      collection: definitionsCollection,
      namespace: '',
      name: textAt(objectAt(json, 'metadata'), 'name'),
    };
    const current = api.store.get(place);
    const write = internalWrite(api, place);
    // A newer CRD replaces the one that an older run left in the data folder.
    if (current !== undefined && write !== undefined) {
      updateObject(api, write, current, json, { needsResourceVersion: false });
    } else createIfMissing(api, definitionsCollection, json);
  }
}

function createIfMissing(api: Api, collection: string, object: JsonObject): void {
  const place = { collection, namespace: '', name: textAt(objectAt(object, 'metadata'), 'name') };
  const write = internalWrite(api, place);
  if (write === undefined) throw new Error(`${collection} is not served`);
  if (api.store.get(place) === undefined) createObject(api, { ...write, name: '' }, object);
}
