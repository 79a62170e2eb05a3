import type { JsonObject } from '../../../lib/index.ts';
import type { Api, Write } from '../api.ts';
import { forbidden } from '../api-error.ts';
import { isObject, listAt, objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';
import { nanosOf, quantityOf } from '../schema/quantity.ts';

/** How much of each counted resource something takes, in nanos of its unit. */
type Usage = ReadonlyMap<string, bigint>;

const one = 1_000_000_000n;

/**
 * The ResourceQuota admission of a real server, for pods: refuses one that would go over a quota of its namespace, or that leaves out
 * what the quota counts. Quotas with scopes are let through.
 */
export function checkQuota(api: Api, write: Write, object: StoredObject): void {
  if (write.resource.collection !== 'pods') return;
  for (const quota of api.store.collection('resourcequotas').list(write.namespace)) {
    const spec = objectAt(quota, 'spec');
    if (listAt(spec, 'scopes').length > 0 || spec.scopeSelector !== undefined) continue;
    const hard = hardOf(spec);
    const { name } = quota.metadata;
    const unsaid = [...hard.keys()]
      .filter((counted) => isOfContainers(counted))
      .flatMap((counted) => {
        const containers = containersWithout(object, counted);
        return containers.length === 0 ? [] : [`${counted} for: ${containers.join(',')}`];
      });
    if (unsaid.length > 0) throw refused(write, object, `failed quota: ${name}: must specify ${unsaid.join('; ')}`);
    const used = usedOf(api, write.namespace);
    const requested = usageOf(object);
    const over = [...hard.keys()].filter((counted) => at(used, counted) + at(requested, counted) > at(hard, counted));
    const after = over.length === 0 ? sum(used, requested) : used;
    if (!write.isDryRun) tellUse(api, quota, [hard, after]);
    if (over.length === 0) continue;
    const words = [
      ['requested', requested],
      ['used', used],
      ['limited', hard],
    ] as const;
    const told = words.map(([word, usage]) => `${word}: ${print(usage, over)}`).join(', ');
    throw refused(write, object, `exceeded quota: ${name}, ${told}`);
  }
}

/** Admission writes down what is used, as a real server's does; what a deletion gives back shows at the next pod. */
function tellUse(api: Api, quota: StoredObject, [hard, used]: readonly [Usage, Usage]): void {
  const texts = (usage: Usage) =>
    Object.fromEntries([...hard.keys()].map((counted) => [counted, printOne(usage, counted)]));
  const status = { hard: texts(hard), used: texts(used) };
  if (JSON.stringify(quota.status) === JSON.stringify(status)) return;
  const { namespace = '', name } = quota.metadata;
  api.store.put({ collection: 'resourcequotas', namespace, name }, { ...quota, status });
}

function sum(a: Usage, b: Usage): Usage {
  const total = new Map(a);
  for (const [counted, amount] of b) total.set(counted, at(total, counted) + amount);
  return total;
}

function refused(write: Write, object: StoredObject, why: string) {
  return forbidden(write.resource, object.metadata.name, why);
}

/** What the pods of a namespace take, those that are over left out. */
function usedOf(api: Api, namespace: string): Usage {
  const used = new Map<string, bigint>();
  for (const pod of api.store.collection('pods').list(namespace)) {
    if (['Succeeded', 'Failed'].includes(textAt(objectAt(pod, 'status'), 'phase'))) continue;
    for (const [counted, amount] of usageOf(pod)) used.set(counted, at(used, counted) + amount);
  }
  return used;
}

function usageOf(pod: JsonObject): Usage {
  const usage = new Map<string, bigint>([
    ['pods', one],
    ['count/pods', one],
  ]);
  for (const container of listAt(objectAt(pod, 'spec'), 'containers')) {
    if (!isObject(container)) continue;
    for (const kind of ['requests', 'limits']) {
      for (const [name, amount] of Object.entries(objectAt(objectAt(container, 'resources'), kind))) {
        const nanos = nanosOf(String(amount)) ?? 0n;
        // A quota on `cpu` is one on `requests.cpu`.
        for (const counted of kind === 'requests' ? [name, `requests.${name}`] : [`limits.${name}`])
          usage.set(counted, at(usage, counted) + nanos);
      }
    }
  }
  return usage;
}

function hardOf(spec: JsonObject): Usage {
  const hard = Object.entries(objectAt(spec, 'hard')).sort(([a], [b]) => (a < b ? -1 : 1));
  const known = hard.filter(([counted]) => ['pods', 'count/pods'].includes(counted) || isOfContainers(counted));
  return new Map(known.map(([counted, amount]) => [counted, nanosOf(String(amount)) ?? 0n]));
}

function isOfContainers(counted: string): boolean {
  return /^(?:(?:requests|limits)\.)?(?:cpu|memory)$/.test(counted);
}

function containersWithout(pod: JsonObject, counted: string): string[] {
  const [, kind = 'requests', name = ''] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(counted) ?? [];
  return listAt(objectAt(pod, 'spec'), 'containers').flatMap((container) => {
    if (!isObject(container)) return [];
    const isSaid = objectAt(objectAt(container, 'resources'), kind)[name] !== undefined;
    return isSaid ? [] : [textAt(container, 'name')];
  });
}

function at(usage: Usage, counted: string): bigint {
  return usage.get(counted) ?? 0n;
}

function print(usage: Usage, counted: readonly string[]): string {
  return counted.map((name) => `${name}=${printOne(usage, name)}`).join(',');
}

function printOne(usage: Usage, counted: string): string {
  return quantityOf(at(usage, counted), counted.endsWith('memory'));
}
