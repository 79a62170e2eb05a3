import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { AnalysisRun } from '../../src/analysis/index.ts';
import { type KubernetesObject, parseReplicaSet, projectService } from '../../src/kubernetes/index.ts';
import { Rollout, type World } from '../../src/rollout/index.ts';

const folder = new URL('../fixtures/argo/', import.meta.url);

/** The time at which what Argo left is looked at: ten minutes after it paused. */
export const lookedAtMs = Date.UTC(2026, 10, 20, 12, 0, 0);

/** Names of the stories in test/fixtures/argo. */
export const recordedStories: readonly string[] = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));

/** The objects of one story, as Argo and the API server leave them; written by hand, never by our own engine. */
export function readRecordedObjects(story: string): readonly KubernetesObject[] {
  return parseAllDocuments(readFileSync(new URL(`${story}.yaml`, folder), 'utf8')).map(
    (document) => document.toJS() as KubernetesObject,
  );
}

/** One story as the engine would see it with everything read live. */
export function readRecordedWorld(story: string): World {
  const objects = readRecordedObjects(story);
  const of = (kind: string) => objects.filter((object) => (object as { kind?: string }).kind === kind);
  const rollout = Rollout.parse(of('Rollout')[0]);
  const services = Object.fromEntries(of('Service').map((object) => [object.metadata.name, projectService(object)]));
  return {
    nowMs: lookedAtMs,
    rollout,
    hasOwnTemplate: true,
    replicaSets: of('ReplicaSet').map(parseReplicaSet),
    services,
    analysisRuns: of('AnalysisRun').map((object) => AnalysisRun.parse(object)),
    templates: {},
    router: routerOf(rollout, of('Ingress')),
    evidence: 'strict',
  } as World;
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
