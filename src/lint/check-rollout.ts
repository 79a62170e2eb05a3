import { collectTemplates } from '../analysis/index.ts';
import {
  neededServices,
  neededTemplates,
  parseWorkload,
  pointOfNoReturnAnnotation,
  Rollout,
  readPointOfNoReturn,
  routerKindsOf,
  validateRollout,
  type WorkloadView,
  type World,
  withPingPong,
  withWorkload,
} from '../rollout/index.ts';
import type { Finding } from './finding.ts';
import type { Neighbours } from './neighbours.ts';
import { keyOf, type SourceDocument, unreadable } from './source-document.ts';

/** Which routers are driven. */
const routers = ['nginx', 'argoproj-labs/gatewayAPI'];

/** What is wrong with a Rollout, in the words that its InvalidSpec condition would have; and what it names that these files lack. */
export function checkRollout(
  document: SourceDocument,
  neighbours: Neighbours,
  hasMistakes: boolean,
): readonly Finding[] {
  const parsed = Rollout.safeParse(document.content);
  if (!parsed.success) return hasMistakes ? [] : unreadable(document, parsed.error);
  const rollout = parsed.data;
  const absent = absences(rollout, neighbours);
  const problems = validateRollout(worldOf(rollout, neighbours)).filter(
    (problem) => !absent.templates.some((reason) => problem.endsWith(reason)),
  );
  const unsupported = routerKindsOf(rollout.spec.strategy?.canary?.trafficRouting ?? {})
    .filter((kind) => !routers.includes(kind))
    .map((kind) => `spec.strategy.canary.trafficRouting.${kind}: Unsupported value: ${kind} is not supported yet`);
  return [
    ...[...problems, ...unsupported].map((problem) => document.find(pathIn(problem, document), 'mistake', problem)),
    ...noReturnNote(rollout, document),
    ...(neighbours.isAlone ? [] : absent.findings(document)),
  ];
}

/** Said where it is set: who reads it next must know from where on nothing goes back by itself. */
function noReturnNote(rollout: Rollout, document: SourceDocument): readonly Finding[] {
  const point = readPointOfNoReturn(rollout);
  if (point === undefined) return [];
  const message = `no way back from ${point.what} on: there a failed analysis holds the rollout, and abort freezes it`;
  return [document.find(['metadata', 'annotations', pointOfNoReturnAnnotation], 'note', message)];
}

/** A world of files: nothing runs yet, Services and templates are what stands beside the Rollout. */
function worldOf(written: Rollout, neighbours: Neighbours): World {
  const { workloadRef } = written.spec;
  const content = workloadRef === undefined ? undefined : neighbours.find(workloadRef.kind, workloadRef.name);
  const workload =
    content === undefined || workloadRef === undefined ? undefined : readWorkload(workloadRef.kind, content);
  const rollout = withPingPong(withWorkload(written, workload));
  const labels = rollout.spec.template?.metadata?.labels ?? {};
  const services: Record<string, World['services'][string]> = {};
  for (const name of neededServices(rollout)) {
    services[name] = neighbours.services.get(name) ?? { name, selector: labels, annotations: {} };
  }
  return {
    nowMs: 0,
    rollout,
    workload,
    hasOwnTemplate: written.spec.template !== undefined,
    replicaSets: [],
    services,
    analysisRuns: [],
    templates: neighbours.templates,
    router: undefined,
    evidence: 'strict',
  };
}

/** What is wrong with it is said of its own document. */
function readWorkload(kind: string, content: SourceDocument['content']): WorkloadView | undefined {
  try {
    return parseWorkload(kind, content);
  } catch {
    return undefined;
  }
}

function absences(rollout: Rollout, neighbours: Neighbours) {
  const templates: string[] = [];
  const found: { readonly path: readonly (string | number)[]; readonly message: string }[] = [];
  for (const reference of neededTemplates(rollout)) {
    const collected = collectTemplates([reference], neighbours.templates);
    if (collected.isComplete || templates.includes(collected.reason)) continue;
    templates.push(collected.reason);
    const named = rollout.spec.strategy?.blueGreen === undefined ? 'canary' : 'blueGreen';
    found.push({ path: ['spec', 'strategy', named], message: `${collected.reason} in these files` });
  }
  const { workloadRef } = rollout.spec;
  if (workloadRef !== undefined && !neighbours.has(workloadRef.kind, workloadRef.name)) {
    const message = `${workloadRef.kind} "${workloadRef.name}" not found`;
    templates.push(message);
    found.push({ path: ['spec', 'workloadRef', 'name'], message: `${message} in these files` });
  }
  const { canary = {}, blueGreen = {} } = rollout.spec.strategy ?? {};
  const services = [
    ['canary', 'canaryService', canary.canaryService],
    ['canary', 'stableService', canary.stableService],
    ['blueGreen', 'activeService', blueGreen.activeService],
    ['blueGreen', 'previewService', blueGreen.previewService],
  ] as const;
  for (const [strategy, field, name] of services) {
    if (!name || neighbours.services.has(name)) continue;
    found.push({ path: ['spec', 'strategy', strategy, field], message: `Service '${name}' not found in these files` });
  }
  const ingress = (canary.trafficRouting?.nginx as { stableIngress?: string } | undefined)?.stableIngress;
  if (ingress !== undefined && !neighbours.has('Ingress', ingress)) {
    const path = ['spec', 'strategy', 'canary', 'trafficRouting', 'nginx', 'stableIngress'];
    found.push({ path, message: `Ingress '${ingress}' not found in these files` });
  }
  return {
    templates,
    findings: (document: SourceDocument) => found.map(({ path, message }) => document.find(path, 'warning', message)),
  };
}

/** The field that a message begins with; Argo leaves the strategy's name out of the steps' paths. */
function pathIn(problem: string, { content }: SourceDocument): readonly (string | number)[] {
  const annotation = /^metadata\.annotations\[([^\]]+)\]: /.exec(problem)?.[1];
  if (annotation !== undefined) return ['metadata', 'annotations', annotation];
  const [written = ''] = problem.split(':');
  const path = written.split('.').flatMap((part) => {
    const [name = '', ...indices] = part.split(/[[\]]+/).filter((piece) => piece !== '');
    return [name, ...indices.map(keyOf)];
  });
  const strategy = (content.spec as { strategy?: Record<string, unknown> } | undefined)?.strategy;
  const named = ['canary', 'blueGreen'].find((one) => strategy?.[one] !== undefined);
  const isShort = path[0] === 'spec' && path[1] === 'strategy' && path[2] !== named && named !== undefined;
  return isShort ? ['spec', 'strategy', named, ...path.slice(2)] : path;
}
