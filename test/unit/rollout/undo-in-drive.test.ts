import { describe, expect, it } from 'vitest';
import { fastUndoStep, Rollout } from '../../../src/rollout/index.ts';
import { readRecordedWorld } from '../../support/recorded.ts';

const { rollout: recorded } = readRecordedWorld('canary-timed-pause');
const { currentPodHash: wished } = recorded.status;
const { generation: taken = 0 } = recorded.metadata;

function aRollout(annotation: string | undefined, status: object = {}, generation = taken): Rollout {
  const annotations = annotation === undefined ? {} : { 'stepwise.dev/fast-undo': annotation };
  return Rollout.parse({
    ...recorded,
    metadata: { ...recorded.metadata, generation, annotations },
    status: { ...recorded.status, ...status },
  });
}

const promoteFull = { subresource: 'status', patch: { status: { promoteFull: true } } };
const forget = { patch: { metadata: { annotations: { 'stepwise.dev/fast-undo': null } } } };

describe('an undo that goes back at once, where an Argo controller takes the turns', () => {
  it.each([
    ['no wish', aRollout(undefined), undefined],
    ['its template was not taken up yet', aRollout(wished, {}, taken + 1), { kind: 'wait' }],
    ['it was: all of its steps are skipped', aRollout(wished), { kind: 'act', patches: [promoteFull, forget] }],
    ['asked for, and killed before the wish was gone', aRollout(wished, { promoteFull: true }), onlyForgets()],
    ['another template since then', aRollout('other'), onlyForgets()],
    ['aborted since then', aRollout(wished, { abort: true }), onlyForgets()],
    ['stable already', aRollout(wished, { stableRS: wished }), onlyForgets()],
  ])('%s', (_, rollout, step) => {
    expect(fastUndoStep(rollout)).toEqual(step);
  });
});

function onlyForgets() {
  return { kind: 'act', patches: [forget] };
}
