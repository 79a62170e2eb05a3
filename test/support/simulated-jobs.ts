import { AlreadyExistsError, type JsonObject } from '../../src/lib/index.ts';
import type { JobTools } from '../../src/metric-providers/index.ts';

type JobView = Awaited<ReturnType<JobTools['create']>>;
type JobPod = Awaited<ReturnType<JobTools['pods']>>[number];

interface SimulatedJob {
  readonly view: JobView;
  readonly manifest: JsonObject;
  isDeleted: boolean;
}

/** What becomes of a Job once it has worked for its time. */
export interface JobFate {
  readonly afterMs: number;
  readonly end: 'Complete' | 'Failed' | 'ErrImagePull';
}

/** Jobs in memory: they end when their time has come by the clock given, and remember all that was ever created. */
export class SimulatedJobs implements JobTools {
  readonly all: (SimulatedJob & { readonly createdAtMs: number })[] = [];
  readonly calls: string[] = [];
  log = '';
  /** Called at the begin and at the end of each call: a throw is a cable that breaks before, or after it was done. */
  onCall: (call: string, moment: 'before' | 'after') => void = () => undefined;
  /** As OneRun.pause. */
  pause: () => Promise<void> = async () => undefined;
  readonly #nowMs: () => number;
  readonly #fate: JobFate;

  constructor(nowMs: () => number, fate: JobFate) {
    this.#nowMs = nowMs;
    this.#fate = fate;
  }

  /** Not deleted, not ended. */
  get running(): readonly SimulatedJob[] {
    return this.all.filter((job) => !job.isDeleted && this.#endOf(job) === undefined);
  }

  async create(manifest: JsonObject): Promise<JobView> {
    return this.#call('create', () => {
      const { name, namespace, labels, annotations } = JSON.parse(JSON.stringify(manifest.metadata));
      if (this.all.some((job) => job.view.name === name && !job.isDeleted)) throw new AlreadyExistsError(name);
      const view = {
        namespace,
        name,
        uid: `job-${this.all.length}`,
        labels,
        annotations,
        readyPods: 0,
        restartsInPlace: false,
        deadlineMs: undefined,
        conditions: [],
      };
      this.all.push({ view, manifest, isDeleted: false, createdAtMs: this.#nowMs() });
      return view;
    });
  }

  async read({ name }: { readonly name: string }): Promise<JobView | undefined> {
    return this.#call('read', () => {
      const job = this.all.find(({ view, isDeleted }) => view.name === name && !isDeleted);
      if (job === undefined) return undefined;
      const type = this.#endOf(job);
      const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
      const words = type === 'Failed' ? why : { reason: '', message: '' };
      const conditions = type === undefined || type === 'ErrImagePull' ? [] : [{ type, status: 'True', ...words }];
      return { ...job.view, conditions };
    });
  }

  async remove({ uid }: { readonly uid: string }): Promise<void> {
    return this.#call('remove', () => {
      for (const job of this.all) if (job.view.uid === uid) job.isDeleted = true;
    });
  }

  async pods(of: JobView): Promise<readonly JobPod[]> {
    return this.#call('pods', () => {
      const job = this.all.find(({ view }) => view.uid === of.uid);
      const end = job === undefined ? undefined : this.#endOf(job);
      const pod = { name: `${of.name}-x`, createdAtMs: 1 };
      if (end === 'ErrImagePull') {
        const waiting = { reason: end, message: 'not found' };
        return [{ ...pod, containers: [{ name: 'migrate', waiting, restarts: 0, isRunning: false }] }];
      }
      const ended = { reason: 'Error', exitCode: end === 'Failed' ? 3 : 0 };
      const isRunning = end === undefined;
      const container = { name: 'migrate', restarts: 0, isRunning, ...(isRunning ? {} : { ended }) };
      return [{ ...pod, containers: [container] }];
    });
  }

  async lastLines(): Promise<string> {
    return this.#call('lastLines', () => this.log);
  }

  #endOf(job: SimulatedJob & { readonly createdAtMs?: number }): JobFate['end'] | undefined {
    return this.#nowMs() - (job.createdAtMs ?? 0) >= this.#fate.afterMs ? this.#fate.end : undefined;
  }

  async #call<T>(call: string, act: () => T): Promise<T> {
    await this.pause();
    this.calls.push(call);
    this.onCall(call, 'before');
    const answer = act();
    this.onCall(call, 'after');
    return answer;
  }
}
