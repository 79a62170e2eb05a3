import type { JsonObject } from '../../../lib/index.ts';
import { isObject, listAt, textAt, textsAt } from '../kubernetes-object.ts';
import type { User } from '../requests/request.ts';

/** A question to the authorizer: about a resource, or about a path that is none. */
export type Question =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly plural: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

/** One rule of a Role or ClusterRole. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

export function rulesOf(role: JsonObject): readonly Rule[] {
  return listAt(role, 'rules')
    .filter(isObject)
    .map((rule) => ({
      verbs: textsAt(rule, 'verbs'),
      apiGroups: textsAt(rule, 'apiGroups'),
      resources: textsAt(rule, 'resources'),
      resourceNames: textsAt(rule, 'resourceNames'),
      nonResourceURLs: textsAt(rule, 'nonResourceURLs'),
    }));
}

export function allows(rule: Rule, question: Question): boolean {
  if (!has(rule.verbs, question.verb)) return false;
  if (question.kind === 'path') return rule.nonResourceURLs.some((url) => coversPath(url, question.path));
  const { group, plural, subresource, name } = question;
  return (
    has(rule.apiGroups, group) &&
    rule.resources.some((resource) => coversResource(resource, plural, subresource)) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  );
}

function has(list: readonly string[], word: string): boolean {
  return list.includes('*') || list.includes(word);
}

function coversResource(resource: string, plural: string, subresource: string): boolean {
  if (resource === '*') return true;
  if (subresource === '') return resource === plural;
  return resource === `${plural}/${subresource}` || resource === `*/${subresource}`;
}

function coversPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

/** Does a binding's subject name this user? `namespace` is the binding's own, for service accounts that leave theirs out. */
export function isSubject(subject: JsonObject, user: User, namespace: string): boolean {
  const name = textAt(subject, 'name');
  switch (subject.kind) {
    case 'User':
      return user.user === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount':
      return user.user === `system:serviceaccount:${textAt(subject, 'namespace') || namespace}:${name}`;
    default:
      return false;
  }
}
