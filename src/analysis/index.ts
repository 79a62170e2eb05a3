/**
 * analysis: AnalysisTemplate and AnalysisRun, the condition language, the judge. Pure: no network, clock or randomness.
 * Never measures anything itself: it says which measurements are due, and what the taken ones mean.
 * Begin reading at decide-analysis-run.ts; the condition language is in conditions/.
 */
export {
  AnalysisPhase,
  AnalysisRun,
  AnalysisRunSpec,
  AnalysisRunStatus,
  isCompleted,
  type Measurement,
  MetricResult,
  RunSummary,
} from './analysis-run.ts';
export { AnalysisArgument, AnalysisTemplate, AnalysisTemplateSpec, Metric } from './analysis-template.ts';
export {
  type AnalysisComposition,
  type CollectedTemplates,
  type ComposedAnalysisRun,
  collectTemplates,
  composeAnalysisRunSpec,
  fieldReferences,
  type TemplateReference,
} from './compose.ts';
export {
  answerCondition,
  type CompiledCondition,
  type Condition,
  type ConditionAnswer,
  compileCondition,
} from './conditions/condition.ts';
export {
  type AnalysisRunDecision,
  type DueMeasurement,
  decideAnalysisRun,
  failAnalysisRun,
  recordMeasurements,
} from './decide-analysis-run.ts';
export { formatDuration, type ParsedDuration, parseDuration, parsePauseSeconds } from './duration.ts';
export { type AnalysisRunEvent, analysisRunEvents } from './events.ts';
export { expiresAtMs } from './expiry.ts';
export { type Evidence, judgeMeasurement, type MeasurementOutcome } from './judge-measurement.ts';
export { type MetricLimit, readLimit, readMeasuredNumber } from './limit.ts';
export { type MetricLimits, readLimits } from './limits.ts';
export { isInterrupted, leaveUnderWay, measurementUnderWay, settleUnderWay } from './metric-results.ts';
export { resolveMetrics, type SecretReference, secretReferences } from './resolve.ts';
export type { FaultShare } from './sight/fault-share.ts';
export { hashToCome, type SightScope } from './sight/scope.ts';
export { type Blindness, readSight, type Sight, smallestVisibleFault } from './sight/sight.ts';
export { sightLabel, sightWords } from './sight/sight-words.ts';
export { type Substituted, substituteArguments } from './substitute.ts';
export { type EvaluatedTime, evaluateTime } from './time-expression.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
export { matchesRule, validateRunSpec, validateTemplate } from './validate.ts';
export {
  explainPlugin,
  readWebhookSettings,
  type WebhookSettings,
  webhookPlugin,
} from './webhook-settings.ts';
