import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { watchObjects } from '../../src/sandbox/watch-objects.ts';
import { type GitOps, startGitOps } from '../support/git-ops.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { restartableApi } from '../support/restart-api.ts';
import {
  aRollingManifest,
  cardWords,
  openDeployments,
  readDeployment,
  setDeploymentImage,
} from '../support/rolling-shops.ts';
import { buildStreet, endsOf, type Street, toldOf } from '../support/shops.ts';

// Two replicas guard many Deployments at once. Both or one of them die by kill -9 right after writes that nobody will ever hear the answer
// of, and the API server is restarted: what the cluster remembers is all there is.

const good = ['good1', 'good2'];
const bad = ['bad1', 'bad2'];
/** Their tool puts back whatever somebody else writes. */
const git = {
  argo: { manager: 'argocd-controller', everyMs: 250 },
  flux: { manager: 'kustomize-controller', everyMs: 1500 },
} as const;
type Owned = keyof typeof git;
const owned: readonly Owned[] = ['argo', 'flux'];

/** Who dies after how many of our writes to Deployments: a good release has four of them, a bad one three, one that is put back six. */
const deaths: readonly { readonly afterWrites: number; readonly who: readonly number[] }[] = [
  { afterWrites: 2, who: [0, 1] },
  { afterWrites: 8, who: [0] },
  { afterWrites: 12, who: [1] },
  { afterWrites: 16, who: [0, 1] },
];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** On demand, `GUARD_KILLS=1`: on a busy machine it takes two minutes. */
it.skipIf(!hasRedisServer() || process.env.GUARD_KILLS === undefined)(
  'kill -9 at any write, two replicas, a restarted API server, and tools that put back',
  async () => {
    const street = await buildStreet([], undefined, [...good, ...bad, ...owned]);
    stops.push(() => street.stop());
    const slowly = { analysis: 'strict', soak: '5s', spec: { minReadySeconds: 1 } };
    await openDeployments(
      street,
      [...good.map((name) => ({ name })), ...bad.map((name) => ({ name, ...slowly }))],
      owned,
    );
    const tools = await startTools(street);
    const images = watchImages(street);
    const replicas = await startReplicas(street);
    for (const name of [...good, ...bad, ...owned]) await cardWords(street, name, 1, /is live/);

    const killed = dieAtWrites(street, replicas);
    for (const name of good) await setDeploymentImage(street, name, 'shop:2');
    for (const name of bad) await setDeploymentImage(street, name, 'shop:bad');
    for (const name of owned)
      await tools[name].commit(...aRollingManifest({ ...slowly, name }, 'shop:bad', marksOf(name)));
    await street.sandbox.eventually('everybody has died', () => killed.count === deaths.length || undefined, 120_000);
    const api = restartableApi(street.sandbox);
    stops.unshift(api.stop);
    await api.restart();

    for (const name of good) await cardWords(street, name, 2, /is live/, 120_000);
    for (const name of bad) await cardWords(street, name, 2, /rolled back.*success-rate/s, 120_000);
    // Undone once; put back by its tool; judged once more; and left, loudly.
    for (const name of owned) {
      const { manager } = git[name];
      const words = new RegExp(`Not undone: ${manager} put it back`);
      await untilLastCard(street, name, words);
    }
    const asked = (name: string) => images.of(name).join(' ');
    for (const name of good) expect(asked(name), name).toBe('shop:1 shop:2');
    for (const name of bad) expect(asked(name), name).toBe('shop:1 shop:bad shop:1');
    // While the API server is away nobody watches: what is put back at once may be unseen. Never twice.
    for (const name of owned) expect(asked(name), name).toMatch(/^shop:1 shop:bad( shop:1 shop:bad)?$/);
    for (const name of good)
      expect([name, told(street, name)]).toEqual([name, { cards: 1, doubled: [], ends: ['🟢'] }]);
    for (const name of bad) expect([name, told(street, name)]).toEqual([name, { cards: 1, doubled: [], ends: ['🔴'] }]);

    // Git's next word counts again.
    for (const name of owned) {
      await tools[name].commit(...aRollingManifest({ ...slowly, name }, 'shop:2', marksOf(name)));
      await untilLastCard(street, name, /is live/);
    }
  },
  400_000,
);

function told({ slack }: Street, name: string) {
  const { cards, notices } = toldOf(slack, name, 2);
  const claims = notices.map(({ payload }) => payload.claim);
  const doubled = claims.filter((claim, index) => claims.indexOf(claim) !== index);
  return { cards: cards.length, doubled, ends: endsOf(slack, name, 2) };
}

async function untilLastCard(street: Street, name: string, words: RegExp): Promise<void> {
  try {
    await street.sandbox.eventually(name, () => words.test(lastCardOf(street, name)) || undefined, 120_000);
  } catch (error) {
    const { metadata } = await readDeployment(street, name);
    const stands = `${lastCardOf(street, name)}\n${metadata.annotations['stepwise.dev/guarded']}`;
    throw new Error(`the card of ${name} does not say ${words}, but: ${stands}`, { cause: error });
  }
}

function lastCardOf({ slack }: Street, name: string): string {
  const channel = `C0${name.toUpperCase()}`;
  const cards = slack.transcript().messages.filter((one) => one.channel === channel && one.threadTs === undefined);
  return JSON.stringify(
    cards
      .findLast(({ versions }) => JSON.stringify(versions[0]?.metadata ?? '').includes('stepwise_card'))
      ?.versions.at(-1) ?? '',
  );
}

async function startReplicas({ sandbox, settings }: Street) {
  const redis = await startRedisServer('port');
  stops.push(() => redis.stop());
  const replicas = ['one', 'two'].map((name) =>
    sandbox.startService({ ...settings, REDIS_URL: redis.url, LEASE_SECONDS: '3', POD_NAME: name, HTTP_PORT: '0' }),
  );
  stops.push(async () => void (await Promise.all(replicas.map((replica) => replica.stop()))));
  return replicas;
}

/** Kills them right after their own writes, before they hear of the answer. */
function dieAtWrites(
  { sandbox }: Street,
  replicas: Awaited<ReturnType<typeof startReplicas>>,
): { readonly count: number } {
  const all = [...good, ...bad, ...owned];
  const died = { count: 0 };
  let writes = 0;
  sandbox.standIns.kubernetes?.onWrite(({ user, resource, name, status }) => {
    const isOurs = user === 'system:serviceaccount:stepwise:stepwise' && resource === 'deployments' && status < 300;
    if (!isOurs || !all.includes(name)) return;
    writes += 1;
    const next = deaths[died.count];
    if (next === undefined || writes < next.afterWrites) return;
    died.count += 1;
    for (const index of next.who) replicas[index]?.kill(0);
  });
  return died;
}

/** The images that each Deployment asked for, in order, each once in a row. */
function watchImages({ sandbox }: Street) {
  const Asked = z.looseObject({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({
      template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
    }),
  });
  const images = new Map<string, string[]>();
  const ending = new AbortController();
  const watching = watchObjects(
    sandbox.standIns.kubeConfig,
    '/apis/apps/v1/namespaces/shop/deployments',
    (object) => {
      const { metadata, spec } = Asked.parse(object);
      const seen = images.get(metadata.name) ?? [];
      images.set(metadata.name, seen);
      const image = spec.template.spec.containers[0]?.image ?? '';
      if (seen.at(-1) !== image) seen.push(image);
    },
    ending.signal,
  );
  stops.push(async () => {
    ending.abort();
    await watching;
  });
  return { of: (name: string) => images.get(name) ?? [] };
}

async function startTools({ sandbox }: Street): Promise<Readonly<Record<Owned, GitOps>>> {
  const tools = { argo: startGitOps(sandbox, git.argo), flux: startGitOps(sandbox, git.flux) };
  for (const name of owned) {
    stops.push(() => tools[name].stop());
    const soaking = { name, analysis: 'strict', soak: '5s', spec: { minReadySeconds: 1 } };
    await tools[name].commit(...aRollingManifest(soaking, 'shop:1', marksOf(name)));
  }
  return tools;
}

/** How each tool marks what it owns. */
function marksOf(name: Owned) {
  const flux = 'kustomize.toolkit.fluxcd.io';
  return name === 'argo'
    ? { annotations: { 'argocd.argoproj.io/tracking-id': `shops:apps/Deployment:shop/${name}` } }
    : { labels: { [`${flux}/name`]: 'shops', [`${flux}/namespace`]: 'flux-system' } };
}
