import type { Cause } from '../../src/rollout/index.ts';
import { aMetric, noonMs } from './a-delivery.ts';

/** Every cause of why in every shape, with these words wherever somebody else's words stand. */
export function causesOf(words: string): readonly Cause[] {
  return [
    { kind: 'otherController', standing: { kind: 'other', holder: words, lease: 'argo-rollouts/lock' } },
    { kind: 'otherController', standing: { kind: 'nobody', lease: 'argo-rollouts/lock' } },
    {
      kind: 'otherController',
      standing: { kind: 'silent', controller: words, lease: 'argo-rollouts/lock', sinceMs: noonMs },
    },
    {
      kind: 'otherController',
      standing: { kind: 'silent', controller: words, lease: 'argo-rollouts/lock', sinceMs: undefined },
    },
    { kind: 'otherController', standing: { kind: 'instance', wanted: words, own: '' } },
    { kind: 'otherController', standing: { kind: 'instance', wanted: '', own: words } },
    { kind: 'sharedService', service: words, rollouts: [words, words], isLeftover: false },
    { kind: 'sharedService', service: words, rollouts: [words], isLeftover: true },
    { kind: 'selectorMismatch', service: words, mismatch: { kind: 'label', label: words, wanted: words, has: words } },
    { kind: 'selectorMismatch', service: words, mismatch: { kind: 'label', label: words, wanted: '', has: undefined } },
    { kind: 'selectorMismatch', service: words, mismatch: { kind: 'noEndpoints', readyPods: 2 } },
    { kind: 'noRouteRule', problem: words, isHttpRoute: false },
    { kind: 'noRouteRule', problem: words, isHttpRoute: true },
    { kind: 'invalidSpec', message: words },
    { kind: 'frozen', by: words },
    { kind: 'frozen', by: `the deletion of namespace ${words}` },
    { kind: 'putBack', manager: words, what: words, retryAtMs: noonMs },
    { kind: 'putBack', manager: 'argocd-controller', what: words, retryAtMs: noonMs },
    { kind: 'quota', replicaSet: words, message: words },
    {
      kind: 'imageCannotBePulled',
      image: words,
      pod: words,
      container: words,
      reason: words,
      message: words,
      podCount: 2,
    },
    { kind: 'podsNotReady', ready: 0, desired: 2, reason: 'CrashLoopBackOff', message: words, pod: words },
    { kind: 'podsNotReady', ready: 0, desired: 2, reason: words, message: words, pod: words },
    { kind: 'podsNotReady', ready: 0, desired: 2, reason: 'Starting', message: '', pod: undefined },
    {
      kind: 'noData',
      metric: words,
      message: words,
      query: words,
      lastSample: { kind: 'value', atMs: noonMs, value: 0.5 },
      nextAtMs: noonMs,
    },
    {
      kind: 'noData',
      metric: words,
      message: '',
      query: undefined,
      lastSample: { kind: 'none', sinceMs: noonMs },
      nextAtMs: undefined,
    },
    {
      kind: 'analysisValue',
      metric: aMetric({ name: words, condition: words, limit: undefined, message: words }),
      nextAtMs: noonMs,
    },
    { kind: 'waitsForPerson', for: 'promote', by: undefined },
    { kind: 'waitsForPerson', for: 'resume', by: words },
    { kind: 'waitsForPerson', for: 'decision', by: undefined },
    { kind: 'timedUntil', untilMs: noonMs },
    { kind: 'webhook', host: words, message: words, untilMs: noonMs },
    { kind: 'webhook', host: words, message: undefined, untilMs: noonMs },
  ];
}
