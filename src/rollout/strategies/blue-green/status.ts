import { withoutUndefined } from '../../deep-equal.ts';
import type { Announce } from '../../events.ts';
import { formatLabelSelector } from '../../label-selector.ts';
import { podHashLabel } from '../../names.ts';
import { phaseOfBlueGreen } from '../../phase.ts';
import { sumOf } from '../../replica-sets.ts';
import type { RestartPlan } from '../../restart.ts';
import type { RolloutStatus } from '../../rollout-status.ts';
import type { BlueGreenScene } from '../../scene.ts';
import type { ReplicaSetView } from '../../world.ts';
import { judgeConditions } from '../conditions.ts';
import { commonStatus, withoutZeroCounts } from '../standing.ts';
import { pauseEvents, runEvents } from '../status-events.ts';
import type { Standing } from './advance.ts';
import type { Posture } from './posture.ts';
import type { ServicesPlan } from './services.ts';

/** The whole status after this decision, and the events that its changes deserve. Fields that are not ours stay. */
export function buildStatus(
  scene: BlueGreenScene,
  posture: Posture,
  { standing, services, restart }: { standing: Standing; services: ServicesPlan; restart: RestartPlan },
): { readonly status: RolloutStatus; readonly events: readonly Announce[] } {
  const { world, status: stored, spec } = scene;
  const blueGreen = buildBlueGreen(scene, standing, services);
  // Of what the Service selects now: between permission and switch the requests are still on stable.
  const active = world.replicaSets.find(({ podHash }) => podHash === services.activeHash);
  const draft: RolloutStatus = withoutUndefined({
    ...stored,
    ...commonStatus(scene, standing, restart),
    // Of a canary that this was before.
    currentStepHash: undefined,
    currentStepIndex: undefined,
    // Empty, as Argo stores it.
    canary: {},
    ...countsOf(active === undefined ? world.replicaSets : [active]),
    // What an autoscaler counts: the pods that have the requests.
    selector: selectorOf(scene, active),
    blueGreen,
  });
  const isServing = draft.blueGreen?.activeSelector === scene.podHash;
  const isPreviewed = !scene.strategy.previewService || draft.blueGreen?.previewSelector === scene.podHash;
  const judged = judgeConditions(scene, standing, draft, {
    isArrived: isServing && isPreviewed,
    isUncounted: standing.isWaitingForEvidence,
  });
  const conditioned: RolloutStatus = { ...draft, conditions: judged.conditions };
  const { phase, message } = phaseOfBlueGreen({ ...spec, replicas: scene.replicas }, conditioned, {
    hasPostPromotion: posture.post.analysis !== undefined,
    isRestarting: restart.isPending,
  });
  const status = withoutUndefined({ ...conditioned, phase, message: message === '' ? undefined : message });
  // A first deployment is stable at once: Argo never calls it not completed.
  const events = [
    ...standing.events,
    ...(standing.stableRS === '' ? [] : judged.events),
    ...pauseEvents(stored, status),
    ...analysisEvents(stored, status),
  ];
  return { status: withoutZeroCounts(status), events };
}

function buildBlueGreen(
  scene: BlueGreenScene,
  standing: Standing,
  { activeHash }: ServicesPlan,
): NonNullable<RolloutStatus['blueGreen']> {
  const { previewService } = scene.strategy;
  const isUnderWay = standing.stableRS !== '' && standing.stableRS !== scene.podHash;
  // To name the preview's hash here is to permit the switch: where somebody else has switched, stable is named, and is what is meant.
  const known = isUnderWay && activeHash === scene.podHash ? standing.stableRS : activeHash;
  return withoutUndefined({
    ...scene.status.blueGreen,
    previewSelector: scene.world.services[previewService ?? '']?.selector[podHashLabel],
    activeSelector: standing.isPermitted ? scene.podHash : known,
    scaleUpPreviewCheckPoint: standing.isGrown || undefined,
    prePromotionAnalysisRunStatus: standing.preRun,
    postPromotionAnalysisRunStatus: standing.postRun,
  });
}

function countsOf(replicaSets: readonly ReplicaSetView[]) {
  return {
    readyReplicas: sumOf(replicaSets, (one) => one.readyReplicas),
    availableReplicas: sumOf(replicaSets, (one) => one.availableReplicas),
    HPAReplicas: sumOf(replicaSets, (one) => one.replicas),
  };
}

function selectorOf({ spec }: BlueGreenScene, active: ReplicaSetView | undefined): string {
  if (active === undefined) return formatLabelSelector(spec.selector);
  const matchLabels = { ...spec.selector?.matchLabels, [podHashLabel]: active.podHash };
  return formatLabelSelector({ ...spec.selector, matchLabels });
}

function analysisEvents(before: RolloutStatus, after: RolloutStatus): Announce[] {
  const { blueGreen: was } = before;
  const { blueGreen: is } = after;
  return [
    ...runEvents('PrePromotion', was?.prePromotionAnalysisRunStatus, is?.prePromotionAnalysisRunStatus),
    ...runEvents('PostPromotion', was?.postPromotionAnalysisRunStatus, is?.postPromotionAnalysisRunStatus),
  ];
}
