import { formatPercent } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { type Mrkdwn, quote } from './mrkdwn.ts';
import { canaryVersion, versionOf } from './version.ts';

const maxVersion = 20;

/**
 * Where a revision stands, to be put behind its name: `at 25 %`. Of blue-green, which has no shares: `in preview` or `active`; the very
 * first revision, of which nobody is in doubt, stands nowhere yet.
 */
export function placeWords(delivery: Delivery, percent = formatPercent(delivery.weightPercent)): string {
  if (isShared(delivery)) return `at ${percent} %`;
  if (delivery.blueGreen?.at === 'active') return 'active';
  return delivery.fromImage === undefined ? '' : 'in preview';
}

/** Blue-green: who has the requests now. */
export function requestWords(delivery: Delivery): Mrkdwn {
  const { fromImage, blueGreen } = delivery;
  if (blueGreen?.at === 'active') return `all requests on *${quote(canaryVersion(delivery), maxVersion)}*`;
  return fromImage === undefined ? 'no requests yet' : `all requests on *${quote(versionOf(fromImage), maxVersion)}*`;
}

/** A canary has a share of the requests; blue-green only where somebody has led the active Service to both revisions. */
export function isShared({ blueGreen, weightPercent }: Delivery): boolean {
  return blueGreen === undefined || (weightPercent > 0 && weightPercent < 100);
}

/** `shop`, or `shop on prod-eu` where clusters have names. */
export function whereWords(delivery: Pick<Delivery, 'namespace' | 'clusterName'>, maxLength: number): Mrkdwn {
  return `${quote(delivery.namespace, maxLength)}${clusterWords(delivery)}`;
}

/** ` on prod-eu` */
export function clusterWords({ clusterName }: Pick<Delivery, 'clusterName'>): Mrkdwn {
  return clusterName === undefined ? '' : ` on ${quote(clusterName, 30)}`;
}
