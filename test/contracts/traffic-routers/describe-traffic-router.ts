import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConnectedCluster, resources } from '../../../src/kubernetes/index.ts';
import { ConflictError, InvalidError } from '../../../src/lib/index.ts';
import type { ManagedRoute, TrafficRouting } from '../../../src/rollout/index.ts';
import type { RouterObservation, RouterTarget, TrafficRouter } from '../../../src/traffic-routers/index.ts';
import {
  createRollout,
  expectObject,
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
  /** Where requests go by what the objects say; or how a router refuses that cannot set routes. */
  readonly routes: RoutesUnderTest | { readonly refusal: RegExp };
  /** Shares of others than stable and canary; or how a router refuses that knows only these two. */
  readonly additional: SharesUnderTest | { readonly refusal: RegExp };
  readonly words: { readonly missing: RegExp };
}

export interface SharesUnderTest {
  /** By Service, what of all requests to this object goes there, 0…1; those that get nothing are not in it. */
  shares(tools: TestCluster, target: RouterTarget, name: string): Promise<Readonly<Record<string, number>>>;
}

export interface RoutesUnderTest {
  /** Where such requests to this object go: 0…1 to the canary, and 0…1 of them copied to it. */
  ask(
    tools: TestCluster,
    target: RouterTarget,
    name: string,
    request: AskedRequest,
  ): Promise<{ readonly canary: number; readonly copied: number }>;
}

export interface AskedRequest {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const testers: ManagedRoute = {
  name: 'testers',
  header: [{ headerName: 'x-who', headerValue: { exact: 'tester' } }],
};
const copies: ManagedRoute = {
  name: 'copies',
  mirror: [{ method: { exact: 'POST' }, path: { prefix: '/pay' } }],
  percentage: 35,
};

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
      await router.setWeight(target, { canary: weight }, await router.read(target, tools.signal), tools.signal);
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
      await expect(router.setWeight(target, { canary: 50 }, seen, tools.signal)).rejects.toThrow(ConflictError);
      expect(await under.share(tools, target, 'main')).toBe(0);
    });

    test('of two who saw the beginning, one wins', async () => {
      const target = await aTarget(['main']);
      const seen = await router.read(target, tools.signal);
      const outcomes = await Promise.allSettled([
        router.setWeight(target, { canary: 10 }, seen, tools.signal),
        router.setWeight(target, { canary: 20 }, seen, tools.signal),
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
      await expect(router.setWeight(target, { canary: 10 }, seen, tools.signal)).rejects.toThrow(InvalidError);
      expect((await under.share(tools, target, 'other')) ?? 0).toBe(0);
    });

    test('an abort needs only what still sends requests to the canary', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 50);
      await under.uninstall(tools, target, 'other');
      const seen = await router.read(target, tools.signal);
      expect(seen.problem).toMatch(under.words.missing);
      expect(await router.setWeight(target, { canary: 0 }, seen, tools.signal)).toMatchObject({ canaryWeight: 0 });
      expect(await under.share(tools, target, 'main')).toBe(0);
      expect((await under.share(tools, target, 'other')) ?? 0).toBe(0);
    });

    test('what is missing is not in the way of an abort that begins at 0 elsewhere', async () => {
      const target = await aTarget(['main', 'other']);
      await set({ ...target, routing: under.routing(['main']) }, 50);
      await under.uninstall(tools, target, 'other');
      const seen = await router.read(target, tools.signal);
      expect(seen).toMatchObject({ canaryWeight: 50, problem: expect.stringMatching(under.words.missing) });
      await router.setWeight(target, { canary: 0 }, seen, tools.signal);
      expect(await under.share(tools, target, 'main')).toBe(0);
      expect((await router.read(target, tools.signal)).canaryWeight).toBe(0);
    });

    test('several objects: what was half done is seen, and finished', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 10);
      await set({ ...target, routing: under.routing(['main']) }, 40);
      const seen = await router.read(target, tools.signal);
      expect(seen).toMatchObject({ canaryWeight: 40, isIncomplete: true });
      await router.setWeight(target, { canary: 40 }, seen, tools.signal);
      expect(await under.share(tools, target, 'main')).toBeCloseTo(0.4, 6);
      expect(await under.share(tools, target, 'other')).toBeCloseTo(0.4, 6);
      expect((await router.read(target, tools.signal)).isIncomplete ?? false).toBe(false);
    });

    test('a conflict on one of several does not keep the others from falling', async () => {
      const target = await aTarget(['main', 'other']);
      await set(target, 50);
      const seen = await router.read(target, tools.signal);
      await under.meddle(tools, target, 'main');
      await expect(router.setWeight(target, { canary: 0 }, seen, tools.signal)).rejects.toThrow(ConflictError);
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
      await expect(router.setWeight(target, { canary: 10 }, seen, tools.signal)).rejects.toThrow(/names no/);
    });

    const { routes } = under;
    if ('refusal' in routes) {
      test('refuses header and mirror routes in words, and writes nothing', async () => {
        const target = await aTarget(['main']);
        await set(target, 25);
        const before = await under.identity(tools, target, 'main');
        const seen = await router.read(target, tools.signal);
        expect(seen.routes ?? []).toEqual([]);
        await expect(router.setRoutes(target, [testers], seen, tools.signal)).rejects.toThrow(InvalidError);
        await expect(router.setRoutes(target, [testers], seen, tools.signal)).rejects.toThrow(routes.refusal);
        expect(await under.identity(tools, target, 'main')).toEqual(before);
      });

      test('has no routes to take away', async () => {
        const target = await aTarget(['main']);
        await set(target, 25);
        const seen = await router.read(target, tools.signal);
        expect(await router.setRoutes(target, [], seen, tools.signal)).toMatchObject({ canaryWeight: 25 });
      });
    } else {
      describeRoutes(routes);
    }

    function describeRoutes({ ask }: RoutesUnderTest): void {
      const managed = { managedRoutes: [{ name: 'testers' }, { name: 'copies' }] };
      const asTester = { headers: { 'x-who': 'tester' } };

      async function setRoutes(target: RouterTarget, ...wanted: readonly ManagedRoute[]): Promise<void> {
        await router.setRoutes(target, wanted, await router.read(target, tools.signal), tools.signal);
      }

      test('a header route brings what matches to the canary, and nothing else', async () => {
        const target = await aTarget(['main'], managed);
        await setRoutes(target, testers);
        expect(await ask(tools, target, 'main', asTester)).toEqual({ canary: 1, copied: 0 });
        for (const headers of [{}, { 'x-who': 'other' }, { 'x-what': 'tester' }])
          expect(await ask(tools, target, 'main', { headers })).toEqual({ canary: 0, copied: 0 });
        expect(await router.read(target, tools.signal)).toMatchObject({ routes: [testers] });
        expect((await router.read(target, tools.signal)).canaryWeight ?? 0).toBe(0);
      });

      test.for([
        [{ exact: 'v1.2' }, 'v1.2', 'v1x2'],
        [{ prefix: 'v1.' }, 'v1.9', 'v12'],
        [{ regex: 'v[12]' }, 'v2', 'v3'],
      ] as const)('compares a header by %j', async ([headerValue, yes, no]) => {
        const target = await aTarget(['main'], managed);
        await setRoutes(target, { name: 'testers', header: [{ headerName: 'x-version', headerValue }] });
        expect((await ask(tools, target, 'main', { headers: { 'x-version': yes } })).canary).toBe(1);
        expect((await ask(tools, target, 'main', { headers: { 'x-version': no } })).canary).toBe(0);
      });

      test('weight and routes move beside each other', async () => {
        const target = await aTarget(['main'], managed);
        await setRoutes(target, testers, copies);
        await set(target, 25);
        expect((await router.read(target, tools.signal)).routes).toEqual([testers, copies]);
        const paid = { method: 'POST', path: '/pay/now' };
        expect(await ask(tools, target, 'main', asTester)).toEqual({ canary: 1, copied: 0 });
        expect(await ask(tools, target, 'main', {})).toEqual({ canary: 0.25, copied: 0 });
        expect(await ask(tools, target, 'main', paid)).toEqual({ canary: 0.25, copied: 0.35 });
        await setRoutes(target);
        expect(await ask(tools, target, 'main', asTester)).toEqual({ canary: 0.25, copied: 0 });
        expect(await ask(tools, target, 'main', paid)).toEqual({ canary: 0.25, copied: 0 });
        expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 25, routes: [] });
      });

      test('a mirror route copies what matches, and moves nothing', async () => {
        const target = await aTarget(['main'], managed);
        await setRoutes(target, copies);
        expect(await ask(tools, target, 'main', { method: 'POST', path: '/pay' })).toEqual({ canary: 0, copied: 0.35 });
        for (const other of [
          { method: 'GET', path: '/pay' },
          { method: 'POST', path: '/payments' },
        ])
          expect(await ask(tools, target, 'main', other)).toEqual({ canary: 0, copied: 0 });
      });

      test('a route of the same name replaces the one before', async () => {
        const target = await aTarget(['main'], managed);
        await setRoutes(target, testers);
        const others = { name: 'testers', header: [{ headerName: 'x-team', headerValue: { exact: 'shop' } }] };
        await setRoutes(target, others);
        expect((await ask(tools, target, 'main', asTester)).canary).toBe(0);
        expect((await ask(tools, target, 'main', { headers: { 'x-team': 'shop' } })).canary).toBe(1);
        expect(await router.read(target, tools.signal)).toMatchObject({ routes: [others] });
      });

      test('writes nothing when all routes are set', async () => {
        const target = await aTarget(['main', 'other'], managed);
        await setRoutes(target, testers, copies);
        const before = await under.identity(tools, target, 'main');
        await setRoutes(target, testers, copies);
        expect(await under.identity(tools, target, 'main')).toEqual(before);
        expect((await router.read(target, tools.signal)).areRoutesIncomplete ?? false).toBe(false);
      });

      test('the answer of one write is what the next one starts from', async () => {
        const target = await aTarget(['main'], managed);
        const weighed = await router.setWeight(
          target,
          { canary: 50 },
          await router.read(target, tools.signal),
          tools.signal,
        );
        const routed = await router.setRoutes(target, [testers], weighed, tools.signal);
        expect(routed).toMatchObject({ canaryWeight: 50, routes: [testers] });
        await router.setWeight(target, { canary: 0 }, routed, tools.signal);
        expect(await ask(tools, target, 'main', {})).toEqual({ canary: 0, copied: 0 });
        expect((await ask(tools, target, 'main', asTester)).canary).toBe(1);
      });

      test('routes decided on a look that is out of date are not set', async () => {
        const target = await aTarget(['main'], managed);
        const seen = await router.read(target, tools.signal);
        await set(target, 25);
        await expect(router.setRoutes(target, [testers], seen, tools.signal)).rejects.toThrow(ConflictError);
        expect((await ask(tools, target, 'main', asTester)).canary).toBe(0.25);
      });

      test('leaves the rules of others to them', async () => {
        const target = await aTarget(['main'], managed);
        await set(target, 25);
        await under.meddle(tools, target, 'main');
        await setRoutes(target, testers);
        await setRoutes(target);
        expect(await under.isMeddled(tools, target, 'main')).toBe(true);
        expect(await under.share(tools, target, 'main')).toBeCloseTo(0.25, 6);
      });

      test('several objects: routes that only one has are seen, and set on all', async () => {
        const target = await aTarget(['main', 'other'], managed);
        await setRoutes({ ...target, routing: { ...under.routing(['main']), ...managed } }, testers);
        const seen = await router.read(target, tools.signal);
        expect(seen).toMatchObject({ routes: [testers], areRoutesIncomplete: true });
        await router.setRoutes(target, [testers], seen, tools.signal);
        for (const name of ['main', 'other']) expect((await ask(tools, target, name, asTester)).canary).toBe(1);
        await setRoutes(target);
        for (const name of ['main', 'other']) expect((await ask(tools, target, name, asTester)).canary).toBe(0);
      });
    }

    const { additional } = under;
    const service = (name: string) => ({ serviceName: name, weight: 20 });
    /** With the port of its containers, as an Experiment's: stable's Service leads to the same one by another number. */
    async function aService(target: RouterTarget, name: string, port: object): Promise<void> {
      const { namespace } = target;
      const manifest = { metadata: { namespace, name }, spec: { selector: { app: name }, ports: [port] } };
      await tools.cluster.create(resources.services, JSON.parse(JSON.stringify(manifest)), { signal: tools.signal });
    }
    async function give(target: RouterTarget, canary: number, ...names: readonly string[]): Promise<RouterObservation> {
      const seen = await router.read(target, tools.signal);
      return router.setWeight(target, { canary, additional: names.map(service) }, seen, tools.signal);
    }

    if ('refusal' in additional) {
      test('refuses shares of others, and changes nothing', async () => {
        const target = await aTarget(['main']);
        await set(target, 25);
        await expect(give(target, 25, 'exp')).rejects.toThrow(additional.refusal);
        expect(await under.share(tools, target, 'main')).toBeCloseTo(0.25, 6);
      });
    } else {
      const { shares } = additional;
      const aTargetWithServices = async (names: readonly string[]) => {
        const target = await aTarget(names);
        await aService(target, target.stableService, { name: 'http', port: 80, targetPort: 8080 });
        for (const name of ['exp-a', 'exp-b']) await aService(target, name, { name: 'web', port: 8080 });
        return target;
      };

      test('shares of others come off stable’s, and go back to it', async () => {
        const target = await aTargetWithServices(['main']);
        const { canaryService: canary, stableService: stable } = target;
        await give(target, 10, 'exp-a', 'exp-b');
        expect(await shares(tools, target, 'main')).toEqual({
          [canary]: 0.1,
          'exp-a': 0.2,
          'exp-b': 0.2,
          [stable]: 0.5,
        });
        expect(await router.read(target, tools.signal)).toMatchObject({
          canaryWeight: 10,
          additional: [service('exp-a'), service('exp-b')],
        });
        await give(target, 10, 'exp-b');
        expect(await shares(tools, target, 'main')).toEqual({ [canary]: 0.1, 'exp-b': 0.2, [stable]: 0.7 });
        await set(target, 0);
        expect(await shares(tools, target, 'main')).toEqual({ [stable]: 1 });
        expect((await router.read(target, tools.signal)).additional ?? []).toEqual([]);
      });

      test('writes nothing when all shares are given', async () => {
        const target = await aTargetWithServices(['main']);
        await give(target, 10, 'exp-a');
        const before = await under.identity(tools, target, 'main');
        const seen = await give(target, 10, 'exp-a');
        expect(await under.identity(tools, target, 'main')).toEqual(before);
        expect(seen.isIncomplete ?? false).toBe(false);
      });

      test('takes shares back though their Services are gone', async () => {
        const target = await aTargetWithServices(['main']);
        await give(target, 10, 'exp-a');
        const name = { namespace: target.namespace, name: 'exp-a' };
        const { uid } = expectObject(await tools.cluster.get(resources.services, name, tools.signal)).metadata;
        await tools.cluster.delete(resources.services, name, uid, { signal: tools.signal });
        await set(target, 0);
        expect(await shares(tools, target, 'main')).toEqual({ [target.stableService]: 1 });
      });

      test('gives nothing to a Service that is not there yet', async () => {
        const target = await aTargetWithServices(['main']);
        await expect(give(target, 10, 'exp-z')).rejects.toThrow(ConflictError);
        expect(await shares(tools, target, 'main')).toEqual({ [target.stableService]: 1 });
      });

      test('leaves the backends of others to them, and refuses more than everything', async () => {
        const target = await aTargetWithServices(['main']);
        await under.meddle(tools, target, 'main');
        await give(target, 10, 'exp-a');
        await expect(give(target, 70, 'exp-a', 'exp-b')).rejects.toThrow(InvalidError);
        await set(target, 0);
        expect(await under.isMeddled(tools, target, 'main')).toBe(true);
      });

      test('several objects: shares that only one gives are seen, and given by all', async () => {
        const target = await aTargetWithServices(['main', 'other']);
        await give({ ...target, routing: under.routing(['main']) }, 0, 'exp-a');
        const seen = await router.read(target, tools.signal);
        expect(seen).toMatchObject({ additional: [service('exp-a')], isIncomplete: true });
        await give(target, 0, 'exp-a');
        for (const name of ['main', 'other']) {
          expect(await shares(tools, target, name)).toEqual({ 'exp-a': 0.2, [target.stableService]: 0.8 });
        }
        expect((await router.read(target, tools.signal)).isIncomplete ?? false).toBe(false);
      });
    }

    test('stops when it is told to', async () => {
      const target = await aTarget(['main']);
      const seen = await router.read(target, tools.signal);
      await expect(router.read(target, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
      await expect(
        router.setWeight(target, { canary: 10 }, seen, AbortSignal.abort(new Error('enough'))),
      ).rejects.toThrow('enough');
      expect((await under.share(tools, target, 'main')) ?? 0).toBe(0);
    });
  });
}
