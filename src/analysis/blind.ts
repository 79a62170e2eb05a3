import { z } from 'zod';
import type { Metric } from './analysis-template.ts';

const Prometheus = z.looseObject({ query: z.string() });

/** A string, a comment, or what we look for: `or vector(0)`, `or on() vector(0)`, `or (vector(0))`. */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\bor\b\s*(?:on\s*\([^)]*\)\s*)?\(*\s*(?:vector\s*\(\s*)?[-+]?[0-9.]+\s*\)/gi;

/**
 * Whether a metric cannot tell *none* from a number: its query fills the place of missing data (`or vector(0)`), so that an outage
 * of what it measures reads as a value. Nothing is promoted on missing evidence: cards and lint say so.
 */
export function isBlind(metric: Pick<Metric, 'provider'>): boolean {
  const settings = Prometheus.safeParse(metric.provider.prometheus);
  if (!settings.success) return false;
  return [...settings.data.query.matchAll(TOKEN)].some(([text]) => /^or\b/i.test(text));
}
