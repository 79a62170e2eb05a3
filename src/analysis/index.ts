/**
 * analysis: AnalysisTemplate and AnalysisRun, the condition language, the judge. Pure: no network, clock or randomness.
 * Never measures anything itself: it says which measurements are due, and what the taken ones mean.
 * Begin reading at decide-analysis-run.ts.
 */
export {
  AnalysisPhase,
  AnalysisRun,
  AnalysisRunSpec,
  AnalysisRunStatus,
  Measurement,
  MetricResult,
} from './analysis-run.ts';
export { AnalysisArgument, AnalysisTemplate, AnalysisTemplateSpec, Metric } from './analysis-template.ts';
export {
  type AnalysisComposition,
  type CollectedTemplates,
  type ComposedAnalysisRun,
  collectTemplates,
  composeAnalysisRunSpec,
  type TemplateReference,
  templateKey,
} from './compose.ts';
export {
  answerCondition,
  type CompiledCondition,
  type Condition,
  type ConditionAnswer,
  compileCondition,
} from './conditions/condition.ts';
export { formatDuration, type ParsedDuration, parseDuration, parsePauseSeconds } from './duration.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
export { validateTemplate } from './validate.ts';
