import { Agent } from 'node:https';
import { z } from 'zod';
import { evaluateTime, parseDuration } from '../analysis/index.ts';
import { type Answer, ask, quoteBody } from './ask.ts';
import type { MetricProvider, MetricReading } from './metric-provider.ts';

/** `provider.prometheus` of a metric (Argo's PrometheusMetric). */
const Settings = z.looseObject({
  address: z.string().optional(),
  query: z.string().default(''),
  /** Seconds. */
  timeout: z.number().optional(),
  insecure: z.boolean().optional(),
  headers: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  rangeQuery: z
    .looseObject({ start: z.string().default(''), end: z.string().default(''), step: z.string().default('') })
    .optional(),
  authentication: z
    .looseObject({
      basicAuth: z.looseObject({ username: z.string().default(''), password: z.string().default('') }).optional(),
      oauth2: z.looseObject({ tokenUrl: z.string().default('') }).optional(),
      sigv4: z.looseObject({}).optional(),
    })
    .optional(),
});
type Settings = z.infer<typeof Settings>;

const Sample = z.tuple([z.number(), z.string()]);
const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: Sample }),
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample.optional() })) }),
  z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ values: z.array(Sample).default([]) })) }),
  z.object({ resultType: z.literal('string'), result: z.unknown() }),
]);
const Success = z.object({ status: z.literal('success'), data: Data, warnings: z.array(z.string()).default([]) });
const Failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

const DEFAULT_TIMEOUT_SECONDS = 30;

/**
 * Prometheus, and what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics).
 * @param options.address of metrics that name none (Argo's ARGO_ROLLOUTS_PROMETHEUS_ADDRESS).
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export function createPrometheus(options: { readonly address?: string | undefined }): MetricProvider {
  let insecureAgent: Agent | undefined;

  async function query(endpoint: string, form: Readonly<Record<string, string>>, call: Call): Promise<Answered> {
    const { settings, signal } = call;
    const target = readTarget(settings, options.address);
    if (settings.insecure === true) insecureAgent ??= new Agent({ rejectUnauthorized: false });
    const question = {
      who: target.who,
      headers: Object.fromEntries(settings.headers.map(({ key, value }) => [key, value])),
      auth: target.auth,
      agent: settings.insecure === true ? insecureAgent : undefined,
      timeoutMs: readTimeoutMs(settings),
    };
    const url = new URL(target.url);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${endpoint}`;
    const body = new URLSearchParams(form).toString();
    const headers = { ...question.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
    let answer = await ask({ ...question, method: 'POST', url: url.href, headers, body }, signal);
    if (answer.status === 405 || answer.status === 501) {
      // Some proxies in front of Prometheus let only GET through.
      for (const [key, value] of Object.entries(form)) url.searchParams.set(key, value);
      answer = await ask({ ...question, method: 'GET', url: url.href }, signal);
    }
    return readAnswer(target.who, answer);
  }

  return {
    kind: 'prometheus',

    describe(settings) {
      const parsed = Settings.safeParse(settings);
      return parsed.success && parsed.data.query !== '' ? { ResolvedPrometheusQuery: parsed.data.query } : {};
    },

    async measure(unparsed, nowMs, signal) {
      const settings = parseSettings(unparsed);
      const { rangeQuery } = settings;
      const answered =
        rangeQuery === undefined
          ? await query('query', { query: settings.query, time: seconds(nowMs) }, { settings, signal })
          : await query('query_range', readRange(settings.query, rangeQuery, nowMs), { settings, signal });
      return toReading(answered);
    },

    async measureRange(unparsed, range, signal) {
      const settings = parseSettings(unparsed);
      const spanSeconds = Math.max(0, range.toMs - range.fromMs) / 1000;
      const stepSeconds = Math.max(1, Math.ceil(spanSeconds / Math.max(1, range.maxPoints - 1)));
      const start = seconds(range.fromMs);
      const end = seconds(range.toMs);
      const form = { query: settings.query, start, end, step: String(stepSeconds) };
      const { data } = await query('query_range', form, { settings, signal });
      // The first series: the one that `result[0]` of a condition is about.
      const [series] = data.resultType === 'matrix' ? data.result : [];
      const points = (series?.values ?? []).map(([seconds, text]) => ({ atMs: seconds * 1000, value: toNumber(text) }));
      return points.filter(({ value }) => Number.isFinite(value)).slice(-range.maxPoints);
    },
  };
}

interface Call {
  readonly settings: Settings;
  readonly signal: AbortSignal;
}

interface Answered {
  readonly data: z.infer<typeof Data>;
  readonly warnings: readonly string[];
}

function parseSettings(unparsed: unknown): Settings {
  const parsed = Settings.safeParse(unparsed);
  if (!parsed.success) throw new Error(`invalid prometheus settings: ${z.prettifyError(parsed.error)}`);
  const { basicAuth, oauth2 } = parsed.data.authentication ?? {};
  if (basicAuth !== undefined && (basicAuth.username === '') !== (basicAuth.password === '')) {
    throw new Error('prometheus basicAuth needs both username and password');
  }
  if (oauth2 !== undefined && oauth2.tokenUrl !== '') throw new Error('prometheus oauth2 is not supported yet');
  return parsed.data;
}

function readTarget(settings: Settings, defaultAddress: string | undefined) {
  const address = settings.address || defaultAddress;
  if (!address) throw new Error('prometheus address is not configured');
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.host === '') {
    throw new Error('prometheus address is not is url format');
  }
  const { basicAuth, sigv4 } = settings.authentication ?? {};
  if (address.includes('aps-workspaces') && sigv4 !== undefined && Object.keys(sigv4).length > 0) {
    throw new Error('prometheus sigv4 is not supported yet');
  }
  const inAddress = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  const auth = basicAuth?.username ? { username: basicAuth.username, password: basicAuth.password } : inAddress;
  url.username = '';
  url.password = '';
  // Neither a password nor a token in the query string of the address is for messages.
  const who = `Prometheus at ${url.origin}${url.pathname === '/' ? '' : url.pathname}`;
  return { url: url.href, who, auth: auth.username === '' ? undefined : auth };
}

function readTimeoutMs(settings: Settings): number {
  const { timeout = DEFAULT_TIMEOUT_SECONDS } = settings;
  if (timeout < 0) throw new Error('prometheus timeout should not be negative');
  // Unlike Argo, where 0 means that no measurement can succeed.
  return (timeout || DEFAULT_TIMEOUT_SECONDS) * 1000;
}

function readRange(query: string, range: NonNullable<Settings['rangeQuery']>, nowMs: number): Record<string, string> {
  const start = evaluateTime(range.start, nowMs);
  if (!start.isTime) throw new Error(`failed to parse rangeQuery.start as time: ${start.reason}`);
  const end = evaluateTime(range.end, nowMs);
  if (!end.isTime) throw new Error(`failed to parse rangeQuery.end as time: ${end.reason}`);
  const step = parseDuration(range.step);
  if (!step.isValid) throw new Error(`failed to parse rangeQuery.step as duration: ${step.reason}`);
  return { query, start: seconds(start.atMs), end: seconds(end.atMs), step: String(step.ms / 1000) };
}

/** As Prometheus keeps times: to the millisecond. */
function seconds(atMs: number): string {
  return String(Math.round(atMs) / 1000);
}

function readAnswer(who: string, answer: Answer): Answered {
  const json = parseJson(answer.body);
  const failure = Failure.safeParse(json);
  if (failure.success) throw new Error(`${who} answered ${failure.data.errorType}: ${quoteBody(failure.data.error)}`);
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`${who} answered ${answer.status}: ${quoteBody(answer.body)}`);
  }
  const success = Success.safeParse(json);
  if (success.success) return success.data;
  throw new Error(`${who} answered what is not an answer of Prometheus: ${quoteBody(answer.body)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As Argo: a scalar is a number; a vector, and a matrix sample after sample, a list of numbers without labels. */
function toReading({ data, warnings }: Answered): MetricReading {
  const metadata =
    warnings.length > 0 ? { metadata: { warnings: warnings.map((text) => `"${text}"`).join(', ') } } : {};
  if (data.resultType === 'string') throw new Error('Prometheus metric type not supported');
  if (data.resultType === 'scalar') {
    const number = toNumber(data.result[1]);
    return { result: number, value: formatSample(number), ...metadata };
  }
  const samples =
    data.resultType === 'vector'
      ? data.result.map((series) => series.value)
      : data.result.flatMap((series) => series.values);
  const numbers = samples.map((sample) => {
    // Argo reads a native histogram as 0: a guess.
    if (sample === undefined) throw new Error('Prometheus answered native histograms: not supported yet');
    return toNumber(sample[1]);
  });
  return { result: numbers, value: `[${numbers.map(formatSample).join(',')}]`, ...metadata };
}

function toNumber(text: string): number {
  const infinity = /^([+-]?)Inf$/.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const number = Number(text);
  if (Number.isNaN(number) && text !== 'NaN')
    throw new Error(`Prometheus answered a sample that is no number: ${text}`);
  return number;
}

/** As Go's FormatFloat(value, 'f', -1, 64): the shortest digits, never an exponent. */
function formatSample(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : `${value > 0 ? '+' : '-'}Inf`;
  const plain = Object.is(value, -0) ? '-0' : String(value);
  const [mantissa = '', exponent] = plain.split('e');
  if (exponent === undefined) return plain;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(shift, '0')}`;
}
