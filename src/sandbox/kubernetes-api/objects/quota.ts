import type { JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { forbidden } from '../api-error.ts';
import { isObject, isSame, listAt, objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';
import { addQuantities, compareQuantities } from '../schema/quantity.ts';

type Amounts = { readonly [resource: string]: string };

const collection = 'resourcequotas';
const computed = ['cpu', 'memory', 'ephemeral-storage'];
/** These have a name of their own beside `count/…`. */
const plainCounts = [
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  collection,
  'secrets',
  'services',
];

/** Refuses a new object that would go over a ResourceQuota of its namespace, in the words of Kubernetes' admission. */
export function checkQuota(api: Api, write: Write, object: StoredObject): void {
  for (const quota of quotasIn(api, write.namespace)) {
    const hard = amountsAt(quota, 'spec');
    const asked = onlyOf(usageOf(write.resource.collection, object), hard);
    if (Object.keys(asked).length === 0) continue;
    const { name } = quota.metadata;
    const missing = write.resource.collection === 'pods' ? missingAmounts(object, hard) : [];
    if (missing.length > 0) {
      throw forbidden(
        write.resource,
        object.metadata.name,
        `failed quota: ${name}: must specify ${missing.join('; ')}`,
      );
    }
    const used = usedOf(api, write.namespace, hard);
    const over = Object.keys(asked).filter(
      (each) => compareQuantities(addQuantities(used[each] ?? '0', asked[each] ?? '0'), hard[each] ?? '0') > 0,
    );
    if (over.length === 0) continue;
    const told = (amounts: Amounts) => over.map((each) => `${each}=${amounts[each] ?? '0'}`).join(',');
    const why = `exceeded quota: ${name}, requested: ${told(asked)}, used: ${told(used)}, limited: ${told(hard)}`;
    throw forbidden(write.resource, object.metadata.name, why);
  }
}

/** Quotas that speak of some pods only (scopes) are kept and not enforced. */
export function quotasIn(api: Api, namespace: string): readonly StoredObject[] {
  return api.store
    .collection(collection)
    .list(namespace)
    .filter(({ spec }) => isObject(spec) && listAt(spec, 'scopes').length === 0 && spec.scopeSelector === undefined);
}

/** The quota with its status as it should be; the same object when it is so already. */
export function withUsage(api: Api, quota: StoredObject): StoredObject {
  const hard = amountsAt(quota, 'spec');
  const status = { hard, used: usedOf(api, quota.metadata.namespace ?? '', hard) };
  return isSame(quota.status, status) ? quota : { ...quota, status };
}

function amountsAt(quota: StoredObject, part: string): Amounts {
  const hard = objectAt(objectAt(quota, part), 'hard');
  const named = Object.entries(hard).map(([name, amount]) => [name, String(amount)] as const);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function onlyOf(usage: Amounts, hard: Amounts): Amounts {
  const kept = Object.keys(hard).flatMap((name) => (usage[name] === undefined ? [] : [[name, usage[name]] as const]));
  return Object.fromEntries(kept);
}

function usedOf(api: Api, namespace: string, hard: Amounts): Amounts {
  const used: Record<string, string> = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  const counted = new Set(Object.keys(hard).map(collectionOf));
  for (const each of counted) {
    for (const object of api.store.collection(each).list(namespace)) {
      for (const [name, amount] of Object.entries(onlyOf(usageOf(each, object), hard))) {
        used[name] = addQuantities(used[name] ?? '0', amount);
      }
    }
  }
  return used;
}

/** Which objects a resource name is about: `count/deployments.apps`, `services.nodeports`, `secrets`; all else is about pods. */
function collectionOf(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (name.startsWith('services.')) return 'services';
  return plainCounts.includes(name) ? name : 'pods';
}

/** What one object uses up. */
function usageOf(ofCollection: string, object: StoredObject): Amounts {
  const counts: Record<string, string> = { [`count/${ofCollection}`]: '1' };
  if (plainCounts.includes(ofCollection)) counts[ofCollection] = '1';
  const spec = objectAt(object, 'spec');
  if (ofCollection === 'services') {
    const isOpen = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
    counts['services.nodeports'] = isOpen ? String(listAt(spec, 'ports').length) : '0';
    counts['services.loadbalancers'] = spec.type === 'LoadBalancer' ? '1' : '0';
  }
  return ofCollection === 'pods' ? { ...counts, ...podUsage(object) } : counts;
}

/** A Pod that has ended uses nothing. */
function podUsage(pod: StoredObject): Amounts {
  const phase = textAt(objectAt(pod, 'status'), 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return {};
  const usage: Record<string, string> = { pods: '1' };
  for (const container of listAt(objectAt(pod, 'spec'), 'containers').filter(isObject)) {
    for (const kind of ['requests', 'limits']) {
      for (const [name, amount] of Object.entries(objectAt(objectAt(container, 'resources'), kind))) {
        const full = `${kind}.${name}`;
        usage[full] = addQuantities(usage[full] ?? '0', String(amount));
        // Without a prefix a request is meant.
        if (kind === 'requests') usage[name] = usage[full];
      }
    }
  }
  return usage;
}

/** Where a quota speaks of CPU or memory, each container must say what it asks for. */
function missingAmounts(pod: StoredObject, hard: Amounts): readonly string[] {
  const containers = listAt(objectAt(pod, 'spec'), 'containers').filter(isObject);
  return Object.keys(hard).flatMap((name) => {
    const [kind, resource] = computed.includes(name) ? ['requests', name] : name.split('.');
    if ((kind !== 'requests' && kind !== 'limits') || resource === undefined || !computed.includes(resource)) return [];
    const without = containers.filter((each) => !has(each, kind, resource)).map((each) => textAt(each, 'name'));
    return without.length === 0 ? [] : [`${name} for: ${without.join(',')}`];
  });
}

function has(container: JsonObject, kind: string, resource: string): boolean {
  return objectAt(objectAt(container, 'resources'), kind)[resource] !== undefined;
}
