import { dateOfDay, dayOfDate, daysInMonth } from '../../timestamp.ts';
import { RuntimeProblem } from '../value.ts';
import { DAYS, MONTHS, readLayout } from './layout.ts';
import { Moment } from './moment.ts';
import { fixedZone, UTC, type Zone } from './zone.ts';

/** What has been read of a time so far. */
interface Reading {
  /** What is left to read. */
  rest: string;
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  isAfternoon: boolean | undefined;
  zone: Zone | undefined;
  offsetSeconds: number | undefined;
  zoneName: string;
}

/** The text is not what the layout's element asks for. */
class Mismatch extends Error {}

/** The text is of the right form, but there is no such month, hour …; the message says which. */
class OutOfRange extends Error {}

/** Reads a time as Go's `time.Parse`, or `time.ParseInLocation` where a zone is given; the messages are Go's. */
export function readTime(text: string, layout: string, zone: Zone = UTC): Moment {
  const reading: Reading = {
    rest: text,
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    isAfternoon: undefined,
    zone: undefined,
    offsetSeconds: undefined,
    zoneName: '',
  };
  const parts = readLayout(layout);
  for (const [index, { prefix, element }] of parts.entries()) {
    let before = reading.rest;
    try {
      skip(reading, prefix);
      before = reading.rest;
      if (element !== undefined) readElement(reading, element, parts[index + 1]);
    } catch (error) {
      if (error instanceof OutOfRange) return fail(text, `: ${error.message} out of range`);
      if (!(error instanceof Mismatch)) throw error;
      const isPrefix = before !== reading.rest || element === undefined;
      const [left, wanted] = isPrefix ? [reading.rest, error.message] : [before, element];
      return fail(text, ` as ${quote(layout)}: cannot parse ${quote(left)} as ${quote(wanted)}`);
    }
  }
  if (reading.rest !== '') return fail(text, `: extra text: ${quote(reading.rest)}`);
  return place(reading, text, zone);
}

function fail(text: string, why: string): never {
  throw new RuntimeProblem(`parsing time ${quote(text)}${why}`);
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** A space of the layout stands for any number of them. */
function skip(reading: Reading, prefix: string): void {
  let left = prefix;
  while (left !== '') {
    const [character = ''] = left;
    const isSpace = character === ' ';
    if (isSpace ? reading.rest !== '' && !reading.rest.startsWith(' ') : !reading.rest.startsWith(character)) {
      throw new Mismatch(prefix);
    }
    left = isSpace ? left.replace(/^ +/, '') : left.slice(character.length);
    reading.rest = isSpace ? reading.rest.replace(/^ +/, '') : reading.rest.slice(character.length);
  }
}

function take(reading: Reading, pattern: RegExp): string {
  const found = pattern.exec(reading.rest)?.[0];
  if (found === undefined) throw new Mismatch();
  reading.rest = reading.rest.slice(found.length);
  return found;
}

function takeNumber(reading: Reading, pattern: RegExp, name: string, [low, high]: readonly [number, number]): number {
  const value = Number(take(reading, pattern));
  if (value < low || value > high) throw new OutOfRange(name);
  return value;
}

function takeName(reading: Reading, names: readonly string[]): number {
  const index = names.findIndex((name) => reading.rest.toLowerCase().startsWith(name.toLowerCase()));
  if (index < 0) throw new Mismatch();
  reading.rest = reading.rest.slice(names[index]?.length);
  return index;
}

const ONE_OR_TWO = /^\d\d?/;
const TWO = /^\d\d/;
const THREE_LETTERS = (name: string): string => name.slice(0, 3);

function readElement(reading: Reading, element: string, next: { readonly element: string | undefined } | undefined) {
  const digits = element.startsWith('0') ? TWO : ONE_OR_TWO;
  switch (element) {
    case '2006':
      reading.year = Number(take(reading, /^\d{4}/));
      return;
    case '06': {
      const year = Number(take(reading, TWO));
      reading.year = year + (year >= 69 ? 1900 : 2000);
      return;
    }
    case 'January':
      reading.month = takeName(reading, MONTHS) + 1;
      return;
    case 'Jan':
      reading.month = takeName(reading, MONTHS.map(THREE_LETTERS)) + 1;
      return;
    case '1':
    case '01':
      reading.month = takeNumber(reading, digits, 'month', [1, 12]);
      return;
    case 'Monday':
      takeName(reading, DAYS);
      return;
    case 'Mon':
      takeName(reading, DAYS.map(THREE_LETTERS));
      return;
    case '2':
    case '02':
    case '_2':
      if (element === '_2') reading.rest = reading.rest.replace(/^ /, '');
      reading.day = Number(take(reading, digits));
      return;
    case '002':
    case '__2':
      if (element === '__2') reading.rest = reading.rest.replace(/^ {1,2}/, '');
      reading.yearDay = Number(take(reading, element === '002' ? /^\d{3}/ : /^\d{1,3}/));
      return;
    case '15':
      reading.hour = takeNumber(reading, ONE_OR_TWO, 'hour', [0, 23]);
      return;
    case '3':
    case '03':
      reading.hour = takeNumber(reading, digits, 'hour', [0, 12]);
      return;
    case '4':
    case '04':
      reading.minute = takeNumber(reading, digits, 'minute', [0, 59]);
      return;
    case '5':
    case '05':
      reading.second = takeNumber(reading, digits, 'second', [0, 59]);
      // A fraction is read even where the layout has none.
      if (!/^[.,]/.test(next?.element ?? '')) readFraction(reading, /^[.,]\d+/);
      return;
    case 'PM':
      reading.isAfternoon = take(reading, /^[AP]M/) === 'PM';
      return;
    case 'pm':
      reading.isAfternoon = take(reading, /^[ap]m/) === 'pm';
      return;
    case 'MST':
      readZoneName(reading);
      return;
    default:
      if (!/^[.,]/.test(element)) readOffset(reading, element);
      else if (element.charAt(1) === '9') readFraction(reading, /^[.,]\d+/);
      else if (!readFraction(reading, new RegExp(`^[.,]\\d{${element.length - 1}}`))) throw new Mismatch();
  }
}

function readFraction(reading: Reading, pattern: RegExp): boolean {
  const found = pattern.exec(reading.rest)?.[0];
  if (found === undefined) return false;
  reading.rest = reading.rest.slice(found.length);
  reading.nanosecond = Number(found.slice(1, 10).padEnd(9, '0'));
  return true;
}

function readOffset(reading: Reading, element: string): void {
  if (element.startsWith('Z') && reading.rest.startsWith('Z')) {
    reading.rest = reading.rest.slice(1);
    reading.zone = UTC;
    return;
  }
  const pattern = element.slice(1).replace(/\d\d/g, '\\d\\d');
  const text = take(reading, new RegExp(`^[+-]${pattern}`));
  const [hours = 0, minutes = 0, seconds = 0] = (text.match(/\d\d/g) ?? []).map(Number);
  if (hours > 24) throw new OutOfRange('time zone offset hour');
  if (minutes > 60) throw new OutOfRange('time zone offset minute');
  if (seconds > 60) throw new OutOfRange('time zone offset second');
  reading.offsetSeconds = (hours * 3600 + minutes * 60 + seconds) * (text.startsWith('-') ? -1 : 1);
}

function readZoneName(reading: Reading): void {
  if (reading.rest.startsWith('UTC')) {
    reading.rest = reading.rest.slice(3);
    reading.zone = UTC;
    return;
  }
  reading.zoneName = take(
    reading,
    /^(?:ChST|MeST|GMT(?:[+-]\d{1,2})?|[+-]\d{1,2}|WITA|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/,
  );
}

/** Puts together what was read. */
function place(reading: Reading, text: string, local: Zone): Moment {
  const { year, minute, second, nanosecond, zoneName } = reading;
  const { month, day } = placeDay(reading, text);
  const isMorning = reading.isAfternoon === false;
  const afternoon = reading.isAfternoon === true && reading.hour < 12 ? 12 : 0;
  const hour = isMorning && reading.hour === 12 ? 0 : reading.hour + afternoon;
  const wall = { year, month, day, hour, minute, second, nanosecond };
  if (reading.zone !== undefined) return Moment.at(wall, reading.zone);
  if (reading.offsetSeconds === undefined && zoneName === '') return Moment.at(wall, local);

  const known = reading.offsetSeconds ?? offsetOfName(zoneName, Moment.at(wall, UTC).unixSeconds, local);
  if (known !== undefined) {
    const moment = Moment.at(wall, fixedZone(zoneName, known));
    const there = local.offsetAt(moment.unixSeconds);
    const isLocal = there.seconds === known && (zoneName === '' || there.abbreviation === zoneName);
    return isLocal ? moment.in(local) : moment;
  }
  const hours = /^GMT([+-]\d+)$/.exec(zoneName)?.[1] ?? '0';
  return Moment.at(wall, fixedZone(zoneName, Number(hours) * 3600));
}

function placeDay({ year, month, day, yearDay }: Reading, text: string): { month: number; day: number } {
  if (yearDay !== undefined) {
    const daysInYear = dayOfDate(year + 1, 1, 1) - dayOfDate(year, 1, 1);
    if (yearDay < 1 || yearDay > daysInYear) return fail(text, ': day-of-year out of range');
    const date = dateOfDay(dayOfDate(year, 1, 1) + yearDay - 1);
    if (month !== undefined && month !== date.month) return fail(text, ': day-of-year does not match month');
    if (day !== undefined && day !== date.day) return fail(text, ': day-of-year does not match day');
    return date;
  }
  const placed = { month: month ?? 1, day: day ?? 1 };
  if (placed.day < 1 || placed.day > daysInMonth(year, placed.month)) return fail(text, ': day out of range');
  return placed;
}

const HALF_YEAR_SECONDS = 182 * 86_400;

/** The offset that a zone's clock has while it is called this, summer or winter. */
function offsetOfName(name: string, unixSeconds: number, zone: Zone): number | undefined {
  const looks = [unixSeconds, unixSeconds + HALF_YEAR_SECONDS].map((at) => zone.offsetAt(at));
  return looks.find(({ abbreviation }) => abbreviation === name)?.seconds;
}
