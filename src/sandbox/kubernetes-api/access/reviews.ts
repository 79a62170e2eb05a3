import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest, type FieldCause, invalid } from '../api-error.ts';
import { isObject, objectAt, textAt, textsAt } from '../kubernetes-object.ts';
import type { User } from '../requests/request.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authorizer } from './authorizer.ts';
import type { Question } from './rules.ts';

export interface ReviewTools {
  readonly authorizer: Authorizer;
  readonly authenticator: Authenticator;
}

/** Kinds that are only asked, never stored: `POST` gives the same object back with its status filled in. */
export function answerReview(
  tools: ReviewTools,
  plural: string,
  body: JsonObject,
  user: User,
  namespace: string,
): JsonObject {
  const spec = objectAt(body, 'spec');
  const metadata = { ...objectAt(body, 'metadata'), creationTimestamp: null };
  const review = { ...reviewKinds[plural], metadata, spec };
  switch (plural) {
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews': {
      checkAsked(spec, true);
      checkNamespace(plural, spec, namespace);
      const asked = { user: textAt(spec, 'user'), groups: textsAt(spec, 'groups') };
      return { ...review, status: decide(tools, asked, spec) };
    }
    case 'selfsubjectaccessreviews':
      checkAsked(spec, false);
      return { ...review, status: decide(tools, user, spec) };
    case 'selfsubjectrulesreviews':
      return { ...review, spec: {}, status: rulesOf(tools, user, textAt(spec, 'namespace')) };
    case 'selfsubjectreviews':
      return { ...review, status: { userInfo: { username: user.user, groups: user.groups } } };
    case 'tokenreviews':
      return { ...review, status: tokenStatus(tools, textAt(spec, 'token')) };
    default:
      throw badRequest(`${plural} is not a review`);
  }
}

const authorization = 'authorization.k8s.io/v1';
export const reviewKinds: { readonly [plural: string]: { readonly kind: string; readonly apiVersion: string } } = {
  subjectaccessreviews: { kind: 'SubjectAccessReview', apiVersion: authorization },
  localsubjectaccessreviews: { kind: 'LocalSubjectAccessReview', apiVersion: authorization },
  selfsubjectaccessreviews: { kind: 'SelfSubjectAccessReview', apiVersion: authorization },
  selfsubjectrulesreviews: { kind: 'SelfSubjectRulesReview', apiVersion: authorization },
  selfsubjectreviews: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
  tokenreviews: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1' },
};

function decide(tools: ReviewTools, user: User, spec: JsonObject): JsonObject {
  const { allowed, reason } = tools.authorizer.decide(user, questionOf(spec));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function questionOf(spec: JsonObject): Question {
  const path = spec.nonResourceAttributes;
  if (isObject(path)) return { kind: 'path', verb: textAt(path, 'verb'), path: textAt(path, 'path') };
  const attributes = objectAt(spec, 'resourceAttributes');
  return {
    kind: 'resource',
    verb: textAt(attributes, 'verb'),
    group: textAt(attributes, 'group'),
    plural: textAt(attributes, 'resource'),
    subresource: textAt(attributes, 'subresource'),
    namespace: textAt(attributes, 'namespace'),
    name: textAt(attributes, 'name'),
  };
}

function checkAsked(spec: JsonObject, needsUser: boolean): void {
  const causes: FieldCause[] = [];
  if (isObject(spec.resourceAttributes) === isObject(spec.nonResourceAttributes)) {
    causes.push({
      field: 'spec.resourceAttributes',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    });
  }
  if (needsUser && textAt(spec, 'user') === '' && textsAt(spec, 'groups').length === 0) {
    const message = 'Invalid value: "": at least one of user or group must be specified';
    causes.push({ field: 'spec.user', reason: 'FieldValueInvalid', message });
  }
  // A real server leaves the kind out here.
  if (causes.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', causes);
}

function checkNamespace(plural: string, spec: JsonObject, namespace: string): void {
  const asked = textAt(objectAt(spec, 'resourceAttributes'), 'namespace');
  if (plural !== 'localsubjectaccessreviews' || asked === namespace) return;
  throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
}

function rulesOf(tools: ReviewTools, user: User, namespace: string): JsonObject {
  const rules = tools.authorizer.rulesFor(user, namespace);
  const resourceRules = rules
    .filter((rule) => rule.resources.length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames.length === 0 ? {} : { resourceNames }),
    }));
  const nonResourceRules: Json[] = rules
    .filter((rule) => rule.nonResourceURLs.length > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return { resourceRules, nonResourceRules, incomplete: false };
}

function tokenStatus(tools: ReviewTools, token: string): JsonObject {
  const found = tools.authenticator.find(token);
  if (found === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: { username: found.user, groups: found.groups } };
}
