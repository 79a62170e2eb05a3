import { findCondition, refreshCondition, setCondition } from './conditions.ts';
import { isDeepEqual, withoutUndefined } from './deep-equal.ts';
import type { Decision, Effect } from './effect.ts';
import { phaseOfCanary } from './phase.ts';
import { listProblems } from './problems.ts';
import type { RolloutStatus } from './rollout-status.ts';
import { readGround, readScene } from './scene.ts';
import { judgePosture as judgeBlueGreen } from './strategies/blue-green/posture.ts';
import { planServices } from './strategies/blue-green/services.ts';
import { judgePosture } from './strategies/canary/posture.ts';
import { planTraffic } from './strategies/canary/traffic.ts';
import { planFormerServices } from './strategies/former-services.ts';
import { saysTaken } from './strategies/validate-parts.ts';
import type { World } from './world.ts';

const LOOK_AGAIN_MS = 20_000;

/** Says what is wrong, in the condition, phase and message that Argo's clients show, and scales nothing. */
export function decideInvalid(world: World, problems: readonly string[]): Decision {
  const { rollout } = world;
  const message = `The Rollout "${rollout.metadata.name}" is invalid: ${listProblems(problems)}`;
  const condition = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message } as const;
  const stored = rollout.status.conditions ?? [];
  const isSameMessage = findCondition(stored, 'InvalidSpec')?.message === message;
  const conditions = (isSameMessage ? setCondition : refreshCondition)(stored, condition, world.nowMs);
  const draft: RolloutStatus = {
    ...rollout.status,
    observedGeneration: String(rollout.metadata.generation ?? 0),
    conditions,
  };
  const status = withoutUndefined({ ...draft, ...phaseOfCanary(rollout.spec, draft, { hasRouter: true }) });
  const write: Effect[] = isDeepEqual(status, rollout.status) ? [] : [{ kind: 'writeStatus', status }];
  return {
    effects: [...lowerAborted(world), ...letGo(world, problems), ...write],
    wakeAtMs: world.nowMs + LOOK_AGAIN_MS,
  };
}

/**
 * Two Rollouts that have exchanged their Services each wait for what the other has: both let go of what they name no more (as Argo's
 * service controller does, at its next look at the Service).
 */
function letGo(world: World, problems: readonly string[]): readonly Effect[] {
  if (!problems.every(saysTaken)) return [];
  const ground = readGround(world);
  return planFormerServices(ground, ground.canary !== undefined && ground.canary === ground.stable);
}

/** An abort is not stopped by a mistake elsewhere in the spec (unlike Argo, which then reconciles nothing at all). */
function lowerAborted(world: World): readonly Effect[] {
  const { canary, blueGreen } = world.rollout.spec.strategy ?? {};
  if (canary === undefined && blueGreen !== undefined) {
    const scene = { ...readGround(world), strategy: blueGreen };
    const posture = judgeBlueGreen(scene);
    return posture.abort === undefined ? [] : planServices(scene, posture).back;
  }
  if (canary === undefined || world.router === undefined) return [];
  const scene = readScene(world, canary);
  const posture = judgePosture(scene);
  return posture.abort === undefined ? [] : planTraffic(scene, posture).lower;
}
