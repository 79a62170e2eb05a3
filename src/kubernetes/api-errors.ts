import { z } from 'zod';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotNowError,
} from '../lib/index.ts';

/** The API server no longer has this resourceVersion, or this page of a list (410): list again. */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}

/** What the API server answers instead of an object. */
const Status = z.looseObject({
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.number().default(0),
  details: z
    .looseObject({ causes: z.array(z.unknown()).default([]), retryAfterSeconds: z.number().optional() })
    .default({ causes: [] }),
});
type Status = z.infer<typeof Status>;

export interface Failure {
  readonly statusCode: number;
  readonly body: string;
  /** Seconds, as the header gives it. */
  readonly retryAfter?: string | undefined;
  /** What we were doing: `PATCH rollouts shop/checkout`. */
  readonly act: string;
}

/** An answer that is no success → the error that says what can be done about it. The API server's message is kept. */
export function parseFailure({ statusCode, body, retryAfter, act }: Failure): Error {
  const status = parseStatus(body);
  const message = `${act}: ${status.message === '' ? `HTTP ${statusCode}` : status.message}`;
  const waitMs = Number(retryAfter ?? status.details.retryAfterSeconds) * 1000;
  switch (statusCode) {
    case 400:
    case 405:
    case 413:
      return new InvalidError(message);
    case 403:
      return new ForbiddenError(message);
    case 404:
      return new NotFoundError(message);
    case 409:
      return status.reason === 'AlreadyExists' ? new AlreadyExistsError(message) : new ConflictError(message);
    case 410:
      return new ExpiredError(message);
    case 422:
      // kube-apiserver 1.34 tells of a JSON Patch that did not apply (a `test` that failed, a path that is gone) only by a 422
      // without causes: "the server rejected our request due to an error in our request". A refused object names its causes.
      return status.details.causes.length === 0 ? new ConflictError(message) : new InvalidError(message);
    case 429:
      return new NotNowError(message, Number.isFinite(waitMs) ? waitMs : 1000);
    default:
      return Number.isFinite(waitMs) ? new NotNowError(message, waitMs) : new Error(message);
  }
}

/** The Status inside a watch's ERROR event. */
export function parseWatchError(object: unknown, act: string): Error {
  const status = Status.safeParse(object);
  if (!status.success) return new Error(`${act}: ${JSON.stringify(object)}`);
  return parseFailure({ statusCode: status.data.code, body: JSON.stringify(object), act });
}

function parseStatus(body: string): Status {
  try {
    return Status.parse(JSON.parse(body));
  } catch {
    return Status.parse({ message: body.slice(0, 500).trim() });
  }
}
