/**
 * rollout: the Rollout model and its state machine, as Argo writes it. Pure: no network, clock, queue or randomness.
 * Never does anything: it says what should be done (effect.ts) about what was seen (world.ts).
 * Begin reading at decide.ts.
 */
export type { Binding, Delivery, DeliveryState, MetricLine, MetricSeries, VerificationCheck } from './delivery.ts';
export type { Decision, Effect, NewAnalysisRun, NewReplicaSet } from './effect.ts';
export {
  CanaryStep,
  CanaryStrategy,
  Condition,
  GatewayApiRouting,
  NginxRouting,
  PodTemplate,
  Rollout,
  RolloutAnalysis,
  RolloutSpec,
  RolloutStatus,
  TrafficRouting,
} from './rollout.ts';
export type { ReplicaSetView, RouterReading, ServiceView, World } from './world.ts';
