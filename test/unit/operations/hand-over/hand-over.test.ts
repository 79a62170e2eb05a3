import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArgoController, Installation } from '../../../../src/kubernetes/index.ts';
import {
  type HandOverEnd,
  type HandOverTools,
  handBack,
  planHandBack,
  planTakeOver,
  type Sides,
  takeOver,
} from '../../../../src/operations/index.ts';

type Mode = 'own' | 'drive';

interface Pod {
  readonly name: string;
  readonly mode: Mode | 'argo';
  /** Ticks until it is gone; undefined: it stays. */
  endsIn?: number;
}

/** Two Deployments and a Lease, moving on by a tick each time somebody looks; and who acted in each tick. */
function simulate({ ignoresLease, replicas }: { readonly ignoresLease: boolean; readonly replicas: number }) {
  let argoWanted = replicas;
  let note: string | null = null;
  let mode: Mode = 'drive';
  let template: Mode = 'drive';
  let version = 1;
  let made = 0;
  let holder: Pod | undefined;
  let freeIn = 0;
  let pods: Pod[] = [];
  const clashes: string[] = [];
  const idle = { now: 0, longest: 0 };
  const make = (kind: Pod['mode']): void => {
    made += 1;
    pods.push({ name: `${kind === 'argo' ? 'argo-rollouts' : 'stepwise'}_${made}_x`, mode: kind });
  };
  for (let index = 0; index < replicas; index++) make('argo');
  for (let index = 0; index < 2; index++) make('drive');

  function tick(): void {
    for (const pod of pods) if (pod.endsIn !== undefined) pod.endsIn -= 1;
    pods = pods.filter(({ endsIn }) => endsIn === undefined || endsIn > 0);
    const argo = pods.filter((pod) => pod.mode === 'argo' && pod.endsIn === undefined);
    if (argo.length < argoWanted) make('argo');
    for (const pod of argo.slice(argoWanted)) pod.endsIn = 3;
    // One after the other, as a Deployment rolls.
    const stale = pods.find((pod) => pod.mode !== 'argo' && pod.mode !== template && pod.endsIn === undefined);
    const fresh = pods.filter((pod) => pod.mode === template && pod.endsIn === undefined);
    if (fresh.length < 2) make(template);
    if (stale !== undefined && fresh.length > 0) stale.endsIn = 2;
    if (holder !== undefined && !pods.includes(holder)) {
      holder = undefined;
      freeIn = 2;
    }
    freeIn -= 1;
    const takers = pods.filter((pod) => pod.mode === 'own' || (pod.mode === 'argo' && !ignoresLease));
    if (holder === undefined && freeIn <= 0) holder = takers[made % Math.max(1, takers.length)];
    const acting = new Set<string>(holder === undefined ? [] : [holder.mode]);
    if (ignoresLease && pods.some((pod) => pod.mode === 'argo')) acting.add('argo');
    if (acting.size > 1) clashes.push([...acting].join(' and '));
    idle.now = acting.size === 0 ? idle.now + 1 : 0;
    idle.longest = Math.max(idle.longest, idle.now);
  }

  const sides = (): Sides => {
    const ofArgo = pods.filter((pod) => pod.mode === 'argo' && pod.endsIn === undefined).length;
    const ofUs = pods.filter((pod) => pod.mode !== 'argo');
    const annotations: Record<string, string> = note === null ? {} : { 'stepwise.dev/replicas-before-take-over': note };
    return {
      installation: anInstallation({
        settings: { CONTROLLER: mode },
        isRolled: ofUs.length === 2 && ofUs.every((pod) => pod.mode === template && pod.endsIn === undefined),
      }),
      argo: [
        anArgo({
          resourceVersion: String(version),
          annotations,
          wantedReplicas: argoWanted,
          replicas: ofArgo,
          readyReplicas: ofArgo,
          ignoresLease,
        }),
      ],
      holder: holder?.name,
      lease: 'argo-rollouts/lock',
      missingRights: [],
    };
  };

  /** The calls of one run of the command; the one numbered `breaksAt` does its work, and its answer is lost. */
  function tools(breaksAt: number): HandOverTools {
    let calls = 0;
    async function call<T>(work: () => T): Promise<T> {
      calls += 1;
      tick();
      const answer = work();
      if (calls === breaksAt) throw new Error('the terminal was closed');
      return answer;
    }
    return {
      readSides: () => call(sides),
      switchController: (_, wanted) =>
        call(() => {
          mode = wanted;
          template = wanted;
        }),
      scale: (_, change) =>
        call(() => {
          argoWanted = change.replicas;
          note = change.note;
          version += 1;
        }),
      podsOf: () => call(() => pods.filter((pod) => pod.mode === 'argo').map(({ name }) => name)),
      tell: () => undefined,
      lookEveryMs: 0,
    };
  }
  return { tools, tick, clashes, idle, sides, holder: () => holder?.mode, argoWanted: () => argoWanted };
}

function anInstallation(changes: Partial<Installation> = {}): Installation {
  return {
    namespace: 'stepwise',
    deployment: 'stepwise',
    configMap: 'stepwise',
    settings: { CONTROLLER: 'drive' },
    serviceAccount: 'stepwise',
    wantedReplicas: 2,
    isRolled: true,
    ...changes,
  };
}

function anArgo(changes: Partial<ArgoController> = {}): ArgoController {
  return {
    namespace: 'argo-rollouts',
    name: 'argo-rollouts',
    uid: 'u',
    resourceVersion: '1',
    annotations: {},
    wantedReplicas: 1,
    replicas: 1,
    readyReplicas: 1,
    version: 'v1.8.3',
    podLabels: { 'app.kubernetes.io/name': 'argo-rollouts' },
    ignoresLease: false,
    instanceId: '',
    ...changes,
  };
}

describe('a hand-over that is broken off anywhere', () => {
  it('never has two acting, nor nobody for long, and ends by the same command or the opposite one', async () => {
    const scenario = fc.record({
      ignoresLease: fc.boolean(),
      replicas: fc.integer({ min: 1, max: 3 }),
      tries: fc.array(fc.tuple(fc.constantFrom('takeOver', 'handBack'), fc.integer({ min: 1, max: 40 })), {
        maxLength: 4,
      }),
      last: fc.constantFrom('takeOver' as const, 'handBack' as const),
      wait: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ ignoresLease, replicas, tries, last, wait }) => {
        const world = simulate({ ignoresLease, replicas });
        for (let index = 0; index < 5; index++) world.tick();
        const run = (direction: string, breaksAt: number): Promise<HandOverEnd | undefined> => {
          const act = direction === 'takeOver' ? takeOver : handBack;
          return act(world.tools(breaksAt), AbortSignal.timeout(60_000)).catch(() => undefined);
        };
        for (const [direction, breaksAt] of tries) {
          await run(direction, breaksAt);
          for (let index = 0; index < wait; index++) world.tick();
        }
        const end = await run(last, Number.POSITIVE_INFINITY);
        expect(end).toMatchObject({ done: true });
        for (let index = 0; index < 10; index++) world.tick();
        expect(world.clashes).toEqual([]);
        if (last === 'takeOver') expect([world.holder(), world.argoWanted()]).toEqual(['own', 0]);
        else expect(world.argoWanted()).toBe(replicas);
        // With the Lease honoured somebody takes it as soon as it runs out.
        if (!ignoresLease) expect(world.idle.longest).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the plan', () => {
  const sides: Sides = {
    installation: anInstallation(),
    argo: [anArgo()],
    holder: 'argo-rollouts-5d-x_1',
    lease: 'argo-rollouts/lock',
    missingRights: [],
  };

  it.each([
    ['starts the successor first', sides, 3, /they wait while Argo holds the Lease/],
    [
      'stops one without leader election first',
      { ...sides, argo: [anArgo({ ignoresLease: true })] },
      3,
      /nobody moves/,
    ],
    [
      'stops an older one with an instance id first: it holds another Lease',
      { ...sides, argo: [anArgo({ instanceId: 'a', version: 'v1.9.0' })] },
      3,
      /nobody moves/,
    ],
    [
      'trusts a newer one with an instance id',
      { ...sides, argo: [anArgo({ instanceId: 'a', version: 'v1.10.0' })] },
      3,
      /they wait/,
    ],
    ['stops one that holds no Lease first', { ...sides, holder: undefined }, 3, /nobody moves/],
    [
      'has nothing to stop where it is at 0',
      { ...sides, argo: [anArgo({ wantedReplicas: 0, replicas: 0 })] },
      2,
      /wait/,
    ],
  ])('%s', (_, seen: Sides, count, words) => {
    const plan = planTakeOver(seen, []);
    expect(plan.obstacles).toEqual([]);
    expect(plan.steps).toHaveLength(count);
    expect(plan.steps.join('\n')).toMatch(words);
  });

  it.each([
    [{ ...sides, installation: undefined }, /install it first/],
    [{ ...sides, missingRights: ['patch services'] }, /lacks 1 rights \(patch services/],
    [{ ...sides, argo: [] }, /holds the Lease .*, and no Deployment/],
  ])('cannot be done: %#', (seen: Sides, words) => {
    expect(planTakeOver(seen, []).obstacles.join('\n')).toMatch(words);
  });

  it('has nothing left to do, one way and the other', () => {
    const own = anInstallation({ settings: { CONTROLLER: 'own' } });
    const stopped = anArgo({ wantedReplicas: 0, replicas: 0 });
    const taken = { ...sides, installation: own, argo: [stopped], holder: 'stepwise_a' };
    expect(planTakeOver(taken, [])).toMatchObject({ isDone: true, steps: [], runner: 'stepwise' });
    expect(planHandBack(sides, [])).toMatchObject({ isDone: true, steps: [], runner: 'argo' });
    expect(planHandBack(taken, []).steps.join('\n')).toMatch(
      /scaled to 1; it waits[\s\S]*the last one gives the Lease back/,
    );
    expect(planHandBack({ ...taken, argo: [] }, []).obstacles.join('\n')).toMatch(/install Argo Rollouts first/);
  });
});
