import type { Logger } from 'pino';
import {
  asRollout,
  type Deployment,
  type DeploymentEffect,
  type DeploymentWorld,
  decideDeployment,
  neededTemplatesOf,
  readMemory,
} from '../deployment/index.ts';
import type { AnalysisRuns, Deployments, ObjectName } from '../kubernetes/index.ts';
import { assertNever } from '../lib/index.ts';
import type { Effect, Rollout } from '../rollout/index.ts';
import { type GlanceTools, readAnalysisRuns } from './observe.ts';
import type { TurnOutcome } from './reconcile.ts';
import { settle } from './settle.ts';
import { cachedTemplates } from './templates.ts';

export interface DeploymentTools {
  readonly deployments: Deployments;
  readonly analysisRuns: AnalysisRuns;
  readonly caches: GlanceTools['caches'];
  readonly nowMs: () => number;
  readonly evidence: DeploymentWorld['evidence'];
  readonly isOurs: (rollout: Rollout) => boolean;
  /** Sent beside the turn. */
  readonly sendEvent: (rollout: Rollout, event: Extract<Effect, { kind: 'sendEvent' }>) => void;
  readonly log: Logger;
}

/** One turn for one guarded Deployment: look, decide, perform, until nothing is left to do now. The API server only. */
export async function takeDeploymentTurn(
  name: ObjectName,
  tools: DeploymentTools,
  signal: AbortSignal,
): Promise<TurnOutcome> {
  return await settle(name, {
    observe: () => observeDeployment(name, tools, signal),
    decide: decideDeployment,
    async perform(effects, { deployment }) {
      for (const effect of effects) {
        await perform(effect, deployment, tools, signal);
        tools.log.debug({ ...name, effect: effect.kind }, 'effect performed');
      }
    },
    nowMs: tools.nowMs,
    log: tools.log,
  });
}

/**
 * The order is a fence: the Deployment is read before its ReplicaSets and runs, and each write names its version. Whoever changes the
 * template after that read makes our write fail.
 */
async function observeDeployment(
  name: ObjectName,
  tools: DeploymentTools,
  signal: AbortSignal,
): Promise<DeploymentWorld | undefined> {
  const deployment = await tools.deployments.read(name, signal);
  if (
    deployment === undefined ||
    deployment.metadata.deletionTimestamp !== undefined ||
    !tools.isOurs(asRollout(deployment))
  )
    return undefined;
  const replicaSets = await tools.deployments.readRevisions(deployment, signal);
  const analysisRuns = await readAnalysisRuns(asRollout(deployment), tools, signal);
  const templates = await cachedTemplates(neededTemplatesOf(deployment), name.namespace, tools.caches);
  return { nowMs: tools.nowMs(), deployment, replicaSets, analysisRuns, templates, evidence: tools.evidence };
}

async function perform(
  effect: DeploymentEffect,
  deployment: Deployment,
  tools: DeploymentTools,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = deployment.metadata;
  switch (effect.kind) {
    case 'remember':
      return tools.deployments.remember(deployment, effect, { signal });
    case 'hold':
      return tools.deployments.hold(deployment, effect.memory, { signal });
    case 'goBack':
      await tools.deployments.goBack(deployment, effect, { signal });
      tools.log.info({ namespace, deployment: name, ...effect.memory.undone }, 'undone');
      return undefined;
    case 'createAnalysisRun':
      return tools.analysisRuns.create(deployment, effect.analysisRun, { signal });
    case 'terminateAnalysisRun':
      return tools.analysisRuns.terminate({ namespace, name: effect.name }, { signal });
    case 'deleteAnalysisRun':
      return tools.analysisRuns.remove({ namespace, name: effect.name }, effect.uid, { signal });
    case 'sendEvent':
      return tools.sendEvent(asRollout(deployment), effect);
    default:
      return assertNever(effect);
  }
}

/** Its watch is not over. */
export function isWatched(deployment: Deployment): boolean {
  const memory = readMemory(deployment);
  return memory === undefined || (memory.undone === undefined && memory.good[0] !== memory.canary);
}
