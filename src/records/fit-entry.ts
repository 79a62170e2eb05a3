import { redact } from '../lib/index.ts';
import type { NewEntry } from './records.ts';

const MOST_TEXT = 2_000;
const MOST_FACTS = 40;
const MOST_FACT = 300;

/** Takes secrets out of an entry, and cuts it to what a record can hold (about 8 KiB at most, mostly far less): a metric's message may be a whole web page. */
export function fitEntry(entry: NewEntry): NewEntry {
  const facts = Object.entries(entry.facts)
    .slice(0, MOST_FACTS)
    .map(([key, value]) => [cut(key, MOST_FACT), cut(redact(value), MOST_FACT)]);
  return { ...entry, text: cut(redact(entry.text), MOST_TEXT), facts: Object.fromEntries(facts) };
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // A surrogate pair must not be cut in two: the API server refuses half of one.
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
