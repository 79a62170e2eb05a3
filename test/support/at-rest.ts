import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AnalysisRun, AnalysisTemplate } from '../../src/analysis/index.ts';
import { type KubernetesObject, parseReplicaSet, projectService } from '../../src/kubernetes/index.ts';
import { Rollout, type World } from '../../src/rollout/index.ts';

/** A namespace in which a real Argo had come to rest after an act. */
export interface AtRest {
  /** Which rollout, and the act: `basic: promote`. */
  readonly story: string;
  readonly world: World;
}

const Head = z.object({ recordedFrom: z.literal('Argo Rollouts v1.10.2') });
const Annotations = z.record(z.string(), z.string()).optional();
const Line = z.object({ story: z.string(), objects: z.array(z.custom<KubernetesObject & { kind: string }>()) });

/** What was recorded of a real Argo beside our own world, each looked at a little later. */
export function readStatesAtRest(): readonly AtRest[] {
  const text = readFileSync(new URL('../fixtures/argo-at-rest/v1.10.2.jsonl', import.meta.url), 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  Head.parse(JSON.parse(head));
  return lines.map((line) => {
    const { story, objects } = Line.parse(JSON.parse(line));
    return { story, world: worldOf(objects) };
  });
}

function worldOf(objects: z.infer<typeof Line>['objects']): World {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const rollout = Rollout.parse(of('Rollout')[0]);
  return {
    nowMs: restMsOf(rollout) + 3000,
    rollout,
    hasOwnTemplate: true,
    replicaSets: of('ReplicaSet').map(parseReplicaSet),
    services: Object.fromEntries(of('Service').map((object) => [object.metadata.name, projectService(object)])),
    analysisRuns: of('AnalysisRun').map((object) => AnalysisRun.parse(object)),
    templates: Object.fromEntries(
      of('AnalysisTemplate').map((object) => [
        `AnalysisTemplate/${object.metadata.name}`,
        AnalysisTemplate.parse(object),
      ]),
    ),
    router: routerOf(rollout, of('Ingress')),
    evidence: 'strict',
  };
}

/** When the last of its conditions was written. */
function restMsOf({ status }: Rollout): number {
  return Math.max(...(status.conditions ?? []).map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? '')));
}

function routerOf(rollout: Rollout, ingresses: readonly KubernetesObject[]): World['router'] {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  if (routing === undefined) return undefined;
  const { annotationPrefix = 'nginx.ingress.kubernetes.io' } = routing.nginx ?? {};
  const canary = ingresses.find(({ metadata }) => metadata.name.endsWith('-canary'));
  const weight = Annotations.parse(canary?.metadata.annotations)?.[`${annotationPrefix}/canary-weight`];
  return { canaryWeight: weight === undefined ? undefined : Number(weight), routes: [], writers: [] };
}
