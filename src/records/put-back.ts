import { formatTimestamp } from '../analysis/index.ts';
import { readPutBack, readPutBackNote } from '../rollout/index.ts';
import type { NewEntry } from './records.ts';
import { entry, type Scene } from './scene.ts';

/**
 * Somebody put back what a person had set against Git. Told by the revision that this made, or, where it came back before the engine had
 * looked, by the one that never went away; once, because the object says it for as long as the override is noted there.
 */
export function putBackOf(scene: Scene): NewEntry[] {
  return [...overridePutBack(scene), ...enginesPutBack(scene)];
}

function overridePutBack(scene: Scene): NewEntry[] {
  const { rollout, record, look } = scene;
  const putBack = readPutBack(rollout);
  if (putBack === undefined) return [];
  const { manager, at, field, from, to, sinceRevision } = putBack;
  const isSettled = rollout.status.observedGeneration === String(rollout.metadata.generation);
  const isOurs = look.revision === sinceRevision + 2 || (look.revision === sinceRevision && isSettled);
  const isTold = record.entries.some(({ event, facts }) => event === 'fieldPutBack' && facts.since === at);
  if (!isOurs || isTold) return [];
  const facts = { manager, since: at, field, from, to };
  return [entry(scene, 'fieldPutBack', { at, by: manager, text: `${field}: ${from} → ${to}; it is left so`, facts })];
}

/** A tool puts back what the engine writes into other objects: told once for each tool, however often it goes on. */
function enginesPutBack(scene: Scene): NewEntry[] {
  const { rollout, record, now } = scene;
  const note = readPutBackNote(rollout, now.podHash);
  if (note === undefined) return [];
  const { manager, atMs, what } = note;
  const isTold = record.entries.some(({ event, facts }) => event === 'fieldPutBack' && facts.objectsOf === manager);
  if (isTold) return [];
  const manifests = manager.startsWith('argocd') ? 'manifests/argo-cd' : 'manifests/flux';
  const text = `${what}. It is written again after growing pauses; ${manifests} says how to let it stand`;
  return [
    entry(scene, 'fieldPutBack', { at: formatTimestamp(atMs), by: manager, text, facts: { objectsOf: manager, what } }),
  ];
}
