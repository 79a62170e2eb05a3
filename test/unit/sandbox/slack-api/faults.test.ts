import { expect, test } from 'vitest';
import { parseFault } from '../../../../src/sandbox/slack-api/index.ts';

test.each<[unknown, unknown]>([
  ['none', { kind: 'none' }],
  ['invalid_blocks:data_visualization', { kind: 'invalid_blocks', type: 'data_visualization' }],
  ['ratelimited', { kind: 'ratelimited', retryAfterSeconds: 1 }],
  ['ratelimited:7', { kind: 'ratelimited', retryAfterSeconds: 7 }],
  ['slow:250', { kind: 'slow', delayMs: 250 }],
  ['edit_window_closed', { kind: 'edit_window_closed' }],
  ['token_revoked', { kind: 'token_revoked' }],
  ['down', { kind: 'down', how: 'reset' }],
  ['down:503', { kind: 'down', how: '503' }],
  [{ kind: 'slow' }, { kind: 'slow', delayMs: 3000 }],
])('%j is %j', (written, fault) => {
  expect(parseFault(written)).toEqual(fault);
});

test.each([['flood'], ['invalid_blocks'], ['ratelimited:soon'], ['down:hard'], [7], [undefined]])(
  '%j is refused',
  (written) => {
    expect(() => parseFault(written)).toThrow('is no fault; known: none, invalid_blocks, edit_window_closed');
  },
);
