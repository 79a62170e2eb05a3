import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { buildStreet, paths, readManifest, rollout, type Street, toldOf } from '../support/shops.ts';

const shops = ['service', 'ingress', 'route', 'canary', 'rollout'];
const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes';
const gates = [{ setWeight: 25 }, { pause: {} }, { setWeight: 75 }, { pause: { duration: '500ms' } }];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** What is deleted in the middle of a step, and what the Rollout says of it; undefined: it is made again by itself. */
const losses = [
  { shop: 'service', path: `${paths.services}/service-canary`, says: /service "service-canary" not found/i },
  { shop: 'ingress', path: `${paths.ingresses}/ingress`, says: /ingress "ingress" not found/i },
  { shop: 'route', path: `${routes}/route`, says: /httproute "route" not found/i },
] as const;

it('deleted in the middle of a step: said in words on the object and the card, and it goes on when it is back', async () => {
  const street = await buildStreet(shops, gates);
  stops.push(() => street.stop());
  const { sandbox } = street;
  await routeByGateway(street, 'route');
  sandbox.startService(street.settings);
  await street.untilOpen();
  for (const shop of shops) await street.release(shop, 'shop:2');
  for (const shop of shops) await sandbox.eventually(`${shop} waits`, () => isPaused(street, shop) || undefined);

  const kept = new Map<string, object>();
  for (const { shop, path } of losses) {
    kept.set(shop, await readManifest(sandbox, path));
    await sandbox.request('DELETE', path);
  }
  for (const { shop, says } of losses) {
    await sandbox.eventually(`${shop} says what is missing`, () => messageOf(street, shop).match(says) ?? undefined);
    await sandbox.eventually(`the card of ${shop} says so`, () => isToldInvalid(street, shop) || undefined);
  }
  // The canary's Ingress is ours: it comes back with the weight that the stored step asks for.
  await sandbox.request('DELETE', `${paths.ingresses}/canary-canary-canary`);
  await sandbox.eventually('the canary Ingress is back', () => weightOf(street, 'canary', 25));
  // With the Rollout goes everything of it; a new one of the same name begins from nothing.
  await sandbox.request('DELETE', `${paths.argo}/rollouts/rollout`);
  await sandbox.eventually('its canary Ingress is gone', () => isGone(street, 'rollout-rollout-canary'));
  await sandbox.request('POST', `${paths.argo}/rollouts`, rollout('rollout', gates));

  for (const { shop, path } of losses) {
    await sandbox.request('POST', path.slice(0, path.lastIndexOf('/')), kept.get(shop));
  }
  for (const shop of ['service', 'ingress', 'route', 'canary']) {
    await sandbox.eventually(`${shop} waits at its gate again`, () => isPaused(street, shop) || undefined);
    await promote(street, shop);
    await street.untilLive(shop);
    if (shop !== 'route') expect(street.watcher.weightsOf(shop).slice(-3), shop).toEqual([75, 100, 0]);
    expect(street.watcher.replicaSetsOf(shop), shop).toHaveLength(2);
  }
  await sandbox.eventually('the new Rollout runs', () => isHealthy(street, 'rollout') || undefined);
  expect(sandbox.logs().filter(({ level }) => level >= 60)).toEqual([]);
});

/** This shop's traffic is split by an HTTPRoute. */
async function routeByGateway({ sandbox }: Street, shop: string): Promise<void> {
  const rules = [{ backendRefs: ['stable', 'canary'].map((role) => ({ name: `${shop}-${role}`, port: 80 })) }];
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: shop, namespace: 'shop' },
    spec: { hostnames: [`${shop}.example.com`], rules },
  };
  await sandbox.request('POST', routes, route);
  const trafficRouting = { nginx: null, plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: shop } } };
  const change = { spec: { strategy: { canary: { trafficRouting } } } };
  await sandbox.request('PATCH', `${paths.argo}/rollouts/${shop}`, change, 'application/merge-patch+json');
}

function statusOf({ watcher }: Street, shop: string) {
  return watcher.rolloutOf(shop)?.status;
}

function messageOf(street: Street, shop: string): string {
  return statusOf(street, shop)?.message ?? '';
}

function isToldInvalid({ slack }: Street, shop: string): boolean {
  return toldOf(slack, shop, 2).cards.some(({ text }) => /invalid spec/i.test(text));
}

function isPaused(street: Street, shop: string): boolean {
  return statusOf(street, shop)?.phase === 'Paused';
}

function isHealthy(street: Street, shop: string): boolean {
  return statusOf(street, shop)?.phase === 'Healthy';
}

const Ingress = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) });

async function weightOf({ sandbox }: Street, shop: string, weight: number): Promise<true | undefined> {
  const { metadata } = await sandbox.get(Ingress, `${paths.ingresses}/${shop}-${shop}-canary`);
  return metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'] === `${weight}` || undefined;
}

async function isGone({ sandbox }: Street, ingress: string): Promise<true | undefined> {
  return await sandbox.request('GET', `${paths.ingresses}/${ingress}`).then(
    () => undefined,
    () => true as const,
  );
}

/** As `kubectl argo rollouts promote` does it. */
async function promote({ sandbox }: Street, shop: string): Promise<void> {
  const path = `${paths.argo}/rollouts/${shop}/status`;
  await sandbox.request('PATCH', path, { status: { pauseConditions: null } }, 'application/merge-patch+json');
}
