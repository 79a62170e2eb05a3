import { describe, expect, test } from 'vitest';
import { ExpiredError, parseFailure, parseWatchError } from '../../../src/kubernetes/api-errors.ts';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  NotNowError,
} from '../../../src/lib/index.ts';

const act = 'PATCH /api/v1/namespaces/shop/services/web';

// Answers of kube-apiserver 1.34.
const answers = [
  [404, { reason: 'NotFound', message: 'services "web" not found' }, NotFoundError],
  [409, { reason: 'AlreadyExists', message: 'services "web" already exists' }, AlreadyExistsError],
  [409, { reason: 'Conflict', message: 'the object has been modified' }, ConflictError],
  [410, { reason: 'Expired', message: 'too old resource version' }, ExpiredError],
  [
    422,
    { reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} },
    ConflictError,
  ],
  [
    422,
    { reason: 'Invalid', message: 'Service "web" is invalid', details: { causes: [{ field: 'spec.ports' }] } },
    InvalidError,
  ],
  [400, { reason: 'BadRequest', message: 'strict decoding error' }, InvalidError],
  [403, { reason: 'Forbidden', message: 'User "x" cannot patch resource' }, ForbiddenError],
] as const;

test.for(answers)('%i %j is told as its kind of error, with the message kept', ([statusCode, status, kind]) => {
  const failure = parseFailure({ statusCode, body: JSON.stringify(status), act });
  expect(failure).toBeInstanceOf(kind);
  expect(failure.message).toBe(`${act}: ${status.message}`);
});

describe('what is no Status', () => {
  test.for([
    ['404 page not found\n', `${act}: 404 page not found`],
    ['', `${act}: HTTP 404`],
    ['{"half":', `${act}: {"half":`],
  ] as const)('%j is kept as it came', ([body, message]) => {
    const failure = parseFailure({ statusCode: 404, body, act });
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure.message).toBe(message);
  });
});

test.for([
  [429, '3', 3000],
  [429, undefined, 1000],
  [429, 'Fri, 20 Nov 2026 11:00:00 GMT', 1000],
  [503, '2', 2000],
] as const)('%i with Retry-After %s asks to come back', ([statusCode, retryAfter, retryAfterMs]) => {
  const failure = parseFailure({ statusCode, body: '{"message":"busy"}', retryAfter, act });
  expect(failure).toBeInstanceOf(NotNowError);
  expect(failure).toMatchObject({ retryAfterMs });
});

test('a server error without a time is simply an error', () => {
  const failure = parseFailure({ statusCode: 500, body: '{"message":"etcd is away"}', act });
  expect(failure).not.toBeInstanceOf(NotNowError);
  expect(failure.message).toBe(`${act}: etcd is away`);
});

test("a watch's ERROR event is read the same way", () => {
  expect(parseWatchError({ code: 410, reason: 'Expired', message: 'too old' }, 'watch')).toBeInstanceOf(ExpiredError);
  expect(parseWatchError({ code: 500, message: 'broken' }, 'watch').message).toBe('watch: broken');
  expect(parseWatchError('nonsense', 'watch').message).toBe('watch: "nonsense"');
});
