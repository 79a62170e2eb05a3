import { z } from 'zod';
import type { ConnectedCluster } from './create-cluster.ts';
import { parseAccessAnswer } from './objects.ts';

/** One question about one verb. */
export interface RightQuestion {
  readonly group: string;
  /** `rollouts/status` */
  readonly resource: string;
  readonly verb: string;
  /** '': everywhere. */
  readonly namespace: string;
  /** '': all of them. */
  readonly name: string;
}

/** What an account may, as the API server says. */
export interface AccessReviews {
  /** SelfSubjectAccessReview; for another account a SubjectAccessReview. */
  mayWe(question: RightQuestion, signal: AbortSignal): Promise<boolean>;
  /** `system:serviceaccount:stepwise:stepwise` */
  whoAreWe(signal: AbortSignal): Promise<string>;
}

const authorization = '/apis/authorization.k8s.io/v1';

/** @param account of whom to ask; our own unless given (`system:serviceaccount:<namespace>:<name>`). */
export function createAccessReviews({ api }: Pick<ConnectedCluster, 'api'>, account?: string): AccessReviews {
  return {
    async mayWe({ group, resource, verb, namespace, name }, signal) {
      const [plural = '', subresource = ''] = resource.split('/');
      const resourceAttributes = { group, resource: plural, subresource, verb, namespace, name };
      const kind = account === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview';
      const whose = account === undefined ? {} : { user: account, groups: groupsOf(account) };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec: { ...whose, resourceAttributes } };
      const path = `${authorization}/${kind.toLowerCase()}s`;
      return parseAccessAnswer(await api.request({ method: 'POST', path, body, signal })).allowed;
    },
    async whoAreWe(signal) {
      if (account !== undefined) return account;
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      return Review.parse(await api.request({ method: 'POST', path, body, signal })).status.userInfo.username;
    },
  };
}

const Review = z.looseObject({
  status: z.looseObject({ userInfo: z.looseObject({ username: z.string().default('') }) }),
});

/** Those that every service account is in. */
function groupsOf(account: string): string[] {
  const [, , namespace = ''] = account.split(':');
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
