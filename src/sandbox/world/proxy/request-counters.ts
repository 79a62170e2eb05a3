/** Upper limits in seconds: the ones Prometheus' client libraries start from. */
export const BUCKET_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Who answered: the Service that routed, the pod behind it (empty when none could) and the version it runs. */
export type Answerer = {
  readonly job: string;
  readonly service: string;
  readonly namespace: string;
  readonly pod: string;
  readonly version: string;
};

export type AnswererCounts = {
  readonly answerer: Answerer;
  /** HTTP status → answers. */
  readonly statuses: Map<number, number>;
  /** Answers at or under each limit of BUCKET_SECONDS, not cumulative; the last place is for everything slower. */
  readonly buckets: number[];
  count: number;
  sumSeconds: number;
};

/** Counts every answered request; nothing here ever decreases. */
export type RequestCounters = {
  add(answerer: Answerer, status: number, durationSeconds: number): void;
  /** Makes an answerer's counters exist at zero, as an instrumented server's do from its start. */
  introduce(answerer: Answerer): void;
  values(): Iterable<AnswererCounts>;
  /** Forgets the pods that `isGone` names: their series end, as a scrape of them would. */
  forget(isGone: (answerer: Answerer) => boolean): void;
};

export function createRequestCounters(): RequestCounters {
  const counts = new Map<string, AnswererCounts>();

  function countsOf(answerer: Answerer): AnswererCounts {
    const key = `${answerer.namespace}/${answerer.service}/${answerer.pod}/${answerer.version}`;
    let held = counts.get(key);
    if (held === undefined) {
      const statuses = new Map(answerer.pod === '' ? [] : [[200, 0] as const, [500, 0] as const]);
      held = {
        answerer,
        statuses,
        buckets: new Array<number>(BUCKET_SECONDS.length + 1).fill(0),
        count: 0,
        sumSeconds: 0,
      };
      counts.set(key, held);
    }
    return held;
  }

  return {
    add(answerer, status, durationSeconds) {
      const held = countsOf(answerer);
      held.statuses.set(status, (held.statuses.get(status) ?? 0) + 1);
      const place = BUCKET_SECONDS.findIndex((limit) => durationSeconds <= limit);
      const index = place === -1 ? BUCKET_SECONDS.length : place;
      held.buckets[index] = (held.buckets[index] ?? 0) + 1;
      held.count += 1;
      held.sumSeconds += durationSeconds;
    },
    introduce: (answerer) => void countsOf(answerer),
    values: () => counts.values(),
    forget(isGone) {
      for (const [key, { answerer }] of counts) if (isGone(answerer)) counts.delete(key);
    },
  };
}
