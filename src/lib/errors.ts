/** What we asked for changed under us: look again, decide again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
/** The name is taken: read what is there. */
export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError';
}
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}
/** The API server refuses the object itself (400, 422): trying again the same way cannot help. */
export class InvalidError extends Error {
  override readonly name = 'InvalidError';
}
/** RBAC says no (403). */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError';
}
/** Never retried: a bad spec, an object that is gone. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
/** The other side is down or limits us; come back after `retryAfterMs`. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
