import { Patterns } from './patterns.ts';
import { Dictionary, isList, isRecord, RuntimeProblem, type Value } from './value.ts';

const MAX_STEPS = 500_000;
/** As expr-lang's: elements of lists made on the way, and characters of strings. */
const MAX_MEMORY = 1_000_000;

/** Counts what one evaluation costs and stops it in time; notices whether it met NaN. */
export class Meter {
  #steps = 0;
  #memory = 0;
  #hasMetNaN = false;
  readonly #patterns: Patterns;

  /** `written`: the regular expressions that are written in the condition. */
  constructor(written: Patterns) {
    this.#patterns = new Patterns(written);
  }

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) throw new RuntimeProblem('step budget exceeded');
  }

  /** Charges for going through a value once. */
  touch(value: Value): void {
    if (typeof value === 'string') this.step(value.length >> 6);
    else if (isList(value)) this.step(value.length);
    else if (isRecord(value)) this.step(Object.keys(value).length);
    else if (value instanceof Dictionary) this.step(value.entries.size);
  }

  /** Charges for going through a value and all that is in it. */
  walk(value: Value): void {
    const open = [value];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      this.step();
      this.touch(next);
      const inside = isList(next) ? next : isRecord(next) && Object.values(next);
      if (inside !== false) for (const item of inside) open.push(item);
    }
  }

  /** Charges for making a list of this many elements, or a string of this many characters. */
  grow(count: number): void {
    this.#memory += count;
    if (this.#memory > MAX_MEMORY) throw new RuntimeProblem('memory budget exceeded');
    this.step(count);
  }

  /** Whether a pattern is found in a text; costs what RE2 costs, text times program, in steps of 16. */
  find(text: string, source: string): boolean {
    const compiled = this.#patterns.compile(source);
    if (!compiled.isCompiled) throw new RuntimeProblem(compiled.reason);
    this.step(Math.ceil((text.length * compiled.size) / 16) + 100);
    return compiled.pattern.matcher(text).find();
  }

  see(value: Value): void {
    if (typeof value === 'number' && Number.isNaN(value)) this.#hasMetNaN = true;
  }

  get hasMetNaN(): boolean {
    return this.#hasMetNaN;
  }
}
