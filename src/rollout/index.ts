/**
 * rollout: the Rollout model and its state machine, as Argo writes it. Pure: no network, clock, queue or randomness.
 * Never does anything: it says what should be done (effect.ts) about what was seen (world.ts).
 * Begin reading at decide.ts.
 */
export { type Adoption, judgeAdoption, unknownToArgo } from './adoption.ts';
export { describeAntiAffinity } from './anti-affinity.ts';
export { bindingOf, type Evidence } from './binding.ts';
export {
  type ConditionValue,
  refreshCondition,
  removeCondition,
  setCondition,
} from './conditions.ts';
export { decide } from './decide.ts';
export { isDeepEqual, withoutUndefined } from './deep-equal.ts';
export type {
  Binding,
  Delivery,
  DeliveryState,
  GitSide,
  MetricLine,
  MetricSeries,
  RunBy,
  VerificationCheck,
} from './delivery.ts';
export { type Cause, type CauseKind, causeOrder, type LastSample, type Standing } from './diagnosis/cause.ts';
export { type Diagnosis, diagnose } from './diagnosis/diagnose.ts';
export type { ContainerView, DiagnosisFacts, PodView } from './diagnosis/diagnosis-facts.ts';
export { silentMetrics } from './diagnosis/evidence.ts';
export type { Decision, Effect, NewAnalysisRun, NewExperiment, NewReplicaSet, TemplateChange } from './effect.ts';
export {
  Experiment,
  type ExperimentAnalysis,
  type ExperimentRunStatus,
  type ExperimentStatus,
  type ExperimentTemplate,
  type TemplatePhase,
  type TemplateStatus,
} from './experiment.ts';
export { type ExperimentWait, experimentWords } from './experiment-wait.ts';
export { readFieldPath } from './field-path.ts';
export { decideBesideOthers, foreignWriter } from './foreign-writer.ts';
export { changesAgainstGit, type GitChange, noteOverride } from './git-change.ts';
export { isOverrideOver, type PutBack, readPutBack } from './git-override.ts';
export { type GitOwner, gitImage, isGitOpsManager, readGitOwner } from './git-owner.ts';
export { JsonText } from './json-text.ts';
export { formatLabelSelector, noLabelSelector } from './label-selector.ts';
export { mainContainer, mainImage } from './main-container.ts';
export { type FieldOwner, type FieldStep, fieldOwners, lastWriterOf, ownsField, writersOf } from './managed-fields.ts';
export { ManagedRoute, type RequestMatch, type StringMatch } from './managed-routes.ts';
export { wouldHaveFailed } from './metric-lines.ts';
export {
  gitOverrideAnnotation,
  heldForAnnotation,
  instanceIdLabel,
  managedByAnnotation,
  podHashLabel,
  pointOfNoReturnAnnotation,
  revisionAnnotation,
  revisionHistoryAnnotation,
  scaleDownDeadlineAnnotation,
} from './names.ts';
export { neededLiveServices, neededServices, neededTemplates, routerKindsOf } from './needs.ts';
export { withPingPong } from './ping-pong.ts';
export { namePlainDeployment, needsController, plainDeployment } from './plain-deployment.ts';
export type { ExpectedTime } from './plan/expected-time.ts';
export { type Measured, measuredIn, type Plan, type PlannedImage, type PlannedStep, planRollout } from './plan/plan.ts';
export type { PlannedAnalysis, PlannedMetric } from './plan/planned-analysis.ts';
export { computePodHash } from './pod-hash.ts';
export { PodTemplate } from './pod-template.ts';
export {
  behindReturn,
  heldByOf,
  heldPauseReason,
  type PassedReturn,
  type PointOfNoReturn,
  passedReturnOf,
  readPassedReturn,
  readPointOfNoReturn,
  wentBackPast,
} from './point-of-no-return.ts';
export { type PutBackNote, readPutBackNote } from './put-back-note.ts';
export { type DeliveryFacts, readDelivery } from './read-delivery.ts';
export { presentRevision, revisionOf, scaleDownDeadlineOf } from './replica-sets.ts';
export { isRestartDue } from './restart.ts';
export { Rollout, type WorkloadView } from './rollout.ts';
export { type Condition, RolloutStatus, runReferencesOf } from './rollout-status.ts';
export { needsPods, needsTemplates } from './scene.ts';
export {
  hasPluginCalls,
  nextPluginCall,
  type PluginCall,
  type PluginOutcome,
  recordPluginCall,
} from './step-plugins.ts';
export { stepVerdict } from './step-verdict.ts';
export { composeRun } from './strategies/create-run.ts';
export { hasMeasured } from './strategies/runs.ts';
export {
  type BlueGreenStrategy,
  CanaryStep,
  GatewayApiRouting,
  type RolloutAnalysis,
  TrafficRouting,
} from './strategy-spec.ts';
export { isSameTemplate, withoutInjections } from './template-equality.ts';
export { type TemplateHolder, templateHolderOf } from './template-holder.ts';
export { nameTrial, type TrialKind, type TrialName, trialNamed } from './trial.ts';
export { chooseUndo, fastUndoStep, isUndo, type KnownHealth, type UndoChoice, undoPatch } from './undo.ts';
export { validateRollout } from './validate.ts';
export { patchesFor, type RolloutPatch, type Verb } from './verbs.ts';
export { isKeptUpAfterAbort } from './verification.ts';
export { stepCountOf, stepIndexOf, type Wait, waitOf } from './wait.ts';
export { parseWorkload, validateWorkload, type WorkloadKind, withWorkload, workloadKindOf } from './workload.ts';
export type {
  AdditionalWeight,
  OwnedPod,
  ReplicaSetView,
  RouterReading,
  ServiceView,
  WeightWriter,
  World,
} from './world.ts';
