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
  return { effects: [...lowerAborted(world), ...write], wakeAtMs: world.nowMs + LOOK_AGAIN_MS };
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
