import type { JobPod, JobTools, JobView } from './jobs.ts';

const LAST_LINES = 5;
const LONGEST_LINES = 600;
/** Kubelet's words for an image that cannot be had. As Argo. */
const UNPULLABLE = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];

/** Why it cannot start, where an image of it cannot be had: `image of container migrate: ErrImagePull: …; Job x cannot start` */
export function findUnpullable(job: JobView, pods: readonly JobPod[]): string | undefined {
  for (const pod of pods) {
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
 * before it, the Job's own words. What cannot be read is left out, or is what was noted while it could be: its pods may be gone, and
 * logs may not be ours to read.
 */
export async function explainFailure(
  job: JobView,
  jobs: JobTools,
  { noted }: { readonly noted: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  const failed = job.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  const words = [failed?.reason, failed?.message].filter((part) => part !== undefined && part !== '');
  const verdict = [`Job ${job.name} failed`, ...words].join(': ');
  const pods = await jobs.pods(job, signal).catch((): readonly JobPod[] => []);
  const culprit = findCulprit(pods);
  const said = culprit === undefined ? noted : await readAgain(job, jobs, { culprit, noted }, signal);
  return said === undefined ? verdict : `${said}; ${verdict}`;
}

/**
 * What a container of it that failed, or still works just before the deadline, wrote last: for when nobody can read it any more. What
 * was noted before stays where there is nothing newer. Never throws.
 */
export async function noteTrouble(
  job: JobView,
  jobs: JobTools,
  {
    pods,
    noted,
    isEnding,
  }: { readonly pods: readonly JobPod[]; readonly noted: string | undefined; readonly isEnding: boolean },
  signal: AbortSignal,
): Promise<string | undefined> {
  const culprit = findCulprit(pods) ?? (isEnding ? findRunning(pods) : undefined);
  if (culprit === undefined) return noted;
  // A log is read once for each failure, however often the Job is looked at.
  const end = endOf(culprit);
  const isNoted = noted?.endsWith(`; ${end}`) === true || noted?.includes(`; ${end} after: `) === true;
  return culprit.isOver && isNoted ? noted : readAgain(job, jobs, { culprit, noted }, signal);
}

/** What was noted, where its log says nothing any more. */
async function readAgain(
  job: JobView,
  jobs: JobTools,
  { culprit, noted }: { readonly culprit: Culprit; readonly noted: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  const said = await readWords(job, jobs, culprit, signal);
  return noted !== undefined && said === endOf(culprit) ? noted : said;
}

interface Culprit {
  readonly pod: string;
  readonly container: string;
  /** Not, where it is still at work. */
  readonly isOver: boolean;
  readonly exitCode: number;
  /** How often it has failed, in this pod. */
  readonly failures: number;
  readonly isRunning: boolean;
}

/** `last line; container migrate exit code 3 (failed 2 times) after: earlier | lines`; a log that cannot be read is left out. */
async function readWords(job: JobView, jobs: JobTools, culprit: Culprit, signal: AbortSignal): Promise<string> {
  const { pod, container, isOver, isRunning } = culprit;
  const ofPrevious = isOver && isRunning;
  const of = { namespace: job.namespace, pod, container, lines: LAST_LINES, ofPrevious };
  const log = await jobs.lastLines(of, signal).catch(() => '');
  const { last, before } = lastLinesOf(log);
  const ended = `${endOf(culprit)}${before === '' ? '' : ` after: ${before}`}`;
  return last === '' ? ended : `${last}; ${ended}`;
}

function endOf({ container, isOver, exitCode, failures }: Culprit): string {
  if (!isOver) return `container ${container} was still running`;
  return `container ${container} exit code ${exitCode}${failures > 1 ? ` (failed ${failures} times)` : ''}`;
}

/** Of the newest pod with one: the first container that ended badly. */
function findCulprit(pods: readonly JobPod[]): Culprit | undefined {
  const newestFirst = [...pods].sort((a, b) => b.createdAtMs - a.createdAtMs);
  for (const { name: pod, containers } of newestFirst) {
    for (const { name: container, ended, restarts, isRunning } of containers) {
      if (ended === undefined || ended.exitCode === 0) continue;
      const failures = isRunning ? restarts : restarts + 1;
      return { pod, container, isOver: true, exitCode: ended.exitCode, failures, isRunning };
    }
  }
  return undefined;
}

function findRunning(pods: readonly JobPod[]): Culprit | undefined {
  for (const { name: pod, containers } of pods) {
    const container = containers.find(({ isRunning }) => isRunning)?.name;
    if (container !== undefined) return { pod, container, isOver: false, exitCode: 0, failures: 0, isRunning: true };
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
