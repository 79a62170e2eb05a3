import type { Api } from '../api.ts';
import { definitionsCollection } from '../resources/registry.ts';

/** A kind takes its objects with it: when a CustomResourceDefinition is deleted, they are too. Returns how to stop. */
export function startDefinitionCleaner({ store }: Api): () => void {
  return store.onChange((place, { type, object }) => {
    if (place.collection !== definitionsCollection || type !== 'DELETED') return;
    const collection = object.metadata.name;
    for (const each of store.collection(collection).list(undefined)) {
      const { namespace = '', name } = each.metadata;
      store.remove({ collection, namespace, name });
    }
  });
}
