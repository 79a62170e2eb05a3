import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { AnalysisRun } from '../../src/analysis/index.ts';
import { type KubernetesObject, parseReplicaSet, projectService } from '../../src/kubernetes/index.ts';
import { Experiment, podHashLabel, Rollout, revisionAnnotation, type World } from '../../src/rollout/index.ts';
import { anAnalysisTemplate } from './builders.ts';

const folder = new URL('../fixtures/argo/', import.meta.url);

/** Names of the stories in test/fixtures/argo: what record-argo.ts has recorded from a real controller. */
export const recordedStories: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

/**
 * Whose pod hashes the objects have: Argo's own, which are ours, or those of another version, which hashed another text: then only what
 * the templates mean tells whose pods these are.
 */
export type Hashes = 'its own' | 'of another version';

/** What another version would have called the first and the second revision. */
export const otherHashes = ['5b8c7d9f4d', '7c9d8b6f5d'] as const;

const Recorded = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.looseObject({ kind: z.string() })).default([]),
  }),
});

/** The objects of one story, as Argo and the API server left them; never written by our own engine. */
export function readRecordedObjects(story: string, hashes: Hashes = 'its own'): readonly KubernetesObject[] {
  const objects = parse(textOf(story));
  if (hashes === 'its own') return objects;
  let text = textOf(story);
  for (const { kind, metadata } of objects.map((object) => Recorded.parse(object))) {
    const { labels, annotations } = metadata;
    const hash = labels[podHashLabel];
    const other = otherHashes[Number(annotations[revisionAnnotation]) - 1];
    if (kind !== 'ReplicaSet' || !isOwnedBy('Rollout', metadata) || hash === undefined || other === undefined) continue;
    text = text.replaceAll(hash, other);
  }
  return parse(text);
}

/** One object for itself, from test/fixtures/argo/objects. */
export function readRecordedObject(name: string): KubernetesObject | undefined {
  return parse(readFileSync(new URL(`objects/${name}.yaml`, folder), 'utf8'))[0];
}

function parse(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

function textOf(story: string): string {
  return readFileSync(new URL(`${story}.yaml`, folder), 'utf8');
}

/** When a story was recorded, Unix milliseconds. */
export function recordedAtMs(story: string): number {
  return Date.parse(/looked at ([^ ]+Z)\./.exec(textOf(story))?.[1] ?? '');
}

/** One story as the engine would have seen it then with everything read live. */
export function readRecordedWorld(story: string, hashes: Hashes = 'its own'): World {
  const objects = readRecordedObjects(story, hashes);
  const of = (kind: string, owner?: string) =>
    objects.filter((object) => {
      const { kind: found, metadata } = Recorded.parse(object);
      return found === kind && (owner === undefined || isOwnedBy(owner, metadata));
    });
  const rollout = Rollout.parse(of('Rollout')[0]);
  const services = Object.fromEntries(of('Service').map((object) => [object.metadata.name, projectService(object)]));
  return {
    nowMs: recordedAtMs(story),
    rollout,
    hasOwnTemplate: true,
    replicaSets: of('ReplicaSet', 'Rollout').map(parseReplicaSet),
    services,
    analysisRuns: of('AnalysisRun', 'Rollout').map((object) => AnalysisRun.parse(object)),
    experiments: of('Experiment').map((object) => Experiment.parse(object)),
    experimentRuns: of('AnalysisRun', 'Experiment').map((object) => AnalysisRun.parse(object)),
    templates: Object.fromEntries(
      ['slo', 'good', 'unsure'].map((name) => [`AnalysisTemplate/${name}`, anAnalysisTemplate(name)]),
    ),
    router: routerOf(rollout, of('Ingress')),
    evidence: 'strict',
  };
}

function isOwnedBy(kind: string, { ownerReferences }: z.infer<typeof Recorded>['metadata']): boolean {
  return ownerReferences.some((owner) => owner.kind === kind);
}

function routerOf(rollout: Rollout, ingresses: readonly KubernetesObject[]): World['router'] {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  if (routing === undefined) return undefined;
  if (routing.nginx === undefined) return { canaryWeight: undefined, problem: 'unknown traffic router "istio"' };
  const canary = ingresses.find(({ metadata }) => metadata.name.endsWith('-canary'));
  const annotations = canary?.metadata.annotations as Record<string, string> | undefined;
  return {
    canaryWeight: Number(annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0),
    routes: [],
    writers: [],
  };
}
