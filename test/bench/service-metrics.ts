/** One scrape of a replica's own metrics. */
export interface Reading {
  readonly turns: number;
  readonly turnsByKind: Readonly<Record<string, number>>;
  readonly turnSeconds: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Of it, what JavaScript's objects take. */
  readonly heapUsedBytes: number;
  /** Answers of the API server, by `GET rollouts` and so on. */
  readonly answers: Readonly<Record<string, number>>;
}

export async function readMetrics(url: string): Promise<Reading> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const turnsByKind: Record<string, number> = {};
  const answers: Record<string, number> = {};
  let turnSeconds = 0;
  let cpuSeconds = 0;
  let residentBytes = 0;
  let heapUsedBytes = 0;
  for (const line of (await response.text()).split('\n')) {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const number = Number(value);
    if (name === 'stepwise_turn_seconds_count') add(turnsByKind, labelOf(labels, 'kind'), number);
    if (name === 'stepwise_turn_seconds_sum') turnSeconds += number;
    if (name === 'process_cpu_seconds_total') cpuSeconds = number;
    if (name === 'process_resident_memory_bytes') residentBytes = number;
    if (name === 'nodejs_heap_size_used_bytes') heapUsedBytes = number;
    if (name === 'stepwise_kubernetes_answers_total') {
      add(answers, `${labelOf(labels, 'method')} ${labelOf(labels, 'kind')}`, number);
    }
  }
  const turns = sumOf(turnsByKind);
  return { turns, turnsByKind, turnSeconds, cpuSeconds, residentBytes, heapUsedBytes, answers };
}

/** What happened between two scrapes of all replicas together. */
export function differenceOf(before: readonly Reading[], after: readonly Reading[]) {
  const of = (pick: (reading: Reading) => number) =>
    after.reduce((sum, reading) => sum + pick(reading), 0) - before.reduce((sum, reading) => sum + pick(reading), 0);
  const answers: Record<string, number> = {};
  const turnsByKind: Record<string, number> = {};
  for (const [readings, sign] of [[after, 1] as const, [before, -1] as const]) {
    for (const reading of readings) {
      for (const [key, count] of Object.entries(reading.answers)) add(answers, key, sign * count);
      for (const [key, count] of Object.entries(reading.turnsByKind)) add(turnsByKind, key, sign * count);
    }
  }
  return {
    turns: of(({ turns }) => turns),
    turnsByKind,
    turnSeconds: of(({ turnSeconds }) => turnSeconds),
    cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
    answers,
  };
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

function add(counts: Record<string, number>, key: string, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
