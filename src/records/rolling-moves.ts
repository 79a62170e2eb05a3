import { formatTimestamp, parseTimestamp } from '../analysis/index.ts';
import { formatDuration } from '../lib/index.ts';
import type { NewEntry } from './records.ts';
import { entry, type Scene } from './scene.ts';
import type { Seen } from './sight.ts';

const soakKey = 'rolling:soak';
const stuckKey = 'rolling:stuck';

/** What happens to a Deployment alone: its last pod has come and it soaks; or it should go back and cannot. */
export function rollingMoves(scene: Scene): { readonly seen: Seen; readonly entries: readonly NewEntry[] } {
  const { rolling } = scene.rollout.status;
  if (rolling === undefined) return { seen: {}, entries: [] };
  const { rolledOutAt = '', soakEndsAt = '', stuck = '' } = rolling;
  const { seen: before } = scene.record;
  const entries: NewEntry[] = [];
  if (soakEndsAt !== '' && (before[soakKey] ?? '') === '') entries.push(soaks(scene, rolledOutAt, soakEndsAt));
  if (stuck !== '' && (before[stuckKey] ?? '') === '') entries.push(entry(scene, 'notUndone', { text: stuck }));
  return { seen: { [soakKey]: before[soakKey] || rolledOutAt, [stuckKey]: before[stuckKey] || stuck }, entries };
}

function soaks(scene: Scene, rolledOutAt: string, soakEndsAt: string): NewEntry {
  const lastsMs = (parseTimestamp(soakEndsAt) ?? 0) - (parseTimestamp(rolledOutAt) ?? 0);
  const at = formatTimestamp(parseTimestamp(rolledOutAt) ?? scene.look.world.nowMs);
  const text = lastsMs > 0 ? `has all pods, soaks for ${formatDuration(lastsMs)}` : 'has all pods';
  return entry(scene, 'stepReached', { at, text, facts: { percent: '100', step: '1', of: '1' } });
}
