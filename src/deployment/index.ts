/**
 * deployment: a plain Deployment guarded by SLOs: what is remembered of it, what to do next, and how it reads as a rollout. Pure.
 * Never moves a pod: Kubernetes' own controller does. Begin reading at decide.ts.
 */
export { asRollout, asRolloutReplicaSet } from './as-rollout.ts';
export { type DeploymentDecision, type DeploymentEffect, decideDeployment } from './decide.ts';
export { Deployment, type DeploymentWorld, type RevisionView } from './deployment.ts';
export { lastGoodOf, rememberUndo } from './go-back.ts';
export { isGuarded, neededTemplatesOf, readGuard } from './guard.ts';
export { isGood, type Memory, memoryAnnotation, readMemory } from './memory.ts';
