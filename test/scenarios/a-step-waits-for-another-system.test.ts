import { createHmac } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { buildStreet, paths, type Street } from '../support/shops.ts';
import { type SeenRequest, startWebServer } from '../support/web-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const secret = 'shared with the deploy system';
const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes';

it('a step waits for another system, goes back with its words; and two Services take turns', async () => {
  const said = new Map<string, object>([
    ['good', { phase: 'Running', requeueAfter: '1s', message: 'schema 12 of 40' }],
  ]);
  said.set('bad', { phase: 'Failed', message: 'the column is in use' });
  const system = await startWebServer((request, response) => {
    const { operation } = JSON.parse(request.body);
    const answer = operation === 'Run' ? said.get(request.url.pathname.slice(1)) : { phase: 'Successful' };
    response.end(JSON.stringify(answer));
  });
  stops.push(() => system.stop());
  const street = await buildStreet(['good', 'bad', 'turning'], []);
  stops.push(() => street.stop());
  const { sandbox } = street;
  for (const shop of ['good', 'bad']) {
    const config = { url: `${system.url}/${shop}`, data: { shop } };
    await change(street, shop, { steps: [{ setWeight: 25 }, { plugin: { name: 'stepwise/webhook', config } }] });
  }
  const shares = await turn(street);
  sandbox.startService({ ...street.settings, WEBHOOK_SECRET: secret, WEBHOOK_HOSTS: '127.0.0.1' });
  await street.untilOpen();
  for (const shop of ['good', 'bad', 'turning']) await street.release(shop, 'shop:2');

  await sandbox.eventually('the card says for whom it waits', () => {
    const words = JSON.stringify(street.slack.transcript().messages);
    return words.includes('schema 12 of 40') || undefined;
  });
  expect(street.watcher.rolloutOf('good')?.status?.currentStepIndex).toBe(1);
  said.set('good', { phase: 'Successful' });
  await street.untilLive('good');

  await street.untilBack('bad');
  expect(street.watcher.rolloutOf('bad')?.status?.message).toContain(
    'Step Plugin 1 (stepwise/webhook) failed: the column is in use',
  );
  await sandbox.eventually(
    'what was begun is taken back',
    () => operationsOf(system.requests, 'bad').at(-1) === 'Abort' || undefined,
  );
  expect(new Set(system.requests.filter(isOf('bad')).map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  for (const request of system.requests) expect(isSigned(request)).toBe(true);

  await street.untilLive('turning');
  expect(street.watcher.rolloutOf('turning')?.status).toMatchObject({ canary: { stablePingPong: 'pong' } });
  // From the first share to all of it, and nothing ever back to the old pods.
  expect(shares.filter((share, index) => share !== shares[index - 1])).toEqual([0, 25, 100]);
});

async function change({ sandbox }: Street, shop: string, canary: object): Promise<void> {
  const patch = { spec: { strategy: { canary } } };
  await sandbox.request('PATCH', `${paths.argo}/rollouts/${shop}`, patch, 'application/merge-patch+json');
}

/** Two Services behind an HTTPRoute; the share of the second one, write by write. */
async function turn(street: Street): Promise<readonly (number | undefined)[]> {
  const { sandbox } = street;
  const shares: (number | undefined)[] = [];
  const stop = sandbox.standIns.kubernetes?.onWrite(({ resource, status, object }) => {
    if (resource !== 'httproutes' || status >= 300) return;
    const { spec } = object as { spec: { rules: { backendRefs: { name: string; weight?: number }[] }[] } };
    shares.push(spec.rules[0]?.backendRefs.find(({ name }) => name === 'turning-canary')?.weight);
  });
  stops.push(async () => stop?.());
  const backendRefs = [
    { name: 'turning-stable', port: 80, weight: 100 },
    { name: 'turning-canary', port: 80, weight: 0 },
  ];
  await sandbox.request('POST', routes, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'turning', namespace: 'shop' },
    spec: { hostnames: ['turning.example.com'], rules: [{ backendRefs }] },
  });
  await change(street, 'turning', {
    canaryService: null,
    stableService: null,
    pingPong: { pingService: 'turning-stable', pongService: 'turning-canary' },
    trafficRouting: { nginx: null, plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'turning' } } },
    steps: [{ setWeight: 25 }, { pause: { duration: '1s' } }],
  });
  return shares;
}

const isOf = (shop: string) => (request: SeenRequest) => request.url.pathname === `/${shop}`;

function operationsOf(requests: readonly SeenRequest[], shop: string): readonly string[] {
  return requests.filter(isOf(shop)).map(({ body }) => JSON.parse(body).operation);
}

function isSigned({ headers, body }: SeenRequest): boolean {
  const text = `v1:${String(headers['x-stepwise-timestamp'])}:${body}`;
  return headers['x-stepwise-signature'] === `v1=${createHmac('sha256', secret).update(text).digest('hex')}`;
}
