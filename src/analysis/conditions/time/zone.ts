import { RuntimeProblem, Special } from '../value.ts';

/** How far a zone is from UTC at some moment, and what its clock is called then. */
export interface Offset {
  readonly seconds: number;
  readonly abbreviation: string;
}

/** Go's `*time.Location`: a zone of the IANA database, or one with a fixed offset. */
export class Zone extends Special {
  readonly goName = '*time.Location';
  readonly goKind = 'ptr';
  readonly name: string;
  readonly #offsetAt: (unixSeconds: number) => Offset;

  constructor(name: string, offsetAt: (unixSeconds: number) => Offset) {
    super();
    this.name = name;
    this.#offsetAt = offsetAt;
  }

  offsetAt(unixSeconds: number): Offset {
    return this.#offsetAt(unixSeconds);
  }

  print(): string {
    return this.name;
  }
}

export const UTC = fixedZone('UTC', 0);

export function fixedZone(name: string, seconds: number): Zone {
  const abbreviation = name === '' ? writeOffset(seconds) : name;
  return new Zone(name, () => ({ seconds, abbreviation }));
}

/** Finds a zone by its name, as Go's `time.LoadLocation`; `Local` is UTC here, as in Argo's image. */
export function loadZone(name: string): Zone {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return fixedZone('Local', 0);
  if (name.includes('..') || /^[/\\]/.test(name)) throw new RuntimeProblem('time: invalid location name');
  // Intl would also take "+02:00".
  if (!/^[A-Za-z]/.test(name)) throw new RuntimeProblem(`unknown time zone ${name}`);
  try {
    const offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const names = ['en-US', 'en-GB', 'en-AU'].map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }),
    );
    return new Zone(name, (unixSeconds) => {
      const seconds = readOffset(zoneNameAt(offsets, unixSeconds));
      const known = names.map((format) => zoneNameAt(format, unixSeconds)).find((text) => /^[A-Z]{2,5}$/.test(text));
      return { seconds, abbreviation: known ?? writeOffset(seconds) };
    });
  } catch (error) {
    if (error instanceof RangeError) throw new RuntimeProblem(`unknown time zone ${name}`);
    throw error;
  }
}

const LAST_SECOND = 8.64e12;

function zoneNameAt(format: Intl.DateTimeFormat, unixSeconds: number): string {
  const atMs = Math.max(-LAST_SECOND, Math.min(LAST_SECOND, unixSeconds)) * 1000;
  return format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `GMT+02:00` in seconds. */
function readOffset(text: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text) ?? [];
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

/** `+0200`: what Go prints where a zone has no name. */
function writeOffset(seconds: number): string {
  const size = Math.abs(Math.trunc(seconds / 60));
  const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'));
  return `${seconds < 0 ? '-' : '+'}${digits.join('')}`;
}
