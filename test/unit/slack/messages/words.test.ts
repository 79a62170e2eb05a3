import { describe, expect, it } from 'vitest';
import { plain, quote, truncate } from '../../../../src/slack/messages/mrkdwn.ts';
import {
  formatDuration,
  formatLimit,
  formatPercent,
  formatValue,
  unitOf,
} from '../../../../src/slack/messages/numbers.ts';
import { versionOf } from '../../../../src/slack/messages/version.ts';

describe('quote', () => {
  it.each([
    ['<!channel> & <@U1>', '&lt;!channel&gt; &amp; &lt;@U1&gt;'],
    ['*bold* ~gone~ `code`', '∗bold∗ ∼gone∼ ˋcodeˋ'],
    ['_it_ but http_requests_total', '＿it＿ but http_requests_total'],
    ['two\nlines\u2028three', 'two lines three'],
    ['png\u202egpj.exe', 'png gpj.exe'],
    [`token xoxb-1234567890-abc`, 'token [Slack token removed]'],
  ])('%j becomes %j', (words, shown) => {
    expect(quote(words)).toBe(shown);
  });

  it('redacts before it cuts, so that no half of a secret is left', () => {
    expect(plain(`${'x'.repeat(190)} xoxb-1234567890-abcdef`, 200)).not.toContain('xoxb');
  });

  it('cuts with an ellipsis, never through a character', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('ab😀def', 4)).toBe('ab…');
  });
});

describe('numbers for people', () => {
  const atLeast = (value: number) => ({ comparison: '>=', value }) as const;
  it.each([
    ['success-rate', 0.996, atLeast(0.95), '99.6 %'],
    ['success-rate', 0.9999, atLeast(0.95), '99.99 %'],
    ['success-rate', 0.99999, atLeast(0.95), '99.999 %'],
    ['success-rate', 1, atLeast(0.95), '100 %'],
    ['error-rate', 0.0132, { comparison: '<', value: 0.01 } as const, '1.3 %'],
    ['latency-p95', 0.212, { comparison: '<=', value: 0.3 } as const, '212 ms'],
    ['latency-p95', 212, { comparison: '<=', value: 300 } as const, '212 ms'],
    ['request_duration_seconds', 12.5, { comparison: '<', value: 30 } as const, '12.5 s'],
    ['error-rate', 12, { comparison: '<', value: 20 } as const, '12'],
    ['queue-depth', 12_400, { comparison: '<', value: 20_000 } as const, '12,400'],
    ['restarts', 0, { comparison: '<=', value: 0 } as const, '0'],
    ['anything', Number.NaN, undefined, 'NaN'],
  ])('%s %f reads %s', (name, value, limit, shown) => {
    expect(formatValue(value, unitOf(name, limit, value))).toBe(shown);
  });

  it('writes limits, shares and durations', () => {
    expect(formatLimit(atLeast(0.95), unitOf('success-rate', atLeast(0.95), 0.9))).toBe('≥ 95 %');
    expect([0, 33.333, 100, Number.NaN].map(formatPercent)).toEqual(['0', '33.3', '100', '?']);
    expect([44_000, 200_000, 7_500_000, 60_000].map(formatDuration)).toEqual([
      '44 s',
      '3 min 20 s',
      '2 h 5 min',
      '1 min',
    ]);
  });
});

describe('versionOf', () => {
  it.each([
    ['ghcr.io/acme/checkout:2.0.0', '2.0.0'],
    ['registry:5000/team/app', 'latest'],
    ['registry:5000/team/app:v2', 'v2'],
    [`ghcr.io/acme/checkout@sha256:${'0123456789abcdef'.repeat(4)}`, 'sha 0123456789ab'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('%s is %s', (image, version) => {
    expect(versionOf(image)).toBe(version);
  });
});
