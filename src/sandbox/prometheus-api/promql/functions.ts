import { withoutName } from '../labels.ts';
import { compareRank } from './aggregate.ts';
import { readCalendar } from './calendar.ts';
import { EvaluationError, type Expression } from './expression.ts';
import { larger, smaller } from './go-math.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import { absentLabels, joinLabels, replaceLabels } from './label-functions.ts';
import { overTime } from './over-time.ts';
import { type Matrix, refuseTwins, type Value, type Vector } from './value.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** Functions of one number, applied to each element. */
const EACH: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: (value) => (value === 0 || Number.isNaN(value) ? value : Math.sign(value)),
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
};

/** Calls a function whose arguments are evaluated; their number and types were checked when the query was read. */
export function callFunction(call: Call, args: readonly Value[], atMs: number): Value {
  const each = EACH[call.name];
  if (each !== undefined) return vector(mapValues(vectorAt(args, 0), each));
  const overRange = overTime(call.name);
  if (overRange !== undefined) return vector(applyToWindows(call, args, overRange));
  switch (call.name) {
    case 'time':
      return { kind: 'scalar', value: atMs / 1000 };
    case 'pi':
      return { kind: 'scalar', value: Math.PI };
    case 'scalar':
      return { kind: 'scalar', value: onlyValue(vectorAt(args, 0)) };
    case 'vector':
      return vector([{ labels: {}, value: scalarAt(args, 0) }]);
    case 'timestamp':
      return vector(readTimes(call, vectorAt(args, 0), atMs));
    case 'absent':
      return vector(vectorAt(args, 0).length > 0 ? [] : [{ labels: absentLabels(call.args[0]), value: 1 }]);
    case 'absent_over_time':
      return vector(matrixAt(args, 0).windows.length > 0 ? [] : [{ labels: absentLabels(call.args[0]), value: 1 }]);
    case 'sort':
      return vector(vectorAt(args, 0).toSorted((a, b) => compareRank(a, b, 1)));
    case 'sort_desc':
      return vector(vectorAt(args, 0).toSorted((a, b) => compareRank(a, b, -1)));
    case 'round':
    case 'clamp':
    case 'clamp_min':
    case 'clamp_max':
      return vector(limitValues(call.name, args));
    case 'histogram_quantile':
      return vector(histogramQuantile(scalarAt(args, 0), vectorAt(args, 1)));
    // Nothing here is a native histogram.
    case 'histogram_count':
    case 'histogram_sum':
    case 'histogram_fraction':
      return vector([]);
    case 'label_replace': {
      const [to = '', replacement = '', from = '', pattern = ''] = [1, 2, 3, 4].map((index) => stringAt(args, index));
      return vector(replaceLabels(vectorAt(args, 0), { to, replacement, from, pattern }));
    }
    case 'label_join': {
      const [to = '', separator = '', ...from] = args.slice(1).map((_arg, index) => stringAt(args, index + 1));
      return vector(joinLabels(vectorAt(args, 0), { to, separator, from }));
    }
    default:
      return vector(readDates(call, args, atMs));
  }
}

/** Only what comes straight from a selector has a time of its own; anything computed is as old as the question. */
function readTimes(call: Call, elements: Vector, atMs: number): Vector {
  const isDirect = call.args[0]?.kind === 'selector';
  return mapElements(elements, ({ sampleMs }) => ((isDirect ? sampleMs : undefined) ?? atMs) / 1000);
}

function readDates(call: Call, args: readonly Value[], atMs: number): Vector {
  const read = readCalendar(call.name);
  if (read === undefined) throw new EvaluationError(`function ${JSON.stringify(call.name)} is not supported here`);
  if (args.length === 0) return [{ labels: {}, value: read(atMs / 1000) }];
  return mapValues(vectorAt(args, 0), read);
}

function limitValues(name: string, args: readonly Value[]): Vector {
  const elements = vectorAt(args, 0);
  if (name === 'round') {
    // Dividing by the inverse keeps round(x, 0.1) exact, as Prometheus does.
    const inverse = 1 / (args.length > 1 ? scalarAt(args, 1) : 1);
    return mapValues(elements, (value) => Math.floor(value * inverse + 0.5) / inverse);
  }
  if (name === 'clamp_min') return mapValues(elements, (value) => larger(value, scalarAt(args, 1)));
  if (name === 'clamp_max') return mapValues(elements, (value) => smaller(value, scalarAt(args, 1)));
  const [least, most] = [scalarAt(args, 1), scalarAt(args, 2)];
  return least > most ? [] : mapValues(elements, (value) => larger(least, smaller(most, value)));
}

/** Applies a function of a window to each series; where it has no answer the series is left out. */
function applyToWindows(
  call: Call,
  args: readonly Value[],
  overRange: NonNullable<ReturnType<typeof overTime>>,
): Vector {
  const matrix = args.find((arg) => arg.kind === 'matrix');
  if (matrix?.kind !== 'matrix') throw new EvaluationError(`${call.name} needs a range vector`);
  const parameters = args.flatMap((arg) => (arg.kind === 'scalar' ? [arg.value] : []));
  const elements = [];
  for (const { labels, points } of matrix.matrix.windows) {
    const value = overRange.apply(points, { fromMs: matrix.matrix.fromMs, toMs: matrix.matrix.toMs }, parameters);
    if (value !== undefined) elements.push({ labels: overRange.keepsName ? labels : withoutName(labels), value });
  }
  return refuseTwins(elements);
}

function vector(elements: Vector): Value {
  return { kind: 'vector', elements };
}

function mapValues(elements: Vector, change: (value: number) => number): Vector {
  return mapElements(elements, ({ value }) => change(value));
}

function mapElements(elements: Vector, change: (element: Vector[number]) => number): Vector {
  return refuseTwins(elements.map((element) => ({ labels: withoutName(element.labels), value: change(element) })));
}

function onlyValue(elements: Vector): number {
  return elements.length === 1 ? (elements[0]?.value ?? Number.NaN) : Number.NaN;
}

function vectorAt(args: readonly Value[], index: number): Vector {
  const arg = args[index];
  if (arg?.kind !== 'vector') throw new EvaluationError(`argument ${index + 1} must be an instant vector`);
  return arg.elements;
}

function matrixAt(args: readonly Value[], index: number): Matrix {
  const arg = args[index];
  if (arg?.kind !== 'matrix') throw new EvaluationError(`argument ${index + 1} must be a range vector`);
  return arg.matrix;
}

function scalarAt(args: readonly Value[], index: number): number {
  const arg = args[index];
  if (arg?.kind !== 'scalar') throw new EvaluationError(`argument ${index + 1} must be a scalar`);
  return arg.value;
}

function stringAt(args: readonly Value[], index: number): string {
  const arg = args[index];
  if (arg?.kind !== 'string') throw new EvaluationError(`argument ${index + 1} must be a string`);
  return arg.value;
}
