import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { BuildNotice } from '../../../../src/notifications/index.ts';
import { checkBlocks } from '../../../../src/sandbox/slack-api/check-blocks.ts';
import { createSigner } from '../../../../src/slack/actions/signed-value.ts';
import { checkMessage } from '../../../../src/slack/limits.ts';
import { renderBuild } from '../../../../src/slack/messages/build.ts';
import { nastyWords } from '../../../support/any-delivery.ts';

// A busy machine is given time: what is held here are limits, not speed.
vi.setConfig({ testTimeout: 60_000 });

const signer = createSigner(['a key']);

function aNotice(changes: Partial<BuildNotice> = {}): BuildNotice {
  return {
    namespace: 'shop',
    name: 'checkout',
    image: 'ghcr.io/acme/checkout:2.0.1',
    images: [{ container: undefined, image: '2.0.1' }],
    commits: 3,
    link: undefined,
    by: undefined,
    ...changes,
  };
}

const render = (notice: BuildNotice) => renderBuild(notice, signer.sign);
const wordsOf = (notice: BuildNotice) => JSON.stringify(render(notice).blocks[0]);
const linesOf = (notice: BuildNotice) =>
  [...JSON.stringify(render(notice).blocks).matchAll(/"value":"([^"]+)"/g)].map(([, value = '']) =>
    signer.verify(value),
  );

it('says what was built, and offers to ship and to plan exactly that', () => {
  expect(render(aNotice()).text).toBe('checkout 2.0.1 is built');
  expect(wordsOf(aNotice())).toContain('*checkout 2.0.1* is built · 3 commits');
  expect(wordsOf(aNotice({ commits: 1 }))).toContain('· 1 commit"');
  expect(linesOf(aNotice())).toEqual([
    { kind: 'line', line: 'start shop/checkout 2.0.1', isConfirmed: false },
    { kind: 'line', line: 'plan shop/checkout 2.0.1', isConfirmed: false },
  ]);
  const images = ['web', 'worker'].map((container) => ({ container, image: '2' }));
  expect(linesOf(aNotice({ images }))[0]).toMatchObject({ line: 'start shop/checkout web=2 worker=2' });
});

it('links the commits where the link is one, and names a digest by its beginning', () => {
  const link = 'https://example.com/compare/a...b';
  expect(wordsOf(aNotice({ link }))).toContain(`<${link}|3 commits>`);
  expect(wordsOf(aNotice({ link, commits: undefined }))).toContain(`<${link}|what changed>`);
  expect(wordsOf(aNotice({ link: 'https://example.com/|<!channel>' }))).not.toContain('channel');
  const sha = `ghcr.io/acme/checkout@sha256:${'ab'.repeat(32)}`;
  expect(wordsOf(aNotice({ image: sha }))).toContain('checkout sha abababababab');
});

it('passes every limit, whatever a build calls itself', () => {
  const words = nastyWords;
  const notice = fc.record({
    namespace: words,
    name: words,
    image: words,
    images: fc.array(fc.record({ container: fc.option(words, { nil: undefined }), image: words }), { maxLength: 4 }),
    commits: fc.option(fc.nat(), { nil: undefined }),
    link: fc.option(words, { nil: undefined }),
    by: fc.option(words, { nil: undefined }),
  });
  fc.assert(
    fc.property(notice, (one) => {
      const message = render(one);
      expect(checkMessage(message)).toEqual([]);
      expect(checkBlocks(message.blocks, { surface: 'message', isFileUsable: () => true })).toEqual([]);
      expect(JSON.stringify(message.blocks[0])).not.toContain('<!channel>');
    }),
    { numRuns: 100 },
  );
});
