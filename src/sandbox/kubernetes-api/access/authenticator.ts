import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../api-error.ts';
import type { User } from '../requests/request.ts';
import type { Authorizer } from './authorizer.ts';
import { refusal } from './check.ts';
import type { Question } from './rules.ts';

/** Who is asking: by bearer token, or by default; then perhaps as somebody else. */
export interface Authenticator {
  authenticate(request: IncomingMessage): User;
  find(token: string): User | undefined;
  /** A new token for a user, valid until the server stops. */
  issue(user: User): string;
}

const everybody = 'system:authenticated';

export function createAuthenticator(
  tokens: { readonly [token: string]: User },
  anonymous: User,
  authorizer: Authorizer,
): Authenticator {
  const known = new Map(Object.entries(tokens));
  function find(token: string): User | undefined {
    const found = known.get(token);
    return found === undefined ? undefined : { user: found.user, groups: [...new Set([...found.groups, everybody])] };
  }
  return {
    find,
    authenticate(request) {
      const header = request.headers.authorization;
      const user = header === undefined ? anonymous : find(/^Bearer (.+)$/i.exec(header)?.[1] ?? '');
      if (user === undefined) throw unauthorized();
      return impersonated(request, user, authorizer);
    },
    issue(user) {
      const token = randomBytes(24).toString('base64url');
      known.set(token, user);
      return token;
    },
  };
}

/** `Impersonate-User` and `Impersonate-Group`, for those whom RBAC lets impersonate. */
function impersonated(request: IncomingMessage, user: User, authorizer: Authorizer): User {
  const asked = request.headers['impersonate-user'];
  if (typeof asked !== 'string' || asked === '') return user;
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  const subjects = [{ plural: 'users', name: asked }, ...groups.map((name) => ({ plural: 'groups', name }))];
  for (const { plural, name } of subjects) {
    const question: Question = {
      kind: 'resource',
      verb: 'impersonate',
      group: '',
      plural,
      subresource: '',
      namespace: '',
      name,
    };
    const { allowed, reason } = authorizer.decide(user, question);
    if (!allowed) throw refusal(user, question, reason);
  }
  return { user: asked, groups: [...new Set([...groups, everybody])] };
}

/** The user that a service account is. */
export function serviceAccountUser(namespace: string, name: string): User {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, everybody],
  };
}
