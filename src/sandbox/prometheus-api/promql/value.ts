import { keyOfLabels, type Labels } from '../labels.ts';
import type { Point } from '../sample-store.ts';
import { EvaluationError } from './expression.ts';

/** One element of an instant vector. `sampleMs` is the sample's own time where the element comes straight from a selector. */
export type Element = { readonly labels: Labels; readonly value: number; readonly sampleMs?: number };
export type Vector = readonly Element[];
/** One series of a range vector: its samples in (fromMs, toMs]. */
export type Window = { readonly labels: Labels; readonly points: readonly Point[] };
export type Matrix = { readonly windows: readonly Window[]; readonly fromMs: number; readonly toMs: number };

export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly elements: Vector }
  | { readonly kind: 'matrix'; readonly matrix: Matrix };

/** Refuses a vector in which two elements carry the same labels, as functions that drop the name can make. */
export function refuseTwins(elements: Vector): Vector {
  if (elements.length < 2) return elements;
  const keys = new Set<string>();
  for (const { labels } of elements) {
    const key = keyOfLabels(labels);
    if (keys.has(key)) throw new EvaluationError('vector cannot contain metrics with the same labelset');
    keys.add(key);
  }
  return elements;
}
