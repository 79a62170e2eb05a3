import {
  type AnalysisPhase,
  type AnalysisRun,
  type AnalysisTemplate,
  formatTimestamp,
} from '../../src/analysis/index.ts';
import {
  decideExperiment,
  type ExperimentEffect,
  type ExperimentWorld,
  type NewService,
} from '../../src/experiment/index.ts';
import { Experiment, type ReplicaSetView, type ServiceView } from '../../src/rollout/index.ts';
import { anAnalysisRun } from './builders.ts';
import { patched } from './simulated-pods.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Far more than a turn takes. */
const MAX_ROUNDS = 20;

/** A cluster of one Experiment, in memory: performs effects with their preconditions, as the engine would. It decides nothing. */
export class SimulatedExperiment {
  nowMs = 1_800_000_000_000;
  experiment: Experiment;
  replicaSets: Mutable<ReplicaSetView>[] = [];
  services: (ServiceView & Pick<NewService, 'ports'>)[] = [];
  analysisRuns: AnalysisRun[] = [];
  templates: Record<string, AnalysisTemplate> = {};
  takenRunNames: string[] = [];
  takenPodHashes: string[] = [];
  routedServices: string[] = [];
  evidence: ExperimentWorld['evidence'] = 'strict';
  /** By name: what the API server will not take. */
  refused: Record<string, string> = {};
  readonly performed: ExperimentEffect[] = [];
  /** Called after every effect that a turn performs. */
  afterEffect: (effect: ExperimentEffect) => void = () => undefined;
  #version = 1;
  #refusals: Record<string, string> = {};

  constructor(
    spec: object,
    templates: readonly AnalysisTemplate[] = [],
    labels: Readonly<Record<string, string>> = {},
  ) {
    const metadata = { name: 'exp', namespace: 'shop', uid: 'uid-exp', resourceVersion: '1', labels };
    this.experiment = Experiment.parse({ metadata, spec });
    for (const template of templates) this.templates[`${template.kind}/${template.metadata.name}`] = template;
  }

  get status(): Experiment['status'] {
    return this.experiment.status;
  }

  world(): ExperimentWorld {
    const { nowMs, takenRunNames, takenPodHashes, routedServices, templates, evidence } = this;
    const { experiment, replicaSets, services, analysisRuns } = structuredClone({
      experiment: this.experiment,
      replicaSets: this.replicaSets,
      services: this.services,
      analysisRuns: this.analysisRuns,
    });
    return {
      nowMs,
      experiment,
      replicaSets,
      services,
      analysisRuns,
      takenRunNames,
      takenPodHashes,
      routedServices,
      templates,
      refusals: this.#refusals,
      evidence,
    };
  }

  /** One turn. Returns the wake-up that the last decision asks for. */
  turn(options: { readonly crashAfterEffects?: number } = {}): number | undefined {
    let budget = options.crashAfterEffects ?? Number.POSITIVE_INFINITY;
    this.#refusals = {};
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const decision = decideExperiment(this.world());
      if (decision.effects.length === 0) return decision.wakeAtMs;
      for (const effect of decision.effects) {
        if (budget-- <= 0) return undefined;
        if (!this.perform(effect)) break;
        this.afterEffect(effect);
      }
    }
    throw new Error(`no end after ${MAX_ROUNDS} rounds: ${JSON.stringify(decideExperiment(this.world()).effects)}`);
  }

  /** What another process would do that decided on an older world: until a precondition fails. */
  performLate(seen: ExperimentWorld): void {
    for (const effect of decideExperiment(seen).effects) {
      try {
        if (!this.perform(effect, seen)) return;
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('conflict')) return;
        throw error;
      }
    }
  }

  /** False: the API server will not take it, which the next look knows. */
  perform(effect: ExperimentEffect, seen?: ExperimentWorld): boolean {
    this.performed.push(effect);
    switch (effect.kind) {
      case 'writeStatus':
        if (seen !== undefined && seen.experiment.metadata.resourceVersion !== String(this.#version))
          throw new Error('conflict: the Experiment is not as it was');
        this.#store({ ...this.experiment, status: structuredClone(effect.status) });
        return true;
      case 'createReplicaSet': {
        const { name, podHash, labels, annotations, minReadySeconds, template } = effect.replicaSet;
        if (this.#isRefused('ReplicaSet', name)) return false;
        if (this.replicaSets.some((one) => one.name === name)) return true;
        const counts = { specReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0 };
        const view = { name, uid: `uid-${name}`, podHash, labels, annotations, minReadySeconds, ...counts };
        this.replicaSets.push({ ...view, createdAtMs: this.nowMs, template });
        return true;
      }
      case 'scaleReplicaSet': {
        const replicaSet = this.#find(effect.uid);
        if (replicaSet.specReplicas !== effect.from)
          throw new Error(`conflict: ${effect.name} is not at ${effect.from}`);
        replicaSet.specReplicas = effect.to;
        replicaSet.replicas = effect.to;
        replicaSet.readyReplicas = Math.min(replicaSet.readyReplicas, effect.to);
        replicaSet.availableReplicas = Math.min(replicaSet.availableReplicas, effect.to);
        return true;
      }
      case 'annotateReplicaSet': {
        const replicaSet = this.#find(effect.uid);
        replicaSet.annotations = patched(replicaSet.annotations, effect.annotations);
        return true;
      }
      case 'createService': {
        const { service } = effect;
        if (this.#isRefused('Service', service.name)) return false;
        if (this.services.every(({ name }) => name !== service.name)) this.services.push(service);
        return true;
      }
      case 'deleteService':
        this.services = this.services.filter(({ name }) => name !== effect.name);
        return true;
      case 'createAnalysisRun': {
        const { name, labels, spec } = effect.analysisRun;
        if (this.analysisRuns.every((run) => run.metadata.name !== name))
          this.analysisRuns.push({ ...anAnalysisRun(name, labels), spec });
        return true;
      }
      case 'terminateAnalysisRun':
        this.#updateRun(effect.name, (run) => ({ ...run, spec: { ...run.spec, terminate: true } }));
        return true;
      case 'sendEvent':
        return true;
    }
  }

  /** A person: a change of spec or status. */
  patch(change: { readonly spec?: object; readonly status?: null }): void {
    const { status, spec } = change;
    this.#store(
      Experiment.parse({
        ...this.experiment,
        spec: { ...this.experiment.spec, ...spec },
        status: status === null ? null : this.experiment.status,
      }),
    );
  }

  /** All pods of a template, or as many as told, are available. */
  ready(template?: string, pods = Number.POSITIVE_INFINITY): void {
    for (const one of this.replicaSets) {
      if (template !== undefined && one.name !== `exp-${template}`) continue;
      one.replicas = one.specReplicas;
      one.readyReplicas = Math.min(one.specReplicas, pods);
      one.availableReplicas = one.readyReplicas;
    }
  }

  wait(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  /** Turns, and pods, until nothing moves. */
  settle(): void {
    for (let round = 0; round < 20; round++) {
      const before = JSON.stringify([this.experiment, this.replicaSets, this.services, this.analysisRuns]);
      this.turn();
      this.ready();
      if (JSON.stringify([this.experiment, this.replicaSets, this.services, this.analysisRuns]) === before) return;
    }
    throw new Error('never settles');
  }

  /** What the turns of a run would write; `measured`: how many measurements are behind it. */
  judge(name: string, phase: AnalysisPhase, measured = 1, message = ''): void {
    const counts = {
      count: measured,
      failed: 0,
      inconclusive: 0,
      error: 0,
      consecutiveError: 0,
      consecutiveSuccess: 0,
    };
    const result = { name: 'metric', phase, measurements: [], successful: measured, ...counts };
    const completedAt = formatTimestamp(this.nowMs);
    this.#updateRun(name, (run) => ({
      ...run,
      status: { ...run.status, phase, message, completedAt, metricResults: measured === 0 ? [] : [result] },
    }));
  }

  eventReasons(): string[] {
    return this.performed.flatMap((effect) => (effect.kind === 'sendEvent' ? [effect.reason] : []));
  }

  #isRefused(kind: string, name: string): boolean {
    const why = this.refused[name];
    if (why !== undefined) this.#refusals = { ...this.#refusals, [`${kind}/${name}`]: why };
    return why !== undefined;
  }

  #store(experiment: Experiment): void {
    this.#version += 1;
    this.experiment = { ...experiment, metadata: { ...experiment.metadata, resourceVersion: String(this.#version) } };
  }

  #find(uid: string): Mutable<ReplicaSetView> {
    const found = this.replicaSets.find((one) => one.uid === uid);
    if (found === undefined) throw new Error(`conflict: no ReplicaSet ${uid}`);
    return found;
  }

  #updateRun(name: string, change: (run: AnalysisRun) => AnalysisRun): void {
    if (this.analysisRuns.every((run) => run.metadata.name !== name)) throw new Error(`conflict: no run ${name}`);
    this.analysisRuns = this.analysisRuns.map((run) => (run.metadata.name === name ? change(run) : run));
  }
}
