// How mistakes in a spec are worded: as Kubernetes' field errors are.

/** A mistake as Kubernetes words it: `spec.selector: Required value: …`. */
export function invalid(path: string, value: unknown, message: string): string {
  return `${path}: Invalid value: ${quoted(value)}: ${message}`;
}

/** A condition's message is stored, sent with each event and shown on cards: a value may be as long as the author likes. */
const LONGEST_VALUE = 200;

function quoted(value: unknown): string {
  // Kubernetes shows what is no plain value as JSON, without quotes around it.
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const shown = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
  return typeof value === 'string' ? JSON.stringify(shown) : shown;
}

export function duplicate(path: string, value: string): string {
  return `${path}: Duplicate value: ${quoted(value)}`;
}

export function unsupportedValue(path: string, value: string, supported: readonly string[]): string {
  return `${path}: Unsupported value: ${quoted(value)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`;
}

/** For what Argo calls an internal error, though the author made it. */
export function internal(path: string, message: string): string {
  return `${path}: Internal error: ${message}`;
}

/** The first of them, and how many more there are. */
const MOST_PROBLEMS = 20;

export function listProblems(problems: readonly string[]): string {
  const more = problems.length - MOST_PROBLEMS;
  const shown = problems.slice(0, MOST_PROBLEMS).join('; ');
  return more > 0 ? `${shown}; and ${more} more` : shown;
}

export function required(path: string, message: string): string {
  return `${path}: Required value: ${message}`;
}

/** For what Argo can do and we cannot yet: better said than half done. */
export function unsupported(path: string): string {
  return `${path}: Unsupported value: ${path.split('.').pop()} is not supported yet`;
}
