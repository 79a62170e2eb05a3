import { ApiError, forbidden } from '../api-error.ts';
import { type ApiRequest, parseResourcePath, type User, verbOf } from '../requests/request.ts';
import type { Authorizer } from './authorizer.ts';
import type { Question } from './rules.ts';

/** Throws 403, in Kubernetes' words, when the request's user may not do it. */
export function checkAccess(authorizer: Authorizer, request: ApiRequest): void {
  const { user } = request;
  if (user.groups.includes('system:masters')) return;
  const question = questionOf(request);
  const { allowed, reason } = authorizer.decide(user, question);
  if (!allowed) throw refusal(user, question, reason);
}

function questionOf(request: ApiRequest): Question {
  const path = parseResourcePath(request.path);
  if (path === undefined || path.plural === '') {
    return { kind: 'path', verb: request.method.toLowerCase(), path: request.path };
  }
  const verb = verbOf(request.method, path, request.query);
  const { group, plural, subresource, namespace, name } = path;
  return { kind: 'resource', verb, group, plural, subresource, namespace, name };
}

export function refusal(user: User, question: Question, reason: string): ApiError {
  const who = `User ${JSON.stringify(user.user)} cannot ${question.verb}`;
  const because = reason === '' ? '' : `: ${reason}`;
  if (question.kind === 'path') {
    const message = `forbidden: ${who} path ${JSON.stringify(question.path)}${because}`;
    return new ApiError(403, 'Forbidden', message, {});
  }
  const { group, plural, subresource, namespace, name } = question;
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}${because}`;
  return forbidden({ group, plural }, name, why);
}
