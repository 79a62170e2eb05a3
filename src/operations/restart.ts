import { formatTimestamp } from '../analysis/index.ts';
import { isRestartDue } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { refuse } from './situation.ts';

/** Every pod anew, of the same version, a few at a time: no revision begins, and nothing of the plan moves. */
export const restart: Act<Wish> = {
  verb: 'restart',
  raisesRisk: true,
  isBoundTo: 'revision',
  choose({ rollout }, _wish, tools) {
    const nowMs = tools.cluster.nowMs();
    const invalid = rollout.status.conditions?.find(({ type, status }) => type === 'InvalidSpec' && status === 'True');
    if (invalid !== undefined) return refuse('invalidSpec', { message: invalid.message ?? '' });
    if (isRestartDue(rollout, nowMs)) return refuse('alreadyRestarting', { since: rollout.spec.restartAt ?? '' });
    const restartAt = formatTimestamp(nowMs);
    return { done: true, patches: [{ patch: { spec: { restartAt } } }], facts: { restartAt } };
  },
};
