import { DAYS, MONTHS, readLayout } from './layout.ts';
import type { Moment } from './moment.ts';

/** Writes a time as Go's `Format`. */
export function writeLayout(moment: Moment, layout: string): string {
  return readLayout(layout)
    .map(({ prefix, element }) => prefix + (element === undefined ? '' : write(element, moment)))
    .join('');
}

function write(element: string, moment: Moment): string {
  const { year, month, day, hour, minute, second } = moment.wall;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const monthName = MONTHS[month - 1] ?? '';
  const dayName = DAYS[moment.weekday] ?? '';
  switch (element) {
    case '2006':
      return `${year < 0 ? '-' : ''}${pad(Math.abs(year), 4)}`;
    case '06':
      return pad(((year % 100) + 100) % 100, 2);
    case 'January':
      return monthName;
    case 'Jan':
      return monthName.slice(0, 3);
    case '1':
      return String(month);
    case '01':
      return pad(month, 2);
    case 'Monday':
      return dayName;
    case 'Mon':
      return dayName.slice(0, 3);
    case '2':
      return String(day);
    case '_2':
      return String(day).padStart(2);
    case '02':
      return pad(day, 2);
    case '__2':
      return String(moment.yearDay).padStart(3);
    case '002':
      return pad(moment.yearDay, 3);
    case '15':
      return pad(hour, 2);
    case '3':
      return String(hour12);
    case '03':
      return pad(hour12, 2);
    case '4':
      return String(minute);
    case '04':
      return pad(minute, 2);
    case '5':
      return String(second);
    case '05':
      return pad(second, 2);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return moment.zone.offsetAt(moment.unixSeconds).abbreviation;
    default:
      return /^[.,]/.test(element) ? writeFraction(element, moment) : writeOffset(element, moment);
  }
}

function writeFraction(element: string, moment: Moment): string {
  const digits = pad(Number(moment.subsecond), 9).slice(0, element.length - 1);
  if (element.charAt(1) === '0') return element.charAt(0) + digits.padEnd(element.length - 1, '0');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : element.charAt(0) + kept;
}

/** `-0700`, `Z07:00`: the form says which parts and where colons stand. */
function writeOffset(element: string, moment: Moment): string {
  const { seconds } = moment.zone.offsetAt(moment.unixSeconds);
  if (element.startsWith('Z') && seconds === 0) return 'Z';
  const size = Math.abs(seconds);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map((part) => pad(part, 2));
  const count = element.replace(/[^0-9]/g, '').length / 2;
  return (seconds < 0 ? '-' : '+') + parts.slice(0, count).join(element.includes(':') ? ':' : '');
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
