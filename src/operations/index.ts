/**
 * operations: everything a person can ask for: authorise, record, write by Argo's protocol, nudge the engine.
 * Nobody else changes a rollout. Begin reading at operations.ts.
 */
export type { BuiltImage } from './act.ts';
export { type ChannelPolicy, type Channels, createChannels } from './channels.ts';
export { type CheckAnswer, type CheckedMetric, type CheckTools, check, type Reading } from './check.ts';
export { type CheckWords, checkWords } from './check-words.ts';
export { createOperations } from './create-operations.ts';
export { type CheckupLine, type CheckupName, checkupNames, type Finding, failed, ok } from './doctor/checkup.ts';
export {
  judgeClock,
  judgeController,
  judgeDefinitions,
  judgeDriven,
  judgeRights,
  rightQuestions,
  type WhereRightsAreNeeded,
} from './doctor/judge-cluster.ts';
export {
  judgeChannel,
  judgeChartBlock,
  judgePrometheus,
  judgeQueue,
  judgeSlack,
  judgeUserGroups,
} from './doctor/judge-hands.ts';
export { type DoctorTools, type Probe, type Probes, runChecks } from './doctor/run-checks.ts';
export { type ExplainedVerb, explainedVerbs, type ReasonWish } from './give-reason.ts';
export { type HandOverEnd, type HandOverTools, handBack, takeOver } from './hand-over/carry-out.ts';
export type { Direction, HandOverPlan, HandOverRow, Sides } from './hand-over/hand-over.ts';
export { planHandBack, planTakeOver } from './hand-over/plan-hand-over.ts';
export {
  type Build,
  type Heard,
  type HearTools,
  hearImage,
  type Offer,
  offersOf,
  type RunnerTools,
} from './hear-image.ts';
export type { History, Revision, RevisionOutcome } from './history.ts';
export type { HomeFacts, Moving } from './home.ts';
export { createLiveCards } from './live-cards.ts';
export type { PastRevision, RecentChange, RecentChanges } from './look-back.ts';
export {
  type Answer,
  type AskedVerb,
  type CardPlace,
  type Done,
  type ImageChange,
  type KnownImage,
  type Look,
  type Operations,
  type Person,
  type Question,
  type Refusal,
  type RefusalReason,
  type RolloutName,
  refusalReasons,
  type StartForm,
  type StartWish,
  type Target,
  type TrialQuestion,
  type Wish,
} from './operations.ts';
export { type PlanAccess, type PlanAnswer, type PlannedVerb, type PlanTools, type PlanWish, plan } from './plan.ts';
export { type PlanWords, planWords } from './plan-words.ts';
export type { Verdict } from './verdict.ts';
export type { Startable } from './where.ts';
export type { Study, Why, WhyTools } from './why.ts';
