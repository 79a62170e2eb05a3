/**
 * lib: a few helpers that know nothing of rollouts, Slack or queues.
 * Never imports a room of ours.
 */
export { assertNever } from './assert-never.ts';
export { editDistance } from './edit-distance.ts';
export {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotNowError,
  TerminalError,
} from './errors.ts';
export { versionOf } from './image-version.ts';
export { type Json, type JsonObject, ObjectMeta } from './kubernetes-object.ts';
export { isEqual, mergePatchOf } from './merge-patch.ts';
export {
  formatDuration,
  formatLimit,
  formatPercent,
  formatValue,
  type Limit,
  type Unit,
  unitOf,
} from './numbers-for-people.ts';
export { redact } from './redact.ts';
export { soonestAfter } from './soonest-after.ts';
