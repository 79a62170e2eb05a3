import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectedCluster } from '../../../src/kubernetes/index.ts';
import { ConflictError, InvalidError } from '../../../src/lib/index.ts';
import type { TrafficRouting } from '../../../src/rollout/index.ts';
import type { RouterTarget, TrafficRouter } from '../../../src/traffic-routers/index.ts';
import {
  createRollout,
  httpRouteDefinition,
  rolloutDefinition,
  startTestCluster,
  type TestCluster,
} from '../../support/test-cluster.ts';

/** What the suite must know of a vendor to check the world instead of the router's word. */
export interface RouterUnderTest {
  create(cluster: ConnectedCluster): TrafficRouter;
  /** `trafficRouting` that names these objects of the user's. */
  routing(names: readonly string[]): TrafficRouting;
  /** Creates one such object, as a user would, with nothing for the canary. */
  install(tools: TestCluster, target: RouterTarget, name: string): Promise<void>;
  uninstall(tools: TestCluster, target: RouterTarget, name: string): Promise<void>;
  /** What the object that carries the weight says: 0…1; undefined: there is none. */
  share(tools: TestCluster, target: RouterTarget, name: string): Promise<number | undefined>;
  /** uid and resourceVersion of the object that carries the weight. */
  identity(tools: TestCluster, target: RouterTarget, name: string): Promise<{ uid: string; resourceVersion: string }>;
  /** Somebody writes a label, an annotation and a field of their own on it. */
  meddle(tools: TestCluster, target: RouterTarget, name: string): Promise<void>;
  /** All that `meddle` wrote is still there. */
  isMeddled(tools: TestCluster, target: RouterTarget, name: string): Promise<boolean>;
  readonly words: { readonly missing: RegExp };
}

export function describeTrafficRouter(vendor: string, under: RouterUnderTest): void {
  describe(`${vendor} moves the canary's share`, () => {
    let tools: TestCluster;
    let router: TrafficRouter;

    beforeAll(async () => {
      tools = await startTestCluster([httpRouteDefinition, rolloutDefinition]);
      router = under.create(tools.cluster);
    });
    afterAll(() => tools.stop());

    async function aTarget(names: readonly string[], more: Partial<TrafficRouting> = {}): Promise<RouterTarget> {
      const namespace = await tools.namespace();
      const target: RouterTarget = {
        namespace,
        rolloutName: 'web',
        rolloutUid: await createRollout(tools, namespace, 'web'),
        canaryService: 'web-canary',
        stableService: 'web-stable',
        routing: { ...under.routing(names), ...more },
      };
      for (const name of names) await under.install(tools, target, name);
      return target;
    }

    async function set(target: RouterTarget, weight: number): Promise<void> {
      await router.setWeight(target, weight, await router.read(target, tools.signal), tools.signal);
    }

    test('at first nothing goes to the canary, and nothing is wrong', async () => {
      const target = await aTarget(['main']);
      const seen = await router.read(target, tools.signal);
      expect(seen.canaryWeight ?? 0).toBe(0);
      expect(seen.problem).toBeUndefined();
    });

    test('says what it was told', async () => {
      const target = await aTarget(['main']);
      for (const weight of [0, 1, 10, 50, 100, 33, 0]) {
        await set(target, weight);
        expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: weight });
        expect(await under.share(tools, target, 'main')).toBeCloseTo(weight / 100, 6);
      }
    });

    test('counts to maxTrafficWeight', async () => {
      const target = await aTarget(['main'], { maxTrafficWeight: 1000 });
      await set(target, 250);
      expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 250 });
      expect(await under.share(tools, target, 'main')).toBeCloseTo(0.25, 6);
    });

    test('writes nothing when all is said', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 25);
      const before = await under.identity(tools, target, 'main');
      await set(target, 25);
      expect(await under.identity(tools, target, 'main')).toEqual(before);
      expect((await router.read(target, tools.signal)).isIncomplete ?? false).toBe(false);
    });

    test('at 0 its object stays', async () => {
      const target = await aTarget(['main']);
      await set(target, 25);
      const { uid } = await under.identity(tools, target, 'main');
      await set(target, 0);
      expect((await under.identity(tools, target, 'main')).uid).toBe(uid);
      expect(await under.share(tools, target, 'main')).toBe(0);
    });

    test('a look that is out of date changes nothing', async () => {
      const target = await aTarget(['main']);
      await set(target, 25);
      const seen = await router.read(target, tools.signal);
      await set(target, 0);
      await expect(router.setWeight(target, 50, seen, tools.signal)).rejects.toThrow(ConflictError);
      expect(await under.share(tools, target, 'main')).toBe(0);
    });

    test('of two who saw the beginning, one wins', async () => {
      const target = await aTarget(['main']);
      const seen = await router.read(target, tools.signal);
      const outcomes = await Promise.allSettled([
        router.setWeight(target, 10, seen, tools.signal),
        router.setWeight(target, 20, seen, tools.signal),
      ]);
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(failures.map(({ reason }) => reason)).toEqual([expect.any(ConflictError)]);
      const winner = outcomes[0]?.status === 'fulfilled' ? 0.1 : 0.2;
      expect(await under.share(tools, target, 'main')).toBeCloseTo(winner, 6);
    });

    test('leaves to others what is theirs', async () => {
      const target = await aTarget(['main']);
      await set(target, 25);
      await under.meddle(tools, target, 'main');
      await set(target, 50);
      expect(await under.isMeddled(tools, target, 'main')).toBe(true);
      expect(await under.share(tools, target, 'main')).toBeCloseTo(0.5, 6);
    });

    test('says in words that an object is missing, and moves nothing', async () => {
      const target = await aTarget(['main', 'other']);
      await under.uninstall(tools, target, 'other');
      const seen = await router.read(target, tools.signal);
      expect(seen.problem).toMatch(under.words.missing);
      expect(seen.problem).toContain('other');
      await expect(router.setWeight(target, 10, seen, tools.signal)).rejects.toThrow(InvalidError);
      expect((await under.share(tools, target, 'other')) ?? 0).toBe(0);
    });

    test('an abort needs only what still sends requests to the canary', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 50);
      await under.uninstall(tools, target, 'other');
      const seen = await router.read(target, tools.signal);
      expect(seen.problem).toMatch(under.words.missing);
      await router.setWeight(target, 0, seen, tools.signal).catch(() => undefined);
      expect(await under.share(tools, target, 'main')).toBe(0);
      expect((await under.share(tools, target, 'other')) ?? 0).toBe(0);
    });

    test('several objects: what was half done is seen, and finished', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 10);
      await set({ ...target, routing: under.routing(['main']) }, 40);
      const seen = await router.read(target, tools.signal);
      expect(seen).toMatchObject({ canaryWeight: 40, isIncomplete: true });
      await router.setWeight(target, 40, seen, tools.signal);
      expect(await under.share(tools, target, 'main')).toBeCloseTo(0.4, 6);
      expect(await under.share(tools, target, 'other')).toBeCloseTo(0.4, 6);
      expect((await router.read(target, tools.signal)).isIncomplete ?? false).toBe(false);
    });

    test('a conflict on one of several does not keep the others from falling', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 50);
      const seen = await router.read(target, tools.signal);
      await under.meddle(tools, target, 'main');
      await expect(router.setWeight(target, 0, seen, tools.signal)).rejects.toThrow(ConflictError);
      expect(await under.share(tools, target, 'other')).toBe(0);
      await set(target, 0);
      expect(await under.share(tools, target, 'main')).toBe(0);
    });

    for (const weight of [-1, 101, 12.5, Number.NaN]) {
      test(`refuses ${weight}`, async () => {
        const target = await aTarget(['main']);
        await expect(set(target, weight)).rejects.toThrow(InvalidError);
        expect((await under.share(tools, target, 'main')) ?? 0).toBe(0);
      });
    }

    test('a routing that names no object is a problem in words', async () => {
      const target = await aTarget([]);
      const seen = await router.read(target, tools.signal);
      expect(seen.problem).toMatch(/names no/);
      await expect(router.setWeight(target, 10, seen, tools.signal)).rejects.toThrow(/names no/);
    });

    test('stops when it is told to', async () => {
      const target = await aTarget(['main']);
      const seen = await router.read(target, tools.signal);
      await expect(router.read(target, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
      await expect(router.setWeight(target, 10, seen, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
        'enough',
      );
      expect((await under.share(tools, target, 'main')) ?? 0).toBe(0);
    });
  });
}
