import { describe, expect, it } from 'vitest';
import { plain, quote, truncate } from '../../../../src/slack/messages/mrkdwn.ts';
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
