import { RE2JS } from 're2js';
import type { AnalysisRunSpec } from './analysis-run.ts';
import { type AnalysisArgument, type AnalysisTemplateSpec, Metric } from './analysis-template.ts';
import { compileCondition } from './conditions/condition.ts';
import { parseDuration } from './duration.ts';
import { toInt } from './limits.ts';
import { substituteArguments } from './substitute.ts';
import { explainPlugin, readWebhookSettings } from './webhook-settings.ts';

/**
 * Says what is wrong with a run's spec, in Argo's words (`metrics[0]: interval must be specified when count > 1`), or undefined.
 * `metrics` are the run's, with their arguments in place.
 */
export function validateRunSpec(spec: AnalysisRunSpec, metrics: readonly Metric[]): string | undefined {
  return (
    validateMetrics(metrics) ??
    findIdleRule('dryRun', spec.dryRun, metrics) ??
    findIdleRule('measurementRetention', spec.measurementRetention, metrics)
  );
}

/** The first mistake of a list of metrics, or undefined. */
function validateMetrics(metrics: readonly Metric[]): string | undefined {
  if (metrics.length === 0) return 'no metrics specified';
  const names = new Set<string>();
  for (const [index, metric] of metrics.entries()) {
    if (names.has(metric.name)) return `metrics[${index}]: duplicate name '${metric.name}'`;
    names.add(metric.name);
    const problem = validateLimits(metric) ?? validateDurations(metric) ?? validateProvider(metric);
    if (problem !== undefined) return `metrics[${index}]: ${problem}`;
  }
  return undefined;
}

function validateLimits(metric: Metric): string | undefined {
  const count = toInt(metric.count) ?? 0;
  const failures = toInt(metric.failureLimit) ?? 0;
  const successes = toInt(metric.consecutiveSuccessLimit) ?? 0;
  const inconclusive = toInt(metric.inconclusiveLimit) ?? 0;
  if (successes < 0) return 'consecutiveSuccessLimit must be >= 0';
  if (failures < -1) return 'failureLimit must be >= 0, or -1 to be disabled';
  if (successes === 0 && failures === -1) return 'failureLimit and consecutiveSuccessLimit cannot both be disabled';
  if (inconclusive < 0) return 'inconclusiveLimit must be >= 0';
  if ((toInt(metric.consecutiveErrorLimit) ?? 0) < 0) return 'consecutiveErrorLimit must be >= 0';
  if (count > 0) {
    if (failures >= 0 && count < failures + successes) {
      const limits = `(${failures} + ${successes})`;
      return `count (${count}) must be >= failureLimit + consecutiveSuccessLimit ${limits} if both >= 0`;
    }
    if (failures < 0 && count < successes) return 'count must be >= consecutiveSuccessLimit';
    if (count < inconclusive) return 'count must be >= inconclusiveLimit';
  }
  return count > 1 && !metric.interval ? 'interval must be specified when count > 1' : undefined;
}

function validateDurations(metric: Metric): string | undefined {
  // "startDelay" is what Argo calls initialDelay in this message.
  const durations = { interval: metric.interval, startDelay: metric.initialDelay };
  for (const [name, text] of Object.entries(durations)) {
    if (text === undefined || text === '') continue;
    const parsed = parseDuration(text);
    if (!parsed.isValid) return `invalid ${name} string: ${parsed.reason}`;
  }
  return undefined;
}

function validateProvider(metric: Metric): string | undefined {
  let count = 0;
  for (const [kind, settings] of Object.entries(metric.provider)) {
    if (settings === undefined || settings === null) continue;
    count += kind === 'plugin' && typeof settings === 'object' ? Object.keys(settings).length : 1;
  }
  if (count === 0) return 'no provider specified';
  if (count > 1) return 'multiple providers specified';
  return validatePlugin(metric.provider.plugin);
}

function validatePlugin(plugins: unknown): string | undefined {
  if (typeof plugins !== 'object' || plugins === null) return undefined;
  for (const [name, settings] of Object.entries(plugins)) {
    const reason = explainPlugin(name);
    if (reason !== undefined) return reason;
    // A value that waits for its argument is looked at when it has come.
    if (isWaiting(JSON.stringify(settings))) continue;
    const read = readWebhookSettings(settings);
    if (!read.isValid) return `${name}: ${read.mistakes.join('; ')}`;
  }
  return undefined;
}

function findIdleRule(
  field: string,
  rules: readonly { readonly metricName: string }[],
  metrics: readonly Metric[],
): string | undefined {
  const index = rules.findIndex((rule) => !metrics.some((metric) => matchesRule(rule.metricName, metric.name)));
  return index < 0 ? undefined : `${field}[${index}]: Rule didn't match any metric name(s)`;
}

/** Whether a rule is about this metric: an unanchored RE2 expression; one that is not an expression matches nothing. */
export function matchesRule(pattern: string, metricName: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(metricName).find();
  } catch {
    return false;
  }
}

/**
 * Says what is wrong with a template on its own, before any run, everything at once. A value that waits for its argument
 * (`{{args.x}}`) counts as right; a placeholder that names no declared argument does not.
 */
export function validateTemplate(spec: AnalysisTemplateSpec): readonly string[] {
  if (spec.metrics.length === 0) return spec.templates.length > 0 ? [] : ['no metrics specified'];
  const args = spec.args.map(({ name, value }) => ({ name, value: value ?? WAITING }));
  return spec.metrics.flatMap((metric, index) => {
    const isDoubled = spec.metrics.findIndex((other) => other.name === metric.name) < index;
    const problems = isDoubled ? [`duplicate name '${metric.name}'`] : [];
    return [...problems, ...validateTemplateMetric(metric, args)].map((problem) => `metrics[${index}]: ${problem}`);
  });
}

/** Unlike Argo, which finds out with the first measurement. */
function validateCondition(field: string, condition: string | undefined): string | undefined {
  if (condition === undefined || condition === '' || isWaiting(condition)) return undefined;
  const compiled = compileCondition(condition);
  return compiled.isCompiled ? undefined : `${field} ${JSON.stringify(condition)}: ${compiled.reason}`;
}

/** Stands for a value that the rollout will pass. */
const WAITING = '{{}}';

function isWaiting(value: unknown): boolean {
  return typeof value === 'string' && value.includes(WAITING);
}

function validateTemplateMetric(metric: Metric, args: readonly AnalysisArgument[]): readonly string[] {
  const substituted = substituteArguments(metric, args);
  if (!substituted.isResolved) return [substituted.reason];
  const resolved = Metric.parse(substituted.value);
  const { count, failureLimit, consecutiveSuccessLimit, inconclusiveLimit, consecutiveErrorLimit, ...rest } = resolved;
  const limits = { count, failureLimit, consecutiveSuccessLimit, inconclusiveLimit, consecutiveErrorLimit };
  const isOpen = Object.values(limits).some(isWaiting);
  const { interval, initialDelay, ...timeless } = rest;
  const durations = Object.entries({ interval, initialDelay }).filter(([, text]) => !isWaiting(text));
  const problems = [
    isOpen ? undefined : validateLimits(resolved),
    validateDurations({ ...timeless, ...Object.fromEntries(durations) }),
    validateProvider(resolved),
    validateCondition('successCondition', resolved.successCondition),
    validateCondition('failureCondition', resolved.failureCondition),
  ];
  return problems.filter((problem) => problem !== undefined);
}
