import type { Right, RightQuestion } from '../../kubernetes/index.ts';
import { type Finding, failed, ok, warning } from './checkup.ts';

// What the cluster says of the installation: rights, definitions, who is the controller, the clock.

export interface WhereRightsAreNeeded {
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly leaseNamespace: string;
  readonly ownNamespace: string;
}

/** One question for each verb of each right. */
export function rightQuestions(
  rights: readonly Right[],
  { watchNamespaces, leaseNamespace, ownNamespace }: WhereRightsAreNeeded,
): readonly { readonly right: Right; readonly question: RightQuestion }[] {
  const everywhere = watchNamespaces.length === 0 ? [''] : watchNamespaces;
  const namespacesOf = { watched: everywhere, cluster: [''], lease: [leaseNamespace], own: [ownNamespace] };
  return rights.flatMap((right) =>
    namespacesOf[right.scope].flatMap((namespace) =>
      (right.names ?? ['']).flatMap((name) =>
        right.verbs.map((verb) => ({
          right,
          question: { group: right.group, resource: right.resource, verb, namespace, name },
        })),
      ),
    ),
  );
}

export type MissingRight = ReturnType<typeof rightQuestions>[number];

const mostLines = 5;

/** Which of the shipped installations has the rights of such a service. */
export function overlayOf({ isDriving, isSome }: { readonly isDriving: boolean; readonly isSome: boolean }): string {
  if (isDriving) return isSome ? 'drive-namespaces' : 'drive';
  return isSome ? 'namespaces' : 'first';
}

/** Each missing right with the line that gives it, the verbs of one resource together. */
export function judgeRights(
  missing: readonly MissingRight[],
  { asked, account, isDriving }: { readonly asked: number; readonly account: string; readonly isDriving: boolean },
): Finding {
  if (missing.length === 0) return ok(`all ${asked} are there`);
  const lines = grantLines(missing, account);
  const isSome = missing.some(({ right, question }) => right.scope === 'watched' && question.namespace !== '');
  // Danger: that of the other mode would switch who runs the Rollouts.
  const all = `kubectl apply --server-side -k manifests/install/overlays/${overlayOf({ isDriving, isSome })}`;
  const shown = lines.length > mostLines ? [all, ...lines.slice(0, mostLines)] : lines;
  const named = [...new Set(missing.map(({ right, question }) => `${question.verb} ${nameOf(right)}`))];
  const more = named.length > 6 ? ` and ${named.length - 6} more` : '';
  return failed(`${missing.length} of ${asked} are missing: ${named.slice(0, 6).join(', ')}${more}`, ...shown);
}

/** A line for each resource and namespace. */
function grantLines(missing: readonly MissingRight[], account: string): string[] {
  const groups = Map.groupBy(missing, ({ right, question }) => `${nameOf(right)} in ${question.namespace}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [grantLine(first, group, account)];
  });
}

function grantLine({ right, question }: MissingRight, group: readonly MissingRight[], account: string): string {
  const verbs = [...new Set(group.map((one) => one.question.verb))].join(',');
  const names = [...new Set(group.map((one) => one.question.name))].filter((name) => name !== '');
  const only = names.map((name) => ` --resource-name=${name}`).join('');
  const role = `stepwise-${[right.resource, right.group].join('-').replaceAll(/[^a-z0-9]+/g, '-')}`.replace(/-$/, '');
  const inside = question.namespace === '' ? '' : ` -n ${question.namespace}`;
  const kind = question.namespace === '' ? 'clusterrole' : 'role';
  const create = `kubectl${inside} create ${kind} ${role} --verb=${verbs} --resource=${nameOf(right)}${only}`;
  return `${create} && kubectl${inside} create ${kind}binding ${role} --${kind}=${role} ${subjectOf(account)}`;
}

/** As kubectl writes it: `rollouts.argoproj.io/status`. */
function nameOf({ group, resource }: Right): string {
  const [plural = '', subresource] = resource.split('/');
  const whole = group === '' ? plural : `${plural}.${group}`;
  return subresource === undefined ? whole : `${whole}/${subresource}`;
}

function subjectOf(account: string): string {
  const found = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(account);
  return found === null ? `--user=${account}` : `--serviceaccount=${found[1]}:${found[2]}`;
}

/** One definition as it is installed; `versions` are those that it serves. */
export interface SeenDefinition {
  readonly name: string;
  readonly versions: readonly string[] | undefined;
}

const neededVersion = 'v1alpha1';

export function judgeDefinitions(definitions: readonly SeenDefinition[]): Finding {
  const missing = definitions.filter(({ versions }) => versions === undefined).map(({ name }) => name);
  const others = definitions.filter(({ versions }) => versions !== undefined && !versions.includes(neededVersion));
  if (missing.length > 0) {
    const folders = new Set(missing.map((name) => (name.endsWith('.argoproj.io') ? 'crds-argo' : 'crds')));
    // Argo's are created, never applied: kubectl's own apply would silently write over what another kubectl applied.
    const lines = [...folders].map((folder) =>
      folder === 'crds-argo'
        ? 'kubectl create -k manifests/install/crds-argo'
        : `kubectl apply --server-side -k manifests/install/${folder}`,
    );
    return failed(`not installed: ${missing.join(', ')}`, ...lines);
  }
  if (others.length > 0) {
    const told = others.map(({ name, versions }) => `${name} serves ${versions?.join(', ') || 'nothing'}`);
    return failed(`${told.join('; ')}: ${neededVersion} is needed`);
  }
  return ok(`${definitions.length} of ${definitions.length}, ${neededVersion}`);
}

export interface SeenController {
  readonly holder: string | undefined;
  readonly isOurs: boolean;
  /** `argo-rollouts/argo-rollouts-controller-lock` */
  readonly lease: string;
  /** Deployments of Argo Rollouts that have ready pods; undefined: could not be read. */
  readonly argo: readonly string[] | undefined;
}

export interface SeenDriven {
  /** `argo-rollouts v1.8.3`; undefined: nothing of an Argo controller was found. */
  readonly controller: string | undefined;
  /** Who holds Argo's Lease, fresh. */
  readonly holder: string | undefined;
  readonly lease: string;
}

/** CONTROLLER=drive: somebody else has to live. */
export function judgeDriven({ controller, holder, lease }: SeenDriven): Finding {
  const [namespace = '', name = ''] = lease.split('/');
  const look = `kubectl -n ${namespace} get lease ${name} -o yaml`;
  if (holder !== undefined)
    return ok(`${controller ?? 'an Argo controller'} runs the Rollouts (${holder}); Stepwise drives it`);
  const nobody = controller === undefined ? 'no Argo controller holds' : `${controller} no longer holds`;
  return failed(
    `CONTROLLER=drive, and ${nobody} the Lease ${lease}: no rollout moves`,
    look,
    'kubectl get deploy -A -l app.kubernetes.io/name=argo-rollouts',
  );
}

export function judgeController({ holder, isOurs, lease, argo }: SeenController): Finding {
  const [namespace = '', name = ''] = lease.split('/');
  const look = `kubectl -n ${namespace} get lease ${name} -o yaml`;
  const running = argo === undefined || argo.length === 0 ? undefined : `Argo Rollouts runs too (${argo.join(', ')})`;
  if (holder === undefined || holder === '') return failed(`nobody holds the Lease ${lease}: no rollout moves`, look);
  if (!isOurs) {
    const stop = (argo ?? []).map(
      (deployment) => `kubectl -n ${namespace} scale deployment ${deployment} --replicas=0`,
    );
    return failed(`${holder} holds the Lease ${lease}: Stepwise takes no turns`, look, ...stop);
  }
  if (running !== undefined)
    return warning(`Stepwise (${holder}); ${running}, and waits while Stepwise holds the Lease`);
  return ok(`Stepwise (${holder})${argo === undefined ? '; whether Argo Rollouts runs too could not be read' : ''}`);
}

/** Pauses and intervals follow the API server's clock; ours shows only in logs. Farther apart than this, people are misled. */
const skewWarnMs = 2000;

export function judgeClock(skewMs: number, uncertaintyMs: number): Finding {
  const off = Math.max(0, Math.abs(skewMs) - uncertaintyMs);
  const words = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? 'behind' : 'ahead of'} the API server`;
  const about = Number.isFinite(uncertaintyMs) ? ` (± ${(uncertaintyMs / 1000).toFixed(1)} s)` : '';
  if (off <= skewWarnMs) return ok(`with the API server's${about}`);
  return warning(
    `this replica's clock is ${words}${about}; rollouts follow the API server's`,
    'timedatectl set-ntp true',
  );
}
