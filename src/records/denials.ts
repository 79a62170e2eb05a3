import type { Logger } from 'pino';
import type { Rollout } from '../rollout/index.ts';

/** One act that was refused: who wanted what, and why not, as a reason code. */
export interface Denial {
  readonly verb: string;
  /** Slack user id. */
  readonly by: string;
  readonly reason: string;
}

/** The same denial within a while, counted. */
export interface CountedDenial extends Denial {
  readonly times: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Counts denials, and writes them down now and then: somebody who hammers a button must not fill etcd. */
export interface Denials {
  /** Returns at once; what happens to the line is nobody's to wait for. */
  tell(rollout: Rollout, denial: Denial): void;
  /** Writes what is counted, within two seconds. */
  stop(): Promise<void>;
}

export interface DenialTiming {
  /** From the first denial to its line. */
  readonly firstMs: number;
  /** Between two writes about one rollout; doubled with each, while they go on. */
  readonly gapMs: number;
  readonly longestGapMs: number;
}

const usualTiming: DenialTiming = { firstMs: 1000, gapMs: 60_000, longestGapMs: 3_600_000 };
/** In one write; those beyond are counted together. */
const mostLines = 10;
/** Rollouts that are counted at once. Beyond, the audit log alone knows. */
const mostBooks = 500;
const stopWithinMs = 2000;
const others = { verb: 'others', by: '', reason: 'several' };

interface Book {
  readonly rollout: Rollout;
  lines: Map<string, CountedDenial>;
  gapMs: number;
  timer: NodeJS.Timeout;
}

export function createDenials(settings: {
  readonly write: (rollout: Rollout, denials: readonly CountedDenial[], signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly timing?: DenialTiming;
}): Denials {
  const { write, nowMs, log, timing = usualTiming } = settings;
  const books = new Map<string, Book>();

  function open(rollout: Rollout): Book | undefined {
    const { uid } = rollout.metadata;
    const known = books.get(uid);
    if (known !== undefined) return known;
    if (books.size >= mostBooks) return undefined;
    const timer = setTimeout(() => turnPage(uid), timing.firstMs);
    timer.unref();
    const book: Book = { rollout, lines: new Map(), gapMs: timing.gapMs, timer };
    books.set(uid, book);
    return book;
  }

  /** Writes what came since the last time; a while without any closes the book. */
  function turnPage(uid: string): void {
    const book = books.get(uid);
    if (book === undefined) return;
    if (book.lines.size === 0) {
      books.delete(uid);
      return;
    }
    book.timer = setTimeout(() => turnPage(uid), book.gapMs);
    book.timer.unref();
    book.gapMs = Math.min(book.gapMs * 2, timing.longestGapMs);
    void writeDown(book, AbortSignal.timeout(10_000));
  }

  async function writeDown(book: Book, signal: AbortSignal): Promise<void> {
    const lines = [...book.lines.values()];
    book.lines = new Map();
    try {
      await write(book.rollout, lines, signal);
    } catch (error) {
      const { namespace, name } = book.rollout.metadata;
      log.warn({ namespace, name, err: error }, 'denials not recorded: tried again with the next');
      for (const line of lines) count(book, line);
    }
  }

  return {
    tell(rollout, denial) {
      const book = open(rollout);
      const atMs = nowMs();
      if (book !== undefined) count(book, { ...denial, times: 1, firstAtMs: atMs, lastAtMs: atMs });
    },
    async stop() {
      const signal = AbortSignal.timeout(stopWithinMs);
      const open = [...books.values()];
      books.clear();
      for (const { timer } of open) clearTimeout(timer);
      await Promise.all(open.filter(({ lines }) => lines.size > 0).map((book) => writeDown(book, signal)));
    },
  };
}

function count(book: Book, denial: CountedDenial): void {
  const key = keyOf(denial);
  const isKnown = book.lines.has(key);
  const isFull = !isKnown && book.lines.size >= mostLines;
  const line = isFull ? { ...denial, ...others } : denial;
  const before = book.lines.get(keyOf(line));
  book.lines.set(keyOf(line), {
    ...line,
    times: line.times + (before?.times ?? 0),
    firstAtMs: Math.min(line.firstAtMs, before?.firstAtMs ?? line.firstAtMs),
    lastAtMs: Math.max(line.lastAtMs, before?.lastAtMs ?? line.lastAtMs),
  });
}

function keyOf({ verb, by, reason }: Denial): string {
  return `${verb} ${by} ${reason}`;
}
