import { Callable, goNameOfSignature } from '../callable.ts';
import { goType } from '../go-text.ts';
import { BOOL, DURATION, FLOAT, INT, INT64, NIL, STRING, type StaticType, TIME, ZONE } from '../static-type.ts';
import { RuntimeProblem, Special, type Value } from '../value.ts';
import { DAYS, MONTHS } from './layout.ts';
import { Duration, Moment } from './moment.ts';
import { writeLayout } from './write-layout.ts';
import { UTC, Zone } from './zone.ts';

/** Go's `time.Month` and `time.Weekday`: a number with a name, equal to no plain number. */
export class NamedNumber extends Special {
  readonly goKind = 'int';
  readonly goName: string;
  readonly value: bigint;
  readonly #name: string;

  constructor(goName: string, value: number, name: string) {
    super();
    this.goName = goName;
    this.value = BigInt(value);
    this.#name = name;
  }

  print(): string {
    return this.#name;
  }
}

const MONTH: StaticType = { kind: 'named', goName: 'time.Month' };
const WEEKDAY: StaticType = { kind: 'named', goName: 'time.Weekday' };

type Run<Self> = (self: Self, args: readonly Value[]) => Value;

interface Method<Self> {
  readonly parameters: readonly StaticType[];
  readonly answer: StaticType;
  readonly run: Run<Self>;
}

function method<Self>(parameters: readonly StaticType[], answer: StaticType, run: Run<Self>): Method<Self> {
  return { parameters, answer, run };
}

const NS_PER_MS = 1_000_000n;
const DAY_NS = 86_400_000_000_000n;
/** Go rounds times by counting from the year 1. */
const YEAR_ONE_NS = -62_135_596_800n * 1_000_000_000n;

const OF_TIME: Readonly<Record<string, Method<Moment>>> = {
  Year: method([], INT, (time) => BigInt(time.wall.year)),
  Month: method([], MONTH, ({ wall: { month } }) => new NamedNumber('time.Month', month, MONTHS[month - 1] ?? '')),
  Day: method([], INT, (time) => BigInt(time.wall.day)),
  Hour: method([], INT, (time) => BigInt(time.wall.hour)),
  Minute: method([], INT, (time) => BigInt(time.wall.minute)),
  Second: method([], INT, (time) => BigInt(time.wall.second)),
  Nanosecond: method([], INT, (time) => time.subsecond),
  Weekday: method([], WEEKDAY, ({ weekday }) => new NamedNumber('time.Weekday', weekday, DAYS[weekday] ?? '')),
  YearDay: method([], INT, (time) => BigInt(time.yearDay)),
  // Go answers with the week too, which a condition never sees.
  ISOWeek: method([], INT, (time) => BigInt(time.plus(BigInt(4 - (time.weekday || 7)) * DAY_NS).wall.year)),
  Zone: method([], STRING, (time) => time.zone.offsetAt(time.unixSeconds).abbreviation),
  Unix: method([], INT64, (time) => BigInt(time.unixSeconds)),
  UnixMilli: method([], INT64, (time) => floorDiv(time.nanoseconds, NS_PER_MS)),
  UnixMicro: method([], INT64, (time) => floorDiv(time.nanoseconds, 1000n)),
  UnixNano: method([], INT64, (time) => BigInt.asIntN(64, time.nanoseconds)),
  IsZero: method([], BOOL, (time) => time.nanoseconds === YEAR_ONE_NS),
  Format: method([STRING], STRING, (time, [layout = null]) => writeLayout(time, expectArgument(layout, 'string'))),
  String: method([], STRING, (time) => time.print()),
  Add: method([DURATION], TIME, (time, [by = null]) => time.plus(expectSpan(by).nanoseconds)),
  AddDate: method([INT, INT, INT], TIME, (time, by) => {
    const [years = 0, months = 0, days = 0] = by.map((part) => Number(expectArgument(part, 'bigint')));
    const { wall } = time;
    return Moment.at({ ...wall, year: wall.year + years, month: wall.month + months, day: wall.day + days }, time.zone);
  }),
  Sub: method([TIME], DURATION, (time, [other = null]) => time.minus(expectMoment(other))),
  After: method([TIME], BOOL, (time, [other = null]) => time.nanoseconds > expectMoment(other).nanoseconds),
  Before: method([TIME], BOOL, (time, [other = null]) => time.nanoseconds < expectMoment(other).nanoseconds),
  Equal: method([TIME], BOOL, (time, [other = null]) => time.nanoseconds === expectMoment(other).nanoseconds),
  Compare: method([TIME], INT, (time, [other = null]) => {
    const difference = time.nanoseconds - expectMoment(other).nanoseconds;
    if (difference === 0n) return 0n;
    return difference < 0n ? -1n : 1n;
  }),
  Truncate: method([DURATION], TIME, (time, [to = null]) => time.plus(-distanceBelow(time, expectSpan(to)))),
  Round: method([DURATION], TIME, (time, [to = null]) => {
    const step = expectSpan(to).nanoseconds;
    const below = distanceBelow(time, expectSpan(to));
    return time.plus(below * 2n < step ? -below : step - below);
  }),
  UTC: method([], TIME, (time) => time.in(UTC)),
  Local: method([], TIME, (time) => time.in(UTC)),
  In: method([ZONE], TIME, (time, [zone = null]) => time.in(zone instanceof Zone ? zone : wrongArgument(zone, ZONE))),
  Location: method([], ZONE, (time) => time.zone),
  // Answers of three values are refused by the check: `func Date returns more then two values`.
  Date: method([], NIL, () => null),
};

const OF_DURATION: Readonly<Record<string, Method<Duration>>> = {
  Hours: method([], FLOAT, (span) => Number(span.nanoseconds) / 3.6e12),
  Minutes: method([], FLOAT, (span) => Number(span.nanoseconds) / 6e10),
  Seconds: method([], FLOAT, (span) => Number(span.nanoseconds) / 1e9),
  Milliseconds: method([], INT64, (span) => span.nanoseconds / NS_PER_MS),
  Microseconds: method([], INT64, (span) => span.nanoseconds / 1000n),
  Nanoseconds: method([], INT64, (span) => span.nanoseconds),
  String: method([], STRING, (span) => span.print()),
  Abs: method([], DURATION, ({ nanoseconds }) => new Duration(nanoseconds < 0n ? -nanoseconds : nanoseconds)),
  Truncate: method([DURATION], DURATION, (span, [to = null]) => {
    const step = expectSpan(to).nanoseconds;
    return step <= 0n ? span : new Duration(span.nanoseconds - (span.nanoseconds % step));
  }),
  Round: method([DURATION], DURATION, (span, [to = null]) => {
    const step = expectSpan(to).nanoseconds;
    if (step <= 0n) return span;
    const rest = span.nanoseconds % step;
    const size = rest < 0n ? -rest : rest;
    const away = rest < 0n ? -step : step;
    return new Duration(span.nanoseconds - rest + (size * 2n < step ? 0n : away));
  }),
};

const OF_NAMED: Readonly<Record<string, Method<Special>>> = { String: method([], STRING, (self) => self.print()) };

/** The methods of a type, by its name in Go. */
function methodsOf(goName: string): Readonly<Record<string, Method<never>>> {
  if (goName === 'time.Time') return OF_TIME;
  if (goName === 'time.Duration') return OF_DURATION;
  return ['time.Month', 'time.Weekday', '*time.Location'].includes(goName) ? OF_NAMED : {};
}

/** The type of a method, where a type has it. */
export function typeOfMethod(goName: string, name: string): StaticType | undefined {
  const methods = methodsOf(goName);
  const signature = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (signature === undefined) return undefined;
  return { kind: 'function', goName: goNameOfSignature(signature), signature };
}

/** A method of a value, where it has it. */
export function readMethod(self: Special, name: string): Callable | undefined {
  if (self instanceof Moment) return bind(self, OF_TIME, name);
  if (self instanceof Duration) return bind(self, OF_DURATION, name);
  return self instanceof NamedNumber || self instanceof Zone ? bind(self, OF_NAMED, name) : undefined;
}

function bind<Self>(self: Self, methods: Readonly<Record<string, Method<Self>>>, name: string): Callable | undefined {
  const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return found && new Callable(goNameOfSignature(found), found, (args) => found.run(self, args));
}

function floorDiv(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return (value - rest) / by - (rest < 0n ? 1n : 0n);
}

/** How far a time is past the last whole multiple of a duration; 0 for a duration that is not positive. */
function distanceBelow(time: Moment, { nanoseconds: step }: Duration): bigint {
  return step <= 0n ? 0n : (((time.nanoseconds - YEAR_ONE_NS) % step) + step) % step;
}

function expectMoment(value: Value): Moment {
  return value instanceof Moment ? value : wrongArgument(value, TIME);
}

function expectSpan(value: Value): Duration {
  return value instanceof Duration ? value : wrongArgument(value, DURATION);
}

function expectArgument(value: Value, wanted: 'string'): string;
function expectArgument(value: Value, wanted: 'bigint'): bigint;
function expectArgument(value: Value, wanted: 'string' | 'bigint'): string | bigint {
  if (wanted === 'string' && typeof value === 'string') return value;
  if (wanted === 'bigint' && typeof value === 'bigint') return value;
  return wrongArgument(value, wanted === 'string' ? STRING : INT);
}

function wrongArgument(value: Value, wanted: StaticType): never {
  throw new RuntimeProblem(`reflect: Call using ${goType(value)} as type ${wanted.goName}`);
}
