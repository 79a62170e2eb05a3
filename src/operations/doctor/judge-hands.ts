import type { QueueReport } from '../../queue-stores/index.ts';
import { type Finding, failed, ok, warning } from './checkup.ts';

// What stands beside the cluster: queue, Prometheus, Slack, the picture worker.

const slowMs = 100;

export function judgeQueue(report: QueueReport): Finding {
  if (report.kind !== 'redis') {
    const words = { embedded: 'embedded: one process, about 50 moving rollouts', 'in-process': 'in process' };
    return report.isHealthy ? ok(words[report.kind]) : failed(`${words[report.kind]}; it does not answer`);
  }
  if (!report.isHealthy)
    return failed('Redis does not answer: the keeper takes the turns in process', 'redis-cli -u "$REDIS_URL" ping');
  const { policy, isAppendOnly, roundTripMs, version } = report;
  const facts = `Redis ${version}, ${Math.round(roundTripMs)} ms`;
  if (policy !== 'noeviction')
    return failed(
      `${facts}; its policy is ${policy}: it may throw waiting turns away`,
      'redis-cli -u "$REDIS_URL" config set maxmemory-policy noeviction',
    );
  if (!isAppendOnly)
    return warning(
      `${facts}; it keeps no append-only file: a restart loses the queue, and costs a delay`,
      'redis-cli -u "$REDIS_URL" config set appendonly yes',
    );
  return roundTripMs > slowMs
    ? warning(`${facts}: slow; each turn asks it several times`)
    : ok(`${facts}, noeviction, AOF`);
}

export function judgePrometheus(address: string, roundTripMs: number | undefined): Finding {
  if (address === '' || roundTripMs === undefined)
    return warning('PROMETHEUS_ADDRESS is not set: each metric must name its own address');
  return ok(`${address} answers in ${Math.round(roundTripMs)} ms`);
}

export interface SeenSlack {
  readonly mode: 'socket' | 'http';
  readonly open: number;
  readonly wanted: number;
  /** Slack's word for why it does not take our token: `token_revoked` … */
  readonly tokenRefused?: string | undefined;
}

export function judgeSlack(seen: SeenSlack | undefined): Finding {
  if (seen === undefined) return failed('no Slack token: nobody is told', 'set SLACK_BOT_TOKEN and SLACK_APP_TOKEN');
  const { mode, open, wanted, tokenRefused } = seen;
  if (tokenRefused !== undefined)
    return failed(
      `the bot token is not accepted (${tokenRefused}): nobody is told`,
      'install the app again and set SLACK_BOT_TOKEN',
    );
  if (mode === 'http') return open > 0 ? ok('the port for Slack is open') : failed('the port for Slack is not open');
  if (open >= wanted) return ok(`${open} of ${wanted} sockets`);
  const words = `${open} of ${wanted} sockets`;
  return open === 0 ? failed(words) : warning(`${words}: Slack refreshes each now and then; ask again in a minute`);
}

export type SeenGroups =
  | { readonly kind: 'known'; readonly count: number }
  /** Slack's word: `missing_scope`, `paid_teams_only` … */
  | { readonly kind: 'none'; readonly why: string };

export function judgeUserGroups(seen: SeenGroups): Finding {
  if (seen.kind === 'known') return ok(`yes: ${seen.count}, bound as slack:<handle>`);
  const isScope = seen.why.includes('missing_scope');
  const words = `no (${seen.why}): everybody is slack:members only, rights are given one by one`;
  return isScope ? warning(words, 'add the bot scope usergroups:read, and install the app again') : warning(words);
}

export interface SeenChannel {
  /** '' for a direct message. */
  readonly channel: string;
  readonly namespaces: readonly string[];
  /** Rollouts that name this channel themselves. */
  readonly rollouts: number;
  /** The DeliveryPolicies that name it: `shop/shop`. */
  readonly policies: readonly string[];
  readonly isOutside: boolean;
}

export function judgeChannel({ channel, namespaces, rollouts, policies, isOutside }: SeenChannel): Finding {
  if (channel === '')
    return ok('a direct message: reads, pause, abort and undo work here; starts need a bound channel');
  const by = policies.length === 0 ? '' : ` by DeliveryPolicy ${policies.join(', ')}`;
  const bound = [
    ...(namespaces.length > 0 ? [`namespaces ${namespaces.join(', ')}${by}`] : []),
    ...(rollouts > 0 ? [`${rollouts} rollouts by annotation`] : []),
  ];
  if (bound.length === 0) {
    return warning(
      `no DeliveryPolicy names it, nor does CHANNELS: nothing can be started from here (${channel})`,
      policyLine('NAMESPACE', channel),
    );
  }
  return isOutside
    ? failed(`bound to ${bound.join(' and ')}, but I am not in it`, '/invite @Stepwise')
    : ok(`bound to ${bound.join(' and ')}`);
}

/** Binds a channel to a namespace; copied into a terminal. */
function policyLine(namespace: string, channel: string): string {
  const metadata = `{"name":"channels","namespace":"${namespace}"}`;
  const policy = `{"apiVersion":"stepwise.dev/v1alpha1","kind":"DeliveryPolicy","metadata":${metadata},"spec":{"channels":["${channel}"]}}`;
  return `echo '${policy}' | kubectl apply --server-side -f -`;
}

export function judgeChartBlock(refusedUntilMs: number | undefined): Finding {
  if (refusedUntilMs === undefined) return ok('not refused by this workspace so far');
  const until = `${new Date(refusedUntilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return warning(`refused by this workspace: cards show sparklines until ${until}, then it is tried again`);
}
