/** Ends a `switch` over a union: the compiler proves that no member is left, and a value that lied about its type is named. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
