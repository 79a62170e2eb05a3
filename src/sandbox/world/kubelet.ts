import { ConflictError, NotFoundError } from '../../lib/index.ts';
import type { Cluster } from './cluster.ts';
import { advanceContainer, type ContainerRun, createContainer, type Life, runFrom } from './container-life.ts';
import { readLog } from './container-log.ts';
import { createEventWriter } from './event-writer.ts';
import { chooseFacts, type ImageFacts, type ImageList } from './image-list.ts';
import type { ReadContainerLog } from './log-pages.ts';
import { NODE_NAME, registerNode } from './node.ts';
import { isPodReady, keyOf, type Pod } from './objects.ts';
import { beginningOf, troublesOf } from './pod-news.ts';
import { describePodStatus } from './pod-status.ts';
import { createWorkQueue } from './work-queue.ts';

export type KubeletOptions = {
  readonly cluster: Cluster;
  /** The images' facts as they are now. */
  readonly images: () => ImageList;
  readonly onProblem: (message: string) => void;
  /** Where its own pages are, on this machine: the API server reads logs there. 0 or absent: nowhere. */
  readonly port?: number;
};

export type Kubelet = { readonly readLog: ReadContainerLog; stop(): void };

const TERMINATION_MS = 1000;
/** A pod with work to finish says with this annotation how many milliseconds it takes; without it, it runs as a server does. */
const COMPLETES_AFTER = 'sandbox/completes-after-ms';
const EXIT_CODE = 'sandbox/exit-code';
/** How long a job's pod works when neither it nor its image names a time. */
const ORDINARY_WORK_MS = 1000;

type Run = {
  readonly podIp: string;
  containers: readonly ContainerRun[];
  /** What was last written, to stay silent when nothing changed. */
  written: string;
  /** Containers whose first start was told. */
  readonly begun: Set<string>;
  /** When its deletion was first seen. */
  doomedMs: number | undefined;
};

/** Runs every pod: schedules it, starts its containers as their images demand, reports, and lets it go when deleted. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { cluster } = options;
  const { client, pods } = cluster;
  const runs = new Map<string, Run>();
  const usedIps = new Set<string>();
  const queue = createWorkQueue({ look, concurrency: 16, gatherMs: 5, onProblem: options.onProblem });
  const events = createEventWriter(client);
  let nextIp = 2;
  let canBind = true;

  queue.add(NODE_NAME);
  pods.onChange((before, after) => {
    if (before !== undefined && after?.metadata.uid !== before.metadata.uid) forget(before);
    if (after === undefined) return;
    const isNews = before?.metadata.uid !== after.metadata.uid;
    const isDoomed = after.metadata.deletionTimestamp !== undefined && before?.metadata.deletionTimestamp === undefined;
    if (isNews || isDoomed) queue.add(keyOf(after));
  });

  function forget(pod: Pod): void {
    const run = runs.get(pod.metadata.uid);
    if (run !== undefined) usedIps.delete(run.podIp);
    runs.delete(pod.metadata.uid);
  }

  async function look(key: string): Promise<void> {
    if (key === NODE_NAME) return registerNode(client, options.port ?? 0, Date.now());
    const pod = pods.get(key);
    if (pod === undefined) return;
    const nowMs = Date.now();
    const run = runs.get(pod.metadata.uid) ?? admit(pod, nowMs);
    if (pod.metadata.deletionTimestamp !== undefined) {
      await letGo(pod, run, nowMs);
      return;
    }
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
    if (pod.spec.nodeName === undefined && canBind) await bind(pod);
    run.containers = run.containers.map((container) => {
      if (container.dueMs > nowMs) return container;
      const facts = chooseFacts(options.images(), container.image);
      return advanceContainer(container, { facts, life: lifeOf(pod, facts), nowMs });
    });
    await report(pod, run, nowMs);
    const dueMs = Math.min(...run.containers.map((container) => container.dueMs));
    if (Number.isFinite(dueMs)) queue.add(key, Math.max(1, dueMs - Date.now()));
  }

  /** Takes a pod in. One that was ready before this process started goes on running, without a start delay; what had ended has its log. */
  function admit(pod: Pod, nowMs: number): Run {
    const podIp = pod.status.podIP ?? allocateIp();
    usedIps.add(podIp);
    const wasReady = isPodReady(pod);
    const containers = pod.spec.containers.map((spec): ContainerRun => {
      const facts = chooseFacts(options.images(), spec.image);
      const held = pod.status.containerStatuses.find((status) => status.name === spec.name);
      const container = { ...createContainer(spec, nowMs, facts), restarts: held?.restartCount ?? 0 };
      const ended = held?.state?.terminated;
      if (ended !== undefined) {
        const [sinceMs, endedMs] = [Date.parse(ended.startedAt) || 0, Date.parse(ended.finishedAt) || 0];
        const phase = { kind: 'ended', sinceMs, endedMs, exitCode: ended.exitCode } as const;
        return { ...container, phase, dueMs: Number.POSITIVE_INFINITY };
      }
      if (!wasReady) return container;
      return runFrom(
        container,
        { kind: 'running', sinceMs: nowMs, isReady: true },
        { facts, life: lifeOf(pod, facts), nowMs },
      );
    });
    const run: Run = {
      podIp,
      containers,
      written: wasReady ? JSON.stringify(containers) : '',
      begun: new Set(wasReady ? containers.map(({ name }) => name) : []),
      doomedMs: undefined,
    };
    runs.set(pod.metadata.uid, run);
    return run;
  }

  function allocateIp(): string {
    for (;;) {
      const ip = `10.244.${(nextIp >> 8) & 255}.${nextIp & 255}`;
      nextIp = nextIp >= 65_533 ? 2 : nextIp + 1;
      if (!usedIps.has(ip)) return ip;
    }
  }

  async function bind(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: NODE_NAME };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    try {
      await client.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, body, 'kube-scheduler');
    } catch (error) {
      // An API without the binding subresource, or a pod bound already: it runs all the same.
      if (error instanceof NotFoundError) canBind = pods.get(keyOf(pod))?.metadata.uid !== uid;
      else if (!(error instanceof ConflictError)) throw error;
    }
  }

  async function report(pod: Pod, run: Run, nowMs: number): Promise<void> {
    const written = JSON.stringify(run.containers);
    if (written === run.written) return;
    const { namespace, name, uid } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    const status = describePodStatus(pod, run.containers, { podIp: run.podIp, nowMs });
    pods.absorb(await client.mergePatch(path, { metadata: { uid }, status }, 'kubelet'));
    run.written = written;
    for (const container of run.containers) {
      const facts = chooseFacts(options.images(), container.image);
      const begins = container.phase.kind === 'running' && !run.begun.has(container.name);
      if (begins) run.begun.add(container.name);
      const news = [...(begins ? beginningOf(container) : []), ...troublesOf(pod, container, facts)];
      for (const event of news) events.tell(pod, { ...event, component: 'kubelet' });
    }
  }

  /** The first look after a deletion starts the countdown, the next one ends it. */
  async function letGo(pod: Pod, run: Run, nowMs: number): Promise<void> {
    run.doomedMs ??= nowMs;
    const remainingMs = run.doomedMs + TERMINATION_MS - nowMs;
    if (remainingMs > 0) {
      queue.add(keyOf(pod), remainingMs);
      return;
    }
    const { namespace, name, uid } = pod.metadata;
    try {
      const body = { gracePeriodSeconds: 0, preconditions: { uid } };
      await client.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, body);
    } catch (error) {
      if (!(error instanceof NotFoundError) && !(error instanceof ConflictError)) throw error;
    }
  }

  const readContainerLog: ReadContainerLog = ({ namespace, pod: podName, container: name, previous }) => {
    const pod = pods.get(`${namespace}/${podName}`);
    const run = runs.get(pod?.metadata.uid ?? '');
    const container = run?.containers.find((one) => one.name === name);
    if (pod === undefined || container === undefined)
      return { isFound: false, code: 404, reason: `pod "${podName}"/"${namespace}" not found` };
    const facts = chooseFacts(options.images(), container.image);
    const of = { pod: podName, facts, life: lifeOf(pod, facts), nowMs: Date.now() };
    return readLog(container, { previous }, of);
  };

  return { readLog: readContainerLog, stop: () => queue.stop() };
}

/** What its annotations say, else what its image does. */
function lifeOf(pod: Pod, facts: ImageFacts): Life {
  const annotated = pod.metadata.annotations[COMPLETES_AFTER];
  const isOfJob = pod.metadata.ownerReferences.some(({ kind }) => kind === 'Job');
  const ordinaryMs = facts.endsAfterMs ?? (isOfJob ? ORDINARY_WORK_MS : undefined);
  return {
    restartPolicy: pod.spec.restartPolicy ?? 'Always',
    completesAfterMs: annotated === undefined ? ordinaryMs : Number(annotated),
    exitCode: Number(pod.metadata.annotations[EXIT_CODE] ?? facts.exitCode),
  };
}
