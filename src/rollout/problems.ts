// How mistakes in a spec are worded: as Kubernetes' field errors are.

/** A mistake as Kubernetes words it: `spec.selector: Required value: …`. */
export function invalid(path: string, value: unknown, message: string): string {
  return `${path}: Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : String(value)}: ${message}`;
}

export function required(path: string, message: string): string {
  return `${path}: Required value: ${message}`;
}

/** For what Argo can do and we cannot yet: better said than half done. */
export function unsupported(path: string): string {
  return `${path}: Unsupported value: ${path.split('.').pop()} is not supported yet`;
}
