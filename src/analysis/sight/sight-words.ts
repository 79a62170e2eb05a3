import type { Blindness, Sight } from './sight.ts';
import { smallestVisibleFault } from './sight.ts';

/** `canary`, `all traffic`, `blind`, `not read`: as a label. */
export function sightLabel({ kind }: Sight): string {
  return { canary: 'canary', allTraffic: 'all traffic', blind: 'blind', unread: 'not read' }[kind];
}

/** The label and what it comes to where the canary has this share, as plain text. */
export function sightWords(sight: Sight, canaryPercent: number | undefined): string {
  switch (sight.kind) {
    case 'canary':
      return `canary (${sight.by})`;
    case 'allTraffic':
      return `all traffic${dilution(sight, canaryPercent)}`;
    case 'blind':
      return `blind: ${blindWords(sight.because)}`;
    case 'unread':
      return `not read: ${sight.why}`;
  }
}

function dilution(sight: Extract<Sight, { kind: 'allTraffic' }>, canaryPercent: number | undefined): string {
  if (canaryPercent === undefined || canaryPercent >= 100) return '';
  if (canaryPercent <= 0) return ': at 0 % the canary has no traffic';
  const fault = smallestVisibleFault(sight, canaryPercent);
  if (fault === undefined) return ': does not tell the canary apart';
  const what = sight.faults?.of === 'slow' ? 'slow requests' : 'errors';
  if (fault > 100) return `: at ${canaryPercent} % it sees no fault of the canary, not even 100 % ${what}`;
  return `: can see only ≥ ${Number(fault.toPrecision(3))} % ${what} at ${canaryPercent} %`;
}

function blindWords(because: Blindness): string {
  switch (because.kind) {
    case 'answersWithoutData': {
      const number = because.answer === undefined ? 'a number' : String(Number(because.answer.toPrecision(6)));
      const then = { passes: ', which passes', fails: ', which fails', undecided: '' }[because.verdict];
      return `answers ${number} without data${then}`;
    }
    case 'passesWithoutData':
      return `no data passes (${because.condition})`;
    case 'stableOnly':
      return `sees only stable pods (${because.by})`;
    case 'asksNothing':
      return 'asks for no metric';
  }
}
