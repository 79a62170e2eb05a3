type ReadSeconds = (seconds: number) => number;

function ofDate(read: (date: Date) => number): ReadSeconds {
  return (seconds) => read(new Date(Math.trunc(seconds) * 1000));
}

const DAY_MS = 86_400_000;

const FUNCTIONS: ReadonlyMap<string, ReadSeconds> = new Map([
  ['minute', ofDate((date) => date.getUTCMinutes())],
  ['hour', ofDate((date) => date.getUTCHours())],
  ['day_of_week', ofDate((date) => date.getUTCDay())],
  ['day_of_month', ofDate((date) => date.getUTCDate())],
  ['day_of_year', ofDate((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1)],
  [
    'days_in_month',
    ofDate((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  ],
  ['month', ofDate((date) => date.getUTCMonth() + 1)],
  ['year', ofDate((date) => date.getUTCFullYear())],
]);

/** The functions that take seconds since 1970 as a date in UTC. */
export function readCalendar(name: string): ReadSeconds | undefined {
  return FUNCTIONS.get(name);
}
