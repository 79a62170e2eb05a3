import { RuntimeProblem, type Value } from './value.ts';

const MAX_STEPS = 500_000;
/** As expr-lang's: elements of lists made on the way, and characters of strings. */
const MAX_MEMORY = 1_000_000;

/** Counts what one evaluation costs and stops it in time; notices whether it met NaN. */
export class Meter {
  #steps = 0;
  #memory = 0;
  #hasMetNaN = false;

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) throw new RuntimeProblem('step budget exceeded');
  }

  grow(count: number): void {
    this.#memory += count;
    if (this.#memory > MAX_MEMORY) throw new RuntimeProblem('memory budget exceeded');
    this.step(count);
  }

  see(value: Value): void {
    if (typeof value === 'number' && Number.isNaN(value)) this.#hasMetNaN = true;
  }

  get hasMetNaN(): boolean {
    return this.#hasMetNaN;
  }
}
