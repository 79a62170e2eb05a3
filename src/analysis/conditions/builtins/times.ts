import { parseNanoseconds } from '../../duration.ts';
import type { Meter } from '../meter.ts';
import { DURATION, STRING, TIME, ZONE } from '../static-type.ts';
import { Duration, type Moment, momentAtMs } from '../time/moment.ts';
import { readTime } from '../time/read-time.ts';
import { loadZone, Zone } from '../time/zone.ts';
import { CompileProblem, RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';
import { textAt } from './text.ts';

/** Functions of time. */
export const OF_TIMES: Readonly<Record<string, Builtin>> = {
  now: {
    check: (args) => {
      if (args.length === 0 || (args.length === 1 && args[0]?.goName === ZONE.goName)) return TIME;
      throw new CompileProblem(`invalid number of arguments (expected 0, got ${args.length})`);
    },
    run: ([zone], { nowMs }) => {
      const now = momentAtMs(nowMs);
      return zone instanceof Zone ? now.in(zone) : now;
    },
  },
  duration: takes('duration', [STRING], DURATION, (args) => {
    const parsed = parseNanoseconds(textAt(args, 0));
    if (parsed.isValid) return new Duration(parsed.nanoseconds);
    throw new RuntimeProblem(parsed.reason);
  }),
  date: {
    check: (args) => {
      if (args.length < 1) throw new CompileProblem('invalid number of arguments (expected at least 1, got 0)');
      const count = args[0]?.goName === ZONE.goName ? args.length - 1 : args.length;
      if (count > 3) throw new CompileProblem(`invalid number of arguments (expected at most 3, got ${count})`);
      return TIME;
    },
    run: (args, { meter }) => readDate(args, meter),
  },
  timezone: takes('timezone', [STRING], ZONE, (args, { meter }) => findZone(textAt(args, 0), meter)),
};

/** Looking a zone up costs some tenths of a millisecond. */
const ZONE_STEPS = 5000;
const TIME_STEPS = 100;

function findZone(name: string, meter: Meter): Zone {
  meter.step(ZONE_STEPS);
  return loadZone(name);
}

/** What date() understands without a layout: Go's DateOnly, TimeOnly, DateTime, RFC3339, RFC822, RFC850, RFC1123. */
const LAYOUTS = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];

function readDate(args: readonly Value[], meter: Meter): Moment {
  const [first] = args;
  const zone = first instanceof Zone ? first : undefined;
  const rest = zone === undefined ? args : args.slice(1);
  const text = textAt(rest, 0);
  meter.step(TIME_STEPS);
  if (rest.length === 2) return readTime(text, textAt(rest, 1), zone);
  if (rest.length > 2) return readTime(text, textAt(rest, 1), findZone(textAt(rest, 2), meter));
  for (const layout of LAYOUTS) {
    meter.step(TIME_STEPS);
    try {
      return readTime(text, layout, zone);
    } catch (error) {
      if (!(error instanceof RuntimeProblem)) throw error;
    }
  }
  throw new RuntimeProblem(`invalid date ${text}`);
}
