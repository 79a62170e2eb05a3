import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { createJobs, type KubernetesObject } from '../../../src/kubernetes/index.ts';
import { ForbiddenError, type JsonObject, NotFoundError } from '../../../src/lib/index.ts';

const { signal } = new AbortController();
const runUid = 'analysisrun.argoproj.io/uid';

const jobObject: KubernetesObject = {
  metadata: {
    name: 'r.migrate.1',
    namespace: 'shop',
    uid: 'job-1',
    resourceVersion: '1',
    labels: { [runUid]: 'run-1' },
  },
  spec: { activeDeadlineSeconds: 60, template: { spec: { restartPolicy: 'OnFailure' } } },
  status: {
    startTime: '2026-11-20T10:00:00Z',
    failed: 2,
    conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'no more' }],
  },
};

function aPod(name: string, ownerUid: string, containerStatuses: JsonObject[]): KubernetesObject {
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'Job', name: 'r.migrate.1', uid: ownerUid, controller: true },
  ];
  const creationTimestamp = '2026-11-20T10:00:00Z';
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', ownerReferences, creationTimestamp },
    spec: { containers: [{ name: 'migrate', image: 'app:2' }] },
    status: { containerStatuses },
  };
}

/** A cluster of one Job: what is asked of it, and what it says. */
function jobsOf({ log = '', pods = [] as KubernetesObject[], failure = undefined as Error | undefined } = {}) {
  const asked: unknown[] = [];
  const api = {
    open: async (question: { path: string; query?: Readonly<Record<string, string>> }) => {
      asked.push([question.path, question.query]);
      if (failure !== undefined) throw failure;
      return Readable.from([log]);
    },
  };
  const cluster = {
    api,
    get: async (_: unknown, { name }: { name: string }) => (name === 'r.migrate.1' ? jobObject : undefined),
    list: async (_: unknown, query: unknown) => {
      asked.push(query);
      return pods;
    },
    create: async () => jobObject,
    delete: async (_: unknown, name: unknown, uid: string) => void asked.push([name, uid]),
  };
  return { jobs: createJobs(cluster as unknown as Parameters<typeof createJobs>[0]), asked };
}

it('reads a Job by its conditions, and one that is gone as undefined', async () => {
  const { jobs } = jobsOf();

  expect(await jobs.read({ namespace: 'shop', name: 'r.migrate.1' }, signal)).toEqual({
    namespace: 'shop',
    name: 'r.migrate.1',
    uid: 'job-1',
    labels: { [runUid]: 'run-1' },
    annotations: {},
    readyPods: 0,
    restartsInPlace: true,
    deadlineMs: Date.parse('2026-11-20T10:01:00Z'),
    conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'no more' }],
  });
  expect(await jobs.read({ namespace: 'shop', name: 'other' }, signal)).toBeUndefined();
});

it('finds the pods of this very Job by the label of its run', async () => {
  const waiting = { reason: 'ErrImagePull', message: 'not found' };
  const ours = aPod('a', 'job-1', [{ name: 'migrate', state: { waiting } }]);
  const again = { state: { running: {} }, lastState: { terminated: { exitCode: 3 } }, restartCount: 1 };
  const ended = aPod('b', 'job-1', [{ name: 'migrate', ...again }]);
  const { jobs, asked } = jobsOf({ pods: [ours, ended, aPod('c', 'job-2', [])] });
  const job = await jobs.create({}, signal);

  expect(await jobs.pods(job, signal)).toMatchObject([
    { name: 'a', containers: [{ name: 'migrate', waiting, ended: undefined, isRunning: false, restarts: 0 }] },
    {
      name: 'b',
      createdAtMs: Date.parse('2026-11-20T10:00:00Z'),
      containers: [{ ended: { exitCode: 3 }, isRunning: true, restarts: 1 }],
    },
  ]);
  expect(asked).toEqual([{ namespace: 'shop', labelSelector: `${runUid}=run-1` }]);
});

it('asks for the end of a log, and takes a pod that is gone for one without lines', async () => {
  const of = { namespace: 'shop', pod: 'a', container: 'migrate', lines: 5, ofPrevious: false };
  const { jobs, asked } = jobsOf({ log: 'one\ntwo\n' });

  expect(await jobs.lastLines(of, signal)).toBe('one\ntwo\n');
  await jobs.lastLines({ ...of, ofPrevious: true }, signal);
  const query = { container: 'migrate', tailLines: '5', limitBytes: '65536' };
  expect(asked).toEqual([
    ['/api/v1/namespaces/shop/pods/a/log', query],
    ['/api/v1/namespaces/shop/pods/a/log', { ...query, previous: 'true' }],
  ]);
  expect(await jobsOf({ failure: new NotFoundError('gone') }).jobs.lastLines(of, signal)).toBe('');
  await expect(jobsOf({ failure: new ForbiddenError('no') }).jobs.lastLines(of, signal)).rejects.toThrow('no');
});

it('removes a Job by its uid', async () => {
  const { jobs, asked } = jobsOf();
  await jobs.remove({ namespace: 'shop', name: 'r.migrate.1', uid: 'job-1' }, signal);

  expect(asked).toEqual([[{ namespace: 'shop', name: 'r.migrate.1' }, 'job-1']]);
});
