import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { NotFoundError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createEventWriter } from '../event-writer.ts';
import { type Autoscaler, type Condition, isPodActive, isPodReady, keyOf, type Pod } from '../objects.ts';
import { timestamp } from '../pod-status.ts';
import { createWorkQueue } from '../work-queue.ts';
import {
  limitWish,
  type Reading,
  type Recommendation,
  type Wish,
  wishOfBounds,
  wishOfReadings,
} from './desired-replicas.ts';
import type { PodUsage } from './pod-usage.ts';
import { readMetrics, type Unread } from './read-metrics.ts';

const MANAGER = 'kube-controller-manager';
/** Kubernetes looks every 15 s; a sandbox's people wait less. */
const LOOK_EVERY_MS = 2000;
const LONGEST_WINDOW_MS = 3_600_000;

const Scale = z.looseObject({
  spec: z.looseObject({ replicas: z.number().default(0) }).default({ replicas: 0 }),
  status: z.looseObject({ replicas: z.number().default(0), selector: z.string().default('') }),
});
const ResourceList = z.looseObject({ resources: z.array(z.looseObject({ name: z.string(), kind: z.string() })) });

/** Scales whatever has a /scale, by the share of the CPU or memory that its pods asked for. */
export function startAutoscaler(
  cluster: Cluster,
  usageOf: PodUsage,
  onProblem: (message: string) => void,
): { stop(): void } {
  const { client, autoscalers, pods } = cluster;
  const queue = createWorkQueue({ look, concurrency: 4, gatherMs: 20, onProblem });
  const events = createEventWriter(client);
  const recommended = new Map<string, Recommendation[]>();
  const plurals = new Map<string, string>();

  autoscalers.onChange((before, after) => {
    if (after === undefined && before !== undefined) recommended.delete(before.metadata.uid);
    if (after !== undefined && after.metadata.uid !== before?.metadata.uid) queue.add(keyOf(after));
  });

  async function look(key: string): Promise<void> {
    const autoscaler = autoscalers.get(key);
    if (autoscaler === undefined) return;
    queue.add(key, LOOK_EVERY_MS);
    const path = await scalePathOf(autoscaler);
    const answer = path === undefined ? undefined : await readScale(path);
    if (path === undefined || answer === undefined) return;
    const current = answer.spec.replicas;
    if (current === 0)
      return writeStatus(autoscaler, { current, desired: 0, readings: [], conditions: [able, disabled] });
    await rescale(autoscaler, path, { current, selector: answer.status.selector });
  }

  async function rescale(
    autoscaler: Autoscaler,
    path: string,
    target: { readonly current: number; readonly selector: string },
  ): Promise<void> {
    const { current } = target;
    const bounds = wishOfBounds(autoscaler, current);
    const ready = podsOf(autoscaler, target.selector);
    const { readings, unread } = readMetrics(autoscaler, ready, usageOf);
    const wish = bounds ?? (readings.length > 0 ? wishOfReadings(readings, current, ready.length) : undefined);
    const desired = bounds?.replicas ?? (wish === undefined ? current : follow(autoscaler, current, wish));
    if (desired !== current) {
      await client.mergePatch(path, { spec: { replicas: desired } }, MANAGER);
      const message = `New size: ${desired}; reason: ${wish?.reason}`;
      const component = 'horizontal-pod-autoscaler';
      events.tell(autoscaler, { type: 'Normal', reason: 'SuccessfulRescale', message, component });
    }
    const conditions = conditionsOf({ current, desired, wish, bounds, unread, readings });
    await writeStatus(autoscaler, { current, desired, readings, conditions });
  }

  /** Remembers what is wished for, and answers what of it may be done now. */
  function follow(autoscaler: Autoscaler, current: number, wish: Wish): number {
    const nowMs = Date.now();
    const recent = (recommended.get(autoscaler.metadata.uid) ?? []).filter(
      ({ atMs }) => nowMs - atMs < LONGEST_WINDOW_MS,
    );
    recommended.set(autoscaler.metadata.uid, [...recent, { atMs: nowMs, replicas: wish.replicas }]);
    return limitWish(autoscaler, { current, wished: wish.replicas, nowMs }, recent);
  }

  function podsOf(autoscaler: Autoscaler, selector: string): readonly Pod[] {
    const wanted = selector.split(',').map((part) => part.split('='));
    return [...pods.inNamespace(autoscaler.metadata.namespace)].filter(
      (pod) =>
        selector !== '' &&
        isPodActive(pod) &&
        isPodReady(pod) &&
        wanted.every(([name = '', value]) => pod.metadata.labels[name] === value),
    );
  }

  async function scalePathOf({ metadata, spec }: Autoscaler): Promise<string | undefined> {
    const { apiVersion, kind, name } = spec.scaleTargetRef;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known = `${root} ${kind}`;
    if (!plurals.has(known)) {
      const { resources } = ResourceList.parse(await client.get(root));
      const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
      if (found !== undefined) plurals.set(known, found.name);
    }
    const plural = plurals.get(known);
    return plural === undefined ? undefined : `${root}/namespaces/${metadata.namespace}/${plural}/${name}/scale`;
  }

  async function readScale(path: string): Promise<z.infer<typeof Scale> | undefined> {
    try {
      return Scale.parse(await client.get(path));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async function writeStatus(autoscaler: Autoscaler, seen: Seen): Promise<void> {
    const now = timestamp(Date.now());
    const held = autoscalers.get(keyOf(autoscaler)) ?? autoscaler;
    const status = {
      currentReplicas: seen.current,
      desiredReplicas: seen.desired,
      ...(seen.desired === seen.current ? {} : { lastScaleTime: now }),
      currentMetrics: seen.readings.length === 0 ? null : seen.readings.map((reading) => reading.status),
      conditions: seen.conditions.map((condition) => {
        const before = held.status.conditions.find((other) => other.type === condition.type);
        const isOld = before?.status === condition.status;
        return { ...condition, lastTransitionTime: isOld ? (before.lastTransitionTime ?? now) : now };
      }),
    };
    if (isDeepStrictEqual({ ...held.status, ...status }, held.status)) return;
    const { namespace, name } = autoscaler.metadata;
    const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}/status`;
    autoscalers.absorb(await client.mergePatch(path, { status }, MANAGER));
  }

  return { stop: () => queue.stop() };
}

type Seen = {
  readonly current: number;
  readonly desired: number;
  readonly readings: readonly Reading[];
  readonly conditions: readonly Condition[];
};

const able: Condition = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
};
const disabled: Condition = {
  type: 'ScalingActive',
  status: 'False',
  reason: 'ScalingDisabled',
  message: 'scaling is disabled since the replica count of the target is zero',
};

function conditionsOf(seen: {
  readonly current: number;
  readonly desired: number;
  readonly wish: Wish | undefined;
  readonly bounds: Wish | undefined;
  readonly unread: Unread | undefined;
  readonly readings: readonly Reading[];
}): readonly Condition[] {
  const { current, desired, wish, bounds, unread, readings } = seen;
  const rescaled = {
    ...able,
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${desired}`,
  };
  const ready = { ...able, reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
  const conditions: Condition[] = [desired === current ? ready : rescaled];
  if (bounds !== undefined) return conditions;
  if (readings.length === 0) return [able, { type: 'ScalingActive', status: 'False', ...(unread ?? {}) }];
  const message = `the HPA was able to successfully calculate a replica count from ${readings[0]?.name}`;
  conditions.push({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message });
  const isLimited = wish !== undefined && desired !== wish.replicas;
  conditions.push({
    type: 'ScalingLimited',
    status: isLimited ? 'True' : 'False',
    reason: isLimited ? limitReason(desired, wish.replicas) : 'DesiredWithinRange',
    message: isLimited ? limitMessage(desired, wish.replicas) : 'the desired count is within the acceptable range',
  });
  return conditions;
}

function limitReason(desired: number, wished: number): string {
  return desired < wished ? 'TooManyReplicas' : 'TooFewReplicas';
}

function limitMessage(desired: number, wished: number): string {
  return desired < wished
    ? 'the desired replica count is more than the maximum replica count'
    : 'the desired replica count is less than the minimum replica count';
}
