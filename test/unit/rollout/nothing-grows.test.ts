import { expect, it } from 'vitest';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const releases = 500;

/** How much there is of everything, but for numbers that count. */
function sizeOf({ rollout, replicaSets, analysisRuns, services }: SimulatedCluster) {
  const plain = (value: unknown) => JSON.stringify(value).replaceAll(/\d+/g, '0').length;
  return {
    replicaSets: replicaSets.length,
    analysisRuns: analysisRuns.length,
    characters: plain([rollout, services]) + plain(replicaSets) + plain(analysisRuns),
  };
}

// Half of the releases are templates that nobody has seen, the other half go to and fro between two.
it('500 releases of one Rollout leave what 50 leave', { timeout: 120_000 }, () => {
  const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'slo' }] } }];
  const spec = { revisionHistoryLimit: 3, analysis: { successfulRunHistoryLimit: 2, unsuccessfulRunHistoryLimit: 2 } };
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .replicas(2)
    .steps(...steps)
    .spec(spec)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('slo')]);
  cluster.settle();
  let early: ReturnType<typeof sizeOf> | undefined;
  for (let release = 1; release <= releases; release++) {
    cluster.release(release % 4 < 2 ? `app:to-${release % 2}` : `app:${release}`);
    cluster.settle();
    const isBad = release % 10 === 3;
    for (const { metadata, status } of cluster.analysisRuns) {
      if (status.phase === undefined || status.phase === 'Running' || status.phase === 'Pending')
        cluster.judge(metadata.name, isBad ? 'Failed' : 'Successful');
    }
    cluster.wait(60);
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe(isBad ? 'Degraded' : 'Healthy');
    if (release === 50) early = sizeOf(cluster);
  }
  const late = sizeOf(cluster);
  expect(late.replicaSets).toBeLessThanOrEqual(5);
  expect(late.analysisRuns).toBeLessThanOrEqual(7);
  expect(late.characters).toBeLessThan((early?.characters ?? 0) * 1.2);
});

it('a ReplicaSet that comes back for ever remembers its latest revisions only', () => {
  const cluster = new SimulatedCluster(aRollout().image('app:1').build());
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  const long = Array.from({ length: 500 }, (_, index) => index + 1000).join(',');
  const key = 'rollout.argoproj.io/revision-history';
  for (const one of cluster.replicaSets) Object.assign(one.annotations, { [key]: long });
  const stable = cluster.rollout.status.stableRS;
  cluster.release('app:1');
  cluster.settle();
  const back = cluster.replicaSets.find(({ podHash }) => podHash === cluster.rollout.status.currentPodHash);
  expect(back?.podHash).not.toBe(stable);
  const kept = (back?.annotations[key] ?? '').split(',');
  expect(kept.join(',').length).toBeLessThanOrEqual(2000);
  expect(kept.slice(-3)).toEqual(['1498', '1499', '1']);
  expect(kept.every((revision) => /^\d+$/.test(revision) && (Number(revision) >= 1000 || revision === '1'))).toBe(true);
});
