import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changesAgainstGit,
  isUndo,
  parseWorkload,
  readGitOwner,
  undoPatch,
  type Verb,
  validateRollout,
  withWorkload,
} from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const STEPS = [{ setWeight: 20 }, { pause: {} }];
const labels = { app: 'checkout' };

function template(image: string) {
  return { metadata: { labels }, spec: { containers: [{ name: 'checkout', image }] } };
}

function deployment(image: string, generation = 1, replicas = 10, annotations: Readonly<Record<string, string>> = {}) {
  const metadata = { name: 'checkout', uid: 'uid-deployment', generation, annotations };
  return parseWorkload('Deployment', {
    metadata,
    spec: { replicas, selector: { matchLabels: labels }, template: template(image) },
  });
}

function begin(workloadRef: object = {}, replicas = 10): SimulatedCluster {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', ...workloadRef };
  const rollout = aRollout()
    .routed()
    .replicas(replicas)
    .steps(...STEPS)
    .spec({ template: undefined, selector: undefined, workloadRef: ref })
    .build();
  const cluster = new SimulatedCluster(rollout);
  cluster.workload = deployment('app:1');
  return cluster;
}

function release(cluster: SimulatedCluster, image: string, annotations?: Readonly<Record<string, string>>): void {
  const { generation = 1, replicas = 10 } = cluster.workload ?? {};
  cluster.workload = deployment(image, generation + 1, replicas, annotations);
}

describe('a rollout of another object’s template', () => {
  it('takes template and selector from there, writes neither, and says which generation it has seen', () => {
    const cluster = begin();
    cluster.settle();
    expect([cluster.rollout.spec.template, cluster.rollout.spec.selector]).toEqual([undefined, undefined]);
    expect(cluster.rollout.metadata.annotations['rollout.argoproj.io/workload-generation']).toBe('1');
    expect(cluster.rollout.status).toMatchObject({
      phase: 'Healthy',
      workloadObservedGeneration: '1',
      selector: 'app=checkout',
    });
    expect(cluster.workload?.replicas, 'never is the default').toBe(10);
    release(cluster, 'app:2');
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 2 }, 20]);
    expect(cluster.rollout.status).toMatchObject({ workloadObservedGeneration: '2', message: 'CanaryPauseStep' });
    release(cluster, 'app:1');
    cluster.settle();
    expect([cluster.rollout.status.phase, cluster.weight]).toEqual(['Healthy', 0]);
  });

  it('makes the same pods as one that has the template itself', () => {
    const own = new SimulatedCluster(
      aRollout()
        .routed()
        .image('app:1')
        .steps(...STEPS)
        .build(),
    );
    own.settle();
    const cluster = begin();
    cluster.settle();
    expect(cluster.rollout.status.currentPodHash).toBe(own.rollout.status.currentPodHash);
    const bare = parseWorkload('PodTemplate', {
      metadata: { name: 'x', uid: 'u', generation: 3 },
      template: template('app:1'),
    });
    expect(bare).toMatchObject({
      kind: 'PodTemplate',
      name: 'x',
      uid: 'u',
      generation: 3,
      template: template('app:1'),
    });
  });

  it('begins no revision when only the size of the other object changes', () => {
    const cluster = begin();
    cluster.settle();
    cluster.workload = deployment('app:1', 5, 3);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', workloadObservedGeneration: '5' });
    expect(cluster.replicaSets).toHaveLength(1);
  });

  it('says that the object is gone, scales nothing, and still lets an abort take the traffic back', () => {
    const cluster = begin();
    cluster.settle();
    release(cluster, 'app:2');
    cluster.settle();
    const before = cluster.sizes();
    cluster.workload = undefined;
    cluster.turn();
    expect(cluster.rollout.status.message).toBe(
      'InvalidSpec: The Rollout "checkout" is invalid: spec.workloadRef.name: Invalid value: "checkout": Deployment "checkout" not found',
    );
    expect([cluster.sizes(), cluster.weight]).toEqual([before, 20]);
    cluster.ask('abort');
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([before, 0]);
    release(cluster, 'app:2');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded' });
  });

  it.each([
    [
      'StatefulSet',
      {},
      'workload of type apps/StatefulSet is not supported; supported: apps/v1 Deployment, apps/v1 ReplicaSet, v1 PodTemplate',
    ],
    ['Deployment', { apiVersion: 'v1' }, 'spec.workloadRef.kind: Invalid value: "v1 Deployment"'],
    ['Deployment', { scaleDown: 'later' }, 'spec.workloadRef.scaleDown: Invalid value: "later"'],
  ])('refuses %s with %o', (kind, more, words) => {
    expect(validateRollout(begin({ kind, ...more }).world()).join()).toContain(words);
  });

  it('refuses a template beside the reference, and still says what else is wrong', () => {
    const cluster = begin();
    cluster.patch({ spec: { template: template('app:1'), strategy: { canary: { steps: [{ setWeight: 101 }] } } } });
    expect(validateRollout(cluster.world())).toEqual([
      'spec.template: Internal error: template must be empty for workload reference rollout',
      'spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100',
    ]);
  });
});

describe('an undo', () => {
  it.each([
    [false, 'Healthy', 0],
    [true, 'Paused', 20],
  ])('travels with the template in the other object (with steps: %s)', (isWithSteps, phase, weight) => {
    const cluster = undone(isWithSteps);
    cluster.settle();
    expect([cluster.rollout.status.phase, cluster.weight]).toEqual([phase, weight]);
    expect(isUndo(withWorkload(cluster.rollout, cluster.workload), 3)).toBe(true);
  });

  it('is bound to the revision that it left: the same template again takes its steps', () => {
    const cluster = undone(false);
    cluster.settle();
    const { annotations = {} } = cluster.workload?.metadata ?? {};
    for (const image of ['app:2', 'app:1']) {
      // Whoever changes the image leaves the annotations there.
      release(cluster, image, annotations);
      cluster.settle();
      expect([image, cluster.rollout.status.phase, cluster.weight]).toEqual([image, 'Paused', 20]);
      cluster.ask('promoteFull');
      cluster.settle();
      expect(isUndo(withWorkload(cluster.rollout, cluster.workload), image === 'app:2' ? 4 : 5)).toBe(false);
    }
  });

  /** Revision 2 is live, and its template was taken back in the Deployment. */
  function undone(isWithSteps: boolean): SimulatedCluster {
    const cluster = begin();
    cluster.settle();
    release(cluster, 'app:2');
    cluster.settle();
    cluster.ask('promoteFull');
    cluster.settle();
    const target = cluster.replicaSets.find(({ podHash }) => cluster.imageOf(podHash) === 'app:1');
    if (target?.template === undefined) throw new Error('revision 1 is gone');
    const { template } = target;
    const patch = undoPatch(withWorkload(cluster.rollout, cluster.workload), { ...target, template }, isWithSteps);
    expect(patch.map(({ path }) => path)).toContain('/spec/template');
    const added = patch.find(({ path }) => path === '/metadata/annotations')?.value ?? {};
    release(cluster, 'app:1', added as Record<string, string>);
    return cluster;
  }
});

describe('what Git owns of the other object', () => {
  const tracking = 'argocd.argoproj.io/tracking-id';
  const owned = (kind: 'Deployment' | 'PodTemplate', mark: string) => {
    const own = { 'f:spec': { 'f:containers': { 'k:{"name":"checkout"}': { 'f:image': {} } } } };
    const fieldsV1 = kind === 'Deployment' ? { 'f:spec': { 'f:template': own } } : { 'f:template': own };
    const managedFields = [
      { manager: 'argocd-controller', operation: 'Apply', time: '2026-11-20T12:00:00Z', fieldsV1 },
    ];
    const metadata = {
      name: 'checkout',
      namespace: 'shop',
      uid: 'u',
      annotations: { [tracking]: mark },
      managedFields,
    };
    const body = kind === 'Deployment' ? { spec: { template: template('app:1') } } : { template: template('app:1') };
    return withWorkload(begin().rollout, parseWorkload(kind, { metadata, ...body }));
  };

  it.each([
    ['Deployment', 'web:apps/Deployment:shop/checkout', 'spec.template.spec.containers[name=checkout].image'],
    ['PodTemplate', 'web:/PodTemplate:shop/checkout', 'template.spec.containers[name=checkout].image'],
  ] as const)('of a %s is named by its field there', (kind, mark, field) => {
    const rollout = owned(kind, mark);
    const owner = readGitOwner(rollout);
    expect(owner?.source.name).toBe('web');
    const changes = owner === undefined ? [] : changesAgainstGit(owner, rollout, template('app:2'));
    expect(changes).toEqual([{ field, from: 'app:1', to: 'app:2' }]);
  });

  it('is nothing where the mark is a copy of another object’s', () => {
    expect(readGitOwner(owned('Deployment', 'web:argoproj.io/Rollout:shop/checkout'))).toBeUndefined();
  });
});

describe('the Deployment beside its rollout', () => {
  const deploymentSize = (cluster: SimulatedCluster) => cluster.workload?.replicas;

  it('goes to 0 on success of the first revision', () => {
    const cluster = begin({ scaleDown: 'onsuccess' });
    cluster.turn();
    cluster.ready(undefined, 9);
    cluster.turn();
    expect(deploymentSize(cluster)).toBe(10);
    cluster.settle();
    expect(deploymentSize(cluster)).toBe(0);
  });

  it('shrinks by each pod that is available, grows again as they go, and ends at 0', () => {
    const cluster = begin({ scaleDown: 'progressively' });
    cluster.turn();
    expect(deploymentSize(cluster)).toBe(10);
    for (const [pods, size] of [
      [1, 9],
      [4, 6],
      [2, 8],
      [0, 10],
      [9, 1],
    ] as const) {
      cluster.ready(undefined, pods);
      cluster.turn();
      expect([pods, deploymentSize(cluster)]).toEqual([pods, size]);
    }
    cluster.settle();
    expect(deploymentSize(cluster)).toBe(0);
  });

  it.each(['onsuccess', 'progressively'])(
    'is left alone (%s) by a later revision, whoever scaled it up again',
    (scaleDown) => {
      const cluster = begin({ scaleDown });
      cluster.settle();
      release(cluster, 'app:2');
      cluster.ask('promoteFull');
      cluster.settle();
      cluster.workload = deployment('app:2', 9, 4);
      cluster.settle();
      expect(deploymentSize(cluster)).toBe(4);
    },
  );

  it('is not taken away by a rollout that is asked for no pods', () => {
    for (const scaleDown of ['onsuccess', 'progressively']) {
      const cluster = begin({ scaleDown }, 0);
      cluster.settle();
      expect([cluster.rollout.status.phase, deploymentSize(cluster)]).toEqual(['Healthy', 10]);
    }
  });

  it('has, with the rollout’s available pods, never fewer than are asked for, wherever a turn is killed', () => {
    const act = fc.oneof(
      fc.record({ after: fc.constantFrom(0, 1, 2, 3, 99) }),
      fc.record({ pods: fc.nat(10) }),
      fc.record({ verb: fc.constantFrom<Verb[]>('pause', 'resume', 'abort') }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('onsuccess', 'progressively'),
        fc.array(act, { maxLength: 25 }),
        (scaleDown, acts) => {
          const cluster = begin({ scaleDown });
          cluster.afterEffect = (effect) => {
            if (effect.kind !== 'scaleWorkload' || effect.to >= effect.from) return;
            const available = cluster.canary()?.availableReplicas ?? 0;
            expect(available + effect.to).toBeGreaterThanOrEqual(10);
          };
          for (const one of acts) {
            if ('pods' in one) cluster.ready(undefined, one.pods);
            else if ('verb' in one) cluster.ask(one.verb);
            else cluster.turn({ crashAfterEffects: one.after });
          }
          cluster.ask('resume');
          cluster.settle();
          expect([cluster.rollout.status.phase, deploymentSize(cluster)]).toEqual(['Healthy', 0]);
        },
      ),
      { numRuns: Number(process.env.PROMISE_RUNS ?? 80) },
    );
  }, 300_000);
});
