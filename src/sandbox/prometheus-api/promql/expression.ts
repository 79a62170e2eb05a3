import type { Matcher } from '../labels.ts';

export type ValueType = 'scalar' | 'instant vector' | 'range vector' | 'string';

/** When a selector looks: `at` fixes the moment, `offsetMs` moves it back. */
export type Moment = { readonly offsetMs: number; readonly at: number | 'start' | 'end' | undefined };

export type Selector = { readonly kind: 'selector'; readonly matchers: readonly Matcher[]; readonly moment: Moment };
export type Subquery = {
  readonly kind: 'subquery';
  readonly inner: Expression;
  readonly rangeMs: number;
  /** Undefined: the server's evaluation interval. */
  readonly stepMs: number | undefined;
  readonly moment: Moment;
};

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '>'
  | '<'
  | '>='
  | '<='
  | 'and'
  | 'or'
  | 'unless';

/** How two vectors' elements find each other. */
export type Matching = {
  readonly labels: readonly string[];
  /** `on(…)` if true, else `ignoring(…)`. */
  readonly isOn: boolean;
  readonly group: 'one-to-one' | 'left' | 'right';
  /** Labels that the "many" side takes from the "one" side. */
  readonly include: readonly string[];
};

export type Binary = {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly isBool: boolean;
  readonly matching: Matching;
};

export type Aggregation = {
  readonly kind: 'aggregation';
  readonly operator: string;
  readonly inner: Expression;
  readonly parameter: Expression | undefined;
  readonly labels: readonly string[];
  readonly isWithout: boolean;
};

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | Selector
  | { readonly kind: 'range'; readonly selector: Selector; readonly rangeMs: number }
  | Subquery
  | { readonly kind: 'negation'; readonly inner: Expression }
  | Binary
  | Aggregation
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** A query that cannot be read: answered with 400 and `bad_data`. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** A query that reads but cannot be answered: answered with 422 and `execution`. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}

/** A query that was given no time: answered with 503 and `timeout`. */
export class QueryTimeout extends Error {
  override readonly name = 'QueryTimeout';
}

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'range':
    case 'subquery':
      return 'range vector';
    case 'selector':
    case 'aggregation':
      return 'instant vector';
    case 'negation':
      return typeOf(expression.inner);
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'instant vector';
    case 'call':
      return SCALAR_FUNCTIONS.has(expression.name) ? 'scalar' : 'instant vector';
  }
}

const SCALAR_FUNCTIONS: ReadonlySet<string> = new Set(['scalar', 'time', 'pi']);
