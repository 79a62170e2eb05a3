import { formatDuration } from '../../duration.ts';
import { dateOfDay, dayOfDate } from '../../timestamp.ts';
import { Special } from '../value.ts';
import { writeLayout } from './write-layout.ts';
import { UTC, type Zone } from './zone.ts';

const SECOND_NS = 1_000_000_000n;
const DAY_SECONDS = 86_400;
const MAX_INT64 = 2n ** 63n - 1n;

/** Go's `time.Duration`. */
export class Duration extends Special {
  readonly goName = 'time.Duration';
  readonly goKind = 'int64';
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    super();
    this.nanoseconds = BigInt.asIntN(64, nanoseconds);
  }

  print(): string {
    return formatDuration(Number(this.nanoseconds) / 1e6);
  }
}

/** What a clock and a calendar show. */
export interface Wall {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

/** Go's `time.Time`: a moment, and the zone whose clock shows it. */
export class Moment extends Special {
  readonly goName = 'time.Time';
  readonly goKind = 'struct';
  /** Since 1970. */
  readonly nanoseconds: bigint;
  readonly zone: Zone;

  constructor(nanoseconds: bigint, zone: Zone) {
    super();
    this.nanoseconds = nanoseconds;
    this.zone = zone;
  }

  /** The moment when the clock of a zone shows this; what is outside its range counts on, as in Go's `time.Date`. */
  static at(wall: Wall, zone: Zone): Moment {
    const monthCount = wall.month - 1;
    const year = wall.year + Math.floor(monthCount / 12);
    const day = dayOfDate(year, (((monthCount % 12) + 12) % 12) + 1, 1) + wall.day - 1;
    const shown = ((day * 24 + wall.hour) * 60 + wall.minute) * 60 + wall.second;
    // Which offset holds is known of the moment, not of what the clock shows: near a change of clocks the second look decides.
    const guess = shown - zone.offsetAt(shown).seconds;
    const unixSeconds = shown - zone.offsetAt(guess).seconds;
    return new Moment(BigInt(unixSeconds) * SECOND_NS + BigInt(wall.nanosecond), zone);
  }

  get unixSeconds(): number {
    return Number((this.nanoseconds - this.subsecond) / SECOND_NS);
  }

  /** Nanoseconds of the second, never negative. */
  get subsecond(): bigint {
    return ((this.nanoseconds % SECOND_NS) + SECOND_NS) % SECOND_NS;
  }

  get wall(): Wall & { readonly dayCount: number } {
    const shown = this.unixSeconds + this.zone.offsetAt(this.unixSeconds).seconds;
    const dayCount = Math.floor(shown / DAY_SECONDS);
    const secondOfDay = shown - dayCount * DAY_SECONDS;
    return {
      ...dateOfDay(dayCount),
      hour: Math.floor(secondOfDay / 3600),
      minute: Math.floor(secondOfDay / 60) % 60,
      second: secondOfDay % 60,
      nanosecond: Number(this.subsecond),
      dayCount,
    };
  }

  /** 0 is Sunday. */
  get weekday(): number {
    return (((this.wall.dayCount + 4) % 7) + 7) % 7;
  }

  get yearDay(): number {
    return this.wall.dayCount - dayOfDate(this.wall.year, 1, 1) + 1;
  }

  plus(nanoseconds: bigint): Moment {
    return new Moment(this.nanoseconds + nanoseconds, this.zone);
  }

  /** As Go's Sub: what does not fit becomes the longest duration. */
  minus(other: Moment): Duration {
    const difference = this.nanoseconds - other.nanoseconds;
    if (difference > MAX_INT64) return new Duration(MAX_INT64);
    return new Duration(difference < -MAX_INT64 - 1n ? -MAX_INT64 - 1n : difference);
  }

  in(zone: Zone): Moment {
    return new Moment(this.nanoseconds, zone);
  }

  print(): string {
    return writeLayout(this, '2006-01-02 15:04:05.999999999 -0700 MST');
  }
}

export function momentAtMs(unixMs: number): Moment {
  return new Moment(BigInt(Math.round(unixMs * 1000)) * 1000n, UTC);
}
