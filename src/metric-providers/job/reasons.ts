import type { JobPod, JobTools, JobView } from './jobs.ts';

const LAST_LINES = 5;
const LONGEST_LINES = 600;
/** Kubelet's words for an image that cannot be had. As Argo. */
const UNPULLABLE = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** Why it cannot start, where an image of it cannot be had: `image of container migrate: ErrImagePull: …; Job x cannot start` */
export async function findUnpullable(job: JobView, jobs: JobTools, signal: AbortSignal): Promise<string | undefined> {
  for (const pod of await jobs.pods(job, signal)) {
    for (const { name, waiting } of pod.containers) {
      if (waiting === undefined || !UNPULLABLE.includes(waiting.reason)) continue;
      const why = [waiting.reason, waiting.message].filter((part) => part !== '').join(': ');
      return `image of container ${name}: ${why}; Job ${job.name} cannot start`;
    }
  }
  return undefined;
}

/**
 * Why it failed, in one line, what says most first, since cards cut the end: the last line of the container that failed last, the few
 * before it, the Job's own words. What cannot be read is left out: its pods may be gone, and logs may not be ours to read.
 */
export async function explainFailure(job: JobView, jobs: JobTools, signal: AbortSignal): Promise<string> {
  const failed = job.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  const words = [failed?.reason, failed?.message].filter((part) => part !== undefined && part !== '');
  const verdict = [`Job ${job.name} failed`, ...words].join(': ');
  const pods = await jobs.pods(job, signal).catch((): readonly JobPod[] => []);
  const culprit = findCulprit(pods);
  if (culprit === undefined) return verdict;
  const { pod, container, exitCode } = culprit;
  const of = { namespace: job.namespace, pod, container, lines: LAST_LINES };
  const log = await jobs.lastLines(of, signal).catch(() => '');
  const { last, before } = lastLinesOf(log);
  const ended = `container ${container} exit code ${exitCode}${before === '' ? '' : ` after: ${before}`}`;
  return [last, ended, verdict].filter((part) => part !== '').join('; ');
}

/** Of the newest pod with one: the first container that ended badly. */
function findCulprit(pods: readonly JobPod[]) {
  const newestFirst = [...pods].sort((a, b) => b.createdAtMs - a.createdAtMs);
  for (const { name: pod, containers } of newestFirst) {
    for (const { name: container, ended } of containers) {
      if (ended !== undefined && ended.exitCode !== 0) return { pod, container, exitCode: ended.exitCode };
    }
  }
  return undefined;
}

/** The end of a log, without colours and control characters; what is too long loses its beginning. */
function lastLinesOf(log: string): { readonly last: string; readonly before: string } {
  const lines = log
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    .split(/\r?\n/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .map((line) => line.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim())
    .filter((line) => line !== '')
    .slice(-LAST_LINES);
  const last = lines.at(-1) ?? '';
  const before = lines.slice(0, -1).join(' | ');
  const room = Math.max(0, LONGEST_LINES - last.length);
  return {
    last: last.length > LONGEST_LINES ? `…${last.slice(-LONGEST_LINES)}` : last,
    before: before.length > room ? `…${before.slice(before.length - room)}` : before,
  };
}
