import type { ContainerPhase, ContainerRun, Life } from './container-life.ts';
import type { ImageFacts } from './image-list.ts';

/** Which part of a log is asked for: Kubernetes' PodLogOptions. */
export type LogQuestion = {
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly follow: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** Unix ms: older lines are left out. */
  readonly sinceMs: number | undefined;
};

export type LogLine = { readonly atMs: number; readonly text: string };

/** A log, or in a kubelet's words why there is none. */
export type FoundLog =
  | { readonly isFound: true; readonly lines: readonly LogLine[]; readonly nextLineMs: number | undefined }
  | { readonly isFound: false; readonly reason: string };

type Of = {
  readonly pod: string;
  readonly facts: ImageFacts;
  readonly life: Life;
  readonly nowMs: number;
};

/** What a container has printed by now: its image's lines, as far as it has come. */
export function readLog(container: ContainerRun, { previous }: Pick<LogQuestion, 'previous'>, of: Of): FoundLog {
  const { phase, last } = container;
  const run = phase.kind === 'waiting' ? last : phase;
  if (previous && last === undefined) {
    return { isFound: false, reason: `previous terminated container "${container.name}" in pod "${of.pod}" not found` };
  }
  const asked = previous ? last : run;
  if (asked === undefined) {
    return {
      isFound: false,
      reason: `container "${container.name}" in pod "${of.pod}" is waiting to start: ${waitingFor(phase)}`,
    };
  }
  const untilMs = asked.kind === 'running' ? of.nowMs : asked.endedMs;
  const all = linesOf(of, asked);
  const nextLineMs = asked.kind === 'running' ? all.find(({ atMs }) => atMs > untilMs)?.atMs : undefined;
  return { isFound: true, lines: all.filter(({ atMs }) => atMs <= untilMs), nextLineMs };
}

/** Spread over its work, the last one just before its end. */
function linesOf({ facts, life }: Of, { sinceMs }: { readonly sinceMs: number }): LogLine[] {
  const worksMs = Math.min(
    facts.crashAfterMs ?? Number.POSITIVE_INFINITY,
    life.completesAfterMs ?? Number.POSITIVE_INFINITY,
  );
  const eachMs = Number.isFinite(worksMs) ? worksMs / (facts.prints.length + 1) : 0;
  return facts.prints.map((text, index) => ({ atMs: Math.floor(sinceMs + eachMs * (index + 1)), text }));
}

function waitingFor(phase: ContainerPhase): string {
  if (phase.kind !== 'waiting') return '';
  if (phase.reason === 'ErrImagePull') return "image can't be pulled";
  if (phase.reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return phase.reason;
}

/** The part that was asked for, as bytes. The last lines are counted first, then the bytes from their beginning: as a kubelet does. */
export function writeLog(lines: readonly LogLine[], question: LogQuestion): Buffer {
  const { sinceMs, tailLines, timestamps, limitBytes } = question;
  const recent = sinceMs === undefined ? lines : lines.filter(({ atMs }) => atMs >= sinceMs);
  const last = tailLines === undefined ? recent : recent.slice(Math.max(0, recent.length - tailLines));
  const text = last
    .map((line) => `${timestamps ? `${new Date(line.atMs).toISOString()} ` : ''}${line.text}\n`)
    .join('');
  const bytes = Buffer.from(text);
  return limitBytes === undefined ? bytes : bytes.subarray(0, limitBytes);
}
