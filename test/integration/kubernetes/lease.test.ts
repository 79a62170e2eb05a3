import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createCluster,
  createHolderName,
  createLease,
  keeperLeaseName,
  type LeaderLease,
  type LeaseTiming,
  resources,
} from '../../../src/kubernetes/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { at, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

const quick: LeaseTiming = { durationSeconds: 1, renewWithinMs: 600, tryEveryMs: 100 };
const steady: LeaseTiming = { durationSeconds: 2, renewWithinMs: 1800, tryEveryMs: 100 };
/** Nobody else may take it during a test, unless it is given back. */
const slow: LeaseTiming = { durationSeconds: 600, renewWithinMs: 400_000, tryEveryMs: 200_000 };

let tools: TestCluster;
let namespace: string;
const running: LeaderLease[] = [];

beforeEach(async () => {
  tools = await startTestCluster();
  namespace = await tools.namespace();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((lease) => lease.stop()));
  await tools.stop();
});

const name = keeperLeaseName('');
function aLease(holder: string, timing: LeaseTiming, cluster = tools.cluster): LeaderLease {
  const lease = createLease({ cluster, namespace, name, holder, timing, log: silentLog });
  running.push(lease);
  return lease;
}

async function stored(...path: readonly string[]): Promise<unknown> {
  return at(await tools.cluster.get(resources.leases, { namespace, name }, tools.signal), 'spec', ...path);
}

test("is named as Argo's, and each process is a holder of its own", () => {
  expect(keeperLeaseName('')).toBe('argo-rollouts-controller-lock');
  expect(keeperLeaseName('blue')).toBe('argo-rollouts-controller-lock-blue');
  expect(createHolderName('pod-1')).toMatch(/^stepwise_pod-1_[0-9a-f-]{36}$/);
  expect(createHolderName('pod-1')).not.toBe(createHolderName('pod-1'));
});

test('of three who want it, one has it, and the others know who', async () => {
  const leases = ['a', 'b', 'c'].map((holder) => aLease(`stepwise_${holder}`, slow));
  const told: string[] = [];
  for (const [i, lease] of leases.entries()) lease.onChange((isMine) => told.push(`${i}: ${isMine}`));
  await Promise.all(leases.map((lease) => lease.start()));
  const winners = ['a', 'b', 'c'].filter((_, i) => leases[i]?.isMine());
  expect(winners).toHaveLength(1);
  const winner = `stepwise_${winners[0]}`;
  await waitFor(() => expect(leases.map((lease) => lease.holder())).toEqual([winner, winner, winner]));
  expect(told).toEqual([`${'abc'.indexOf(winners[0] ?? '')}: true`]);
  expect(await stored('holderIdentity')).toBe(winner);
  expect(await stored('renewTime')).toMatch(/\.\d{6}Z$/);
});

test('given back, the next one has it without waiting', async () => {
  const [first, second] = [aLease('stepwise_a', slow), aLease('stepwise_b', slow)];
  await first.start();
  await second.start();
  expect([first.isMine(), second.isMine()]).toEqual([true, false]);
  await first.stop();
  expect(first.isMine()).toBe(false);
  await waitFor(() => expect(second.isMine()).toBe(true));
  expect(await stored('leaseTransitions')).toBe(1);
});

test('of a holder that died it is taken when its time is over', async () => {
  const theirs = createCluster({ kubeConfig: tools.kubeConfig, log: silentLog });
  const dead = aLease('stepwise_a', quick, theirs);
  await dead.start();
  expect(dead.isMine()).toBe(true);
  // Its connection is cut for good: as much as the others ever see of a SIGKILL.
  await theirs.stop();
  const next = aLease('stepwise_b', quick);
  await next.start();
  await waitFor(() => expect(next.isMine()).toBe(true));
  expect(dead.isMine()).toBe(false);
  expect(dead.holder()).toBeUndefined();
});

test('is renewed for as long as its holder lives, and nobody else gets it', async () => {
  const [first, second] = [aLease('stepwise_a', steady), aLease('stepwise_b', steady)];
  await first.start();
  await second.start();
  const told: boolean[] = [];
  first.onChange((isMine) => told.push(isMine));
  const acquired = await stored('acquireTime');
  const renewed = await stored('renewTime');
  await waitFor(async () => expect(await stored('renewTime')).not.toBe(renewed));
  await new Promise((resolve) => setTimeout(resolve, 2200));
  expect([first.isMine(), second.isMine(), told]).toEqual([true, false, []]);
  expect(await stored('acquireTime')).toBe(acquired);
});

test('taken away by force, its holder knows', async () => {
  const lease = aLease('stepwise_a', quick);
  const told: boolean[] = [];
  lease.onChange((isMine) => told.push(isMine));
  await lease.start();
  const spec = { holderIdentity: 'argo_x', leaseDurationSeconds: 600, renewTime: '2026-11-20T11:00:00.000000Z' };
  await tools.cluster.patchMerge(resources.leases, { namespace, name }, { spec }, { signal: tools.signal });
  await waitFor(() => expect(told).toEqual([true, false]));
  expect(lease.isMine()).toBe(false);
  expect(lease.holder()).toBe('argo_x');
  await lease.stop();
  expect(await stored('holderIdentity')).toBe('argo_x');
});

test('a holder that hung knows at once that its time is over', async () => {
  const lease = aLease('stepwise_a', quick);
  await lease.start();
  expect(lease.isMine()).toBe(true);
  // Nothing of this process runs for longer than a holder may be silent.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, quick.renewWithinMs + 50);
  expect(lease.isMine()).toBe(false);
  await waitFor(() => expect(lease.isMine()).toBe(true));
});

describe('what was held long before we first looked', () => {
  const spec = (holderIdentity: string) => ({
    holderIdentity,
    leaseDurationSeconds: 600,
    acquireTime: '2020-01-01T00:00:00.000000Z',
    renewTime: '2020-01-01T00:00:00.000000Z',
    leaseTransitions: 4,
  });

  test('by one of us is taken at once', async () => {
    const object = { metadata: { namespace, name }, spec: spec('stepwise_dead') };
    await tools.cluster.create(resources.leases, object, { signal: tools.signal });
    const lease = aLease('stepwise_a', slow);
    await lease.start();
    expect(lease.isMine()).toBe(true);
    expect(await stored('leaseTransitions')).toBe(5);
  });

  test('by another, whose clock we do not know, is waited for', async () => {
    const object = { metadata: { namespace, name }, spec: spec('argo-rollouts-5d_1') };
    await tools.cluster.create(resources.leases, object, { signal: tools.signal });
    const lease = aLease('stepwise_a', slow);
    await lease.start();
    expect(lease.isMine()).toBe(false);
    expect(lease.holder()).toBe('argo-rollouts-5d_1');
  });
});
