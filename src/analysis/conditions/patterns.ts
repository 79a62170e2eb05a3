import { RE2JS } from 're2js';

/** Instructions of all patterns that one condition may compile: some tenths of a second at worst. */
const MAX_PROGRAM_SIZE = 5000;
/** Longer patterns are refused before they cost anything. */
const MAX_LENGTH = 1000;

export type CompiledPattern =
  | { readonly isCompiled: true; readonly pattern: RE2JS; readonly size: number }
  | { readonly isCompiled: false; readonly reason: string };

/**
 * The regular expressions of one condition: those written in it, and apart those that one evaluation makes; each compiled once: RE2 through re2js, whose time is linear in the text, whatever the
 * pattern. Never JavaScript's RegExp on a user's pattern. Bounded all the same: `(?i)(?:ab?){700}` is a large program.
 */
export class Patterns {
  readonly #compiled = new Map<string, CompiledPattern>();
  readonly #written: Patterns | undefined;
  #size = 0;

  /** `written`: the patterns of the condition, for those of one evaluation. */
  constructor(written?: Patterns) {
    this.#written = written;
  }

  compile(source: string): CompiledPattern {
    const known = this.#written?.find(source) ?? this.#compiled.get(source);
    if (known !== undefined) return known;
    const compiled = this.#size > MAX_PROGRAM_SIZE ? EXCEEDED : compile(source);
    if (compiled.isCompiled) this.#size += compiled.size;
    this.#compiled.set(source, compiled);
    return compiled;
  }

  find(source: string): CompiledPattern | undefined {
    return this.#compiled.get(source);
  }
}

const EXCEEDED: CompiledPattern = { isCompiled: false, reason: 'pattern budget exceeded' };

function compile(source: string): CompiledPattern {
  if (source.length > MAX_LENGTH)
    return { isCompiled: false, reason: `pattern is longer than ${MAX_LENGTH} characters` };
  try {
    const pattern = RE2JS.compile(source);
    return { isCompiled: true, pattern, size: pattern.programSize() };
  } catch (error) {
    return { isCompiled: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
