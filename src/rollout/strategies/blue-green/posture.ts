import type { AnalysisRun } from '../../../analysis/index.ts';
import { podHashLabel } from '../../names.ts';
import type { BlueGreenScene } from '../../scene.ts';
import type { RolloutAnalysis } from '../../strategy-spec.ts';
import {
  type CommonPosture,
  findTimeout,
  hasFailed,
  isAbortStored,
  judgeAbort,
  judgeCommonPosture,
} from '../posture.ts';
import { isWithinRollbackWindow } from '../rollback-window.ts';
import { findRun, phaseOf } from '../runs.ts';

/** How a blue-green rollout stands: what holds now, by the stored status and by the evidence of the runs that it names. */
export interface Posture extends CommonPosture {
  /** The template is not the one that the status is about: it has to be reset before anything else. */
  readonly isChanged: boolean;
  /** The active Service belongs to stable, until somebody retries. `because` is what Argo writes behind `…to revision N: `. */
  readonly abort: { readonly because: string | undefined } | undefined;
  /** Neither pause nor analysis is waited for: a person asked for it, or an earlier revision comes back that may. */
  readonly isFull: boolean;
  /** `spec.paused`, or an inconclusive analysis waits for a person: nothing is scaled, nothing is switched forward. */
  readonly isHeld: boolean;
  /**
   * It is stored that the active Service may go to the preview's pods (`status.blueGreen.activeSelector` names them). Argo writes it
   * behind the switch, we before: so the switch follows a write that fails if an abort came first.
   */
  readonly isPermitted: boolean;
  /** The active Service selects the preview's pods. */
  readonly isServed: boolean;
  readonly pre: NamedRun;
  readonly post: NamedRun;
}

/** The analysis before the switch, or after it. */
export interface NamedRun {
  readonly analysis: RolloutAnalysis | undefined;
  /** As the status names it. */
  readonly name: string | undefined;
  /** Undefined: not created yet. */
  readonly run: AnalysisRun | undefined;
}

export function judgePosture(scene: BlueGreenScene): Posture {
  const { status, strategy } = scene;
  const { blueGreen } = status;
  const common = judgeCommonPosture(scene);
  const { isFirst, isPromoted, isRetried } = common;
  const isChanged = status.currentPodHash !== scene.podHash;
  const isUnderWay = !isFirst && !isPromoted;
  const pre = named(scene, strategy.prePromotionAnalysis, blueGreen?.prePromotionAnalysisRunStatus?.name);
  const post = named(scene, strategy.postPromotionAnalysis, blueGreen?.postPromotionAnalysisRunStatus?.name);
  const isFull =
    isUnderWay &&
    !isAbortStored(scene) &&
    (status.promoteFull === true || (!isChanged && isWithinRollbackWindow(scene)));
  const verdict = isFull || isRetried ? undefined : (findVerdict(pre, post) ?? findTimeout(scene));
  const abort = judgeAbort(scene, { mayAbort: isUnderWay && !isChanged, verdict });
  const isInconclusive = (status.pauseConditions ?? []).some(({ reason }) => reason === 'InconclusiveAnalysisRun');
  return {
    ...common,
    isChanged,
    abort,
    isFull,
    isHeld: scene.spec.paused === true || isInconclusive,
    isPermitted:
      isUnderWay && !isChanged && !isRetried && abort === undefined && blueGreen?.activeSelector === scene.podHash,
    isServed: isServed(scene),
    pre,
    post,
  };
}

function isServed({ world, strategy, canary }: BlueGreenScene): boolean {
  const selected = world.services[strategy.activeService ?? '']?.selector[podHashLabel];
  return selected !== undefined && selected === canary?.podHash;
}

/** Whether it ended well; an analysis that nobody asks for has. */
export function hasPassed(scene: BlueGreenScene, { analysis, run }: NamedRun): boolean {
  if (analysis === undefined) return true;
  return run !== undefined && phaseOf(scene, run) === 'Successful';
}

function named(scene: BlueGreenScene, analysis: RolloutAnalysis | undefined, name: string | undefined): NamedRun {
  const isAsked = analysis !== undefined && analysis.templates.length > 0;
  return { analysis: isAsked ? analysis : undefined, name, run: findRun(scene, name) };
}

function findVerdict(pre: NamedRun, post: NamedRun): string | undefined {
  for (const [which, { run }] of [['pre', pre] as const, ['post', post] as const]) {
    if (hasFailed(run))
      return `Blue/green ${which}-promotion analysis phase error/failed: ${run?.status.message ?? ''}`;
  }
  return undefined;
}
