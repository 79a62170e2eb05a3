/**
 * The words in which the table of block rules is written: each makes a check, and a check tells what is wrong and where,
 * as Slack words it in `response_metadata.messages`.
 */

export type Surface = 'message' | 'modal' | 'home';

/** What a check may look at besides the value. */
export interface Surroundings {
  readonly surface: Surface;
  /** True when a block may show this file. */
  readonly isFileUsable: (id: string) => boolean;
  readonly problems: string[];
}

export type Check = (value: unknown, pointer: string, around: Surroundings) => void;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function complain(around: Surroundings, problem: string, pointer: string): void {
  around.problems.push(`[ERROR] ${problem} [json-pointer:${pointer}]`);
}

/** Slack counts UTF-16 units, as JavaScript does. */
export function string(max: number, min = 0): Check {
  return (value, pointer, around) => {
    if (typeof value !== 'string') complain(around, 'must be a string', pointer);
    else if (value.length > max) complain(around, `must be less than ${max + 1} characters`, pointer);
    else if (value.length < min) complain(around, `must be more than ${min - 1} characters`, pointer);
  };
}

export const boolean: Check = (value, pointer, around) => {
  if (typeof value !== 'boolean') complain(around, 'must be a boolean', pointer);
};

export function integer(min: number, max: number): Check {
  return (value, pointer, around) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) complain(around, 'must be an integer', pointer);
    else if (value < min) complain(around, `must be greater than or equal to ${min}`, pointer);
    else if (value > max) complain(around, `must be less than or equal to ${max}`, pointer);
  };
}

export const finite: Check = (value, pointer, around) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) complain(around, 'must be a finite number', pointer);
};

export const anything: Check = () => {};

export function word(...allowed: readonly string[]): Check {
  return (value, pointer, around) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      complain(around, `unsupported value: ${String(value)}, must be one of ${allowed.join(', ')}`, pointer);
    }
  };
}

export function list(min: number, max: number, item: Check): Check {
  return (value, pointer, around) => {
    if (!Array.isArray(value)) return complain(around, 'must be an array', pointer);
    if (value.length < min) complain(around, `no less than ${min} items allowed`, pointer);
    if (value.length > max) complain(around, `no more than ${max} items allowed`, pointer);
    for (const [index, entry] of value.entries()) item(entry, `${pointer}/${index}`, around);
  };
}

export interface Shape {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
  /** At least one of these must be there. */
  readonly oneOf?: readonly string[];
  /** What no single field can tell. */
  readonly also?: (value: Record<string, unknown>, pointer: string, around: Surroundings) => void;
}

export function object({ required = {}, optional = {}, oneOf = [], also }: Shape): Check {
  return (value, pointer, around) => {
    if (!isRecord(value)) return complain(around, 'must be an object', pointer);
    for (const field of Object.keys(required)) {
      if (value[field] === undefined) complain(around, `missing required field: ${field}`, pointer);
    }
    if (oneOf.length > 0 && !oneOf.some((field) => value[field] !== undefined)) {
      complain(around, `must provide one of: ${oneOf.join(', ')}`, pointer);
    }
    for (const [field, content] of Object.entries(value)) {
      const check = own(required, field) ?? own(optional, field);
      if (check === undefined) complain(around, `invalid additional property: ${field}`, pointer);
      else if (content !== undefined) check(content, `${pointer}/${field}`, around);
    }
    also?.(value, pointer, around);
  };
}

/** Not what every object inherits: a field may be called `valueOf`. */
function own(checks: Readonly<Record<string, Check>>, field: string): Check | undefined {
  return Object.hasOwn(checks, field) ? checks[field] : undefined;
}

/** An object whose `type` picks its shape. */
export function typed(shapes: Readonly<Record<string, Shape>>): Check {
  const checks = new Map(
    Object.entries(shapes).map(([type, shape]) => [
      type,
      object({ ...shape, required: { type: word(type), ...shape.required } }),
    ]),
  );
  return (value, pointer, around) => {
    const type = isRecord(value) ? value.type : undefined;
    const check = typeof type === 'string' ? checks.get(type) : undefined;
    if (check === undefined) complain(around, `unsupported type: ${String(type)}`, `${pointer}/type`);
    else check(value, pointer, around);
  };
}

/** Runs a check that is defined further down the table. */
export function later(check: () => Check): Check {
  return (value, pointer, around) => check()(value, pointer, around);
}
