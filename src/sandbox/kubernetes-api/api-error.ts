import type { JsonObject } from '../../lib/index.ts';

/** The kind a refusal speaks of, e.g. `{ group: 'apps', plural: 'deployments' }`. */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

/** One field of a refused object, worded as Kubernetes words it: `spec.replicas: Invalid value: -1: must be …`. */
export interface FieldCause {
  readonly field: string;
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid';
  readonly message: string;
}

/** A refusal as the API answers it: an HTTP status code and a `Status` object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  status(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

function nameOf(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function detailsOf(resource: Named, name: string): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(resource: Named, name: string, why: string): ApiError {
  const subject = name === '' ? nameOf(resource) : `${nameOf(resource)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(resource, name));
}

export function notFound(resource: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${nameOf(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** No such path: an unknown group, kind or subresource. */
export function pageNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** Not even a group: plain text, as Go's HTTP server says it. */
export function nothingThere(): ApiError {
  return new ApiError(404, 'PlainText', '404 page not found');
}

export function alreadyExists(resource: Named, name: string): ApiError {
  const message = `${nameOf(resource)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: Named, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${nameOf(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource, name));
}

export const changedSinceRead =
  'the object has been modified; please apply your changes to the latest version and try again';

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** A JSON patch that names what is not there, or whose `test` fails: 422, and the server does not say which operation it was. */
export function patchDoesNotApply(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly FieldCause[],
): ApiError {
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${subject} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: causes.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

/** A content type that no decoder knows. */
export function unknownMediaType(): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function tooManyRequests(message: string, causes: readonly JsonObject[], more: JsonObject = {}): ApiError {
  return new ApiError(429, 'TooManyRequests', message, { causes: [...causes], ...more });
}
