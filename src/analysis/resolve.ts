import type { AnalysisRun, AnalysisRunSpec } from './analysis-run.ts';
import { Metric } from './analysis-template.ts';
import { type Substituted, substituteArguments } from './substitute.ts';

/** An argument whose value is in a Secret of the run's namespace; read when something is measured. */
export interface SecretReference {
  readonly argument: string;
  readonly secretName: string;
  readonly key: string;
}

export function secretReferences(run: Pick<AnalysisRun, 'spec'>): readonly SecretReference[] {
  return run.spec.args.flatMap(({ name, valueFrom }) => {
    const reference = valueFrom?.secretKeyRef;
    return reference === undefined ? [] : [{ argument: name, secretName: reference.name, key: reference.key }];
  });
}

/** Stands for the value of a secret while only the shape of a run matters; Argo's word. */
const SECRET_PLACEHOLDER = 'temp-for-secret';

/**
 * Puts the arguments in place in all metrics of a run. `secrets`: values by argument; without them a word stands in their place.
 * As in Argo, an argument that has both a value and a secret takes the secret.
 */
export function resolveMetrics(
  spec: AnalysisRunSpec,
  secrets?: ReadonlyMap<string, string>,
): Substituted<readonly Metric[]> {
  const args = spec.args.map(({ name, value, valueFrom }) => {
    const isSecret = valueFrom?.secretKeyRef !== undefined;
    return { name, value: isSecret ? (secrets?.get(name) ?? SECRET_PLACEHOLDER) : value };
  });
  const metrics: Metric[] = [];
  for (const metric of spec.metrics) {
    const substituted = substituteArguments(metric, args);
    if (!substituted.isResolved) return substituted;
    metrics.push(Metric.parse(substituted.value));
  }
  return { isResolved: true, value: metrics };
}

/** Replaces each secret by `*****`, the longest first, so that no rest of one stays. */
export function redact(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret !== '') redacted = redacted.replaceAll(secret, '*****');
  }
  return redacted;
}
