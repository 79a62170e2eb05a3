import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena, openArena, progress } from '../arena.ts';
import { watchContention } from '../contention.ts';
import { setImage, teamOf } from '../fleet.ts';
import type { Ledger } from '../ledger.ts';
import { against, spreadOf } from '../statistics.ts';

const everyMs = 150;

/** Rollouts that were promoted a moment ago, their former pods still there, are undone in words, one after the other. */
export async function measureUndo(rollouts: number) {
  const arena = await openArena({ store: 'redis', replicas: 2, rollouts });
  try {
    return await undoAll(arena);
  } finally {
    await arena.stop();
  }
}

async function undoAll(arena: Arena) {
  const { fleet, ledger, sandbox } = arena;
  const former = new Map(fleet.names.map((name) => [name, ledger.standings.get(name)?.stableHash ?? '']));
  for (const name of fleet.names) {
    await setImage(sandbox, name, '2.0.0');
    await sleep(everyMs);
  }
  await arena.settled('the update', fleet.names, (name) => {
    const now = ledger.standings.get(name);
    return now?.phase === 'Healthy' && now.stableHash !== former.get(name);
  });
  // What an undo goes back to is what a record says was live: the cards' turns write it.
  await sleep(5000);
  progress('undo, one after the other');
  const contention = watchContention(arena.replicas);
  const clickedAtMs = new Map<string, number>();
  const clicks: Promise<void>[] = [];
  for (const name of fleet.names) {
    clicks.push(undo(arena, name).then((atMs) => void clickedAtMs.set(name, atMs)));
    await sleep(everyMs);
  }
  await Promise.all(clicks);
  const tookMs = (name: string) => {
    const sinceMs = clickedAtMs.get(name) ?? 0;
    return allFormerAtMs(ledger, name, former.get(name) ?? '', sinceMs) - sinceMs;
  };
  await arena.settled('the undo', fleet.names, (name) => Number.isFinite(tookMs(name)), 60_000);
  const ms = spreadOf(fleet.names.map(tookMs));
  return {
    ...against(ms.p99, 3000),
    arrival: `/rollout undo and a click on its question for one of ${fleet.names.length} rollouts every ${everyMs} ms, promoted some seconds ago, former pods warm; 2 replicas, redis`,
    how: 'click sent at the Slack stand-in → API time of the write after which every request goes to the former pods: by the stable Service, or by weight 100 to a canary Service that selects them',
    ms,
    contention: contention.stop(),
  };
}

/** Asks for it in words and says yes to the question. Returns when the click was sent. */
async function undo({ sandbox, slack }: Arena, rollout: string): Promise<number> {
  const { channel } = teamOf(rollout);
  await slack.command({ user: 'dana', channel, text: `/rollout undo ${rollout}` });
  const question = await sandbox.eventually('the question', () =>
    slack
      .transcript()
      .messages.findLast(({ onlyFor, versions }) => onlyFor !== undefined && versions[0]?.text.includes(`${rollout} `)),
  );
  const atMs = Date.now();
  await slack.click({ user: 'dana', channel, ts: question.ts, action_id: 'undo' });
  return atMs;
}

/** Plays the writes since the person asked and finds the first after which no request goes anywhere else. */
function allFormerAtMs(ledger: Ledger, rollout: string, former: string, sinceMs: number): number {
  let stable: string | undefined;
  let canary: string | undefined;
  let weight = 0;
  const changes = [
    ...ledger.switches
      .filter(({ service }) => service === `${rollout}-stable` || service === `${rollout}-canary`)
      .map(({ service, podHash, atMs }) => ({
        atMs,
        apply: () => {
          if (service.endsWith('-stable')) stable = podHash;
          else canary = podHash;
        },
      })),
    ...ledger.weights
      .filter((write) => write.rollout === rollout)
      .map((write) => ({
        atMs: write.atMs,
        apply: () => {
          weight = write.weight;
        },
      })),
  ].toSorted((a, b) => a.atMs - b.atMs);
  for (const { atMs, apply } of changes) {
    apply();
    const byStable = weight === 100 || stable === former;
    const byCanary = weight === 0 || canary === former;
    if (atMs >= sinceMs && byStable && byCanary) return atMs;
  }
  return Number.POSITIVE_INFINITY;
}
