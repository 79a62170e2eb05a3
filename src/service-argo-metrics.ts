import { Counter, Histogram, type Registry } from 'prom-client';
import type { EventToSend } from './kubernetes/index.ts';
import { type GaugeTools, registerArgoGauges } from './service-argo-gauges.ts';

// The metrics that Argo's controller has, by its names and labels, so that dashboards and alerts go on. Source: controller/metrics of
// argo-rollouts 1.10. Left out: controller_clientset_k8s_request_total, which has a series for every object (ours is
// stepwise_kubernetes_answers_total), and notification_send, whose notifications these are not.

export interface ArgoMetrics {
  observeTurn(turn: Turn): void;
  countEvent(event: EventToSend): void;
}

interface Turn {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly seconds: number;
  readonly result: string;
}

const owner = ['namespace', 'name'] as const;

/** Registers all of them: what counts turns and events, and what tells of objects. */
export function registerArgoMetrics(tools: GaugeTools): ArgoMetrics {
  const { registry, caches } = tools;
  registerArgoGauges(tools);
  const reconcile = {
    rollout: createReconcile(registry, 'rollout', 'Rollout reconciliation performance.'),
    'analysis-run': createReconcile(registry, 'analysis_run', 'Analysis Run reconciliation performance.'),
    experiment: createReconcile(registry, 'experiment', 'Experiments reconciliation performance.'),
  };
  const events = new Counter({
    name: 'rollout_events_total',
    help: 'Count of rollout events',
    labelNames: [...owner, 'type', 'reason'],
    registers: [registry],
  });
  /** What was counted of each Rollout: a counter cannot be asked for it. */
  const counted = new Map<string, Map<string, { readonly type: string; readonly reason: string }>>();

  // Nothing grows with time: what is gone takes its series along, and the turn that finds it gone makes no new one.
  const known = { rollout: caches.rollouts, 'analysis-run': caches.analysisRuns, experiment: caches.experiments };
  caches.rollouts.onChange(({ name: { namespace, name }, after }) => {
    if (after !== undefined) return;
    reconcile.rollout.forget({ namespace, name });
    const key = `${namespace}/${name}`;
    for (const labels of counted.get(key)?.values() ?? []) events.remove({ namespace, name, ...labels });
    counted.delete(key);
  });
  caches.analysisRuns.onChange(({ name, after }) => {
    if (after === undefined) reconcile['analysis-run'].forget(name);
  });
  caches.experiments.onChange(({ name, after }) => {
    if (after === undefined) reconcile.experiment.forget(name);
  });

  return {
    observeTurn({ kind, namespace, name, seconds, result }) {
      if (kind !== 'rollout' && kind !== 'analysis-run' && kind !== 'experiment') return;
      if (known[kind].get({ namespace, name }) === undefined) return;
      reconcile[kind].observe({ namespace, name }, seconds, result !== 'done');
    },
    countEvent({ regarding, type = 'Normal', reason }) {
      if (regarding.resource.kind !== 'Rollout') return;
      const { namespace, name } = regarding;
      events.inc({ namespace, name, type, reason });
      const key = `${namespace}/${name}`;
      const ofRollout = counted.get(key) ?? new Map();
      counted.set(key, ofRollout.set(`${type}/${reason}`, { type, reason }));
    },
  };
}

interface Name {
  readonly namespace: string;
  readonly name: string;
}

function createReconcile(registry: Registry, prefix: string, help: string) {
  const seconds = new Histogram({
    name: `${prefix}_reconcile`,
    help,
    labelNames: [...owner],
    buckets: [0.01, 0.15, 0.25, 0.5, 1],
    registers: [registry],
  });
  const errors = new Counter({
    name: `${prefix}_reconcile_error`,
    help: `Error occurring during the ${prefix.replace('_', ' ')}`,
    labelNames: [...owner],
    registers: [registry],
  });
  return {
    observe(name: Name, tookSeconds: number, isError: boolean): void {
      seconds.observe({ ...name }, tookSeconds);
      if (isError) errors.inc({ ...name });
    },
    forget({ namespace, name }: Name): void {
      seconds.remove({ namespace, name });
      errors.remove({ namespace, name });
    },
  };
}
