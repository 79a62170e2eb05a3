import { describe, expect, it } from 'vitest';
import { AnalysisTemplate, readWebhookSettings } from '../../../src/analysis/index.ts';
import {
  nextPluginCall,
  type PluginOutcome,
  readDelivery,
  recordPluginCall,
  type Verb,
  validateRollout,
} from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const url = 'https://deploys.acme.dev/migrate';
const plugin = (config: object = { url }) => ({ plugin: { name: 'stepwise/webhook', config } });

function underWay(...steps: readonly object[]): SimulatedCluster {
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .steps(...steps)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('inline')]);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

const running: PluginOutcome = {
  kind: 'answered',
  phase: 'Running',
  message: 'schema 12 of 40',
  requeueAfterMs: 5000,
  status: { at: 12 },
};
const done: PluginOutcome = { ...running, phase: 'Successful', message: undefined, status: undefined };
const failed: PluginOutcome = { ...running, phase: 'Failed', message: 'column is in use' };
const silent: PluginOutcome = { kind: 'unanswered', message: 'deploys.acme.dev answered 503' };

/** As its turn does: asks what is due, and gives the answer. Returns what was asked. */
function ask(cluster: SimulatedCluster, outcome: PluginOutcome) {
  const call = nextPluginCall(cluster.rollout, cluster.nowMs);
  if (call?.kind !== 'call') throw new Error(`nothing is asked: ${JSON.stringify(call)}`);
  const status = recordPluginCall(cluster.rollout, call.entry, outcome, cluster.nowMs);
  if (status !== undefined) cluster.perform({ kind: 'writeStatus', status });
  cluster.settle();
  return { operation: call.entry.operation, index: call.entry.index, key: call.key, answer: call.answer };
}

function say(cluster: SimulatedCluster, verb: Verb): void {
  cluster.ask(verb);
  cluster.settle();
}

const statusesOf = (cluster: SimulatedCluster) =>
  (cluster.rollout.status.canary?.stepPluginStatuses ?? []).map(
    ({ operation, index, phase }) => `${operation} ${index} ${phase}`,
  );

describe('a plugin step', () => {
  it('waits until the other side says that it is done, and shows for whom it waits', () => {
    const cluster = underWay({ setWeight: 20 }, plugin({ url, data: { table: 'orders' } }), { setWeight: 60 });
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Progressing' });
    const first = ask(cluster, running);
    expect(first).toMatchObject({ operation: 'Run', index: 1, answer: undefined });
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toMatchObject({ kind: 'wait' });
    expect(readDelivery(cluster.world(), { clusterUid: 'c' })).toMatchObject({
      state: 'checking',
      reason: 'waits for deploys.acme.dev: schema 12 of 40',
    });

    cluster.wait(5);
    const second = ask(cluster, done);
    expect(second).toEqual({ ...first, answer: { at: 12 } });
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 3 });
    expect(cluster.eventReasons().filter((reason) => reason === 'RolloutStepCompleted')).toHaveLength(3);
  });

  it('that fails aborts with its words, and takes back what was begun, the newest first', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), plugin({ url, data: 2 }), { setWeight: 60 });
    ask(cluster, done);
    ask(cluster, failed);
    expect(cluster.rollout.status).toMatchObject({
      abort: true,
      phase: 'Degraded',
      message: expect.stringContaining('Step Plugin 2 (stepwise/webhook) failed: column is in use'),
    });
    expect(cluster.weight).toBe(0);
    expect(ask(cluster, done)).toMatchObject({ operation: 'Abort', index: 2 });
    expect(ask(cluster, done)).toMatchObject({ operation: 'Abort', index: 1 });
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toBeUndefined();
    expect(cluster.rollout.status.message).toContain('column is in use');
  });

  it('is not answered: it is asked again, and fails at its deadline, never passes', () => {
    const cluster = underWay({ setWeight: 20 }, plugin({ url, deadline: '60s' }), { setWeight: 60 });
    const { key } = ask(cluster, silent);
    expect(statusesOf(cluster)).toEqual(['Run 1 Error']);
    cluster.wait(2);
    expect(ask(cluster, silent).key).toBe(key);
    cluster.wait(60);
    expect(ask(cluster, silent).key).toBe(key);
    expect(cluster.rollout.status).toMatchObject({
      abort: true,
      message: expect.stringContaining('not done after 60 s: deploys.acme.dev answered 503'),
    });
  });

  it('that asks to be left alone for longer than its deadline is asked at that deadline', () => {
    const cluster = underWay({ setWeight: 20 }, plugin({ url, deadline: '60s' }), { setWeight: 60 });
    const untilMs = cluster.nowMs + 60_000;
    ask(cluster, { ...running, requeueAfterMs: 3_600_000 });
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toEqual({ kind: 'wait', untilMs });
    cluster.wait(60);
    ask(cluster, { ...running, requeueAfterMs: 3_600_000 });
    expect(cluster.rollout.status).toMatchObject({
      abort: true,
      message: expect.stringContaining('not done after 60 s: schema 12 of 40'),
    });
  });

  it('has no deadline but its own: the progress deadline does not count meanwhile', () => {
    const cluster = underWay({ setWeight: 20 }, plugin({ url, deadline: '2h' }));
    ask(cluster, running);
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Progressing');
  });

  it('that a person skips is ended, once, and has no say about later steps', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), { pause: {} });
    const { key } = ask(cluster, running);
    say(cluster, 'skip');
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
    expect(ask(cluster, done)).toMatchObject({ operation: 'Terminate', index: 1, key });
    expect(statusesOf(cluster)).toEqual(['Run 1 Failed', 'Terminate 1 Successful']);
    expect(cluster.rollout.status.abort).toBeUndefined();
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toBeUndefined();
  });

  it('ends where a person asks for the whole promotion', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), { pause: {} });
    ask(cluster, running);
    say(cluster, 'promoteFull');
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(ask(cluster, done)).toMatchObject({ operation: 'Terminate' });
  });

  it('begins anew with a retry, under another key; what is still to be taken back is not forgotten', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), { setWeight: 60 });
    const { key } = ask(cluster, running);
    say(cluster, 'abort');
    say(cluster, 'retry');
    expect(cluster.rollout.status.currentStepIndex).toBe(1);
    expect(ask(cluster, done)).toMatchObject({ operation: 'Abort', key });
    const again = ask(cluster, done);
    expect(again).toMatchObject({ operation: 'Run', index: 1 });
    expect(again.key).not.toBe(key);
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('of a revision that was overtaken is ended, though the step is gone', () => {
    const cluster = underWay({ setWeight: 20 }, plugin());
    const { key } = ask(cluster, running);
    cluster.patch({ spec: { strategy: { canary: { steps: [{ setWeight: 30 }, { pause: {} }] } } } });
    cluster.release('app:3');
    cluster.settle();
    expect(ask(cluster, done)).toMatchObject({ operation: 'Terminate', key });
  });

  it('asks nothing while a person has paused the rollout', () => {
    const cluster = underWay({ setWeight: 20 }, plugin());
    cluster.patch({ spec: { paused: true } });
    cluster.settle();
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toBeUndefined();
    cluster.patch({ spec: { paused: false } });
    cluster.settle();
    expect(ask(cluster, done)).toMatchObject({ operation: 'Run' });
  });

  it('an answer that comes after an abort moves nothing', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), { setWeight: 60 });
    const call = nextPluginCall(cluster.rollout, cluster.nowMs);
    if (call?.kind !== 'call') throw new Error('nothing is asked');
    say(cluster, 'abort');
    expect(recordPluginCall(cluster.rollout, call.entry, done, cluster.nowMs)).toBeUndefined();
  });

  it('two answers to one question count once', () => {
    const cluster = underWay({ setWeight: 20 }, plugin(), { setWeight: 60 });
    const call = nextPluginCall(cluster.rollout, cluster.nowMs);
    if (call?.kind !== 'call') throw new Error('nothing is asked');
    const status = recordPluginCall(cluster.rollout, call.entry, running, cluster.nowMs);
    if (status === undefined) throw new Error('not taken');
    cluster.perform({ kind: 'writeStatus', status });
    expect(recordPluginCall(cluster.rollout, call.entry, failed, cluster.nowMs)).toBeUndefined();
  });

  it('whose entry another controller wrote fails with these words', () => {
    const cluster = underWay({ setWeight: 20 }, plugin());
    const [entry] = cluster.rollout.status.canary?.stepPluginStatuses ?? [];
    cluster.patch({ status: { canary: { stepPluginStatuses: [{ ...entry, status: { id: 7 } }] } } });
    expect(nextPluginCall(cluster.rollout, cluster.nowMs)).toMatchObject({
      kind: 'broken',
      message: 'its status was not written by Stepwise',
    });
  });
});

describe('what cannot be', () => {
  const problemsOf = (step: object) => {
    const cluster = new SimulatedCluster(aRollout().routed().steps(step).build());
    return validateRollout(cluster.world());
  };

  it("a step plugin that Argo's controller would start", () => {
    expect(problemsOf({ plugin: { name: 'argoproj-labs/sample-step', config: {} } })).toEqual([
      'spec.strategy.steps[0].plugin.name: Invalid value: "argoproj-labs/sample-step": plugin "argoproj-labs/sample-step" is a Go program that Argo\'s controller starts, and it cannot run here; what there is: stepwise/webhook',
    ]);
  });

  it('a metric plugin that it would start', () => {
    const template = AnalysisTemplate.parse({
      kind: 'AnalysisTemplate',
      metadata: { name: 'odd', namespace: 'shop' },
      spec: { metrics: [{ name: 'm', provider: { plugin: { 'argoproj-labs/sample-prometheus': { query: 'up' } } } }] },
    });
    const rollout = aRollout()
      .routed()
      .steps({ analysis: { templates: [{ templateName: 'odd' }] } })
      .build();
    expect(validateRollout(new SimulatedCluster(rollout, [template]).world()).join()).toContain(
      'metric m: plugin "argoproj-labs/sample-prometheus" is a Go program',
    );
  });

  it.each([
    [{}, 'url: must be the address to call'],
    [{ url: 'ftp://a' }, 'url: must be an address that begins with https:// or http://, without user and password'],
    [
      { url: 'https://u:p@a/' },
      'url: must be an address that begins with https:// or http://, without user and password',
    ],
    [{ url: `https://a/${'x'.repeat(2100)}` }, 'url: must have at most 2048 characters'],
    [{ url, timeout: '0s' }, 'timeout: must be a duration from 1s to 60s, and is "0s"'],
    [{ url, timeout: '10' }, 'timeout: must be a duration from 1s to 60s, and is "10"'],
    [{ url, deadline: '169h' }, 'deadline: must be a duration from 1s to 168h, and is "169h"'],
    [{ url, dedline: '1h' }, 'dedline: not known; known are url, timeout, deadline, data'],
    [{ url, data: 'x'.repeat(9000) }, 'data: must be at most 8192 bytes as JSON'],
    ['https://a', 'must have url, and may have timeout, deadline and data'],
  ])('settings %j', (config, words) => {
    const read = readWebhookSettings(config);
    expect(read.isValid ? [] : read.mistakes).toEqual([words]);
    expect(problemsOf({ plugin: { name: 'stepwise/webhook', config } }).join()).toContain(words);
  });
});
