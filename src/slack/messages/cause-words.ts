import { assertNever, formatPercent, formatValue, unitOf } from '../../lib/index.ts';
import { type Cause, experimentWords } from '../../rollout/index.ts';
import { type CauseView, type CauseWords, kubectl, mayAsk, type Of, owner, rolloutLine, words } from './cause-view.ts';
import { frozen, otherController, putBack, selectorMismatch, sharedService } from './hindrance-words.ts';
import { metricLine } from './metric-words.ts';
import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';
import { forcedAbortLine, guidance } from './no-return-words.ts';
import { versionOf } from './version.ts';

/** One cause, one case; those from outside of the release have their words in hindrance-words.ts. */
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
        next: [kubectl(view, 'describe resourcequota'), rolloutLine(view, 'abort')],
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
        next: [rolloutLine(view, 'promote')],
      };
    case 'experiment':
      return {
        title: `Waits for the experiment of this step: ${code(quote(cause.experiment, 200))}`,
        details: [
          `${words(experimentWords(cause))}.`,
          ...(cause.message === undefined ? [] : [words(cause.message)]),
          ...(cause.untilMs === undefined ? [] : [`Its time is over ${date(cause.untilMs, '{ago}')}.`]),
        ],
        who: 'nobody must; skipping it is a right of its own',
        next: [
          kubectl(view, `get experiment ${cause.experiment}`),
          rolloutLine(view, 'skip'),
          rolloutLine(view, 'abort'),
        ],
      };
    case 'webhook':
      return {
        title: `Waits for ${code(quote(cause.host, 200))} to say that it is done`,
        details: [
          ...(cause.message === undefined ? [] : [words(cause.message)]),
          `It fails and goes back ${date(cause.untilMs, '{ago}')} unless it is done by then.`,
        ],
        who: `whoever runs ${code(quote(cause.host, 200))}; skipping it is a right of its own`,
        next: [rolloutLine(view, 'skip'), rolloutLine(view, 'abort')],
      };
    default:
      return assertNever(cause);
  }
}

function imageCannotBePulled(cause: Of<'imageCannotBePulled'>, view: CauseView): CauseWords {
  const count = cause.podCount === 1 ? '1 pod' : `${cause.podCount} pods`;
  return {
    title: `The image cannot be pulled: ${code(quote(cause.image, 200))}`,
    details: [
      `${quote(cause.reason, 60)} in ${count}, container ${quote(cause.container, 63)}${cause.message === '' ? '' : `: ${words(cause.message)}`}`,
    ],
    who: 'whoever pushes this image, or keeps the pull secret of the namespace',
    next: [rolloutLine(view, 'abort'), kubectl(view, `describe pod ${cause.pod}`)],
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
    next: [...logs, kubectl(view, look), rolloutLine(view, 'abort')],
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
    // Blue-green has no steps: what is left before the switch is left out as a whole.
    next: [rolloutLine(view, view.delivery.blueGreen === undefined ? 'skip' : 'finish'), rolloutLine(view, 'abort')],
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
    next: [rolloutLine(view, 'abort')],
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
        next: [rolloutLine(view, 'promote'), rolloutLine(view, 'abort')],
      };
    }
    case 'resume':
      return {
        title: `Waits for a person: paused${cause.by === undefined ? '' : ` by ${quote(view.nameOf(cause.by) ?? cause.by, 60)}`}`,
        details: [],
        who: mayAsk(view, 'resume'),
        next: [rolloutLine(view, 'resume'), rolloutLine(view, 'abort')],
      };
    case 'decision':
      return {
        title: 'Waits for a person: the measurements are neither good nor bad',
        details: [],
        who: mayAsk(view, 'promote'),
        next: [rolloutLine(view, 'abort'), rolloutLine(view, 'promote')],
      };
    case 'frozen': {
      const { fromImage, noReturn, namespace, name } = view.delivery;
      const stable = fromImage === undefined ? undefined : versionOf(fromImage);
      return {
        title: 'Waits for a person: frozen behind its point of no return',
        details: noReturn === undefined ? [] : [guidance({ what: noReturn.what, stable })],
        who: mayAsk(view, 'promote'),
        next: [rolloutLine(view, 'promote'), `${view.command} ${forcedAbortLine({ namespace, name })}`],
      };
    }
    default:
      return assertNever(cause.for);
  }
}

function next(atMs: number | undefined): string {
  return atMs === undefined ? '' : ` Next measurement ${date(atMs, '{ago}')}.`;
}
