import fc from 'fast-check';

// None that jumps: means differ in their last digit from version to version.
const EACH = ['abs', 'sgn', 'sqrt', 'sort', 'ln'] as const;
const OVER_TIME = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'changes',
  'delta',
  'idelta',
  'deriv',
  'resets',
  'stddev_over_time',
  'present_over_time',
] as const;

const counter = fc.constantFrom(
  'http_requests_total',
  'http_requests_total{status="500"}',
  'http_requests_total{service="search",status!~"4.."}',
);
const selector = fc.oneof(
  counter,
  fc.constantFrom(
    'temperature',
    'temperature{room="north"}',
    'memory_bytes',
    'memory_bytes{pod=~".*-[ab]"}',
    'build_info',
    'request_limit',
    'odd',
    'odd{kind="mixed"}',
    'short',
    'nothing',
    '{__name__=~"temp.*|request_limit"}',
  ),
);
const window = fc.constantFrom('1m', '2m30s', '10m');
const offset = fc.constantFrom('', '', ' offset 5m', ' offset 11m');
const names = fc.constantFrom('service', 'pod', 'service, pod', 'status', 'room', 'kind', '');
const grouping = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('by', 'without'), names).map(([word, labels]) => ` ${word} (${labels})`),
);
// No remainder between vectors: of a large number by a small one it is all rounding.
const operator = fc.constantFrom('+', '-', '*', '/', '^', '>', '<', '>=', '<=', '==', '!=', '> bool', '!= bool');
const oneToOne = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('on', 'ignoring'), names).map(([word, labels]) => `${word} (${labels})`),
);
const matching = fc.oneof(
  oneToOne,
  fc
    .tuple(
      fc.constantFrom('on', 'ignoring'),
      names,
      fc.constantFrom('group_left', 'group_right', 'group_left(version)', 'group_right(version)'),
    )
    .map(([word, labels, group]) => `${word} (${labels}) ${group}`),
);

/** Any PromQL query over the samples of samples.ts that both Prometheus 2 and 3 read alike. */
export const arbitraryQuery: fc.Arbitrary<string> = fc.letrec<{ vector: string; scalar: string; leaf: string }>(
  (tie) => ({
    vector: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      tie('leaf'),
      fc.tuple(fc.constantFrom(...EACH), tie('vector')).map(([name, inner]) => `${name}(${inner})`),
      fc
        .tuple(fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'group'), grouping, tie('vector'))
        .map(([name, by, inner]) => `${name}${by} (${inner})`),
      fc
        .tuple(fc.constantFrom('0.5', '0.9', '0', '1'), grouping, tie('vector'))
        .map(([phi, by, inner]) => `quantile${by} (${phi}, ${inner})`),
      fc
        .tuple(fc.constantFrom('clamp_min', 'clamp_max'), tie('vector'), tie('scalar'))
        .map(([name, inner, limit]) => `${name}(${inner}, ${limit})`),
      fc.tuple(tie('vector'), operator, tie('scalar')).map(([left, sign, right]) => `(${left}) ${sign} ${right}`),
      fc.tuple(tie('scalar'), operator, tie('vector')).map(([left, sign, right]) => `${left} ${sign} (${right})`),
      fc
        .tuple(tie('vector'), operator, matching, tie('vector'))
        .map(([left, sign, how, right]) => `(${left}) ${sign} ${how} (${right})`),
      fc
        .tuple(tie('vector'), fc.constantFrom('and', 'or', 'unless'), oneToOne, tie('vector'))
        .map(([left, sign, how, right]) => `(${left}) ${sign} ${how} (${right})`),
      fc
        .tuple(tie('vector'), fc.constantFrom('pod', 'service', 'room'))
        .map(([inner, label]) => `label_replace(${inner}, "copy", "<$1>", "${label}", "(.*)-?.*")`),

      fc
        .tuple(fc.constantFrom('max_over_time', 'avg_over_time', 'count_over_time', 'delta'), tie('vector'))
        .map(([name, inner]) => `${name}((${inner})[7m:45s])`),
      tie('vector').map((inner) => `timestamp(${inner})`),
      tie('vector').map((inner) => `-(${inner})`),
      tie('vector').map((inner) => `absent(${inner})`),
      tie('scalar').map((inner) => `vector(${inner})`),
    ),
    scalar: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      fc.constantFrom('0', '1', '2.5', '-3', '1e3', 'NaN', 'Inf'),
      tie('leaf').map((inner) => `scalar(${inner})`),
      fc
        .tuple(tie('scalar'), fc.constantFrom('+', '-', '*', '/', '%', '^', '> bool', '== bool'), tie('scalar'))
        .map((parts) => `(${parts.join(' ')})`),
    ),
    leaf: fc.oneof(
      fc.tuple(selector, offset).map(([name, back]) => `${name}${back}`),
      fc
        .tuple(fc.constantFrom(...OVER_TIME), selector, window, offset)
        .map(([name, inner, range, back]) => `${name}(${inner}[${range}]${back})`),
      fc.tuple(counter, window, offset).map(([inner, range, back]) => `rate(${inner}[${range}]${back})`),
      fc
        .tuple(fc.constantFrom('0.5', '0.95'), fc.constantFrom('le', 'le, service', 'le, pod'))
        .map(
          ([phi, by]) => `histogram_quantile(${phi}, sum by (${by}) (rate(http_request_duration_seconds_bucket[5m])))`,
        ),
    ),
  }),
).vector;
