/** An Experiment or an AnalysisRun goes by `experiment/checkout-1` wherever a rollout goes by its name: as people type it. */
const trialKinds = ['experiment', 'analysisrun'] as const;
export type TrialKind = (typeof trialKinds)[number];

export interface TrialName {
  readonly kind: TrialKind;
  readonly name: string;
}

export function nameTrial({ kind, name }: TrialName): string {
  return `${kind}/${name}`;
}

/** Which one is meant; undefined: a rollout is. */
export function trialNamed(name: string): TrialName | undefined {
  const kind = trialKinds.find((one) => name.startsWith(`${one}/`));
  return kind === undefined ? undefined : { kind, name: name.slice(kind.length + 1) };
}
