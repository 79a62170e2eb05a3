/** One thing that is wrong, or doubtful, and where. */
export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** A mistake is refused, or does not do what it says; a warning may be meant; a note says what will be. */
  readonly severity: 'mistake' | 'warning' | 'note';
  readonly message: string;
}

export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1);
}
