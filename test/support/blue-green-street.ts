import { expect } from 'vitest';
import { z } from 'zod';
import { type FrontDesk, isLive, openFrontDesk, type RolloutSeen } from './front-desk.ts';
import { type SwitchWatch, watchSwitches } from './switch-watch.ts';
import { waitFor } from './wait-for.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';

/** Blue-green shops in one world: visitors come to every Service, and somebody watches from outside where the active ones lead. */
export interface BlueGreenStreet {
  readonly desk: FrontDesk;
  readonly watch: SwitchWatch;
  /** The pod hash of a shop's first revision. */
  firstOf(shop: string): string;
  /** The revisions that the active Service led to, in order, since the first one took it over. */
  wayOf(shop: string): readonly number[];
  /** Waits until the watch has told this way: it may be behind what was read. */
  untilWay(shop: string, way: readonly number[]): Promise<void>;
  replicaSet(shop: string, podHash: string | undefined): Promise<ReplicaSetSeen>;
  untilPods(shop: string, podHash: string | undefined, count: number): Promise<void>;
  /** Waits until every pod of a revision carries this role. */
  untilRole(shop: string, podHash: string | undefined, role: string): Promise<void>;
  /** As Argo's own client promotes: only the conditions. */
  promoteByPatch(shop: string): Promise<void>;
  /** Waits until the statuses of both shops are the same, but for what differs from shop to shop and from second to second. */
  untilSame(shop: string, other: string): Promise<void>;
  stop(): Promise<void>;
}

const ReplicaSet = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ replicas: z.number(), template: z.unknown() }),
});
type ReplicaSetSeen = z.infer<typeof ReplicaSet>;
const Pods = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) })),
});

/** Opens shops with these blue-green settings, and waits until each is live with its first image. */
export async function openBlueGreenStreet(shops: Readonly<Record<string, object>>): Promise<BlueGreenStreet> {
  const names = Object.keys(shops);
  const desk = await openFrontDesk({ ownChannels: names });
  const { sandbox } = desk;
  const watch = watchSwitches(sandbox);
  for (const name of ['errors', 'endless', 'unsure'])
    await sandbox.request('POST', `${argo}/analysistemplates`, template(name));
  const hosts = names.flatMap((name) => [`${name}.example.com`, `${name}-preview.example.com`]);
  const data = Object.fromEntries(hosts.map((host) => [host, '40']));
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data };
  await sandbox.request('POST', '/api/v1/namespaces/sandbox/configmaps', load);
  for (const [name, blueGreen] of Object.entries(shops)) await desk.open({ name, blueGreen });
  const firsts = new Map<string, string>();
  for (const name of names) firsts.set(name, (await desk.until(name, 'is live', isLive)).status.stableRS ?? '');
  const firstOf = (shop: string) => firsts.get(shop) ?? '';

  const replicaSet = (shop: string, podHash: string | undefined) =>
    sandbox.get(ReplicaSet, `/apis/apps/v1/namespaces/shop/replicasets/${shop}-${podHash}`);

  async function plain(shop: string): Promise<unknown> {
    const { status } = await desk.rollout(shop);
    const text = JSON.stringify(status)
      .replaceAll(`app=${shop}`, 'app=x')
      .replaceAll(`"${shop}`, '"x')
      .replaceAll(status.currentPodHash ?? '', 'PRESENT')
      .replaceAll(firstOf(shop), 'FIRST')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME');
    return JSON.parse(text);
  }

  function wayOf(shop: string): readonly number[] {
    const hashes = watch.leadsOf(shop, 'active').flatMap(({ podHash }) => (podHash === undefined ? [] : [podHash]));
    const order = [...new Set(hashes)];
    return hashes.map((hash) => order.indexOf(hash) + 1);
  }

  return {
    desk,
    watch,
    firstOf,
    wayOf,
    untilWay: (shop, way) => waitFor(() => expect(wayOf(shop)).toEqual(way)),
    replicaSet,
    async untilPods(shop, podHash, count) {
      await sandbox.eventually(`${shop}-${podHash} has ${count} pods`, async () => {
        const { spec } = await replicaSet(shop, podHash);
        return spec.replicas === count || undefined;
      });
    },
    async untilRole(shop, podHash, role) {
      const path = `/api/v1/namespaces/shop/pods?labelSelector=app=${shop},rollouts-pod-template-hash=${podHash}`;
      await sandbox.eventually(`pods of ${shop} are ${role}`, async () => {
        const { items } = await sandbox.get(Pods, path);
        return (items.length > 0 && items.every(({ metadata }) => metadata.labels.role === role)) || undefined;
      });
    },
    promoteByPatch: (shop) => desk.patch(shop, { status: { pauseConditions: null } }, 'status'),
    untilSame: (shop, other) => waitFor(async () => expect(await plain(shop)).toEqual(await plain(other))),
    async stop() {
      await watch.stop();
      await desk.stop();
    },
  };
}

/** What a strategy says of its analysis: of these requests, and of its own pods alone. */
export function analysisOf(templateName: string, service: string): object {
  const args = [
    { name: 'service', value: service },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
  ];
  return { templates: [{ templateName }], args };
}

export function isAborted({ status }: RolloutSeen): boolean {
  return status.phase === 'Degraded' && status.abort === true;
}

/** `errors` is over after three measurements, `endless` never, and nothing is good or bad enough for `unsure`. */
function template(name: string): object {
  // Of this revision's pods alone: what the others answered just before, or nobody, is not its fault.
  const of = 'service="{{args.service}}",pod=~".+-{{args.hash}}-.+"';
  const query = (status: string) => `sum(rate(http_requests_total{${of}${status}}[4s]))`;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: {
      args: [{ name: 'service' }, { name: 'hash' }],
      metrics: [
        {
          name: 'success-rate',
          initialDelay: '1500ms',
          interval: '500ms',
          count: name === 'endless' ? 10_000 : 3,
          // Too early there is no series: asked again, that decides nothing.
          consecutiveErrorLimit: 1000,
          ...(name === 'unsure'
            ? { successCondition: 'result[0] > 1', failureCondition: 'result[0] < 0' }
            : { successCondition: 'result[0] >= 0.95' }),
          provider: { prometheus: { query: `${query(',status!~"5.."')} / (${query('')} > 0)` } },
        },
      ],
    },
  };
}
