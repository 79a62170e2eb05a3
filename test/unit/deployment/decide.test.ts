import { describe, expect, it } from 'vitest';
import { AnalysisRun } from '../../../src/analysis/index.ts';
import { asRollout, decideDeployment } from '../../../src/deployment/index.ts';
import { readGitOwner } from '../../../src/rollout/index.ts';
import {
  aDeployment,
  change,
  controllerStep,
  imageOf,
  judge,
  memoryOf,
  type SimulatedDeployment,
  setImage,
  settle,
  takeTurn,
  templateOf,
  worldOf,
} from '../../support/simulated-deployment.ts';

/** Its first revision is live; then this image is released, and its first pod is there. */
function released(image = 'app:2', annotations: Readonly<Record<string, string>> = {}): SimulatedDeployment {
  const one = aDeployment(annotations);
  settle(one);
  setImage(one, image);
  settle(one, 4);
  return one;
}

/** All its pods are of the second revision, and it is measured. */
function soaking(annotations: Readonly<Record<string, string>> = {}): SimulatedDeployment {
  const one = released('app:2', annotations);
  judge(one, 'Running');
  settle(one, 6);
  expect(memoryOf(one)?.rolledOutAt).toBeDefined();
  return one;
}

function failingNow({ status }: AnalysisRun): AnalysisRun['status'] {
  const fail = (measurement: object) => ({ ...measurement, phase: 'Failed' as const });
  const metricResults = status.metricResults.map((one) => ({ ...one, measurements: one.measurements.map(fail) }));
  return AnalysisRun.shape.status.parse({ ...status, metricResults });
}

/** A line of managedFields: who owns the containers of the template. */
function writes(manager: string): object {
  const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': {} } } } };
  return { manager, operation: 'Update', time: '2026-11-20T11:00:00Z', fieldsV1 };
}

describe('a revision that is found good', () => {
  it('the first of all, at once: there is nothing that could be kept instead', () => {
    const one = aDeployment();
    settle(one);
    expect(memoryOf(one)).toMatchObject({ revision: 1, canary: 'happ1', good: ['happ1'] });
    expect(one.runs).toEqual([]);
  });

  it('the next, when its soak is over and what judges it has looked', () => {
    const one = soaking();
    expect(memoryOf(one)).toMatchObject({ revision: 2, canary: 'happ2', good: ['happ1'], run: 'app-happ2-2' });
    expect(one.runs[0]).toMatchObject({
      metadata: {
        labels: { 'rollouts-pod-template-hash': 'happ2' },
        annotations: { 'rollout.argoproj.io/revision': '2' },
      },
      spec: { args: [{ name: 'hash', value: 'happ2' }] },
    });
    settle(one);
    expect(memoryOf(one)?.good).toEqual(['happ2', 'happ1']);
    expect(one.runs.map(({ status }) => status.phase)).toEqual(['Successful']);
  });

  it('never while nothing was measured', () => {
    const one = released();
    settle(one, 60);
    expect(memoryOf(one)?.good).toEqual(['happ1']);
    expect(imageOf(one)).toBe('app:2');
  });

  it('never by a run that somebody ended before it had measured', () => {
    const one = released();
    settle(one, 6);
    one.runs = one.runs.map((run) => ({ ...run, status: { ...run.status, phase: 'Successful' } }));
    settle(one, 2);
    one.runs = one.runs.map((run) => ({ ...run, status: { ...run.status, phase: 'Successful' } }));
    settle(one, 30);
    expect(memoryOf(one)?.good).toEqual(['happ1']);
  });

  it('not while its newest measurement fails, though less often than the limit', () => {
    const one = soaking();
    one.runs = one.runs.map((run) => ({ ...run, status: failingNow(run) }));
    settle(one, 30);
    expect(memoryOf(one)?.good).toEqual(['happ1']);
    judge(one, 'Running');
    settle(one, 2);
    expect(memoryOf(one)?.good).toEqual(['happ2', 'happ1']);
  });

  it('at the end of its soak alone where nothing judges it', () => {
    const one = released('app:2', { 'stepwise.dev/analysis': 'none' });
    settle(one, 25);
    expect(memoryOf(one)?.good).toEqual(['happ2', 'happ1']);
    expect(one.runs).toEqual([]);
  });

  it('a run that ended well while pods were moved is taken once more in the soak', () => {
    const one = released();
    judge(one, 'Successful');
    settle(one, 6);
    expect(one.runs.map(({ metadata }) => metadata.name)).toEqual(['app-happ2-2', 'app-happ2-2.1']);
    judge(one, 'Successful');
    settle(one, 12);
    expect(memoryOf(one)?.good).toEqual(['happ2', 'happ1']);
    expect(one.runs).toHaveLength(2);
  });

  it('a person who goes back to what was good is not sent forth again', () => {
    const one = soaking();
    settle(one);
    setImage(one, 'app:1');
    settle(one);
    expect(memoryOf(one)).toMatchObject({ revision: 3, canary: 'happ1', good: ['happ1', 'happ2'] });
    expect(one.runs.every(({ status }) => status.phase === 'Successful')).toBe(true);
  });
});

describe('a revision that breaks its promise', () => {
  it.each(['Failed', 'Error'] as const)('goes back while its pods are moved: %s', (phase) => {
    const one = released();
    judge(one, phase);
    takeTurn(one);
    expect(imageOf(one)).toBe('app:1');
    expect(memoryOf(one)?.undone).toMatchObject({
      to: 'happ1',
      message: `Analysis phase ${phase.toLowerCase()}: it is ${phase}`,
    });
    settle(one);
    // The undo is no release of its own.
    expect(memoryOf(one)).toMatchObject({ revision: 2, canary: 'happ2', good: ['happ1'] });
    expect(one.revisions.map(({ hash, pods }) => [hash, pods])).toEqual([
      ['happ1', 3],
      ['happ2', 0],
    ]);
  });

  it('goes back in its soak, and not afterwards', () => {
    const one = soaking();
    judge(one, 'Failed');
    takeTurn(one);
    expect(imageOf(one)).toBe('app:1');
    const late = soaking();
    settle(late);
    late.runs = late.runs.map((run) => ({ ...run, status: { ...run.status, phase: 'Failed' } }));
    takeTurn(late);
    expect(imageOf(late)).toBe('app:2');
  });

  it('goes back when Kubernetes gives it up, though nothing judges it', () => {
    const one = aDeployment({ 'stepwise.dev/analysis': 'none' });
    settle(one);
    one.broken.add('app:2');
    setImage(one, 'app:2');
    settle(one, 4);
    one.lateAtMs = one.nowMs;
    settle(one);
    expect(imageOf(one)).toBe('app:1');
    expect(memoryOf(one)?.undone?.message).toMatch(/^ProgressDeadlineExceeded: /);
    // The condition stays until a pod moves: it says nothing of what comes next.
    setImage(one, 'app:3');
    settle(one, 2);
    expect(imageOf(one)).toBe('app:3');
  });

  it('goes back out of a pause', () => {
    const one = released();
    change(one, ({ spec }) => {
      spec.paused = true;
    });
    judge(one, 'Failed');
    controllerStep(one);
    takeTurn(one);
    expect([imageOf(one), one.spec.paused]).toEqual(['app:1', false]);
  });

  it('is tried again when a person asks for the same again', () => {
    const one = released();
    judge(one, 'Failed');
    settle(one);
    setImage(one, 'app:2');
    settle(one, 4);
    expect(memoryOf(one)).toMatchObject({ revision: 4, canary: 'happ2', good: ['happ1'], run: 'app-happ2-4' });
    judge(one, 'Failed');
    settle(one);
    expect(imageOf(one)).toBe('app:1');
  });
});

describe('what nobody judged is left alone', () => {
  it('released again before the verdict: the verdict is about something else', () => {
    const one = soaking();
    const stale = worldOf(one);
    setImage(one, 'app:3');
    judge(one, 'Failed');
    takeTurn(one);
    controllerStep(one);
    takeTurn(one);
    expect(imageOf(one)).toBe('app:3');
    expect(memoryOf(one)).toMatchObject({ canary: 'happ3', good: ['happ1'] });
    expect(decideDeployment({ ...stale, analysisRuns: one.runs }).effects[0]?.kind).toBe('goBack');
  });

  it('several releases in a row go back to the last good one', () => {
    const one = released();
    setImage(one, 'app:3');
    settle(one, 2);
    setImage(one, 'app:4');
    settle(one, 4);
    judge(one, 'Failed');
    settle(one);
    expect(imageOf(one)).toBe('app:1');
    expect(one.runs.every(({ status }) => status.phase !== 'Running')).toBe(true);
  });

  it('a template that is prepared in a pause', () => {
    const one = released();
    change(one, ({ spec }) => {
      spec.paused = true;
      spec.template = templateOf('app:5');
    });
    judge(one, 'Failed');
    controllerStep(one);
    expect(takeTurn(one)).toEqual([]);
    expect(imageOf(one)).toBe('app:5');
  });

  it('a Deployment that nobody asked us to judge any more', () => {
    const one = released('app:2', { 'stepwise.dev/analysis': 'slo' });
    change(one, ({ annotations }) => {
      annotations['stepwise.dev/soak'] = 'soon';
    });
    settle(one, 40);
    expect(memoryOf(one)?.good).toEqual(['happ1']);
    expect(imageOf(one)).toBe('app:2');
  });
});

describe('what cannot go back says so', () => {
  it('no revision is kept', () => {
    const one = aDeployment();
    one.spec.revisionHistoryLimit = 0;
    settle(one);
    setImage(one, 'app:2');
    settle(one, 4);
    judge(one, 'Running');
    settle(one, 6);
    expect(one.revisions.map(({ hash }) => hash)).toEqual(['happ2']);
    judge(one, 'Failed');
    const effects = takeTurn(one);
    expect(imageOf(one)).toBe('app:2');
    expect(memoryOf(one)?.stuck?.message).toBe(
      'Not undone: no good revision is left to go back to (revisionHistoryLimit: 0 keeps none). Analysis phase failed: it is Failed',
    );
    expect(effects.filter(({ kind }) => kind === 'sendEvent')).toHaveLength(1);
    settle(one, 30);
    expect(memoryOf(one)?.good).toEqual(['happ1']);
  });

  it('a Git tool has put it back once, within the second of the undo', () => {
    const one = released();
    judge(one, 'Failed');
    settle(one);
    one.managedFields = [writes('argocd-controller'), writes('stepwise')];
    setImage(one, 'app:2');
    settle(one, 4);
    judge(one, 'Failed');
    settle(one);
    expect(imageOf(one)).toBe('app:2');
    expect(memoryOf(one)?.stuck?.message).toMatch(/^Not undone: argocd-controller put it back once: change it in Git/);
  });
});

describe('a Deployment that Git owns', () => {
  const tracked = { 'argocd.argoproj.io/tracking-id': 'apps:apps/Deployment:shop/app' };
  const noteOf = (one: SimulatedDeployment) => one.annotations['stepwise.dev/git-override'];

  function undone(): SimulatedDeployment {
    const one = released('app:2', tracked);
    one.managedFields = [writes('argocd-controller')];
    judge(one, 'Failed');
    settle(one);
    expect(imageOf(one)).toBe('app:1');
    return one;
  }

  it('goes back once, and remembers in the same write what Git goes on asking for', () => {
    const one = undone();
    expect(JSON.parse(noteOf(one) ?? '{}')).toMatchObject({
      revision: 2,
      images: { app: { git: 'app:2', set: 'app:1' } },
    });
    // The image is ours now: nothing but the note tells what Git wants.
    one.managedFields = [writes('stepwise')];
    const rollout = asRollout(worldOf(one).deployment);
    expect(readGitOwner(rollout)).toMatchObject({
      source: { name: 'apps' },
      images: [{ container: 'app', image: 'app:2' }],
    });
  });

  it('forgets that when Git has gone on to later revisions', () => {
    const one = undone();
    one.managedFields = [writes('argocd-controller')];
    for (const image of ['app:3', 'app:4', 'app:5']) {
      setImage(one, image);
      settle(one, 4);
    }
    expect(memoryOf(one)?.revision).toBeGreaterThan(4);
    expect(noteOf(one)).toBeUndefined();
  });

  it('that Git does not own is not noted', () => {
    const one = released();
    judge(one, 'Failed');
    settle(one);
    expect(imageOf(one)).toBe('app:1');
    expect(noteOf(one)).toBeUndefined();
  });
});

it('inconclusive: no further pod is moved, and it is neither good nor undone', () => {
  const one = released();
  judge(one, 'Inconclusive');
  settle(one, 30);
  expect(one.spec.paused).toBe(true);
  expect(memoryOf(one)).toMatchObject({ canary: 'happ2', good: ['happ1'], heldAt: expect.any(String) });
  expect(imageOf(one)).toBe('app:2');
});

it('a template that is missing is said, and judges as soon as it is there', () => {
  const one = aDeployment();
  settle(one);
  one.templates = {};
  setImage(one, 'app:2');
  settle(one, 3);
  expect(memoryOf(one)?.problem).toMatch(/slo/);
  one.templates = aDeployment().templates;
  settle(one, 2);
  expect(memoryOf(one)?.problem).toBeUndefined();
  expect(one.runs).toHaveLength(1);
});

it.each([
  ['all its pods are there', 3, ['happ2']],
  ['pods of another revision too', 1, ['happ1']],
])('first seen where %s', (_, pods, good) => {
  const one = aDeployment();
  settle(one);
  setImage(one, 'app:2');
  for (let step = 0; step < (pods === 3 ? 12 : 3); step++) controllerStep(one);
  change(one, ({ annotations }) => {
    delete annotations['stepwise.dev/guarded'];
  });
  controllerStep(one);
  takeTurn(one);
  expect(memoryOf(one)).toMatchObject({ canary: 'happ2', good });
});
