import { fieldOwners, type Rollout, templateHolderOf, writersOf } from '../rollout/index.ts';
import type { DeliveryRecord, RecordEntry } from './delivery-record.ts';

/** Controllers act by themselves: nobody did it. */
const engines = /^(stepwise|rollouts-controller|argo-rollouts|kube-controller-manager)$/;
const slackUser = /^stepwise-(.+)$/;

/** A Slack user's id, `kubectl`, `argocd`, or the manager's own name; undefined for the engine. */
function personOf(manager: string): string | undefined {
  const user = slackUser.exec(manager)?.[1];
  if (user !== undefined) return user;
  if (engines.test(manager)) return undefined;
  if (manager.startsWith('kubectl')) return 'kubectl';
  if (manager.startsWith('argocd')) return 'argocd';
  return manager;
}

/** Who last wrote a field of the Rollout: the newest of its owners. */
export function writerOf(rollout: Rollout, path: readonly string[]): string | undefined {
  return newestWriter(rollout.metadata, path);
}

/** Who last wrote the pod template, in whatever object it stands. */
export function templateWriterOf(rollout: Rollout): string | undefined {
  const { metadata, path } = templateHolderOf(rollout);
  return newestWriter(metadata, path);
}

function newestWriter(metadata: Rollout['metadata'], path: readonly string[]): string | undefined {
  const newest = writersOf(metadata, path).at(-1);
  return newest === undefined ? undefined : personOf(newest.manager);
}

/**
 * Who wrote the status since `sinceMs`, besides the engine: for acts that remove a field, which leaves no owner of it.
 * The API server's times are whole seconds, so the second itself counts.
 */
export function statusWriterSince(rollout: Rollout, sinceMs: number): string | undefined {
  const people = fieldOwners(rollout.metadata)
    .filter(({ subresource, time }) => subresource === 'status' && Date.parse(time) >= sinceMs - 999)
    .toSorted((a, b) => (a.time < b.time ? 1 : -1));
  for (const { manager } of people) {
    const person = personOf(manager);
    if (person !== undefined) return person;
  }
  return undefined;
}

/** What a person asked for that led to an event and is not yet told by one: the newest such act after the last `event`. */
export function askedFor(record: DeliveryRecord, verbs: readonly string[], event: string): RecordEntry | undefined {
  const toldUpTo = record.entries.findLast((entry) => entry.event === event)?.seq ?? 0;
  const asked = verbs.map((verb) => `asked:${verb}`);
  return record.entries.findLast((entry) => entry.seq > toldUpTo && asked.includes(entry.event));
}
