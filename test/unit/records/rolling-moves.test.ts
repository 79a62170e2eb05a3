import { expect, it } from 'vitest';
import { asRollout, Deployment, type Memory, memoryAnnotation } from '../../../src/deployment/index.ts';
import { DeliveryRecord, deriveEntries, type RecordEntry } from '../../../src/records/index.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const begun: Memory = { revision: 2, canary: 'h2', good: ['h1'], startedAt: '2026-11-20T11:59:00Z' };

/** What is told of a Deployment's second revision, look after look. */
function told(memories: readonly Memory[]): readonly Pick<RecordEntry, 'event' | 'text'>[] {
  let record = DeliveryRecord.parse({
    metadata: { name: 'deploy-web-1', namespace: 'shop' },
    spec: { rollout: { name: 'deploy/web', uid: 'u1', revision: 2 } },
  });
  const all: Pick<RecordEntry, 'event' | 'text'>[] = [];
  for (const memory of memories) {
    const annotations = { 'stepwise.dev/analysis': 'none', [memoryAnnotation]: JSON.stringify(memory) };
    const template = { spec: { containers: [{ name: 'web', image: 'web:2' }] } };
    const metadata = { name: 'web', namespace: 'shop', uid: 'u1', annotations };
    const rollout = asRollout(Deployment.parse({ metadata, spec: { replicas: 1, template } }));
    const world = {
      ...{ nowMs, rollout, replicaSets: [], services: {}, analysisRuns: [], templates: {}, router: undefined },
      evidence: 'strict' as const,
    };
    const { entries, seen } = deriveEntries(record, { world, revision: 2 });
    all.push(...entries.map(({ event, text }) => ({ event, text })));
    const linked = entries.map((entry, index) => ({ ...entry, seq: all.length + index, hash: '' }));
    record = { ...record, seen, entries: [...record.entries, ...linked] };
  }
  return all;
}

it('a soak that begins is told once, with its length', () => {
  const soaking = { ...begun, rolledOutAt: '2026-11-20T11:59:30Z' };
  expect(told([begun, begun, soaking, soaking])).toEqual([
    { event: 'started', text: '' },
    { event: 'stepReached', text: 'has all pods, soaks for 5 min' },
  ]);
});

it('what should go back and cannot is told once, with why', () => {
  const stuck = { ...begun, stuck: { at: '2026-11-20T11:59:40Z', message: 'Not undone: no good revision is left' } };
  expect(told([begun, stuck, stuck])).toEqual([
    { event: 'started', text: '' },
    { event: 'notUndone', text: 'Not undone: no good revision is left' },
  ]);
});

it('an undo is told as an abort, with its reason', () => {
  const undone = { at: '2026-11-20T11:59:50Z', to: 'h1', message: 'Analysis phase failed: too many errors' };
  expect(told([begun, { ...begun, undone }])).toContainEqual({ event: 'aborted', text: undone.message });
});
