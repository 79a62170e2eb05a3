/**
 * How often a property of whole rollouts is tried, and in which worlds: the same ones in every run of the whole suite, so that it
 * tells whoever changes something about their change alone. `<name>_RUNS=5000` looks for other worlds each time; one that failed
 * comes again with `<name>_SEED`.
 */
export function propertyRuns(
  name: 'MODEL' | 'PROMISE',
  usual: number,
): { readonly numRuns: number; readonly seed?: number } {
  const { [`${name}_RUNS`]: runs, [`${name}_SEED`]: seed } = process.env;
  if (seed !== undefined) return { numRuns: Number(runs ?? usual), seed: Number(seed) };
  return runs === undefined ? { numRuns: usual, seed: 20_261_120 } : { numRuns: Number(runs) };
}
