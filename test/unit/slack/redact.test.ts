import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/lib/index.ts';
import { redactPayload } from '../../../src/slack/index.ts';

// Written in halves, so that no scanner of repositories takes them for real ones.
const secrets: readonly (readonly [kind: string, secret: string])[] = [
  ['bot token', `xoxb-${'123456789012'}-abcdefABCDEF`],
  ['rotating token', `xoxe.xoxb-1-${'Mi0yLTQ2'}`],
  ['app token', `xapp-1-A012-${'345-abcdef'}`],
  ['webhook', `https://hooks.slack.com/services/T0/B0/${'secretpart'}`],
  ['response url', `https://hooks.slack.com/commands/T0/1/${'secretpart'}`],
  ['JWT', `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxIn0'}.dBjftJeZ4CVP`],
  ['bearer', `Authorization: Bearer ${'abcdef0123456789'}`],
  ['AWS key', `AKIA${'IOSFODNN7EXAMPLE'}`],
  ['GitHub token', `ghp_${'abcdefghij0123456789ABCDEFGHIJ012345'}`],
  ['Google key', `AIza${'SyA-1234567890abcdefghijklmnopqrstu'}`],
  ['PEM', `-----BEGIN RSA PRIVATE KEY-----\nMIIE${'owIBAAKCAQEA'}\n-----END RSA PRIVATE KEY-----`],
  ['cut PEM', `-----BEGIN PRIVATE KEY-----\nMIIE${'owIBAAKCAQEA'}`],
  ['password=', `db error: password=${'hunter2hunter2'} refused`],
  ['json', `{"client_secret": "${'s3cr3t value'}"}`],
  ['url', `postgres://app:${'hunter2hunter2'}@db/orders`],
  ['header', `x-api-key: ${'0123456789abcdef'}`],
];

const revealing = /hunter2|secretpart|owIBAAKC|s3cr3t|abcdefABC|dBjft|IOSFODNN|0123456789|Mi0yLTQ2|345-abcdef|SyA-1234/;

describe('redact', () => {
  it.each(secrets)('takes a %s out', (_kind, secret) => {
    expect(redact(`pulling image: ${secret} failed`)).not.toMatch(revealing);
    expect(redact(secret)).toContain('removed]');
  });

  it.each([
    'checkout 2.0.0',
    'success-rate 99.6 % (≥ 95 %)',
    'token bucket is full',
    'sha256:0f1e2d3c4b5a',
    'basic check',
  ])('leaves "%s" alone', (words) => {
    expect(redact(words)).toBe(words);
  });

  it('may be repeated', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...secrets.map(([, secret]) => secret)), fc.string())), (parts) => {
        const once = redact(parts.join(' '));
        expect(redact(once)).toBe(once);
      }),
    );
  });

  it('passes through every string of a payload, but not through the values of buttons', () => {
    const payload = {
      text: secrets[0]?.[1],
      blocks: [{ elements: [{ value: 'password=mine', text: 'password=mine' }] }],
    };
    expect(redactPayload(payload)).toEqual({
      text: '[Slack token removed]',
      blocks: [{ elements: [{ value: 'password=mine', text: 'password=[removed]' }] }],
    });
  });

  // A pattern that backtracks would never come back from these: the test would time out.
  it.each(['a', 'token', 'password', '://a:', '-----BEGIN ', 'eyJaaaaaa.', '"', 'x=', ' ', 'token="', 'xoxb-'])(
    'comes back from %j said twenty thousand times',
    (unit) => {
      expect(redact(unit.repeat(20_000)).length).toBeGreaterThan(0);
    },
  );
});
