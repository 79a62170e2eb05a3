import { describe, expect, it } from 'vitest';
import type { JobPod, JobTools, JobView } from '../../../../src/metric-providers/job/jobs.ts';
import { explainFailure, noteTrouble } from '../../../../src/metric-providers/job/reasons.ts';

const { signal } = new AbortController();
const job: JobView = {
  namespace: 'shop',
  name: 'r.migrate.1',
  uid: 'job-1',
  labels: {},
  annotations: {},
  readyPods: 0,
  restartsInPlace: true,
  deadlineMs: undefined,
  conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }],
};
const verdict = 'Job r.migrate.1 failed: BackoffLimitExceeded: too often';

type Container = JobPod['containers'][number];

function aPod(container: Partial<Container>, createdAtMs = 1): JobPod {
  const restarts = 0;
  return {
    name: `pod-${createdAtMs}`,
    createdAtMs,
    containers: [{ name: 'main', restarts, isRunning: false, ...container }],
  };
}

/** A cluster with these pods, whose logs say what they are asked for. */
function cluster(pods: readonly JobPod[], log: string | Error = '\u001b[31mConnected\u001b[0m\nERROR: locked\n') {
  const asked: string[] = [];
  const tools = {
    pods: async () => pods,
    lastLines: async ({ pod, container, ofPrevious }: Parameters<JobTools['lastLines']>[0]) => {
      asked.push(`${pod} ${container}${ofPrevious ? ' previous' : ''}`);
      if (log instanceof Error) throw log;
      return log;
    },
  };
  // The rest of the tools nobody calls here.
  return { asked, tools: tools as unknown as JobTools };
}

const failed = { ended: { reason: 'Error', exitCode: 3 } };
const waiting = { ...failed, waiting: { reason: 'CrashLoopBackOff', message: '' } };
const noted = 'ERROR: locked; container main exit code 3 after: Connected';

describe('what is noted of a Job before its pods go', () => {
  it.each<[string, JobPod[], string | undefined, { says: string | undefined; asks: string[]; isEnding?: true }]>([
    ['nothing, while it works', [aPod({ isRunning: true })], undefined, { says: undefined, asks: [] }],
    ['its first failure', [aPod(waiting)], undefined, { says: noted, asks: ['pod-1 main'] }],
    [
      'of one that was begun again, the run before',
      [aPod({ ...failed, isRunning: true, restarts: 1 })],
      undefined,
      { says: noted, asks: ['pod-1 main previous'] },
    ],
    ['a failure that is noted, no second time', [aPod(waiting)], noted, { says: noted, asks: [] }],
    [
      'the next failure',
      [aPod({ ...waiting, restarts: 1 })],
      noted,
      { says: 'ERROR: locked; container main exit code 3 (failed 2 times) after: Connected', asks: ['pod-1 main'] },
    ],
    [
      'another exit code',
      [aPod({ ...waiting, ended: { reason: 'Error', exitCode: 33 } })],
      noted,
      { says: 'ERROR: locked; container main exit code 33 after: Connected', asks: ['pod-1 main'] },
    ],
    ['what it said, when its pod is gone', [], noted, { says: noted, asks: [] }],
    [
      'at its deadline, what still works',
      [aPod({ isRunning: true })],
      undefined,
      {
        says: 'ERROR: locked; container main was still running after: Connected',
        asks: ['pod-1 main'],
        isEnding: true,
      },
    ],
  ])('%s', async (_, pods, before, { says, asks, isEnding = false }) => {
    const { tools, asked } = cluster(pods);
    expect(await noteTrouble(job, tools, { pods, noted: before, isEnding }, signal)).toBe(says);
    expect(asked).toEqual(asks);
  });

  it.each([[''], [new Error('forbidden')]])('a log that says nothing takes nothing away: %s', async (log) => {
    const pods = [aPod({ ...waiting, restarts: 1 })];
    const { tools } = cluster(pods, log);
    const ask = (before: string | undefined) =>
      noteTrouble(job, tools, { pods, noted: before, isEnding: false }, signal);
    expect(await ask(noted)).toBe(noted);
    expect(await ask(undefined)).toBe('container main exit code 3 (failed 2 times)');
  });
});

describe('why a Job failed', () => {
  it.each<[string, JobPod[], string | undefined, string]>([
    ['of the pod that failed last', [aPod(failed), aPod(failed, 2)], undefined, `${noted}; ${verdict}`],
    ['what was noted, where no pod is left', [], noted, `${noted}; ${verdict}`],
    ['the words of the Job, where nothing is known', [], undefined, verdict],
  ])('%s', async (_, pods, before, words) => {
    const { tools } = cluster(pods);
    expect(await explainFailure(job, tools, { noted: before }, signal)).toBe(words);
  });

  it('what was noted, where the log cannot be read any more', async () => {
    const { tools } = cluster([aPod(failed)], '');
    expect(await explainFailure(job, tools, { noted }, signal)).toBe(`${noted}; ${verdict}`);
  });
});
