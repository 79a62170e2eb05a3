/**
 * engine: keeps each rollout moving: observe, decide, perform, one turn per key.
 * Never decides anything itself (rollout and analysis do), and never speaks to Slack or Prometheus in a rollout's own turn.
 * Begin reading at reconcile.ts.
 */

export { createAnalysisRunTurn } from './analysis-run.ts';
export { buildsKey } from './builds.ts';
export { createEngine, type Engine, type EngineTools } from './engine.ts';
export { factsOf } from './facts.ts';
export { createHistory } from './history.ts';
export type { Caches } from './keeper.ts';
export { readLastSample } from './last-sample.ts';
export { type Look, lookAt } from './look.ts';
export { createMeasureAgain } from './measure-again.ts';
export { createMeasureNow, type MeasuredNow, type MeasureNow } from './measure-now.ts';
export type { Mode } from './mode.ts';
export { type GlanceTools, glance, type ObserveTools, readAnalysisRuns, readEvidence } from './observe.ts';
export { onMove } from './on-move.ts';
export { createPolicyWatch } from './policy-watch.ts';
export { takeStepPluginTurn } from './step-plugin.ts';
export { verify } from './verify.ts';
