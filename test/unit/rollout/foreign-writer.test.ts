import { describe, expect, it } from 'vitest';
import { decide, decideBesideOthers, foreignWriter, type World } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const heldSinceMs = Date.UTC(2027, 0, 15, 7, 0);

/** At its gate; its promote was just written, so that there is something to raise. */
function promoted(): SimulatedCluster {
  const rollout = aRollout().image('app:1').routed().steps({ setWeight: 10 }, { pause: {} }, { setWeight: 50 }).build();
  const cluster = new SimulatedCluster(rollout, []);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  cluster.ask('promote');
  return cluster;
}

function writtenBy(world: World, manager: string, secondsAgo: number, field = 'conditions'): World {
  const time = new Date(world.nowMs - secondsAgo * 1000).toISOString();
  const owner = {
    manager,
    operation: 'Update',
    time,
    subresource: 'status',
    fieldsV1: { 'f:status': { [`f:${field}`]: {} } },
  };
  const { rollout } = world;
  return { ...world, rollout: { ...rollout, metadata: { ...rollout.metadata, managedFields: [owner] } } };
}

describe('beside a controller that writes though we hold the Lease', () => {
  const world = promoted().world();
  const writes = (seen: World, since: number | undefined = heldSinceMs) => decideBesideOthers(seen, since).effects;

  it.each([
    ['another controller, a moment ago', writtenBy(world, 'rollouts-controller', 5), 'rollouts-controller'],
    ['long ago: it is gone', writtenBy(world, 'rollouts-controller', 600), undefined],
    ['a person, by the protocol', writtenBy(world, 'kubectl-argo-rollouts', 5), undefined],
    ['its field is one that people write', writtenBy(world, 'rollouts-controller', 5, 'abort'), undefined],
    ['ourselves', writtenBy(world, 'stepwise', 5), undefined],
  ])('%s', (_, seen, expected) => {
    expect(foreignWriter(seen.rollout, { nowMs: seen.nowMs, heldSinceMs })).toBe(expected);
  });

  it('what it wrote before we held the Lease says nothing', () => {
    const seen = writtenBy(world, 'rollouts-controller', 5);
    expect(foreignWriter(seen.rollout, { nowMs: seen.nowMs, heldSinceMs: seen.nowMs - 4000 })).toBeUndefined();
    expect(foreignWriter(seen.rollout, { nowMs: seen.nowMs, heldSinceMs: undefined })).toBeUndefined();
  });

  it('nothing is raised, and nothing else is either', () => {
    expect(decide(world).effects.length).toBeGreaterThan(0);
    expect(writes(writtenBy(world, 'rollouts-controller', 5))).toEqual([]);
    expect(writes(writtenBy(world, 'stepwise', 5))).toEqual(decide(world).effects);
  });

  it('an abort takes the share back all the same', () => {
    const cluster = promoted();
    cluster.patch({ status: { abort: true } });
    const effects = writes(writtenBy(cluster.world(), 'rollouts-controller', 5));
    expect(effects.flatMap((effect) => (effect.kind === 'setWeight' ? [effect.canaryWeight] : []))).toEqual([0]);
  });
});
