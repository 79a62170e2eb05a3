import { findCondition } from './conditions.ts';
import type { Delivery } from './delivery.ts';
import { experimentWaitOf, experimentWords } from './experiment-wait.ts';
import { linesOf } from './metric-lines.ts';
import { heldByOf } from './point-of-no-return.ts';
import type { Standpoint } from './standpoint.ts';
import { stepVerdict } from './step-verdict.ts';
import { waitOf } from './wait.ts';

/** The engine's own words for what a person must know: why it went back, stands still, or waits. */
export function reasonOf(at: Standpoint, state: Delivery['state']): string | undefined {
  const { conditions } = at.world.rollout.status;
  switch (state) {
    case 'invalidSpec':
      return findCondition(conditions, 'InvalidSpec')?.message;
    case 'aborting':
    case 'rolledBack':
    case 'notVerified':
    case 'stalled':
      return progressReason(at);
    case 'stuck':
      return at.world.rollout.status.rolling?.stuck;
    case 'inconclusive':
      return inconclusiveReason(at);
    case 'frozen':
      return frozenReason(at);
    case 'noData':
      return noDataReason(at);
    case 'checking':
      return webhookReason(at) ?? experimentReason(at);
    default:
      return undefined;
  }
}

/** What was told of its progress while it was paused says nothing of an abort that no controller has looked at yet. */
function progressReason({ world }: Standpoint): string | undefined {
  const progressing = findCondition(world.rollout.status.conditions, 'Progressing');
  return progressing?.status === 'Unknown' ? undefined : progressing?.message;
}

/** The measurement's own words first: the run's begin with counts and limits, and what matters would be cut. */
function inconclusiveReason(at: Standpoint): string {
  const run = at.runs.find(({ status }) => status.phase === 'Inconclusive');
  const line = run === undefined ? undefined : linesOf(run).find(({ verdict }) => verdict === 'inconclusive');
  return line?.message || run?.status.message || stepVerdict(at.world) || 'an analysis was inconclusive';
}

/** What the verdict was that did not send it back; a person's freeze speaks for itself. */
function frozenReason(at: Standpoint): string | undefined {
  if (heldByOf(at.world.rollout) !== 'verdict') return undefined;
  const run = at.runs.find(({ status }) => status.phase === 'Failed' || status.phase === 'Error');
  if (run === undefined) return stepVerdict(at.world);
  const line = linesOf(run).find(({ verdict }) => verdict === 'failed' || verdict === 'noData');
  return line?.message || run.status.message;
}

function webhookReason(at: Standpoint): string | undefined {
  const wait = waitOf(at.world.rollout);
  if (wait?.kind !== 'webhook') return undefined;
  return `waits for ${wait.host}${wait.message === undefined ? '' : `: ${wait.message}`}`;
}

function experimentReason({ world }: Standpoint): string | undefined {
  const wait = experimentWaitOf(world);
  return wait === undefined ? undefined : experimentWords(wait);
}

function noDataReason(at: Standpoint): string {
  for (const run of at.runs) {
    const blind = linesOf(run).find((line) => line.verdict === 'noData' && line.isDryRun !== true);
    if (blind !== undefined) return blind.message ?? `metric "${blind.name}" gives no data`;
  }
  return 'the background analysis has not measured anything yet';
}
