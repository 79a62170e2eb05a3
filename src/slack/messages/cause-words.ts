import { assertNever, formatPercent, formatValue, unitOf } from '../../lib/index.ts';
import type { Why } from '../../operations/index.ts';
import type { Cause, Delivery } from '../../rollout/index.ts';
import { print } from '../commands/print.ts';
import { metricLine } from './metric-words.ts';
import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';

/** A cause in words: what is so, who can change it, and what to type next. */
export interface CauseWords {
  /** One sentence, without its mark. */
  readonly title: Mrkdwn;
  readonly details: readonly Mrkdwn[];
  readonly who: Mrkdwn;
  /** Whole lines for Slack or a terminal. */
  readonly next: readonly string[];
}

/** What the words are about, and what a line begins with. */
export interface CauseView {
  readonly delivery: Delivery;
  /** `/rollout` */
  readonly command: string;
  readonly nameOf: (user: string) => string | undefined;
  readonly mayDo: Why['mayDo'];
}

/** Of those who may, so many are named. */
const mostNamed = 4;

type Of<Kind extends Cause['kind']> = Extract<Cause, { readonly kind: Kind }>;

const owner = "whoever keeps this rollout's manifests";

export function causeWords(cause: Cause, view: CauseView): CauseWords {
  switch (cause.kind) {
    case 'otherController':
      return otherController(cause, view);
    case 'sharedService':
      return sharedService(cause, view);
    case 'selectorMismatch':
      return selectorMismatch(cause, view);
    case 'noRouteRule':
      return {
        title: 'No route leads to it',
        details: [words(cause.problem)],
        who: owner,
        next: [kubectl(view, `get ${cause.isHttpRoute ? 'httproute' : 'ingress'} -o yaml`)],
      };
    case 'invalidSpec':
      return {
        title: 'Its spec is invalid: nothing is changed until it is right',
        details: [words(cause.message)],
        who: owner,
        next: [kubectl(view, `edit rollouts.argoproj.io ${view.delivery.name}`)],
      };
    case 'frozen':
      return frozen(cause, view);
    case 'putBack':
      return putBack(cause, view);
    case 'quota':
      return {
        title: 'A quota refuses its pods',
        details: [words(cause.message)],
        who: `whoever may raise the quota of ${quote(view.delivery.namespace, 63)}`,
        next: [kubectl(view, 'describe resourcequota'), say(view, 'abort')],
      };
    case 'imageCannotBePulled':
      return imageCannotBePulled(cause, view);
    case 'podsNotReady':
      return podsNotReady(cause, view);
    case 'noData':
      return noData(cause, view);
    case 'analysisValue':
      return analysisValue(cause, view);
    case 'waitsForPerson':
      return waitsForPerson(cause, view);
    case 'timedUntil':
      return {
        title: `Waits until ${date(cause.untilMs, '{time_secs}')} (${date(cause.untilMs, '{ago}')})`,
        details: ['A pause of its plan: nothing is wrong.'],
        who: `nobody must; ${mayAsk(view, 'promote')} ends the wait now`,
        next: [say(view, 'promote')],
      };
    default:
      return assertNever(cause);
  }
}

function otherController({ standing }: Of<'otherController'>, view: CauseView): CauseWords {
  const { name } = view.delivery;
  const label = 'argo-rollouts.argoproj.io/controller-instance-id';
  switch (standing.kind) {
    case 'other':
      return {
        title: `Another controller runs it: ${quote(standing.holder, 100)}`,
        details: [`It holds the Lease ${quote(standing.lease, 130)}, so Stepwise takes no turns.`],
        who: 'whoever installed the two controllers',
        next: [leaseLine(standing.lease), `${view.command} doctor`],
      };
    case 'nobody':
      return {
        title: 'No controller runs it',
        details: [`Nobody holds the Lease ${quote(standing.lease, 130)}: no replica of Stepwise could take it.`],
        who: 'whoever runs Stepwise',
        next: [leaseLine(standing.lease), `${view.command} doctor`],
      };
    case 'instance': {
      const ours = standing.own === '' ? `${label}-` : `${label}=${standing.own} --overwrite`;
      const own = standing.own === '' ? 'those without that label' : `those labelled ${quote(standing.own, 63)}`;
      return {
        title: `It belongs to the controller instance ${quote(standing.wanted, 63) || '(none)'}`,
        details: [`This Stepwise runs ${own}.`],
        who: owner,
        next: [kubectl(view, `label rollouts.argoproj.io ${name} ${ours}`)],
      };
    }
    default:
      return assertNever(standing);
  }
}

function leaseLine(lease: string): string {
  const [namespace = '', name = ''] = lease.split('/');
  return `kubectl -n ${namespace} get lease ${name} -o yaml`;
}

function sharedService({ service, rollouts, isLeftover }: Of<'sharedService'>, view: CauseView): CauseWords {
  const others = rollouts.map((name) => quote(name, 100)).join(', ');
  const mark = 'argo-rollouts.argoproj.io/managed-by-rollouts';
  if (isLeftover)
    return {
      title: `Service ${quote(service, 63)} is marked as another rollout's: ${others}`,
      details: ['That rollout is gone; its mark is left on the Service.'],
      who: owner,
      next: [kubectl(view, `annotate service ${service} ${mark}-`)],
    };
  return {
    title: `Two rollouts use Service ${quote(service, 63)}: this one and ${others}`,
    details: ['A Service leads to the pods of one: give each rollout Services of its own.'],
    who: owner,
    next: [kubectl(view, `get service ${service} -o yaml`)],
  };
}

function selectorMismatch({ service, mismatch }: Of<'selectorMismatch'>, view: CauseView): CauseWords {
  switch (mismatch.kind) {
    case 'label': {
      const { label, wanted, has } = mismatch;
      const carried = has === undefined ? `have no label ${quote(label, 80)}` : `have ${pair(label, has)}`;
      const patch = JSON.stringify({ spec: { selector: { [label]: has ?? null } } });
      return {
        title: `Service ${quote(service, 63)} selects other pods`,
        details: [`It selects ${pair(label, wanted)}; the pods of this rollout ${carried}.`],
        who: owner,
        next: [kubectl(view, `patch service ${service} --type merge -p '${patch}'`)],
      };
    }
    case 'noEndpoints':
      return {
        title: `Service ${quote(service, 63)} leads to none of ${mismatch.readyPods} ready pods`,
        details: ['Its selector and ports are to be compared with the labels and ports of the pods.'],
        who: owner,
        next: [
          kubectl(view, `get endpointslices -l kubernetes.io/service-name=${service}`),
          kubectl(view, `describe service ${service}`),
        ],
      };
    default:
      return assertNever(mismatch);
  }
}

function frozen({ by }: Of<'frozen'>, view: CauseView): CauseWords {
  if (by.startsWith('the deletion of'))
    return {
      title: `Frozen by ${quote(by, 120)}`,
      details: ['It takes no new pods any more.'],
      who: 'nobody, once a namespace is being deleted',
      next: [`kubectl get namespace ${view.delivery.namespace}`],
    };
  return {
    title: `Frozen: ${code('spec.paused')} was set by ${quote(by, 60)}`,
    details: ['Nothing is raised while it stands there. Where Git sets it, Git must take it back.'],
    who: mayAsk(view, 'resume'),
    next: [say(view, 'resume'), say(view, 'abort')],
  };
}

function imageCannotBePulled(cause: Of<'imageCannotBePulled'>, view: CauseView): CauseWords {
  const count = cause.podCount === 1 ? '1 pod' : `${cause.podCount} pods`;
  return {
    title: `The image cannot be pulled: ${code(quote(cause.image, 200))}`,
    details: [
      `${quote(cause.reason, 60)} in ${count}, container ${quote(cause.container, 63)}${cause.message === '' ? '' : `: ${words(cause.message)}`}`,
    ],
    who: 'whoever pushes this image, or keeps the pull secret of the namespace',
    next: [say(view, 'abort'), kubectl(view, `describe pod ${cause.pod}`)],
  };
}

function podsNotReady(cause: Of<'podsNotReady'>, view: CauseView): CauseWords {
  const { pod, reason } = cause;
  const isStarting = reason === 'Starting';
  const isCrash = /^(?:CrashLoopBackOff|Crashed)$/.test(reason);
  const look = pod === undefined ? 'get pods' : `describe pod ${pod}`;
  const logs = pod === undefined || !isCrash ? [] : [kubectl(view, `logs ${pod} --all-containers --previous`)];
  return {
    title: `Pods are not ready: ${cause.ready} of ${cause.desired}${isStarting ? ', starting' : ` (${quote(reason, 60)})`}`,
    details: cause.message === '' ? [] : [words(cause.message)],
    who: isStarting ? 'nobody must: pods take their time to start' : 'whoever wrote this version, or runs the cluster',
    next: [...logs, kubectl(view, look), say(view, 'abort')],
  };
}

function noData(cause: Of<'noData'>, view: CauseView): CauseWords {
  const details = [words(cause.message)];
  if (cause.query !== undefined) details.push(`Query: ${code(quote(cause.query, 400))}`);
  details.push(`Last sample: ${lastSampleWords(cause)}.${next(cause.nextAtMs)}`);
  return {
    title: `No data for ${quote(cause.metric, 60)}: it is held, and never passed`,
    details,
    who: 'whoever keeps this metric; skipping it is a right of its own',
    next: [say(view, 'skip'), say(view, 'abort')],
  };
}

function lastSampleWords({ metric, lastSample }: Of<'noData'>): Mrkdwn {
  switch (lastSample.kind) {
    case 'value':
      return `${formatValue(lastSample.value, unitOf(metric, undefined, [lastSample.value]))} ${date(lastSample.atMs, '{ago}')}`;
    case 'none':
      return `none since ${date(lastSample.sinceMs, '{ago}')}`;
    case 'unknown':
      return 'not known';
    default:
      return assertNever(lastSample);
  }
}

function analysisValue({ metric, nextAtMs }: Of<'analysisValue'>, view: CauseView): CauseWords {
  const isUnsaid = metric.limit === undefined && metric.condition !== undefined;
  const condition = isUnsaid ? [code(quote(metric.condition ?? '', 200))] : [];
  const message = metric.message === undefined || metric.message === '' ? [] : [words(metric.message)];
  return {
    title: `An analysis decides: ${metricLine(metric)}`,
    details: [...condition, ...message, ...(nextAtMs === undefined ? [] : [next(nextAtMs).trim()])],
    who: 'nobody must, while it measures; abort works at any time',
    next: [say(view, 'abort')],
  };
}

function waitsForPerson(cause: Of<'waitsForPerson'>, view: CauseView): CauseWords {
  const { nextPercent } = view.delivery;
  switch (cause.for) {
    case 'promote': {
      const to = nextPercent === undefined ? '' : ` to ${formatPercent(nextPercent)} %`;
      return {
        title: `Waits for a person: promote${to} or abort`,
        details: ['A gate of its plan: nothing is wrong.'],
        who: mayAsk(view, 'promote'),
        next: [say(view, 'promote'), say(view, 'abort')],
      };
    }
    case 'resume':
      return {
        title: `Waits for a person: paused${cause.by === undefined ? '' : ` by ${quote(view.nameOf(cause.by) ?? cause.by, 60)}`}`,
        details: [],
        who: mayAsk(view, 'resume'),
        next: [say(view, 'resume'), say(view, 'abort')],
      };
    case 'decision':
      return {
        title: 'Waits for a person: the measurements are neither good nor bad',
        details: [],
        who: mayAsk(view, 'promote'),
        next: [say(view, 'abort'), say(view, 'promote')],
      };
    default:
      return assertNever(cause.for);
  }
}

function next(atMs: number | undefined): string {
  return atMs === undefined ? '' : ` Next measurement ${date(atMs, '{ago}')}.`;
}

function pair(label: string, value: string): Mrkdwn {
  return code(quote(`${label}=${value}`, 150));
}

/** Others' words: whatever they hold, they neither format nor leak. */
function words(text: string): Mrkdwn {
  return `_${quote(text, 600)}_`;
}

function mayAsk({ delivery, mayDo, nameOf }: CauseView, verb: 'promote' | 'resume'): Mrkdwn {
  const who = `who may \`${verb}\` in ${quote(delivery.namespace, 63)}`;
  const subjects = mayDo?.[verb];
  if (subjects === undefined) return `${who} (role stepwise-deployer has it)`;
  if (subjects.length === 0) return `${who}: nobody yet, no binding gives it (role stepwise-deployer has it)`;
  const named = subjects.slice(0, mostNamed).map((subject) => quote(nameOf(subject) ?? subject, 60));
  const more = subjects.length > mostNamed ? ` and ${subjects.length - mostNamed} more` : '';
  return `${who}: ${named.join(', ')}${more}`;
}

function say({ command, delivery }: CauseView, verb: 'promote' | 'abort' | 'resume' | 'skip'): string {
  const { namespace, name } = delivery;
  return `${command} ${print({ verb, target: { namespace, name } })}`;
}

function kubectl({ delivery }: CauseView, words: string): string {
  return `kubectl -n ${delivery.namespace} ${words}`;
}

function putBack({ manager, what, retryAtMs }: Of<'putBack'>, view: CauseView): CauseWords {
  const manifests = manager.startsWith('argocd') ? 'manifests/argo-cd' : 'manifests/flux';
  return {
    title: `${quote(manager, 60)} puts back what is written here`,
    details: [
      words(what),
      `It is written again ${date(retryAtMs, '{time_secs}')}, if it is left alone until then; no step completes before.`,
    ],
    who: `whoever keeps the application: ${code(manifests)} holds what it has to ignore`,
    next: [say(view, 'abort')],
  };
}
