import { z } from 'zod';
import {
  type Cluster,
  type KubernetesObject,
  type ObjectName,
  type Reflector,
  resources,
} from '../kubernetes/index.ts';
import {
  AlreadyExistsError,
  ConflictError,
  InvalidError,
  type JsonObject,
  mergePatchOf,
  ObjectMeta,
} from '../lib/index.ts';
import { lastWriterOf, type TrafficRouting, type WeightWriter } from '../rollout/index.ts';
import type { RouterObservation, RouterTarget, TrafficRouter } from './traffic-router.ts';
import { allOf, checkWeights, maxWeightOf } from './weight.ts';

export type IngressCache = Pick<Reflector<KubernetesObject>, 'get' | 'learn'>;

/**
 * ingress-nginx: beside each stable Ingress stands a canary Ingress `<rollout>-<ingress>-canary` with the same hosts and paths, whose
 * annotation `canary-weight` is the canary's share. It stays, with weight 0, until the Rollout is deleted.
 * https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary
 */
export function createNginxRouter(cluster: Cluster, cache?: IngressCache): TrafficRouter {
  async function readPair(target: RouterTarget, stableName: string, signal: AbortSignal): Promise<Pair> {
    const canaryName = canaryIngressName(target.rolloutName, stableName);
    const { namespace } = target;
    // The stable Ingress is its owner's and says no weight: a cache that is late shows its rules late, nothing else.
    const known = cache?.get({ namespace, name: stableName });
    const [stable, canary] = await Promise.all([
      known ?? cluster.get(resources.ingresses, { namespace, name: stableName }, signal),
      cluster.get(resources.ingresses, { namespace, name: canaryName }, signal),
    ]);
    return Pair.parse({ stableName, canaryName, stable, canary });
  }

  async function write(target: RouterTarget, pair: Pair, weight: number, signal: AbortSignal): Promise<Pair> {
    const name: ObjectName = { namespace: target.namespace, name: pair.canaryName };
    const problem = problemOf(target, pair);
    const isLowering = pair.canary !== undefined && weight <= weightOf(target, pair.canary);
    if (pair.canary === undefined && problem !== undefined && weight === 0) return pair;
    // Lowering needs nothing but the canary Ingress: an abort works even when the stable one is broken or gone.
    if (problem !== undefined && !(isLowering && isOurs(target, pair.canary))) throw new InvalidError(problem);
    if (pair.canary === undefined) {
      return withCanary(pair, await create(target, name, canaryIngress(target, pair, weight), signal));
    }
    const patch = differenceOf(target, pair, weight);
    if (patch === undefined) return pair;
    const { resourceVersion = '' } = pair.canary.metadata;
    const metadata = { ...Fields.parse(patch.metadata ?? {}), resourceVersion };
    return withCanary(pair, await cluster.patchMerge(resources.ingresses, name, { ...patch, metadata }, { signal }));
  }

  function withCanary(pair: Pair, canary: KubernetesObject): Pair {
    cache?.learn(canary);
    return Pair.parse({ ...pair, canary });
  }

  async function create(target: RouterTarget, { namespace, name }: ObjectName, wanted: Wanted, signal: AbortSignal) {
    const owner = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      name: target.rolloutName,
      uid: target.rolloutUid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const metadata = { namespace, name, annotations: wanted.annotations, ownerReferences: [owner] };
    try {
      return await cluster.create(resources.ingresses, { metadata, spec: wanted.spec }, { signal });
    } catch (cause) {
      if (!(cause instanceof AlreadyExistsError)) throw cause;
      throw new ConflictError(`Ingress "${name}" appeared meanwhile`, { cause });
    }
  }

  return {
    kind: 'nginx',
    async read(target, signal) {
      const names = stableIngressNames(nginxOf(target));
      return observe(target, await Promise.all(names.map((name) => readPair(target, name, signal))));
    },
    async setWeight(target, weights, seen, signal) {
      checkWeights(weights, target.routing);
      const { canary: canaryWeight, additional = [] } = weights;
      if (additional.length > 0) throw new InvalidError('nginx splits between stable and canary only');
      if (seen.objects.length === 0) throw new InvalidError(seen.problem ?? 'no Ingress named');
      // All at once: a share that several Ingresses carry falls as fast as that of one.
      const writes = seen.objects.map((pair) => write(target, Pair.parse(pair), canaryWeight, signal));
      return observe(target, await allOf(writes));
    },
    setRoutes(_target, routes, seen) {
      if (routes.length === 0) return Promise.resolve(seen);
      const names = routes.map(({ name }) => `"${name}"`).join(', ');
      return Promise.reject(
        new InvalidError(`nginx sets no header and mirror routes (${names}): a canary Ingress says weights only`),
      );
    },
    readCached(target) {
      if (cache === undefined) return undefined;
      const { namespace, rolloutName } = target;
      const pairs = stableIngressNames(nginxOf(target)).map((stableName) => {
        const canaryName = canaryIngressName(rolloutName, stableName);
        const [stable, canary] = [stableName, canaryName].map((name) => cache.get({ namespace, name }));
        return Pair.parse({ stableName, canaryName, stable, canary });
      });
      return observe(target, pairs);
    },
  };
}

const Ingress = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    ingressClassName: z.string().optional(),
    tls: z.array(z.json()).optional(),
    rules: z
      .array(
        z.looseObject({
          http: z
            .looseObject({
              paths: z.array(
                z.looseObject({
                  backend: z.looseObject({ service: z.looseObject({ name: z.string() }).optional() }),
                }),
              ),
            })
            .optional(),
        }),
      )
      .default([]),
  }),
});
type Ingress = z.infer<typeof Ingress>;

const Pair = z.object({
  stableName: z.string(),
  canaryName: z.string(),
  stable: Ingress.optional(),
  canary: Ingress.optional(),
});
type Pair = z.infer<typeof Pair>;

const Fields = z.record(z.string(), z.json());

/** What we own of a canary Ingress. */
interface Wanted {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}

function observe(target: RouterTarget, pairs: readonly Pair[]): RouterObservation {
  const problem = pairs.length === 0 ? noIngressNamed : pairs.map((pair) => problemOf(target, pair)).find(Boolean);
  // The highest: as long as one Ingress still sends requests to the canary, its share is not lowered. What somebody else's Ingress
  // of that name says is not ours to lower.
  const weights = pairs.flatMap(({ canary }) =>
    canary === undefined || !isOurs(target, canary) ? [] : [weightOf(target, canary)],
  );
  const canaryWeight = weights.length === 0 ? undefined : Math.max(...weights);
  const isComplete = pairs.every(
    (pair) => pair.canary !== undefined && differenceOf(target, pair, canaryWeight ?? 0) === undefined,
  );
  return {
    canaryWeight,
    ...(problem === undefined ? {} : { problem }),
    ...(canaryWeight === undefined || problem !== undefined || isComplete ? {} : { isIncomplete: true }),
    writers: pairs.flatMap(({ canaryName, canary }) => writerOf(target, canaryName, canary)),
    objects: pairs,
  };
}

function writerOf(target: RouterTarget, name: string, canary: Ingress | undefined): readonly WeightWriter[] {
  const path = ['metadata', 'annotations', `${prefixOf(target)}/canary-weight`];
  const writer = canary === undefined ? undefined : lastWriterOf(canary.metadata, path);
  if (canary === undefined || writer === undefined) return [];
  return [{ object: `Ingress ${name}`, weight: weightOf(target, canary), writer }];
}

const noIngressNamed = 'trafficRouting.nginx names no stableIngress and no stableIngresses';

function problemOf(target: RouterTarget, { stableName, canaryName, stable, canary }: Pair): string | undefined {
  if (canary !== undefined && !isOurs(target, canary)) {
    const owner = canary.metadata.ownerReferences.find(({ controller }) => controller === true);
    const whose = owner === undefined ? 'nobody' : `${owner.kind} "${owner.name}" (${owner.uid})`;
    return `canary ingress \`${canaryName}\` controlled by different object: ${whose}`;
  }
  if (stable === undefined) return `Ingress "${stableName}" not found`;
  if (canaryRules(target, stable).length > 0) return undefined;
  return `ingress \`${stableName}\` has no rules using service ${target.stableService} backend`;
}

function isOurs(target: RouterTarget, ingress: Ingress | undefined): boolean {
  return (
    ingress?.metadata.ownerReferences.some((owner) => owner.controller && owner.uid === target.rolloutUid) === true
  );
}

/** What the canary Ingress says of the canary's share; what ingress-nginx would not take for a number counts as 0. */
function weightOf(target: RouterTarget, { metadata: { annotations } }: Ingress): number {
  const prefix = prefixOf(target);
  const weight = Number(annotations[`${prefix}/canary-weight`] ?? '0');
  return annotations[`${prefix}/canary`] === 'true' && Number.isInteger(weight) ? weight : 0;
}

/** The merge patch that makes the canary Ingress say this weight; undefined when it says it already. Other people's keys stay. */
function differenceOf(target: RouterTarget, pair: Pair, weight: number): JsonObject | undefined {
  const { canary, stable } = pair;
  if (canary === undefined) return undefined;
  const isWhole = stable !== undefined && problemOf(target, pair) === undefined;
  const wanted = isWhole ? canaryIngress(target, pair, weight) : weightOnly(target, weight);
  const own: Record<string, string> = {};
  for (const key of [...Object.keys(wanted.annotations), totalKey(target)]) {
    const value = canary.metadata.annotations[key];
    if (value !== undefined) own[key] = value;
  }
  const { ingressClassName, tls, rules } = canary.spec;
  const spec = isWhole ? withoutUndefined({ ingressClassName, tls, rules }) : {};
  return mergePatchOf(
    { metadata: { annotations: own }, spec },
    { metadata: { annotations: wanted.annotations }, spec: wanted.spec },
  );
}

function canaryIngress(target: RouterTarget, pair: Pair, weight: number): Wanted {
  const { stable } = pair;
  if (stable === undefined) return weightOnly(target, weight);
  const nginx = nginxOf(target);
  const prefix = prefixOf(target);
  const annotations: Record<string, string> = {};
  const ingressClass = stable.metadata.annotations['kubernetes.io/ingress.class'];
  if (ingressClass !== undefined) annotations['kubernetes.io/ingress.class'] = ingressClass;
  for (const [key, value] of Object.entries(nginx.additionalIngressAnnotations ?? {})) {
    annotations[key.startsWith(prefix) ? key : `${prefix}/${key}`] = value;
  }
  Object.assign(annotations, nginx.canaryIngressAnnotations, weightOnly(target, weight).annotations);
  const { ingressClassName, tls } = stable.spec;
  return { annotations, spec: withoutUndefined({ ingressClassName, tls, rules: canaryRules(target, stable) }) };
}

// Unlike Argo the total goes away with `maxTrafficWeight`: left behind, it would turn "50 of 100" into "50 of 1000".
function weightOnly(target: RouterTarget, weight: number): Wanted {
  const prefix = prefixOf(target);
  const annotations: Record<string, string> = {
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-weight`]: `${weight}`,
  };
  if (target.routing.maxTrafficWeight !== undefined) annotations[totalKey(target)] = `${maxWeightOf(target.routing)}`;
  return { annotations, spec: {} };
}

/** Every rule with a path to the stable Service, whole, with those paths leading to the canary Service. */
function canaryRules(target: RouterTarget, stable: Ingress) {
  const found: Ingress['spec']['rules'] = [];
  for (const rule of stable.spec.rules) {
    let leadsToStable = false;
    const paths = (rule.http?.paths ?? []).map((path) => {
      const { service } = path.backend;
      if (service?.name !== target.stableService) return path;
      leadsToStable = true;
      return { ...path, backend: { ...path.backend, service: { ...service, name: target.canaryService } } };
    });
    if (leadsToStable) found.push({ ...rule, http: { ...rule.http, paths } });
  }
  return found;
}

/** `<rollout>-<ingress>-canary`, its first part cut so that the whole fits a Kubernetes name. */
function canaryIngressName(rolloutName: string, stableIngress: string): string {
  const suffix = '-canary';
  return `${`${rolloutName}-${stableIngress}`.slice(0, 253 - suffix.length)}${suffix}`;
}

type NginxRouting = NonNullable<TrafficRouting['nginx']>;

function stableIngressNames({ stableIngress, stableIngresses }: NginxRouting): readonly string[] {
  return stableIngresses ?? (stableIngress === undefined ? [] : [stableIngress]);
}

function nginxOf(target: RouterTarget): NginxRouting {
  return target.routing.nginx ?? {};
}

function prefixOf(target: RouterTarget): string {
  return nginxOf(target).annotationPrefix ?? 'nginx.ingress.kubernetes.io';
}

function totalKey(target: RouterTarget): string {
  return `${prefixOf(target)}/canary-weight-total`;
}

function withoutUndefined(fields: Record<string, unknown>): JsonObject {
  return Fields.parse(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
}
