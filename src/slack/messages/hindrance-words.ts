import { assertNever } from '../../lib/index.ts';
import {
  type CauseView,
  type CauseWords,
  kubectl,
  mayAsk,
  type Of,
  owner,
  pair,
  rolloutLine,
  words,
} from './cause-view.ts';
import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';

// Causes that lie outside of the release: who runs it, which pods its Services select, who holds it or puts it back.

export function otherController({ standing }: Of<'otherController'>, view: CauseView): CauseWords {
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
    case 'beside':
      return {
        title: `Another controller moves it, too: ${quote(standing.controller, 100)}`,
        details: [
          'It writes its status though Stepwise holds the Lease, so Stepwise raises nothing. An abort is done all the same.',
        ],
        who: 'whoever installed the two controllers',
        next: ['kubectl get deploy -A -l app.kubernetes.io/name=argo-rollouts', `${view.command} doctor`],
      };
    case 'silent':
      return {
        title: `${quote(standing.controller, 100)} ${standing.measuresOnly ? 'measures it' : 'runs it'}, and gives no sign of life`,
        details: [`${silenceWords(standing)} ${standing.measuresOnly ? unmeasured : undriven}`],
        who: 'whoever runs Argo Rollouts',
        next: [leaseLine(standing.lease), 'kubectl get deploy -A -l app.kubernetes.io/name=argo-rollouts'],
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

const undriven =
  'Stepwise drives it (CONTROLLER=drive) and moves nothing itself; an abort is written down, and done when it is back.';
const unmeasured =
  'With CONTROLLER=drive analyses are its part: nothing finds this update bad or good until it is back. Undo works all the same.';

function silenceWords({ lease, sinceMs }: { readonly lease: string; readonly sinceMs: number | undefined }): Mrkdwn {
  if (sinceMs === undefined) return `Nobody holds the Lease ${quote(lease, 130)}.`;
  return `Nobody has renewed the Lease ${quote(lease, 130)} since ${date(sinceMs, '{time_secs}')}.`;
}

function leaseLine(lease: string): string {
  const [namespace = '', name = ''] = lease.split('/');
  return `kubectl -n ${namespace} get lease ${name} -o yaml`;
}

export function sharedService({ service, rollouts, isLeftover }: Of<'sharedService'>, view: CauseView): CauseWords {
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

export function selectorMismatch({ service, mismatch }: Of<'selectorMismatch'>, view: CauseView): CauseWords {
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

export function frozen({ by }: Of<'frozen'>, view: CauseView): CauseWords {
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
    next: [rolloutLine(view, 'resume'), rolloutLine(view, 'abort')],
  };
}

export function putBack({ manager, what, retryAtMs }: Of<'putBack'>, view: CauseView): CauseWords {
  const manifests = manager.startsWith('argocd') ? 'manifests/argo-cd' : 'manifests/flux';
  return {
    title: `${quote(manager, 60)} puts back what is written here`,
    details: [
      words(what),
      `It is written again ${date(retryAtMs, '{time_secs}')}, if it is left alone until then; no step completes before.`,
    ],
    who: `whoever keeps the application: ${code(manifests)} holds what it has to ignore`,
    next: [rolloutLine(view, 'abort')],
  };
}
