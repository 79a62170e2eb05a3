import { AnalysisRun, AnalysisTemplate, formatTimestamp } from '../../src/analysis/index.ts';
import {
  asRolloutReplicaSet,
  Deployment,
  type DeploymentDecision,
  type DeploymentWorld,
  decideDeployment,
  type Memory,
  memoryAnnotation,
  type RevisionView,
  readMemory,
} from '../../src/deployment/index.ts';
import { gitOverrideAnnotation, type PodTemplate } from '../../src/rollout/index.ts';

const beginsAtMs = Date.parse('2026-11-20T10:00:00Z');

interface Revision {
  readonly hash: string;
  readonly template: PodTemplate;
  readonly createdAtMs: number;
  number: number;
  history: string;
  pods: number;
  available: number;
}

/** A Deployment with the controller that Kubernetes has for it, as far as a decision can tell: one pod moves per step. */
export interface SimulatedDeployment {
  nowMs: number;
  readonly annotations: Record<string, string>;
  readonly spec: { replicas: number; paused: boolean; revisionHistoryLimit: number; template: PodTemplate };
  managedFields: object[];
  revisions: Revision[];
  runs: AnalysisRun[];
  templates: DeploymentWorld['templates'];
  /** Kubernetes says that it makes no progress, since then. */
  lateAtMs: number | undefined;
  /** Images whose pods never become ready. */
  readonly broken: Set<string>;
  version: number;
  /** What the controller has seen. */
  observed: number;
}

export function aDeployment(annotations: Readonly<Record<string, string>> = {}): SimulatedDeployment {
  return {
    nowMs: beginsAtMs,
    annotations: {
      'stepwise.dev/analysis': 'slo',
      'stepwise.dev/analysis-args': 'hash=podTemplateHashValue:Latest',
      'stepwise.dev/soak': '10s',
      ...annotations,
    },
    spec: { replicas: 3, paused: false, revisionHistoryLimit: 10, template: templateOf('app:1') },
    managedFields: [],
    revisions: [],
    runs: [],
    templates: { 'AnalysisTemplate/slo': anSlo() },
    lateAtMs: undefined,
    broken: new Set(),
    version: 1,
    observed: 0,
  };
}

export function templateOf(image: string): PodTemplate {
  return { metadata: { labels: { app: 'app' } }, spec: { containers: [{ name: 'app', image }] } };
}

export function imageOf(of: SimulatedDeployment): string {
  return of.spec.template.spec?.containers[0]?.image ?? '';
}

/** Anybody changes it. */
export function change(of: SimulatedDeployment, how: (of: SimulatedDeployment) => void): void {
  how(of);
  of.version++;
}

export function setImage(of: SimulatedDeployment, image: string): void {
  change(of, ({ spec }) => {
    spec.template = templateOf(image);
  });
}

/** One look of Kubernetes' own controller, and a second later. */
export function controllerStep(of: SimulatedDeployment): void {
  of.nowMs += 1000;
  const image = imageOf(of);
  let present = of.revisions.find(({ template }) => template.spec?.containers[0]?.image === image);
  of.observed = of.version;
  const newest = Math.max(0, ...of.revisions.map(({ number }) => number));
  if (present === undefined && of.spec.paused) return;
  if (present === undefined) {
    const hash = `h${image.replace(/\W/g, '')}`;
    const { template } = of.spec;
    present = { hash, template, createdAtMs: of.nowMs, number: newest + 1, history: '', pods: 0, available: 0 };
    of.revisions.push(present);
  } else if (present.number < newest) {
    present.history = [present.history, present.number].filter((one) => one !== '').join(',');
    present.number = newest + 1;
  }
  for (const one of of.revisions) one.available = of.broken.has(imageOfRevision(one)) ? 0 : one.pods;
  if (of.spec.paused) return;
  move(of, present);
}

/** maxSurge 1, maxUnavailable 0. */
function move(of: SimulatedDeployment, present: Revision): void {
  const others = of.revisions.filter((one) => one !== present && one.pods > 0);
  const available = present.available + others.reduce((sum, one) => sum + one.available, 0);
  const all = present.pods + others.reduce((sum, one) => sum + one.pods, 0);
  const surplus = others.find((one) => one.available < one.pods) ?? others[0];
  if (surplus !== undefined && (available > of.spec.replicas || surplus.available < surplus.pods)) surplus.pods--;
  else if (present.pods < of.spec.replicas && all <= of.spec.replicas) present.pods++;
  else if (present.pods > of.spec.replicas) present.pods--;
  for (const one of of.revisions) one.available = Math.min(one.available, one.pods);
  const left = of.revisions.filter((one) => one !== present && one.pods === 0);
  const tooMany = left.toSorted((a, b) => b.number - a.number).slice(of.spec.revisionHistoryLimit);
  if (present.available >= of.spec.replicas && others.length === 0)
    of.revisions = of.revisions.filter((one) => !tooMany.includes(one));
}

function imageOfRevision({ template }: Revision): string {
  return template.spec?.containers[0]?.image ?? '';
}

export function worldOf(of: SimulatedDeployment): DeploymentWorld {
  const { nowMs, annotations, spec, runs, version, observed, lateAtMs, managedFields } = of;
  const late = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'ReplicaSet has timed out progressing.',
    lastUpdateTime: formatTimestamp(lateAtMs ?? 0),
  };
  const deployment = Deployment.parse({
    metadata: {
      ...{ name: 'app', namespace: 'shop', uid: 'u1', resourceVersion: String(version), generation: version },
      annotations: { ...annotations },
      managedFields,
    },
    spec: structuredClone(spec),
    status: { observedGeneration: observed, conditions: lateAtMs === undefined ? [] : [late] },
  });
  const replicaSets = of.revisions.map(viewOf);
  return { nowMs, deployment, replicaSets, analysisRuns: [...runs], templates: of.templates, evidence: 'strict' };
}

function viewOf({ hash, template, createdAtMs, number, history, pods, available }: Revision): RevisionView {
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  return asRolloutReplicaSet({
    ...{ name: `app-${hash}`, uid: hash, podHash: '', createdAtMs, minReadySeconds: 0, labels },
    ...{ specReplicas: pods, replicas: pods, readyReplicas: available, availableReplicas: available },
    annotations: {
      'deployment.kubernetes.io/revision': String(number),
      ...(history === '' ? {} : { 'deployment.kubernetes.io/revision-history': history }),
    },
    template: { ...template, metadata: { ...template.metadata, labels } },
  });
}

/** Performs a decision that was made on this world; stops where somebody has written since. */
export function perform(of: SimulatedDeployment, world: DeploymentWorld, decision: DeploymentDecision): void {
  for (const effect of decision.effects) {
    const isCurrent = world.deployment.metadata.resourceVersion === String(of.version);
    switch (effect.kind) {
      case 'remember':
      case 'hold':
      case 'goBack':
        if (!isCurrent) return;
        change(of, (one) => {
          one.annotations[memoryAnnotation] = JSON.stringify(effect.memory);
          if (effect.kind === 'hold') one.spec.paused = true;
          if (effect.kind === 'remember' && effect.forgetsOverride === true)
            delete one.annotations[gitOverrideAnnotation];
          if (effect.kind !== 'goBack') return;
          const path = `/metadata/annotations/${gitOverrideAnnotation.replace('/', '~1')}`;
          for (const operation of effect.note) {
            if (operation.path !== path) throw new Error(`nothing else is noted than ${path}: ${operation.path}`);
            if (operation.op === 'add') one.annotations[gitOverrideAnnotation] = String(operation.value);
            else delete one.annotations[gitOverrideAnnotation];
          }
          one.spec.template = effect.template;
          one.spec.paused = false;
        });
        break;
      case 'createAnalysisRun': {
        const { name, labels, annotations, spec } = effect.analysisRun;
        if (of.runs.some(({ metadata }) => metadata.name === name)) break;
        const metadata = { ...{ name, namespace: 'shop', uid: name, labels, annotations } };
        of.runs.push(AnalysisRun.parse({ metadata, spec, status: running(of.nowMs) }));
        break;
      }
      case 'terminateAnalysisRun':
        of.runs = of.runs.map((run) => (run.metadata.name === effect.name ? ended(run, 'Successful') : run));
        break;
      case 'deleteAnalysisRun':
        of.runs = of.runs.filter(({ metadata }) => metadata.name !== effect.name);
        break;
      case 'sendEvent':
        break;
    }
  }
}

/** Looks and performs until there is nothing to do now. Returns everything that was decided. */
export function takeTurn(of: SimulatedDeployment): readonly DeploymentDecision['effects'][number][] {
  const all: DeploymentDecision['effects'][number][] = [];
  for (let look = 0; look < 10; look++) {
    const world = worldOf(of);
    const decision = decideDeployment(world);
    if (decision.effects.length === 0) return all;
    all.push(...decision.effects);
    perform(of, world, decision);
  }
  throw new Error(`it finds no rest: ${JSON.stringify(all.slice(-4))}`);
}

export function memoryOf(of: SimulatedDeployment): Memory | undefined {
  return readMemory(worldOf(of).deployment);
}

/** The run that judges it has measured, or has ended so. */
export function judge(
  of: SimulatedDeployment,
  phase: 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive',
): void {
  const name = memoryOf(of)?.run;
  of.runs = of.runs.map((run) => {
    if (run.metadata.name !== name || (run.status.phase ?? 'Running') !== 'Running') return run;
    return phase === 'Running' ? { ...run, status: measured(run) } : ended({ ...run, status: measured(run) }, phase);
  });
}

export function settle(of: SimulatedDeployment, steps = 12): void {
  for (let step = 0; step < steps; step++) {
    controllerStep(of);
    takeTurn(of);
  }
}

function running(nowMs: number) {
  return { phase: 'Running', startedAt: formatTimestamp(nowMs), metricResults: [] };
}

function measured(run: AnalysisRun): AnalysisRun['status'] {
  const at = run.status.startedAt ?? '';
  const measurement = { phase: 'Successful', startedAt: at, finishedAt: at, value: '[1]' };
  const results = [{ name: 'success-rate', phase: 'Running', successful: 1, count: 1, measurements: [measurement] }];
  return AnalysisRun.parse({ ...run, status: { ...run.status, metricResults: results } }).status;
}

function ended(run: AnalysisRun, phase: string): AnalysisRun {
  return AnalysisRun.parse({ ...run, status: { ...run.status, phase, message: `it is ${phase}` } });
}

function anSlo(): AnalysisTemplate {
  const provider = { prometheus: { query: 'up{hash="{{args.hash}}"}' } };
  const metric = { name: 'success-rate', interval: '1s', successCondition: 'result[0] >= 0.95', provider };
  return AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name: 'slo', namespace: 'shop' },
    spec: { args: [{ name: 'hash' }], metrics: [metric] },
  });
}
