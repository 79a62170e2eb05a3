import { describe, expect, it } from 'vitest';
import { neededLiveServices, type Verb } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const PRE = { prePromotionAnalysis: { templates: [{ templateName: 'smoke' }] } };
const POST = { postPromotionAnalysis: { templates: [{ templateName: 'errors' }] } };
const MANUAL = { autoPromotionEnabled: false };

function live(strategy: object, spec: object = {}): SimulatedCluster {
  const rollout = aRollout().image('app:1').replicas(4).spec(spec).blueGreen(strategy).build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('smoke'), anAnalysisTemplate('errors')]);
  cluster.settle();
  return cluster;
}

function underWay(strategy: object, spec: object = {}): SimulatedCluster {
  const cluster = live(strategy, spec);
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

function ask(cluster: SimulatedCluster, verb: Verb): void {
  cluster.ask(verb);
  cluster.settle();
}

function judge(
  cluster: SimulatedCluster,
  which: 'pre' | 'post',
  phase: 'Successful' | 'Failed' | 'Inconclusive',
): string {
  const { blueGreen } = cluster.rollout.status;
  const reference = blueGreen?.[`${which}PromotionAnalysisRunStatus`];
  cluster.judge(reference?.name ?? '', phase, 1, 'metric "x" assessed');
  cluster.settle();
  return reference?.name ?? '';
}

/** Which image the Services lead to, and how many pods of each image are asked for. */
function seen(cluster: SimulatedCluster) {
  const image = (hash: string | undefined) => (hash === undefined ? undefined : cluster.imageOf(hash));
  return {
    active: image(cluster.activeHash()),
    preview: image(cluster.previewHash()),
    pods: Object.fromEntries(cluster.replicaSets.map((one) => [cluster.imageOf(one.podHash), one.specReplicas])),
  };
}

describe('the first revision', () => {
  it('is stable at once, and both Services lead to it', () => {
    const cluster = live({ ...MANUAL, ...PRE, ...POST, previewReplicaCount: 1 });
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:1', pods: { 'app:1': 4 } });
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', HPAReplicas: 4, availableReplicas: 4 });
    expect(cluster.analysisRuns).toEqual([]);
  });

  it('takes over a Service of somebody else only with all its pods', () => {
    const rollout = aRollout().image('app:1').replicas(4).blueGreen().build();
    const cluster = new SimulatedCluster(rollout);
    cluster.turn();
    cluster.ready(undefined, 3);
    cluster.turn();
    expect(cluster.activeHash()).toBeUndefined();
    cluster.readyAll();
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
  });
});

describe('an update', () => {
  it('leads the preview to the pods that are to come, and the active Service to all of them when they are there', () => {
    const cluster = live({});
    cluster.release('app:2');
    cluster.turn();
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:2', pods: { 'app:1': 4, 'app:2': 4 } });
    expect(cluster.rollout.status).toMatchObject({
      phase: 'Progressing',
      message: 'active service cutover pending',
    });
    cluster.ready(undefined, 3);
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy' });
    expect(cluster.eventReasons()).toContain('RolloutCompleted');
  });

  it('keeps what it replaced for scaleDownDelaySeconds', () => {
    const cluster = underWay({ scaleDownDelaySeconds: 60 });
    expect(seen(cluster).pods).toEqual({ 'app:1': 4, 'app:2': 4 });
    cluster.wait(59);
    cluster.settle();
    expect(seen(cluster).pods).toEqual({ 'app:1': 4, 'app:2': 4 });
    cluster.wait(1);
    cluster.settle();
    expect(seen(cluster).pods).toEqual({ 'app:1': 0, 'app:2': 4 });
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', replicas: 4, HPAReplicas: 4 });
  });

  it('waits for a promote where promotion is by hand, however long', () => {
    const cluster = underWay({ ...MANUAL, autoPromotionSeconds: 5 });
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'BlueGreenPause', controllerPause: true });
    expect(seen(cluster).active).toBe('app:1');
    ask(cluster, 'promote');
    expect(seen(cluster).active).toBe('app:2');
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(cluster.rollout.status.controllerPause).toBeUndefined();
  });

  it('remembers the promote while a pod is missing', () => {
    const cluster = underWay(MANUAL);
    cluster.ready(cluster.rollout.status.currentPodHash, 3);
    cluster.ask('promote');
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
  });

  it('promotes by itself autoPromotionSeconds after the analysis has passed', () => {
    const cluster = underWay({ ...PRE, autoPromotionSeconds: 30 });
    cluster.wait(300);
    cluster.settle();
    expect(cluster.rollout.status.pauseConditions).toBeUndefined();
    judge(cluster, 'pre', 'Successful');
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'BlueGreenPause' });
    expect(cluster.turn()).toBe(cluster.nowMs + 30_000);
    cluster.wait(29);
    cluster.settle();
    expect(seen(cluster).active).toBe('app:1');
    cluster.wait(1);
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
  });

  it('shows a preview of few pods, and grows it before the switch', () => {
    const cluster = underWay({ ...MANUAL, previewReplicaCount: 1 });
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:2', pods: { 'app:1': 4, 'app:2': 1 } });
    cluster.ask('promote');
    cluster.turn();
    expect(cluster.rollout.status.blueGreen?.scaleUpPreviewCheckPoint).toBe(true);
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:2', pods: { 'app:1': 4, 'app:2': 4 } });
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
    expect(cluster.rollout.status.blueGreen?.scaleUpPreviewCheckPoint).toBeUndefined();
  });

  it.each([['pre', PRE] as const, ['post', POST] as const])(
    'holds the %s-promotion analysis to its word',
    (which, analysis) => {
      const cluster = underWay(analysis);
      const name = `checkout-${cluster.rollout.status.currentPodHash}-2-${which}`;
      expect(cluster.analysisRuns.map(({ metadata }) => [metadata.name, metadata.labels['rollout-type']])).toEqual([
        [name, which === 'pre' ? 'PrePromotion' : 'PostPromotion'],
      ]);
      expect(seen(cluster).active).toBe(which === 'pre' ? 'app:1' : 'app:2');
      expect(cluster.rollout.status.stableRS).not.toBe(cluster.rollout.status.currentPodHash);
      judge(cluster, which, 'Successful');
      expect(seen(cluster).active).toBe('app:2');
      expect(cluster.rollout.status.phase).toBe('Healthy');
      expect(cluster.rollout.status.blueGreen?.[`${which}PromotionAnalysisRunStatus`]?.status).toBe('Successful');
    },
  );

  it('keeps the way back at its full size while the analysis after the switch runs', () => {
    const cluster = underWay(POST);
    cluster.wait(3600);
    cluster.settle();
    expect(seen(cluster).pods).toEqual({ 'app:1': 4, 'app:2': 4 });
    expect(cluster.rollout.status).toMatchObject({ phase: 'Progressing', message: 'waiting for analysis to complete' });
  });

  it('measures again when a person lets go of an inconclusive analysis, and waits for its promote all the same', () => {
    const cluster = underWay({ ...PRE, ...MANUAL });
    const first = judge(cluster, 'pre', 'Inconclusive');
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun' });
    ask(cluster, 'promote');
    expect(cluster.rollout.status.blueGreen?.prePromotionAnalysisRunStatus).toMatchObject({ name: `${first}.1` });
    judge(cluster, 'pre', 'Successful');
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'BlueGreenPause' });
    expect(seen(cluster).active).toBe('app:1');
    ask(cluster, 'promote');
    expect(seen(cluster).active).toBe('app:2');
  });

  it('takes a run that has measured nothing for no evidence', () => {
    const cluster = underWay(PRE);
    cluster.judge(cluster.rollout.status.blueGreen?.prePromotionAnalysisRunStatus?.name ?? '', 'Successful', 0);
    cluster.settle();
    expect(cluster.rollout.status.message).toBe('InconclusiveAnalysisRun');
    expect(seen(cluster).active).toBe('app:1');
  });

  it('finishes at once when a person asks for all of it: no pause, no analysis, but all pods', () => {
    const cluster = underWay({ ...PRE, ...POST, ...MANUAL, previewReplicaCount: 1 });
    cluster.ask('promoteFull');
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(cluster.rollout.status.promoteFull).toBeUndefined();
    expect(cluster.analysisRuns.map(({ spec }) => spec.terminate)).toEqual([true]);
  });

  it('stands still under spec.paused', () => {
    const cluster = live({});
    cluster.patch({ spec: { paused: true } });
    cluster.release('app:2');
    cluster.settle();
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:1', pods: { 'app:1': 4, 'app:2': 0 } });
    expect(cluster.rollout.status.message).toBe('manually paused');
    cluster.patch({ spec: { paused: false } });
    cluster.settle();
    expect(seen(cluster).active).toBe('app:2');
  });

  it('gives pods to what requests go to, also while a person is waited for', () => {
    const cluster = live(POST);
    cluster.patch({ spec: { replicas: 0 } });
    cluster.release('app:2');
    cluster.settle();
    judge(cluster, 'post', 'Inconclusive');
    cluster.settle();
    expect(cluster.rollout.status.message).toBe('InconclusiveAnalysisRun');
    cluster.patch({ spec: { replicas: 3 } });
    cluster.settle();
    expect(seen(cluster)).toMatchObject({ active: 'app:2', pods: { 'app:1': 3, 'app:2': 3 } });
  });

  it('keeps the pods of a preview off the nodes of stable', () => {
    const cluster = underWay({ ...MANUAL, antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } });
    const [first, second] = cluster.replicaSets;
    expect(first?.template.spec?.affinity).toBeUndefined();
    expect(JSON.stringify(second?.template.spec?.affinity)).toContain(first?.podHash);
    ask(cluster, 'promote');
    expect(second?.template.spec?.affinity).toBeUndefined();
  });
});

describe('the way back', () => {
  it.each([['pre', PRE] as const, ['post', POST] as const])(
    'is taken when the %s-promotion analysis fails',
    (which, analysis) => {
      const cluster = underWay(analysis);
      judge(cluster, which, 'Failed');
      expect(seen(cluster)).toMatchObject({ active: 'app:1', preview: 'app:2' });
      expect(cluster.rollout.status).toMatchObject({
        phase: 'Degraded',
        message: `RolloutAborted: Rollout aborted update to revision 2: Blue/green ${which}-promotion analysis phase error/failed: metric "x" assessed`,
        abort: true,
        blueGreen: { activeSelector: cluster.rollout.status.stableRS },
      });
    },
  );

  it.each([
    [undefined, 30],
    [10, 10],
  ])('takes the preview down after abortScaleDownDelaySeconds: %s', (abortScaleDownDelaySeconds, seconds) => {
    const cluster = underWay({
      ...MANUAL,
      ...(abortScaleDownDelaySeconds === undefined ? {} : { abortScaleDownDelaySeconds }),
    });
    ask(cluster, 'abort');
    cluster.wait(seconds - 1);
    cluster.settle();
    expect(seen(cluster).pods).toEqual({ 'app:1': 4, 'app:2': 4 });
    cluster.wait(1);
    cluster.settle();
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:2', pods: { 'app:1': 4, 'app:2': 0 } });
  });

  it('keeps an aborted preview up where that is asked for', () => {
    const cluster = underWay({ ...MANUAL, abortScaleDownDelaySeconds: 0 });
    ask(cluster, 'abort');
    cluster.wait(3600);
    cluster.settle();
    expect(seen(cluster).pods).toEqual({ 'app:1': 4, 'app:2': 4 });
  });

  it('switches back before anything else, and only to pods that answer', () => {
    const cluster = underWay(POST);
    const stable = cluster.rollout.status.stableRS;
    cluster.ready(stable, 0);
    cluster.patch({ status: { abort: true } });
    cluster.turn();
    expect(seen(cluster).active).toBe('app:2');
    cluster.ready(stable, 1);
    const before = cluster.performed.length;
    cluster.turn();
    expect(cluster.performed[before]).toMatchObject({ kind: 'switchService', toPodHash: stable });
  });

  it('is taken though something else is wrong with the spec', () => {
    const cluster = underWay(POST);
    const { 'checkout-preview': _gone, ...services } = cluster.services;
    cluster.services = services;
    cluster.judge(cluster.rollout.status.blueGreen?.postPromotionAnalysisRunStatus?.name ?? '', 'Failed');
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    expect(cluster.rollout.status.message).toContain('InvalidSpec: The Rollout "checkout" is invalid');
  });

  it('begins anew with a retry', () => {
    const cluster = underWay({ ...PRE, ...MANUAL });
    const first = judge(cluster, 'pre', 'Failed');
    ask(cluster, 'retry');
    // As Argo leaves it.
    expect(cluster.rollout.status.abort).toBe(false);
    expect(cluster.rollout.status.blueGreen?.prePromotionAnalysisRunStatus?.name).toBe(`${first}.1`);
    judge(cluster, 'pre', 'Successful');
    expect(cluster.rollout.status.message).toBe('BlueGreenPause');
    expect(seen(cluster).active).toBe('app:1');
  });

  it('removes an abort that has nothing to abort', () => {
    const cluster = underWay({});
    ask(cluster, 'abort');
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy' });
    expect(seen(cluster).active).toBe('app:2');
  });

  it('is instant while the pods of the revision before are still up: no pause, no analysis', () => {
    const cluster = underWay(MANUAL);
    ask(cluster, 'promote');
    cluster.patch({ spec: { strategy: { blueGreen: PRE } } });
    cluster.release('app:1');
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(cluster.analysisRuns).toEqual([]);
  });

  it('is an update like any other when they are gone', () => {
    const cluster = underWay(MANUAL);
    ask(cluster, 'promote');
    cluster.wait(31);
    cluster.settle();
    cluster.release('app:1');
    cluster.settle();
    expect(cluster.rollout.status.message).toBe('BlueGreenPause');
    expect(seen(cluster).active).toBe('app:2');
  });

  it.each([
    [1, { 'app:1': 0, 'app:2': 4, 'app:3': 4 }],
    [2, { 'app:1': 4, 'app:2': 4, 'app:3': 4 }],
  ])('is kept for the newest %i revisions that were replaced', (scaleDownDelayRevisionLimit, pods) => {
    const cluster = underWay({ scaleDownDelayRevisionLimit });
    cluster.wait(1);
    cluster.release('app:3');
    cluster.settle();
    expect(seen(cluster)).toEqual({ active: 'app:3', preview: 'app:3', pods });
  });

  it('inside the rollback window waits for pods, and for nothing else', () => {
    const cluster = underWay({ ...MANUAL, ...PRE }, { rollbackWindow: { revisions: 1 } });
    ask(cluster, 'promoteFull');
    cluster.wait(31);
    cluster.settle();
    cluster.release('app:1');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(seen(cluster).active).toBe('app:1');
  });

  it('does not lead to what was aborted a moment ago', () => {
    const cluster = underWay({ ...MANUAL, ...PRE });
    judge(cluster, 'pre', 'Failed');
    cluster.release('app:1');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    cluster.release('app:2');
    cluster.settle();
    expect(seen(cluster).active).toBe('app:1');
    expect(cluster.rollout.status.promoteFull).toBeUndefined();
  });

  it('from an unproven revision leads to stable, whatever comes next', () => {
    const cluster = underWay(POST);
    expect(seen(cluster).active).toBe('app:2');
    cluster.release('app:3');
    cluster.turn();
    expect(seen(cluster)).toMatchObject({ active: 'app:1', preview: 'app:3', pods: { 'app:2': 0 } });
  });

  it('is restored where somebody else has switched the active Service', () => {
    const cluster = underWay(MANUAL);
    const canary = cluster.rollout.status.currentPodHash ?? '';
    const active = cluster.services['checkout-active'];
    if (active === undefined) throw new Error('no active Service');
    const selector = { ...active.selector, 'rollouts-pod-template-hash': canary };
    cluster.services['checkout-active'] = { ...active, selector };
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
    expect(cluster.rollout.status.stableRS).not.toBe(canary);
  });
});

describe('between the permission and the switch', () => {
  /** Killed right after the write that permits the switch. */
  function permitted(): SimulatedCluster {
    const cluster = underWay(MANUAL);
    cluster.ask('promote');
    const { status } = cluster.rollout;
    for (let turn = 0; cluster.rollout.status.blueGreen?.activeSelector !== status.currentPodHash; turn++) {
      if (turn > 20) throw new Error('never permitted');
      cluster.turn({ crashAfterEffects: 1 });
    }
    expect(seen(cluster).active).toBe('app:1');
    return cluster;
  }

  it.each<[string, (cluster: SimulatedCluster) => void]>([
    ['an abort', (cluster) => cluster.patch({ status: { abort: true } })],
    ['somebody’s pause', (cluster) => cluster.patch({ spec: { paused: true } })],
    ['a pod that fails', (cluster) => cluster.ready(cluster.rollout.status.currentPodHash, 3)],
    ['another template', (cluster) => cluster.release('app:3')],
  ])('%s holds it', (_what, happen) => {
    const cluster = permitted();
    happen(cluster);
    cluster.turn();
    expect(seen(cluster).active).toBe('app:1');
  });

  it('nothing else does', () => {
    const cluster = permitted();
    cluster.turn();
    expect(seen(cluster).active).toBe('app:2');
  });

  it('the active Service is read live, and only then', () => {
    const cluster = permitted();
    expect(neededLiveServices(cluster.rollout)).toEqual(['checkout-active']);
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(neededLiveServices(cluster.rollout)).toEqual([]);
  });
});

describe('the metadata of a role', () => {
  const roles = {
    activeMetadata: { labels: { role: 'active' } },
    previewMetadata: { labels: { role: 'preview' }, annotations: { seen: 'by testers' } },
  };
  const worn = (cluster: SimulatedCluster) =>
    Object.fromEntries(
      cluster.replicaSets.map(({ podHash, template }) => [
        cluster.imageOf(podHash),
        [template.metadata?.labels?.role, template.metadata?.annotations?.seen],
      ]),
    );

  it('is on the pods of the revision that has the role, and on no others', () => {
    const cluster = live({ ...MANUAL, ...roles });
    expect(worn(cluster)).toEqual({ 'app:1': ['active', undefined] });
    cluster.release('app:2');
    cluster.settle();
    expect(worn(cluster)).toEqual({ 'app:1': ['active', undefined], 'app:2': ['preview', 'by testers'] });
    const creation = cluster.performed.findLast(({ kind }) => kind === 'createReplicaSet');
    expect(creation).toMatchObject({ replicaSet: { template: { metadata: { labels: { role: 'preview' } } } } });
    ask(cluster, 'promote');
    expect(worn(cluster)).toEqual({ 'app:1': [undefined, undefined], 'app:2': ['active', undefined] });
    const annotations = cluster.canary()?.annotations ?? {};
    expect(annotations['rollout.argoproj.io/ephemeral-metadata']).toBe('{"labels":{"role":"active"}}');
    expect(annotations['stepwise.dev/pod-metadata']).toBeUndefined();
  });

  it('begins no revision, and is taken off with its field', () => {
    const cluster = live(roles);
    cluster.patch({ spec: { strategy: { blueGreen: { activeMetadata: null } } } });
    cluster.settle();
    expect(worn(cluster)).toEqual({ 'app:1': [undefined, undefined] });
    expect(cluster.replicaSets).toHaveLength(1);
    expect(cluster.canary()?.annotations['rollout.argoproj.io/ephemeral-metadata']).toBeUndefined();
  });
});

describe('taken over from Argo', () => {
  /** As Argo leaves it at its pause: in its own words, with fields that only it writes, and Services without our history. */
  function leftByArgo(): SimulatedCluster {
    const cluster = underWay(MANUAL);
    const { status } = cluster.rollout;
    const startTime = '2027-01-15T07:59:00Z';
    cluster.patch({
      status: {
        canary: {},
        blueGreen: { previewSelector: status.currentPodHash, activeSelector: status.stableRS },
        pauseConditions: [{ reason: 'BlueGreenPause', startTime }],
        controllerPause: true,
        observedGeneration: '2',
        workloadObservedGeneration: '7',
        promoteFull: null,
      },
    });
    for (const one of cluster.replicaSets) {
      const { 'stepwise.dev/unproven': _ours, ...annotations } = one.annotations;
      one.annotations = annotations;
    }
    return cluster;
  }

  it('waits on, touches no pod, and goes on with a promote', () => {
    const cluster = leftByArgo();
    const before = cluster.performed.length;
    cluster.settle();
    const kinds = cluster.performed.slice(before).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'writeStatus' && kind !== 'sendEvent')).toEqual([]);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', workloadObservedGeneration: '7' });
    ask(cluster, 'promote');
    expect(seen(cluster).active).toBe('app:2');
  });

  it('goes on in the middle of the analysis after the switch', () => {
    const cluster = underWay(POST);
    cluster.patch({ status: { canary: {}, phase: 'Progressing' } });
    judge(cluster, 'post', 'Failed');
    expect(seen(cluster).active).toBe('app:1');
  });
});

describe('a canary that becomes blue-green', () => {
  it('gives the active Service to stable, and goes on from there', () => {
    const rollout = aRollout().image('app:1').replicas(4).routed().steps({ setWeight: 20 }, { pause: {} }).build();
    const cluster = new SimulatedCluster(rollout);
    cluster.settle();
    cluster.services = {
      'checkout-active': { name: 'checkout-active', selector: { app: 'checkout' }, annotations: {} },
      'checkout-preview': { name: 'checkout-preview', selector: { app: 'checkout' }, annotations: {} },
    };
    const blueGreen = { activeService: 'checkout-active', previewService: 'checkout-preview' };
    cluster.patch({ spec: { strategy: { canary: null, blueGreen } } });
    cluster.settle();
    expect(seen(cluster)).toEqual({ active: 'app:1', preview: 'app:1', pods: { 'app:1': 4 } });
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy' });
    expect(cluster.rollout.status.currentStepIndex).toBeUndefined();
  });
});

describe('a Service that the strategy no longer names', () => {
  const renamed = (cluster: SimulatedCluster) => {
    cluster.services.front = { name: 'front', selector: { app: 'checkout' }, annotations: {} };
    cluster.patch({ spec: { strategy: { blueGreen: { activeService: 'front' } } } });
  };
  const formerly = (cluster: SimulatedCluster) => cluster.services['checkout-active'];

  it('is let go: it leads to what its selector says, and another Rollout may have it', () => {
    const cluster = live({});
    renamed(cluster);
    cluster.settle();
    expect(formerly(cluster)).toEqual({ name: 'checkout-active', selector: { app: 'checkout' }, annotations: {} });
    expect(cluster.services.front?.selector['rollouts-pod-template-hash']).toBe(cluster.rollout.status.stableRS);
  });

  it('is let go when the rollout becomes a canary without Services', () => {
    const cluster = live({});
    cluster.patch({ spec: { strategy: { blueGreen: null, canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } } });
    cluster.settle();
    expect(Object.values(cluster.services).map(({ selector, annotations }) => [selector, annotations])).toEqual([
      [{ app: 'checkout' }, {}],
      [{ app: 'checkout' }, {}],
    ]);
  });

  it('is not while an update is under way: it would lead to the preview, too', () => {
    const cluster = underWay(MANUAL);
    const stable = cluster.rollout.status.stableRS;
    renamed(cluster);
    cluster.settle();
    expect(formerly(cluster)?.selector['rollouts-pod-template-hash']).toBe(stable);
    ask(cluster, 'promote');
    expect(formerly(cluster)?.selector).toEqual({ app: 'checkout' });
  });
});
