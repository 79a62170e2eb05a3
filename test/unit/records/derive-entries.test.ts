import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryRecord, deriveEntries, type LookedAt, type NewEntry, wasLive } from '../../../src/records/index.ts';
import { nextPluginCall, Rollout, recordPluginCall, undoPatch, type Verb } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const PLAN = [
  { setWeight: 10 },
  { pause: { duration: '30s' } },
  { analysis: { templates: [{ templateName: 'success' }] } },
  { pause: {} },
  { setWeight: 50 },
  { pause: {} },
];

/** A record, and the card's turns that write it. */
class Scribe {
  record: DeliveryRecord;
  readonly cluster: SimulatedCluster;

  constructor(cluster: SimulatedCluster) {
    this.cluster = cluster;
    this.record = DeliveryRecord.parse({
      metadata: { name: 'record' },
      spec: { rollout: { name: 'checkout', uid: 'uid-checkout', revision: 2 } },
    });
  }

  look(change: (world: LookedAt['world']) => LookedAt['world'] = (world) => world): readonly NewEntry[] {
    const world = change(this.cluster.world());
    const revision = Number(world.rollout.metadata.annotations['rollout.argoproj.io/revision'] ?? 0);
    if (revision < 2) return [];
    const { entries, seen } = deriveEntries(this.record, { world, revision });
    this.add(entries);
    this.record = { ...this.record, seen: { ...seen } };
    return entries;
  }

  add(entries: readonly NewEntry[]): void {
    const start = this.record.entries.length;
    const linked = entries.map((one, n) => ({ ...one, facts: { ...one.facts }, seq: start + n + 1, hash: '' }));
    this.record = { ...this.record, entries: [...this.record.entries, ...linked] };
  }

  see(...checks: readonly string[]): void {
    const ticks = Object.fromEntries(checks.map((check) => [`verified:${check}`, 'now']));
    this.record = { ...this.record, seen: { ...this.record.seen, ...ticks } };
  }

  asked(verb: string, by: string, text: string): void {
    this.add([{ at: '2026-11-20T10:00:00Z', event: `asked:${verb}`, by, text, facts: {} }]);
  }

  told(): string[] {
    return this.record.entries.map(({ event }) => event).filter((event) => !/^(asked|verdict):/.test(event));
  }
}

const checks = ['weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'] as const;

function underWay(plan: readonly object[] = PLAN): { readonly cluster: SimulatedCluster; readonly scribe: Scribe } {
  const rollout = aRollout()
    .image('ghcr.io/acme/checkout:1')
    .routed()
    .steps(...plan)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
  cluster.settle();
  cluster.release('ghcr.io/acme/checkout:2');
  return { cluster, scribe: new Scribe(cluster) };
}

/** The other side of the present webhook step says that it is done. */
function answerPlugin(cluster: SimulatedCluster): void {
  const call = nextPluginCall(cluster.rollout, cluster.nowMs);
  if (call?.kind !== 'call') throw new Error(`nothing is asked: ${JSON.stringify(call)}`);
  const done = { kind: 'answered', phase: 'Successful', message: undefined, requeueAfterMs: 0, status: {} } as const;
  const status = recordPluginCall(cluster.rollout, call.entry, done, cluster.nowMs);
  if (status !== undefined) cluster.perform({ kind: 'writeStatus', status });
}

function runOf(cluster: SimulatedCluster): string {
  return cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
}

/** Adds who wrote which fields, as the API server keeps it. */
function writtenBy(manager: string, fields: object, subresource = '', time = '2100-01-01T00:00:00Z') {
  return (world: LookedAt['world']): LookedAt['world'] => {
    const { rollout } = world;
    const managedFields = [{ manager, time, subresource, fieldsV1: fields }];
    return { ...world, rollout: Rollout.parse({ ...rollout, metadata: { ...rollout.metadata, managedFields } }) };
  };
}

function toGate(): { readonly cluster: SimulatedCluster; readonly scribe: Scribe } {
  const scene = underWay();
  const { cluster, scribe } = scene;
  cluster.turn();
  scribe.look();
  cluster.settle();
  scribe.look();
  cluster.wait(31);
  cluster.settle();
  cluster.judge(runOf(cluster), 'Successful', 3);
  cluster.settle();
  scribe.look();
  return scene;
}

function toAbort(): { readonly cluster: SimulatedCluster; readonly scribe: Scribe } {
  const scene = underWay();
  const { cluster, scribe } = scene;
  cluster.settle();
  cluster.wait(31);
  cluster.settle();
  scribe.look();
  cluster.judge(
    runOf(cluster),
    'Failed',
    2,
    'Metric "success-metric" assessed Failed due to failed (1) > failureLimit (0)',
  );
  cluster.settle();
  scribe.look();
  return scene;
}

describe('the timeline of a revision', () => {
  it('tells a release from its start over each weight and gate to live', () => {
    const { cluster, scribe } = toGate();
    expect(scribe.told()).toEqual(['started', 'stepReached', 'gateReached']);
    cluster.ask('promote');
    cluster.settle();
    scribe.look();
    cluster.ask('promote');
    cluster.settle();
    scribe.look();
    expect(scribe.told()).toEqual([
      'started',
      'stepReached',
      'gateReached',
      'promoted',
      'stepReached',
      'gateReached',
      'promoted',
      'live',
    ]);
    const texts = scribe.record.entries.filter(({ event }) => event === 'stepReached').map(({ text }) => text);
    expect(texts).toEqual(['canary at 10 %', 'canary at 50 %']);
    expect(scribe.look()).toEqual([]);
  });

  it('keeps the verdict of a finished run with its first, worst and last value', () => {
    const { cluster, scribe } = underWay();
    cluster.settle();
    cluster.wait(31);
    cluster.settle();
    scribe.look();
    cluster.measure(runOf(cluster), 'success-metric', [
      { phase: 'Successful', value: '[0.99]' },
      { phase: 'Successful', value: '[0.96]' },
      { phase: 'Successful', value: '[0.98]' },
    ]);
    cluster.judge(runOf(cluster), 'Successful', 3);
    cluster.settle();
    scribe.look();
    expect(scribe.record.entries.find(({ event }) => event === 'verdict:Successful')?.facts).toEqual({
      run: expect.any(String),
      'success-metric': 'Successful: first [0.99], worst [0.96], last [0.98]; limit >= 0.95; 3 passed',
    });
  });

  it('tells an abort by a failed metric with its words and values, and nobody’s name', () => {
    const { scribe } = toAbort();
    const aborted = scribe.record.entries.find(({ event }) => event === 'aborted');
    expect(aborted).toMatchObject({ facts: { 'success-metric': expect.stringContaining('Failed') } });
    expect(aborted?.text).toContain('assessed Failed due to failed (1) > failureLimit (0)');
    expect(aborted?.by).toBeUndefined();
    expect(scribe.told().filter((event) => event === 'aborted')).toHaveLength(1);
  });

  it('tells a rollback as done only when each check of it was seen, and once', () => {
    const { cluster, scribe } = toAbort();
    scribe.see('weightZero', 'noCanaryRequests', 'podsGone');
    expect(scribe.look()).toEqual([]);
    scribe.see('metricBack');
    expect(scribe.look().map(({ event }) => event)).toEqual(['rolledBack']);
    cluster.wait(600);
    expect(scribe.look()).toEqual([]);
  });

  it('says after a minute what was not seen, and still tells when it is', () => {
    const { cluster, scribe } = toAbort();
    scribe.see('weightZero', 'podsGone');
    scribe.look();
    cluster.wait(61);
    expect(scribe.look()).toMatchObject([
      {
        event: 'notVerified',
        text: 'not seen after 60 s: no canary requests, the metric back inside its limit',
        facts: { notSeen: 'noCanaryRequests, metricBack' },
      },
    ]);
    expect(scribe.look()).toEqual([]);
    scribe.see(...checks);
    expect(scribe.look().map(({ event }) => event)).toEqual(['rolledBack']);
  });

  it('a retry forgets the ticks of the first rollback, and its second abort is told anew', () => {
    const { cluster, scribe } = toAbort();
    scribe.see(...checks);
    scribe.look();
    cluster.ask('retry');
    cluster.settle();
    scribe.look();
    cluster.ask('abort');
    cluster.wait(5);
    cluster.settle();
    scribe.look();
    expect(scribe.told().slice(-4)).toEqual(['rolledBack', 'retried', 'stepReached', 'aborted']);
    expect(Object.keys(scribe.record.seen).filter((key) => key.startsWith('verified:'))).toEqual([]);
    scribe.see(...checks);
    expect(scribe.look().map(({ event }) => event)).toEqual(['rolledBack']);
  });

  it('a retry and a second abort between two looks are an abort of their own', () => {
    const { cluster, scribe } = toAbort();
    scribe.see(...checks);
    scribe.look();
    cluster.ask('retry');
    cluster.settle();
    cluster.wait(5);
    cluster.ask('abort');
    cluster.settle();
    expect(scribe.look().map(({ event }) => event)).toEqual(['aborted']);
  });

  it('tells who did it: the words of who asked us, else the writer of the field', () => {
    const asked = toGate();
    asked.scribe.asked('abort', 'U1', 'wrong build');
    asked.cluster.ask('abort');
    asked.cluster.settle();
    expect(asked.scribe.look()).toMatchObject([{ event: 'aborted', by: 'U1', text: 'wrong build' }]);

    const written = toGate();
    written.cluster.ask('abort');
    written.cluster.settle();
    const byKubectl = writtenBy('kubectl-argo-rollouts', { 'f:status': { 'f:abort': {} } }, 'status');
    expect(written.scribe.look(byKubectl)).toMatchObject([{ event: 'aborted', by: 'kubectl' }]);

    const paused = toGate();
    paused.cluster.ask('pause');
    const bySlack = writtenBy('stepwise-U2', { 'f:spec': { 'f:paused': {} } });
    expect(paused.scribe.look(bySlack)).toMatchObject([{ event: 'paused', by: 'U2' }]);
  });

  it('tells a restart once, by whom, however it was asked for', () => {
    const { cluster, scribe } = toGate();
    scribe.asked('restart', 'U1', 'leaks memory');
    cluster.patch({ spec: { restartAt: '2026-11-20T10:00:00Z' } });
    expect(scribe.look()).toMatchObject([{ event: 'restarted', by: 'U1', text: 'leaks memory' }]);
    expect(scribe.look()).toEqual([]);
    cluster.patch({ spec: { restartAt: '2026-11-20T11:00:00Z' } });
    const byKubectl = writtenBy('kubectl-argo-rollouts', { 'f:spec': { 'f:restartAt': {} } });
    expect(scribe.look(byKubectl)).toMatchObject([{ event: 'restarted', by: 'kubectl' }]);
  });

  it('an act that was told is not the reason of the next one', () => {
    const { cluster, scribe } = toGate();
    scribe.asked('abort', 'U1', 'wrong build');
    cluster.ask('abort');
    cluster.settle();
    scribe.look();
    cluster.ask('retry');
    cluster.settle();
    scribe.look();
    cluster.ask('abort');
    cluster.wait(5);
    cluster.settle();
    expect(scribe.look().at(-1)).toMatchObject({ event: 'aborted', by: undefined });
  });

  it('tells pause and resume, and a promote that lets go of a pause as a promote alone', () => {
    const { cluster, scribe } = toGate();
    cluster.ask('pause');
    cluster.settle();
    scribe.look();
    cluster.ask('resume');
    cluster.settle();
    scribe.look();
    cluster.ask('pause');
    cluster.settle();
    scribe.look();
    cluster.ask('promote');
    cluster.settle();
    scribe.look();
    expect(scribe.told().slice(3, 8)).toEqual(['paused', 'resumed', 'paused', 'promoted', 'stepReached']);
  });

  it('tells a skip only where the step had not ended by itself', () => {
    const { cluster, scribe } = underWay();
    cluster.settle();
    scribe.look();
    cluster.ask('skip');
    cluster.settle();
    scribe.look();
    cluster.ask('skip');
    cluster.settle();
    scribe.look();
    expect(scribe.told()).toEqual(['started', 'stepReached', 'skipped', 'skipped', 'gateReached']);
  });

  it('tells a skip of a webhook step only where the other side had not ended it', () => {
    const webhook = { plugin: { name: 'stepwise/webhook', config: { url: 'https://deploys.acme.dev/migrate' } } };
    const told = [true, false].map((isDone) => {
      const { cluster, scribe } = underWay([{ setWeight: 10 }, webhook, { pause: {} }]);
      cluster.settle();
      scribe.look();
      if (isDone) answerPlugin(cluster);
      else cluster.ask('skip');
      cluster.settle();
      scribe.look();
      return scribe.told();
    });
    expect(told).toEqual([
      ['started', 'stepReached', 'gateReached'],
      ['started', 'stepReached', 'skipped', 'gateReached'],
    ]);
  });

  it('a finish is told as that, without the steps it jumped over', () => {
    const { cluster, scribe } = toGate();
    cluster.ask('promoteFull');
    cluster.turn();
    scribe.look();
    cluster.settle();
    scribe.look();
    expect(scribe.told()).toEqual(['started', 'stepReached', 'gateReached', 'finished', 'live']);
  });

  it('what was over long before the first look is remembered, not told', () => {
    const { cluster, scribe } = underWay([]);
    cluster.settle();
    cluster.wait(3600);
    expect(scribe.look()).toEqual([]);
    expect(scribe.look()).toEqual([]);
    expect(scribe.record.seen.live).toBe('true');
    expect(wasLive(scribe.record)).toBe('yes');

    const { cluster: aborted, scribe: other } = underWay();
    aborted.settle();
    aborted.ask('abort');
    aborted.settle();
    aborted.wait(3600);
    expect([...other.look(), ...other.look()]).toEqual([]);
    expect(wasLive(other.record)).toBe('no');
  });

  it('a release that was over before the first look, but just now, is told', () => {
    const { cluster, scribe } = underWay([]);
    cluster.settle();
    expect(scribe.look().map(({ event }) => event)).toEqual(['started', 'live']);
  });

  it('going back to the stable template is told without steps that nobody took', () => {
    const { cluster } = toGate();
    cluster.release('ghcr.io/acme/checkout:1');
    cluster.settle();
    const back = new Scribe(cluster);
    const { rollout } = back.record.spec;
    back.record = { ...back.record, spec: { rollout: { ...rollout, revision: 3 } } };
    back.look();
    expect(back.told()).toEqual(['started', 'live']);
    // Its ReplicaSet is as old as the first release: how long this one took begins when it was asked for.
    const startedAt = back.record.entries.find(({ event }) => event === 'started')?.at ?? '';
    expect(Date.parse(startedAt)).toBe(cluster.world().nowMs);
  });

  it('an undo is told as one, by the person whose write it was, and not as a start that somebody finished', () => {
    const { cluster } = underWay([]);
    cluster.settle();
    const target = cluster.replicaSets.find(({ podHash }) => cluster.imageOf(podHash)?.endsWith(':1'));
    if (target === undefined) throw new Error('the first revision is gone');
    for (const { path, value } of undoPatch(cluster.rollout, target, false)) {
      const key = path.split('/').at(-1)?.replace('~1', '/') ?? '';
      if (path === '/spec/template') cluster.patch({ spec: { template: value } });
      else if (path.startsWith('/metadata/annotations')) cluster.patch({ metadata: { annotations: { [key]: value } } });
    }
    const back = new Scribe(cluster);
    back.record = { ...back.record, spec: { rollout: { ...back.record.spec.rollout, revision: 3 } } };
    cluster.turn();
    const fields = { 'f:spec': { 'f:template': {} } };
    back.look(writtenBy('stepwise-U0DANA', fields));
    cluster.settle();
    cluster.wait(31);
    cluster.settle();
    back.look();
    expect(back.told()).toEqual(['undone', 'live']);
    expect(back.record.entries[0]?.by).toBe('U0DANA');
  });

  it('live is told once, though pods go and come back', () => {
    const { cluster, scribe } = underWay([]);
    cluster.settle();
    scribe.look();
    for (const pods of [1, 99]) {
      cluster.ready(undefined, pods);
      cluster.turn();
      expect(scribe.look()).toEqual([]);
    }
  });

  it('the record of a revision that another took the place of ends with that', () => {
    const { cluster, scribe } = toGate();
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    expect(scribe.look().map(({ event }) => event)).toEqual(['superseded']);
    expect(scribe.look()).toEqual([]);
    expect(wasLive(scribe.record)).toBe('no');
  });

  it('tells of a revision that was overtaken before anybody looked, unless that is long ago', () => {
    const { cluster, scribe } = underWay();
    cluster.settle();
    const unseen = scribe.record;
    const podHash = cluster.rollout.status.currentPodHash;
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    expect(scribe.look()).toMatchObject([
      { event: 'started', facts: { image: 'ghcr.io/acme/checkout:2', podHash } },
      { event: 'superseded', facts: { revision: '3', wasStable: 'no' } },
    ]);
    expect(scribe.look()).toEqual([]);

    scribe.record = unseen;
    cluster.wait(601);
    expect(scribe.look()).toEqual([]);
  });

  it('knows whether a revision was live though nobody looked at that moment', () => {
    const isStable = (stable: boolean) => (world: LookedAt['world']) => ({
      ...world,
      rollout: { ...world.rollout, status: { ...world.rollout.status, ...(stable ? { stableRS: pushed } : {}) } },
    });
    const { cluster, scribe } = toGate();
    const pushed = scribe.record.seen.podHash;
    const untouched = scribe.record;
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    scribe.look(isStable(true));
    expect(wasLive(scribe.record)).toBe('yes');

    scribe.record = untouched;
    cluster.ask('promoteFull');
    cluster.settle();
    scribe.look();
    expect(wasLive(scribe.record)).toBe('unclear');
  });

  it('an invalid spec is told with Argo’s words and who wrote it', () => {
    const { cluster, scribe } = toGate();
    const message = 'spec.strategy.canary.steps[0].setWeight: Invalid value: 101';
    cluster.patch({
      status: { conditions: [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message }] },
    });
    const byArgo = writtenBy('argocd-controller', { 'f:spec': { 'f:strategy': {} } });
    expect(scribe.look(byArgo)).toMatchObject([{ event: 'invalidSpec', by: 'argocd', text: message }]);
    expect(scribe.look(byArgo)).toEqual([]);
  });
});

describe('whenever one looks', () => {
  const verbs = fc.constantFrom<Verb[]>(
    'abort',
    'retry',
    'pause',
    'resume',
    'promote',
    'promote',
    'promoteFull',
    'skip',
  );
  const act = fc.oneof(
    fc.constant({ act: 'turn' as const }),
    fc.constant({ act: 'settle' as const }),
    fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(1, 31, 70) }),
    fc.record({ act: fc.constant('verb' as const), verb: verbs }),
    fc.record({
      act: fc.constant('judge' as const),
      phase: fc.constantFrom('Successful' as const, 'Failed' as const, 'Inconclusive' as const),
    }),
  );

  it('looking again tells nothing, each end is told once, and a crash between looks leaves out no end', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.boolean()), { maxLength: 25 }), (acts) => {
        const { cluster, scribe: careful } = underWay();
        const careless = new Scribe(cluster);
        for (const [one, isSeen] of acts) {
          if (one.act === 'turn') cluster.turn();
          if (one.act === 'settle') cluster.settle();
          if (one.act === 'wait') cluster.wait(one.seconds);
          if (one.act === 'verb') cluster.ask(one.verb);
          if (one.act === 'judge' && runOf(cluster) !== '') cluster.judge(runOf(cluster), one.phase, 1);
          careful.look();
          expect(careful.look()).toEqual([]);
          if (isSeen) careless.look();
        }
        cluster.settle();
        careful.look();
        careless.look();
        const { abort } = cluster.rollout.status;
        for (const { told } of [careful, careless].map((one) => ({ told: one.told() }))) {
          expect(told.filter((event) => event === 'started')).toEqual(['started']);
          const isLive = cluster.rollout.status.stableRS === cluster.rollout.status.currentPodHash;
          expect(told.filter((event) => event === 'live')).toEqual(isLive ? ['live'] : []);
          const lastTurn = told.findLast((event) => ['aborted', 'retried', 'finished', 'live'].includes(event));
          expect(lastTurn === 'aborted').toBe(abort === true && !isLive);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('blue-green', () => {
  function toGate(): { readonly cluster: SimulatedCluster; readonly scribe: Scribe } {
    const analysis = { templates: [{ templateName: 'success' }] };
    const strategy = { autoPromotionEnabled: false, previewReplicaCount: 1, postPromotionAnalysis: analysis };
    const rollout = aRollout().image('ghcr.io/acme/checkout:1').blueGreen(strategy).build();
    const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:2');
    const scribe = new Scribe(cluster);
    cluster.settle();
    scribe.look();
    return { cluster, scribe };
  }

  it('is told from its gate over the switch to live', () => {
    const { cluster, scribe } = toGate();
    cluster.ask('promote');
    cluster.turn();
    scribe.look();
    cluster.settle();
    scribe.look();
    cluster.judge(cluster.rollout.status.blueGreen?.postPromotionAnalysisRunStatus?.name ?? '', 'Successful');
    cluster.settle();
    scribe.look();
    expect(scribe.told()).toEqual(['started', 'gateReached', 'promoted', 'stepReached', 'live']);
  });

  it('is told as aborted, and as rolled back when that was seen', () => {
    const { cluster, scribe } = toGate();
    cluster.ask('abort');
    cluster.settle();
    scribe.look();
    scribe.see('weightZero', 'noCanaryRequests', 'podsGone', 'metricBack');
    scribe.look();
    expect(scribe.told()).toEqual(['started', 'gateReached', 'aborted', 'rolledBack']);
  });

  it('tells who let go of an inconclusive analysis', () => {
    const { cluster, scribe } = toGate();
    cluster.ask('promote');
    cluster.settle();
    cluster.judge(cluster.rollout.status.blueGreen?.postPromotionAnalysisRunStatus?.name ?? '', 'Inconclusive');
    cluster.settle();
    scribe.look();
    cluster.ask('promote');
    cluster.settle();
    scribe.look();
    expect(scribe.told().slice(-2)).toEqual(['inconclusive', 'promoted']);
  });
});
