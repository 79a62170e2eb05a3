import type { Api } from '../api.ts';
import { quotasIn, withUsage } from '../objects/quota.ts';

/** Keeps what ResourceQuotas say is used true. Returns how to stop. */
export function startQuotaKeeper(api: Api): () => void {
  const { store } = api;
  const touched = new Set<string>();
  let scheduled: NodeJS.Immediate | undefined;

  function recount(): void {
    scheduled = undefined;
    for (const namespace of touched) {
      for (const quota of quotasIn(api, namespace)) {
        const counted = withUsage(api, quota);
        if (counted !== quota)
          store.put({ collection: 'resourcequotas', namespace, name: quota.metadata.name }, counted);
      }
    }
    touched.clear();
  }
  const stopListening = store.onChange((place) => {
    if (place.namespace === '' || store.collection('resourcequotas').list(place.namespace).length === 0) return;
    touched.add(place.namespace);
    scheduled ??= setImmediate(recount);
  });
  return () => {
    stopListening();
    if (scheduled !== undefined) clearImmediate(scheduled);
  };
}
