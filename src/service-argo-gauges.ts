import { Gauge, type Registry } from 'prom-client';
import type { AnalysisRun, AnalysisTemplate } from './analysis/index.ts';
import type { Caches } from './engine/index.ts';
import type { Experiment, Rollout } from './rollout/index.ts';

// What Argo's metrics say of Rollouts, analyses and Experiments, by its names and labels.

export interface GaugeTools {
  readonly registry: Registry;
  readonly caches: Pick<
    Caches,
    'rollouts' | 'analysisRuns' | 'analysisTemplates' | 'clusterAnalysisTemplates' | 'experiments'
  >;
  /** Only one replica tells of objects: otherwise a sum over replicas would count each of them several times. */
  readonly isTelling: () => boolean;
}

/** Registers those that tell of objects. They are read from the caches when somebody asks. */
export function registerArgoGauges(tools: GaugeTools): void {
  tellRollouts(tools);
  tellAnalyses(tools);
  tellExperiments(tools);
}

interface Name {
  readonly namespace: string;
  readonly name: string;
}

const owner = ['namespace', 'name'] as const;

type Tell = (labels: Readonly<Record<string, string>>, value: number) => void;

interface Told {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly tellAll: (tell: Tell) => void;
}

function tell({ registry, isTelling }: GaugeTools, { name, help, labels = [], tellAll }: Told): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [...owner, ...labels],
    registers: [registry],
    collect() {
      gauge.reset();
      if (isTelling()) tellAll((values, value) => gauge.set({ ...values }, value));
    },
  });
}

function nameOf({ metadata: { namespace, name } }: { readonly metadata: Name }): Name {
  return { namespace, name };
}

function tellRollouts(tools: GaugeTools): void {
  const each = (count: (rollout: Rollout) => number) => (say: Tell) => {
    for (const rollout of tools.caches.rollouts.list()) say({ ...nameOf(rollout) }, count(rollout));
  };
  tell(tools, {
    name: 'rollout_info',
    help: 'Information about rollout.',
    labels: ['strategy', 'traffic_router', 'phase'],
    tellAll(say) {
      for (const rollout of tools.caches.rollouts.list())
        say({ ...nameOf(rollout), ...strategyOf(rollout), phase: phaseOf(rollout) }, 1);
    },
  });
  const replicas: Readonly<Record<string, (rollout: Rollout) => number>> = {
    available: ({ status }) => status.availableReplicas ?? 0,
    unavailable: ({ status }) => (status.replicas ?? 0) - (status.availableReplicas ?? 0),
    desired: ({ spec }) => spec.replicas ?? 1,
    updated: ({ status }) => status.updatedReplicas ?? 0,
  };
  for (const [which, count] of Object.entries(replicas)) {
    tell(tools, {
      name: `rollout_info_replicas_${which}`,
      help: `The number of ${which} replicas per rollout.`,
      tellAll: each(count),
    });
  }
  tell(tools, {
    name: 'rollout_phase',
    help: 'Information on the state of the rollout (DEPRECATED - use rollout_info)',
    labels: ['strategy', 'phase'],
    tellAll(say) {
      for (const rollout of tools.caches.rollouts.list()) {
        const { strategy } = strategyOf(rollout);
        const present = phaseOf(rollout);
        for (const phase of rolloutPhases) say({ ...nameOf(rollout), strategy, phase }, phase === present ? 1 : 0);
      }
    },
  });
}

const rolloutPhases = ['Completed', 'Progressing', 'Paused', 'Timeout', 'Error', 'Abort'] as const;

/** Argo's word in its metrics: not that of `status.phase`. */
function phaseOf({ status: { conditions = [] } }: Rollout): (typeof rolloutPhases)[number] | 'InvalidSpec' {
  if (conditions.some(({ type }) => type === 'InvalidSpec')) return 'InvalidSpec';
  switch (conditions.find(({ type }) => type === 'Progressing')?.reason) {
    case 'NewReplicaSetAvailable':
      return 'Completed';
    case 'RolloutPaused':
      return 'Paused';
    case 'ReplicaSetCreateError':
      return 'Error';
    case 'ProgressDeadlineExceeded':
      return 'Timeout';
    case 'RolloutAborted':
      return 'Abort';
    default:
      return 'Progressing';
  }
}

const routers: Readonly<Record<string, string>> = {
  alb: 'ALB',
  ambassador: 'Ambassador',
  istio: 'Istio',
  nginx: 'Nginx',
  smi: 'SMI',
  appMesh: 'AppMesh',
};

/** As in Argo, the last router of its list wins, and those that it does not list have no name. */
function strategyOf({ spec }: Rollout): { readonly strategy: string; readonly traffic_router: string } {
  const { canary, blueGreen } = spec.strategy ?? {};
  if (blueGreen !== undefined) return { strategy: 'blueGreen', traffic_router: '' };
  if (canary === undefined) return { strategy: 'none', traffic_router: '' };
  const routing: Readonly<Record<string, unknown>> = canary.trafficRouting ?? {};
  const named = Object.keys(routers).findLast((key) => routing[key] !== undefined && routing[key] !== null);
  return { strategy: 'canary', traffic_router: named === undefined ? '' : (routers[named] ?? '') };
}

const analysisPhases = ['Pending', 'Error', 'Failed', 'Successful', 'Running', 'Inconclusive'] as const;

function tellPhases(say: Tell, labels: Readonly<Record<string, string>>, present: string | undefined): void {
  for (const phase of analysisPhases) say({ ...labels, phase }, (present || 'Pending') === phase ? 1 : 0);
}

function tellAnalyses(tools: GaugeTools): void {
  const { analysisRuns, analysisTemplates, clusterAnalysisTemplates } = tools.caches;
  const ofRuns = (tellRun: (say: Tell, run: AnalysisRun) => void) => (say: Tell) => {
    for (const run of analysisRuns.list()) tellRun(say, run);
  };
  tell(tools, {
    name: 'analysis_run_info',
    help: 'Information about analysis run.',
    labels: ['phase'],
    tellAll: ofRuns((say, run) => say({ ...nameOf(run), phase: run.status.phase ?? '' }, 1)),
  });
  tell(tools, {
    name: 'analysis_run_phase',
    help: 'Information on the state of the Analysis Run (DEPRECATED - use analysis_run_info)',
    labels: ['phase'],
    tellAll: ofRuns((say, run) => tellPhases(say, { ...nameOf(run) }, run.status.phase)),
  });
  tell(tools, {
    name: 'analysis_run_metric_type',
    help: 'Information on the type of a specific metric in the Analysis Runs',
    labels: ['metric', 'type'],
    tellAll: ofRuns((say, run) => {
      for (const { name, provider } of run.spec.metrics)
        say({ ...nameOf(run), metric: name, type: typeOf(provider) }, 1);
    }),
  });
  tell(tools, {
    name: 'analysis_run_metric_phase',
    help: 'Information on the duration of a specific metric in the Analysis Run',
    labels: ['metric', 'type', 'dry_run', 'phase'],
    tellAll: ofRuns((say, run) => {
      for (const { name, provider } of run.spec.metrics) {
        const result = run.status.metricResults.find((one) => one.name === name);
        const labels = { metric: name, type: typeOf(provider), dry_run: String(result?.dryRun === true) };
        tellPhases(say, { ...nameOf(run), ...labels }, result?.phase);
      }
    }),
  });
  const ofTemplates = (tellTemplate: (say: Tell, template: AnalysisTemplate) => void) => (say: Tell) => {
    for (const template of [...analysisTemplates.list(), ...clusterAnalysisTemplates.list()])
      tellTemplate(say, template);
  };
  tell(tools, {
    name: 'analysis_template_info',
    help: 'Information about analysis templates.',
    tellAll: ofTemplates((say, template) => say({ ...nameOf(template) }, 1)),
  });
  tell(tools, {
    name: 'analysis_template_metric_info',
    help: 'Information on metrics in analysis templates.',
    labels: ['type', 'metric'],
    tellAll: ofTemplates((say, template) => {
      for (const { name, provider } of template.spec.metrics)
        say({ ...nameOf(template), type: typeOf(provider), metric: name }, 1);
    }),
  });
}

const types: Readonly<Record<string, string>> = {
  prometheus: 'Prometheus',
  job: 'Job',
  kayenta: 'Kayenta',
  web: 'WebMetric',
  datadog: 'Datadog',
  wavefront: 'Wavefront',
  newRelic: 'NewRelic',
  cloudWatch: 'CloudWatch',
  graphite: 'Graphite',
  influxdb: 'Influxdb',
  skywalking: 'SkyWalking',
};

/** A plugin has its own name. */
function typeOf(provider: Readonly<Record<string, unknown>>): string {
  const [kind, settings] = Object.entries(provider)[0] ?? [];
  if (kind === 'plugin' && typeof settings === 'object' && settings !== null)
    return Object.keys(settings)[0] ?? 'Unknown Provider';
  return types[kind ?? ''] ?? 'Unknown Provider';
}

function tellExperiments(tools: GaugeTools): void {
  const ofEach = (tellOne: (say: Tell, experiment: Experiment) => void) => (say: Tell) => {
    for (const experiment of tools.caches.experiments.list()) tellOne(say, experiment);
  };
  tell(tools, {
    name: 'experiment_info',
    help: 'Information about Experiment.',
    labels: ['phase'],
    tellAll: ofEach((say, experiment) => say({ ...nameOf(experiment), phase: experiment.status.phase ?? '' }, 1)),
  });
  tell(tools, {
    name: 'experiment_phase',
    help: 'Information on the state of the experiment (DEPRECATED - use experiment_info)',
    labels: ['phase'],
    tellAll: ofEach((say, experiment) => tellPhases(say, { ...nameOf(experiment) }, experiment.status.phase)),
  });
}
