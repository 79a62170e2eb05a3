/** One thing that must be well for us to be ready. */
export interface Check {
  readonly name: string;
  readonly isReady: boolean;
  /** For the person who reads it: what is wrong, in numbers. */
  readonly message: string;
}

const oldestMs = 60_000;

/** A cache whose watch has shown no sign of life for a minute must not be trusted with people's questions. */
export function checkReflector(name: string, reflector: { ageMs(): number }): Check {
  const ageMs = reflector.ageMs();
  if (!Number.isFinite(ageMs)) return { name, isReady: false, message: 'not listed yet' };
  const age = `last sign of life ${Math.round(ageMs / 1000)} s ago`;
  return ageMs > oldestMs
    ? { name, isReady: false, message: `${age}, allowed: ${oldestMs / 1000} s` }
    : { name, isReady: true, message: age };
}
