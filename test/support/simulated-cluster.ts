import {
  type AnalysisPhase,
  type AnalysisRun,
  type AnalysisTemplate,
  formatTimestamp,
} from '../../src/analysis/index.ts';
import { ConflictError } from '../../src/lib/index.ts';
import {
  type AdditionalWeight,
  type Decision,
  decide,
  describeAntiAffinity,
  type Effect,
  Experiment,
  heldForAnnotation,
  type ManagedRoute,
  neededServices,
  needsPods,
  needsTemplates,
  PodTemplate,
  patchesFor,
  type ReplicaSetView,
  Rollout,
  type ServiceView,
  type TemplateChange,
  type Verb,
  type WorkloadView,
  type World,
  withPingPong,
  withWorkload,
} from '../../src/rollout/index.ts';
import { anAnalysisRun } from './builders.ts';
import { patched, SimulatedPods } from './simulated-pods.ts';

type SimulatedReplicaSet = { -readonly [Key in keyof ReplicaSetView]: ReplicaSetView[Key] } & { template: PodTemplate };

/** Called with every decision, before it is performed. */
export type Watcher = (decision: Decision, world: World) => void;

const mark = 'argo-rollouts.argoproj.io/managed-by-rollouts';

/** Far more than a turn takes: each round stores one more step of the plan. */
const MAX_ROUNDS = 40;

/**
 * A cluster of one Rollout, in memory: performs effects with their preconditions as the engine would, and lets pods, runs, people
 * and time move by hand. It decides nothing.
 */
export class SimulatedCluster {
  nowMs = 1_800_000_000_000;
  rollout: Rollout;
  replicaSets: SimulatedReplicaSet[] = [];
  services: Record<string, ServiceView> = {};
  analysisRuns: AnalysisRun[] = [];
  experiments: Experiment[] = [];
  templates: Record<string, AnalysisTemplate> = {};
  weight: number | undefined;
  routes: readonly ManagedRoute[] = [];
  additional: readonly AdditionalWeight[] = [];
  evidence: World['evidence'] = 'strict';
  routerProblem: string | undefined;
  /** What `workloadRef` names. */
  workload: WorkloadView | undefined;
  readonly performed: Effect[] = [];
  /** Each weight that the router was set to, in order. */
  readonly weights: number[] = [];
  #version = 1;
  #created = 0;
  #touched = 0;
  #taken: string | undefined;
  #refused: string[] = [];
  readonly pods = new SimulatedPods();
  readonly #watchers: Watcher[] = [];
  /** Called after every effect that a turn performs. */
  afterEffect: (effect: Effect) => void = () => undefined;

  constructor(rollout: Rollout, templates: readonly AnalysisTemplate[] = []) {
    this.rollout = rollout;
    for (const name of neededServices(rollout)) {
      this.services[name] = { name, selector: { app: rollout.metadata.name }, annotations: {} };
    }
    for (const template of templates) this.templates[`${template.kind}/${template.metadata.name}`] = template;
  }

  watch(watcher: Watcher): this {
    this.#watchers.push(watcher);
    return this;
  }

  world(): World {
    const isRouted = this.rollout.spec.strategy?.canary?.trafficRouting !== undefined;
    const router = {
      canaryWeight: this.weight,
      routes: this.routes,
      additional: this.additional,
      ...(this.routerProblem === undefined ? {} : { problem: this.routerProblem }),
    };
    const seen: World = {
      nowMs: this.nowMs,
      rollout: structuredClone(withPingPong(withWorkload(this.rollout, this.workload))),
      workload: structuredClone(this.workload),
      hasOwnTemplate: this.rollout.spec.template !== undefined,
      replicaSets: this.replicaSets.map(withoutTemplate),
      services: structuredClone(this.services),
      formerServices: Object.values(this.services).filter(
        ({ name, annotations }) =>
          annotations[mark] === this.rollout.metadata.name && !neededServices(this.rollout).includes(name),
      ),
      analysisRuns: structuredClone(this.analysisRuns),
      experiments: structuredClone(this.experiments),
      templates: this.templates,
      router: isRouted ? router : undefined,
      evidence: this.evidence,
      ...(this.#taken === undefined ? {} : { takenReplicaSetName: this.#taken }),
    };
    // Looked at in every world, so that pods are as old as their counts.
    const pods = this.pods.list(this.replicaSets, this.nowMs);
    const restarting = needsPods(seen) ? { pods, refusedEvictions: this.#refused } : {};
    const templates = needsTemplates(seen) ? { replicaSets: structuredClone(this.replicaSets) } : {};
    return { ...seen, ...templates, ...restarting };
  }

  /** One turn: look, decide, perform, until nothing is left to do. Returns the wake-up that the last decision asks for. */
  turn(options: { readonly crashAfterEffects?: number } = {}): number | undefined {
    let budget = options.crashAfterEffects ?? Number.POSITIVE_INFINITY;
    this.#taken = undefined;
    this.#refused = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const world = this.world();
      const decision = decide(world);
      for (const watcher of this.#watchers) watcher(decision, world);
      if (decision.effects.length === 0) return decision.wakeAtMs;
      for (const effect of decision.effects) {
        if (budget-- <= 0) return undefined;
        if (!this.#isPerformed(effect)) break;
        this.afterEffect(effect);
      }
    }
    const last = decide(this.world()).effects.map((effect) => JSON.stringify(effect));
    throw new Error(`no end after ${MAX_ROUNDS} rounds: ${last.join('\n')}`);
  }

  /** False: an effect before it, of the same decision, has made another version: look again. */
  #isPerformed(effect: Effect): boolean {
    try {
      this.perform(effect);
      return true;
    } catch (error) {
      if (effect.kind === 'scaleReplicaSet' && error instanceof ConflictError) return false;
      throw error;
    }
  }

  perform(effect: Effect): void {
    this.performed.push(effect);
    switch (effect.kind) {
      case 'createReplicaSet':
        this.#createReplicaSet(effect.replicaSet);
        return;
      case 'scaleReplicaSet': {
        const replicaSet = this.#find(effect.name, effect.uid);
        if (replicaSet.specReplicas !== effect.from)
          throw new Error(`conflict: ${effect.name} is not at ${effect.from}`);
        if (effect.resourceVersion !== undefined) expectVersion(replicaSet, effect.resourceVersion);
        this.resize(replicaSet, effect.to);
        return;
      }
      case 'holdReplicaSet': {
        const replicaSet = this.#find(effect.name, effect.uid);
        expectVersion(replicaSet, effect.resourceVersion);
        replicaSet.annotations = patched(replicaSet.annotations, { [heldForAnnotation]: effect.heldFor });
        this.#touch(replicaSet);
        return;
      }
      case 'annotateReplicaSet': {
        const replicaSet = this.#find(effect.name, effect.uid);
        replicaSet.annotations = patched(replicaSet.annotations, effect.annotations);
        replicaSet.minReadySeconds = effect.minReadySeconds ?? replicaSet.minReadySeconds;
        if (effect.template !== undefined) this.#changeTemplate(replicaSet, effect.template);
        this.#touch(replicaSet);
        return;
      }
      case 'scaleWorkload':
        if (this.workload?.uid !== effect.workload.uid || this.workload.replicas !== effect.from)
          throw new Error(`conflict: ${effect.workload.name} is not at ${effect.from}`);
        this.workload = { ...this.workload, replicas: effect.to, generation: this.workload.generation + 1 };
        return;
      case 'patchPodMetadata':
        this.pods.patch(effect.uid, effect.labels, effect.annotations);
        return;
      case 'deleteReplicaSet':
        this.replicaSets = this.replicaSets.filter((one) => one.uid !== effect.uid);
        return;
      case 'evictPod': {
        const replicaSet = this.replicaSets.find(({ podHash }) => podHash === effect.podHash);
        if (replicaSet === undefined) throw new Error(`conflict: no ReplicaSet of ${effect.podHash}`);
        if (!this.pods.evict(effect.uid, replicaSet, this.nowMs)) {
          this.#refused.push(effect.podHash);
          return;
        }
        replicaSet.readyReplicas -= 1;
        replicaSet.availableReplicas -= 1;
        return;
      }
      case 'switchService':
        this.#switchService(effect.name, effect.fromSelector, effect.toPodHash);
        return;
      case 'releaseService':
        this.#releaseService(effect.name, effect.fromSelector);
        return;
      case 'setWeight':
        // To make the canary's Ingress, at 0, shifts nothing.
        if (this.weight !== undefined || effect.canaryWeight > 0) this.weights.push(effect.canaryWeight);
        this.weight = effect.canaryWeight;
        this.additional = effect.additional ?? [];
        return;
      case 'setRoutes':
        this.routes = effect.routes;
        return;
      case 'createAnalysisRun': {
        const { name, labels, annotations, spec } = effect.analysisRun;
        if (this.analysisRuns.some((run) => run.metadata.name === name)) return;
        const run = anAnalysisRun(name, labels);
        const creationTimestamp = formatTimestamp(this.nowMs);
        this.analysisRuns.push({ ...run, metadata: { ...run.metadata, annotations, creationTimestamp }, spec });
        return;
      }
      case 'terminateAnalysisRun':
        this.#updateRun(effect.name, (run) => ({ ...run, spec: { ...run.spec, terminate: true } }));
        return;
      case 'deleteAnalysisRun':
        this.analysisRuns = this.analysisRuns.filter((run) => run.metadata.uid !== effect.uid);
        return;
      case 'createExperiment': {
        const { name, labels, annotations, spec } = effect.experiment;
        if (this.experiments.some(({ metadata }) => metadata.name === name)) return;
        const creationTimestamp = formatTimestamp(this.nowMs);
        const metadata = { name, namespace: 'shop', uid: `uid-${name}`, labels, annotations, creationTimestamp };
        this.experiments.push(Experiment.parse({ metadata, spec }));
        return;
      }
      case 'terminateExperiment':
        this.#updateExperiment(effect.name, (one) => ({ ...one, spec: { ...one.spec, terminate: true } }));
        return;
      case 'deleteExperiment':
        this.experiments = this.experiments.filter(({ metadata }) => metadata.uid !== effect.uid);
        return;
      case 'patchRollout': {
        const annotations = patched(this.rollout.metadata.annotations, effect.annotations ?? {});
        const spec =
          effect.replicas === undefined ? this.rollout.spec : { ...this.rollout.spec, replicas: effect.replicas };
        this.#store({ ...this.rollout, metadata: { ...this.rollout.metadata, annotations }, spec });
        return;
      }
      case 'writeStatus':
        this.#store({ ...this.rollout, status: structuredClone(effect.status) });
        return;
      case 'sendEvent':
        return;
    }
  }

  /** The events told so far, by reason. */
  eventReasons(): string[] {
    return this.performed.filter((effect) => effect.kind === 'sendEvent').map((event) => event.reason);
  }

  /** A person, or Git: a merge patch of spec, status or metadata. */
  patch(change: { readonly spec?: object; readonly status?: object; readonly metadata?: object }): void {
    const merged = mergePatch(this.rollout, change);
    const generation = (this.rollout.metadata.generation ?? 0) + (change.spec === undefined ? 0 : 1);
    this.#store(Rollout.parse(mergePatch(merged, { metadata: { generation } })));
  }

  /** What a person asks for: the writes of a verb. */
  ask(verb: Verb): void {
    for (const { patch } of patchesFor(verb, this.rollout)) this.patch(patch);
  }

  release(image: string): void {
    const name = this.rollout.metadata.name;
    const container = { ...this.rollout.spec.template?.spec?.containers[0], name, image };
    this.patch({ spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [container] } } } });
  }

  /** Pods of a ReplicaSet become available, all that are asked for unless told otherwise. */
  ready(podHash: string | undefined, pods = Number.POSITIVE_INFINITY): void {
    for (const one of this.replicaSets) {
      if (podHash !== undefined && one.podHash !== podHash) continue;
      const ready = Math.min(one.specReplicas, pods);
      if (one.replicas === one.specReplicas && one.readyReplicas === ready && one.availableReplicas === ready) continue;
      one.replicas = one.specReplicas;
      one.readyReplicas = ready;
      one.availableReplicas = ready;
      this.#touch(one);
    }
  }

  readyAll(): void {
    this.ready(undefined);
  }

  /** Turns and pods in turns until nothing moves any more. */
  settle(rounds = 40): void {
    for (let round = 0; round < rounds; round++) {
      const before = this.#everything();
      this.turn();
      this.readyAll();
      if (this.#everything() === before) return;
    }
    throw new Error('never settles');
  }

  #everything(): string {
    const { rollout, replicaSets, weight, services, analysisRuns, experiments } = this;
    return JSON.stringify([rollout, replicaSets, weight, services, analysisRuns, experiments]);
  }

  wait(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  /** Gives a run its phase, and a metric with that many measurements behind it. */
  judge(name: string, phase: AnalysisPhase, measured = 1, message = ''): void {
    this.#updateRun(name, (run) => {
      const metric = run.spec.metrics[0]?.name ?? 'metric';
      const present = run.status.metricResults.find((result) => result.name === metric);
      const result = {
        name: metric,
        phase,
        measurements: present?.measurements ?? [],
        count: measured,
        successful: phase === 'Failed' ? 0 : measured,
        failed: phase === 'Failed' ? measured : 0,
        inconclusive: 0,
        error: 0,
        consecutiveError: 0,
        consecutiveSuccess: 0,
      };
      return { ...run, status: { ...run.status, phase, message, metricResults: measured === 0 ? [] : [result] } };
    });
  }

  /** Gives an Experiment what its own turns would: a phase, and whatever else. */
  conclude(name: string, status: Experiment['status']): void {
    this.#updateExperiment(name, (one) => ({ ...one, status: { ...one.status, ...status } }));
  }

  /** Writes down measurements of one metric, a second apart, the last one now. */
  measure(
    name: string,
    metric: string,
    taken: readonly { readonly phase: AnalysisPhase; readonly value: string }[],
  ): void {
    this.#updateRun(name, (run) => {
      const measurements = taken.map((one, index) => {
        const finishedAt = formatTimestamp(this.nowMs - (taken.length - 1 - index) * 1000);
        return { ...one, startedAt: finishedAt, finishedAt };
      });
      const zero = { count: 0, successful: 0, failed: 0, inconclusive: 0, error: 0 };
      const result = {
        name: metric,
        phase: 'Running' as const,
        measurements,
        ...zero,
        consecutiveError: 0,
        consecutiveSuccess: 0,
      };
      return { ...run, status: { ...run.status, phase: 'Running', metricResults: [result] } };
    });
  }

  /** How many pods each image is asked to have. */
  sizes(): Record<string, number> {
    return Object.fromEntries(this.replicaSets.map((one) => [this.imageOf(one.podHash) ?? '', one.specReplicas]));
  }

  imageOf(podHash: string): string | undefined {
    return this.replicaSets.find((one) => one.podHash === podHash)?.template.spec?.containers[0]?.image;
  }

  /** The share of requests in percent that a pod hash gets by weight and selectors; undefined while a Service selects no hash. */
  shareOf(podHash: string): number | undefined {
    const { canary, blueGreen } = withPingPong(this.rollout).spec.strategy ?? {};
    if (blueGreen !== undefined) {
      const selected = this.activeHash();
      if (selected === undefined) return undefined;
      return selected === podHash ? 100 : 0;
    }
    const { canaryService, stableService } = canary ?? {};
    const weight = this.weight ?? 0;
    let share = 0;
    for (const [name, part] of [[canaryService, weight] as const, [stableService, 100 - weight] as const]) {
      const selected = this.services[name ?? '']?.selector['rollouts-pod-template-hash'];
      if (selected === undefined && part > 0) return undefined;
      if (selected === podHash) share += part;
    }
    return share;
  }

  /** What the active Service of a blue-green rollout selects; undefined: pods of any revision. */
  activeHash(): string | undefined {
    const { activeService = '' } = this.rollout.spec.strategy?.blueGreen ?? {};
    return this.services[activeService]?.selector['rollouts-pod-template-hash'];
  }

  previewHash(): string | undefined {
    const { previewService = '' } = this.rollout.spec.strategy?.blueGreen ?? {};
    return this.services[previewService]?.selector['rollouts-pod-template-hash'];
  }

  canary(): SimulatedReplicaSet | undefined {
    return this.replicaSets.find((one) => one.podHash === this.rollout.status.currentPodHash);
  }

  stable(): SimulatedReplicaSet | undefined {
    return this.replicaSets.find((one) => one.podHash === this.rollout.status.stableRS);
  }

  resize(replicaSet: SimulatedReplicaSet, to: number): void {
    replicaSet.specReplicas = to;
    replicaSet.replicas = to;
    replicaSet.readyReplicas = Math.min(replicaSet.readyReplicas, to);
    replicaSet.availableReplicas = Math.min(replicaSet.availableReplicas, to);
    this.#touch(replicaSet);
  }

  #touch(replicaSet: SimulatedReplicaSet): void {
    this.#touched += 1;
    replicaSet.resourceVersion = String(this.#touched);
  }

  /** Pods that are there keep what they have. */
  #changeTemplate(replicaSet: SimulatedReplicaSet, change: TemplateChange): void {
    this.pods.list([replicaSet], this.nowMs);
    const { labels, annotations, affinity } = change;
    replicaSet.template = PodTemplate.parse(
      mergePatch(replicaSet.template, {
        metadata: { labels: labels ?? {}, annotations: annotations ?? {} },
        ...(affinity === undefined ? {} : { spec: { affinity } }),
      }),
    );
    this.#describe(replicaSet);
  }

  #describe(replicaSet: SimulatedReplicaSet): void {
    const antiAffinity = describeAntiAffinity(replicaSet.template);
    if (antiAffinity === undefined) delete replicaSet.antiAffinity;
    else replicaSet.antiAffinity = antiAffinity;
  }

  #createReplicaSet(wanted: Extract<Effect, { kind: 'createReplicaSet' }>['replicaSet']): void {
    const present = this.replicaSets.find((one) => one.name === wanted.name);
    if (present !== undefined) {
      this.#taken = wanted.name;
      return;
    }
    this.#created += 1;
    this.replicaSets.push({
      name: wanted.name,
      uid: `uid-${wanted.name}-${this.#created}`,
      podHash: wanted.podHash,
      createdAtMs: this.nowMs + this.#created,
      specReplicas: 0,
      replicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      annotations: wanted.annotations,
      labels: wanted.labels,
      minReadySeconds: wanted.minReadySeconds,
      template: structuredClone(wanted.template),
    });
    const created = this.replicaSets.at(-1);
    if (created === undefined) return;
    this.#describe(created);
    this.#touch(created);
  }

  #switchService(name: string, from: Readonly<Record<string, string>>, podHash: string): void {
    const service = this.services[name];
    if (service === undefined || JSON.stringify(service.selector) !== JSON.stringify(from))
      throw new Error(`conflict: ${name}`);
    this.services[name] = {
      name,
      selector: { ...service.selector, 'rollouts-pod-template-hash': podHash },
      annotations: {
        ...service.annotations,
        [mark]: this.rollout.metadata.name,
      },
    };
  }

  #releaseService(name: string, from: Readonly<Record<string, string>>): void {
    const service = this.services[name];
    if (service === undefined || JSON.stringify(service.selector) !== JSON.stringify(from))
      throw new Error(`conflict: ${name}`);
    const { 'rollouts-pod-template-hash': _, ...selector } = service.selector;
    const { [mark]: __, ...annotations } = service.annotations;
    this.services[name] = { name, selector, annotations };
  }

  #find(name: string, uid: string): SimulatedReplicaSet {
    const found = this.replicaSets.find((one) => one.name === name && one.uid === uid);
    if (found === undefined) throw new Error(`conflict: no ReplicaSet ${name}`);
    return found;
  }

  #updateExperiment(name: string, change: (one: Experiment) => Experiment): void {
    if (this.experiments.every(({ metadata }) => metadata.name !== name))
      throw new Error(`conflict: no Experiment ${name}`);
    this.experiments = this.experiments.map((one) => (one.metadata.name === name ? change(one) : one));
  }

  #updateRun(name: string, change: (run: AnalysisRun) => AnalysisRun): void {
    this.analysisRuns = this.analysisRuns.map((run) => (run.metadata.name === name ? change(run) : run));
  }

  #store(rollout: Rollout): void {
    this.#version += 1;
    // The router's objects name Services: with the roles of ping and pong turned, the same weights mean the opposite.
    const isTurned = sideOf(rollout) !== sideOf(this.rollout);
    if (isTurned && this.weight !== undefined) this.weight = 100 - this.weight;
    this.rollout = { ...rollout, metadata: { ...rollout.metadata, resourceVersion: String(this.#version) } };
  }
}

function expectVersion({ name, resourceVersion }: ReplicaSetView, expected: string): void {
  if (resourceVersion !== expected) throw new ConflictError(`conflict: ${name} is not at version ${expected}`);
}

function sideOf({ spec, status }: Rollout): string | undefined {
  return spec.strategy?.canary?.pingPong === undefined ? undefined : (status.canary?.stablePingPong ?? 'ping');
}

/** RFC 7386. */
function mergePatch(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const merged: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** As caches keep it. */
function withoutTemplate({ template, ...view }: SimulatedReplicaSet): ReplicaSetView {
  const image = template.spec?.containers[0]?.image;
  return structuredClone({ ...view, ...(image === undefined ? {} : { image }) });
}
