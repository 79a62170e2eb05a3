import type { JsonObject } from '../../../lib/index.ts';
import { isObject, labelsOf, listAt, objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';
import type { User } from '../requests/request.ts';
import { matchesLabelSelector } from '../requests/selectors.ts';
import type { Store } from '../store/store.ts';
import { allows, isSubject, type Question, type Rule, rulesOf } from './rules.ts';

export interface Decision {
  readonly allowed: boolean;
  /** As the API words it; empty when no rule speaks. */
  readonly reason: string;
}

/** Role-based access control over the Role and Binding objects in the store. */
export interface Authorizer {
  decide(user: User, question: Question): Decision;
  /** Every rule that holds for a user in a namespace. */
  rulesFor(user: User, namespace: string): readonly Rule[];
}

interface Binding {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly subjects: readonly JsonObject[];
  readonly roleKind: string;
  readonly roleName: string;
  /** undefined: the role does not exist. */
  readonly rules: readonly Rule[] | undefined;
}

const group = 'rbac.authorization.k8s.io';
const collections = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((name) => `${name}.${group}`);

export function createAuthorizer(store: Store): Authorizer {
  let bindings: ReadonlyMap<string, readonly Binding[]> | undefined;
  for (const collection of collections) {
    store.collection(collection).watch(() => {
      bindings = undefined;
    });
  }
  /** Bindings by namespace; '' holds the cluster's. Read again after any role or binding changed. */
  function compiled(): ReadonlyMap<string, readonly Binding[]> {
    bindings ??= compile(store);
    return bindings;
  }
  function bindingsFor(user: User, namespace: string): readonly Binding[] {
    const all = [...(compiled().get('') ?? []), ...(namespace === '' ? [] : (compiled().get(namespace) ?? []))];
    return all.filter((binding) => binding.subjects.some((subject) => isSubject(subject, user, binding.namespace)));
  }
  return {
    decide(user, question) {
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
      const missing: string[] = [];
      for (const binding of bindingsFor(user, question.kind === 'resource' ? question.namespace : '')) {
        if (binding.rules === undefined) missing.push(missingRole(binding));
        if (binding.rules?.some((rule) => allows(rule, question)))
          return { allowed: true, reason: allowedBy(binding, user) };
      }
      return { allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${missing.join(', ')}` };
    },
    rulesFor: (user, namespace) => bindingsFor(user, namespace).flatMap((binding) => binding.rules ?? []),
  };
}

function compile(store: Store): ReadonlyMap<string, readonly Binding[]> {
  const found = new Map<string, Binding[]>();
  for (const collection of ['clusterrolebindings', 'rolebindings']) {
    for (const object of store.collection(`${collection}.${group}`).list(undefined)) {
      const namespace = object.metadata.namespace ?? '';
      const list = found.get(namespace) ?? [];
      list.push(bindingOf(store, object, namespace));
      found.set(namespace, list);
    }
  }
  return found;
}

function bindingOf(store: Store, object: StoredObject, namespace: string): Binding {
  const roleRef = objectAt(object, 'roleRef');
  const roleKind = textAt(roleRef, 'kind');
  const roleName = textAt(roleRef, 'name');
  const isCluster = roleKind === 'ClusterRole';
  const role = store
    .collection(isCluster ? `clusterroles.${group}` : `roles.${group}`)
    .get(isCluster ? '' : namespace, roleName);
  return {
    kind: object.kind,
    name: object.metadata.name,
    namespace,
    subjects: listAt(object, 'subjects').filter(isObject),
    roleKind,
    roleName,
    rules: role === undefined ? undefined : rulesWithAggregation(store, role),
  };
}

/** A ClusterRole may be the sum of those whose labels it selects. */
function rulesWithAggregation(store: Store, role: StoredObject): readonly Rule[] {
  const selectors = listAt(objectAt(role, 'aggregationRule'), 'clusterRoleSelectors').filter(isObject);
  if (selectors.length === 0) return rulesOf(role);
  const parts = store
    .collection(`clusterroles.${group}`)
    .list(undefined)
    .filter((each) => each !== role && selectors.some((selector) => matchesLabelSelector(selector, labelsOf(each))));
  return [...rulesOf(role), ...parts.flatMap(rulesOf)];
}

function missingRole(binding: Binding): string {
  return `${binding.roleKind.toLowerCase()}.${group} ${JSON.stringify(binding.roleName)} not found`;
}

function allowedBy(binding: Binding, user: User): string {
  const subject = binding.subjects.find((each) => isSubject(each, user, binding.namespace));
  const place = binding.namespace === '' ? binding.name : `${binding.name}/${binding.namespace}`;
  const name = textAt(subject, 'name');
  const account = `${textAt(subject, 'namespace') || binding.namespace}/${name}`;
  const kind = textAt(subject, 'kind');
  const who = `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? account : name)}`;
  return `RBAC: allowed by ${binding.kind} ${JSON.stringify(place)} of ${binding.roleKind} ${JSON.stringify(binding.roleName)} to ${who}`;
}
