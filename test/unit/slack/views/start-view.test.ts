import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkView as standInCheck } from '../../../../src/sandbox/slack-api/check-blocks.ts';
import { createFormSeal, emptyEntry, keyOf, readEntry } from '../../../../src/slack/views/start-entry.ts';
import { drawnOf, renderStartView, renderWordsView, type StartScene } from '../../../../src/slack/views/start-view.ts';
import { checkView } from '../../../../src/slack/views/view-limits.ts';
import { noonMs } from '../../../support/a-delivery.ts';
import { aPlanAnswer } from '../../../support/a-plan.ts';
import { aStartForm } from '../../../support/a-start-form.ts';

const checkout = { namespace: 'shop', name: 'checkout' };
const seal = createFormSeal(['key']);

function aScene(changes: Partial<StartScene> = {}): StartScene {
  return {
    services: [checkout],
    service: checkout,
    form: aStartForm(),
    entry: { ...emptyEntry, serviceKey: keyOf(checkout) },
    verdict: undefined,
    channel: 'C0SHIPSHOP',
    nowMs: noonMs,
    ...changes,
  };
}

function draw(scene: StartScene) {
  return renderStartView(scene, seal.seal(drawnOf(scene)));
}

const textOf = (scene: StartScene) => JSON.stringify(draw(scene).blocks);

describe('the start form', () => {
  it('names services that could be two with their namespace', () => {
    const services = [checkout, { namespace: 'pay', name: 'api' }, { namespace: 'search', name: 'api' }];
    const labels = [...textOf(aScene({ services })).matchAll(/"text":"((?:pay|search|shop)?\/?(?:api|checkout))"/g)];
    expect([...new Set(labels.map(([, label]) => label))]).toEqual(['checkout', 'pay/api', 'search/api']);
  });

  it('asks for services as the person types where they are too many for a list', () => {
    const services = Array.from({ length: 101 }, (_, index) => ({ namespace: 'shop', name: `s${index}` }));
    expect(textOf(aScene({ services }))).toContain('external_select');
    expect(textOf(aScene({ services: services.slice(0, 100) }))).toContain('static_select');
  });

  it('shows where each image comes from, and the line to type in only where it is wanted', () => {
    const text = textOf(aScene());
    expect(text).toContain('built 1 h ago, 3 commits');
    expect(text).toContain('built 2 h ago, 1 commit"');
    expect(text).toContain('ran 24 h ago as revision 16');
    expect(text).not.toContain('typed:');
    expect(textOf(aScene({ entry: { ...emptyEntry, choice: 'other' } }))).toContain('typed:');
    expect(textOf(aScene({ form: aStartForm({ images: [] }) }))).toContain('typed:');
  });

  it('asks for the container where nobody can tell which one is meant', () => {
    const containers = ['web', 'worker'].map((name) => ({ name, image: `acme/${name}:1`, isMain: false }));
    const text = textOf(aScene({ form: aStartForm({ containers, images: [] }) }));
    expect(text).toContain('container:');
    expect(text).not.toContain('image:');
  });

  it('says what would come of it, and asks whether the person is sure where the words would ask', () => {
    const plan = aPlanAnswer();
    const would = textOf(aScene({ verdict: { kind: 'wouldStart', from: 'a/b:1.4.2', to: 'a/b:2.0.1' }, plan }));
    expect(would).toContain('1.4.2 → *2.0.1*');
    expect(would).toContain('*Steps* 10 %');
    expect(would).not.toContain('sure:');
    const refused = { kind: 'refused', words: 'usual tags look otherwise', image: 'v2' } as const;
    expect(textOf(aScene({ verdict: { ...refused, isQuestion: true } }))).toContain('sure:');
    expect(textOf(aScene({ verdict: { ...refused, isQuestion: false } }))).not.toContain('sure:');
  });

  it('gives the images another block when they are others, so that an old choice does not stay chosen', () => {
    const idOf = (scene: StartScene) => /"image:[0-9a-f]+"/.exec(textOf(scene))?.[0];
    const [, ...fewer] = aStartForm().images;
    expect(idOf(aScene())).toBe(idOf(aScene({ entry: { ...emptyEntry, reason: 'x' } })));
    expect(idOf(aScene())).not.toBe(idOf(aScene({ form: aStartForm({ images: fewer }) })));
  });
});

describe('what a form remembers', () => {
  it('comes back as it was sealed, by the key before too, and not when it was changed', () => {
    const drawn = drawnOf(aScene());
    const sealed = createFormSeal(['older key']).seal(drawn);
    expect(createFormSeal(['key', 'older key']).open(sealed)).toEqual(drawn);
    expect(seal.open(sealed)).toBeUndefined();
    expect(seal.open(seal.seal(drawn).replace('C0SHIPSHOP', 'C0OTHER'))).toBeUndefined();
    expect(seal.open('')).toBeUndefined();
  });

  it('is read back from whatever Slack sends as state', () => {
    fc.assert(
      fc.property(fc.anything(), (values) => {
        const entry = readEntry(values, drawnOf(aScene()));
        expect(typeof entry.typed).toBe('string');
      }),
    );
  });
});

const words = fc.oneof(
  fc.string({ maxLength: 400, unit: 'binary' }),
  fc.constantFrom(
    '',
    '<!channel>',
    '*_~`',
    '🚀'.repeat(200),
    '\u0001'.repeat(290),
    'a'.repeat(253),
    '‮rtl',
    'xoxb-1234567890-abcdefghij',
  ),
);
const anyImage = fc.record({
  container: fc.constantFrom('web', 'checkout'),
  image: words,
  atMs: fc.integer(),
  from: fc.oneof(
    fc.record({ kind: fc.constant('built' as const), commits: fc.option(fc.nat(), { nil: undefined }) }),
    fc.record({ kind: fc.constant('ran' as const), revision: fc.nat() }),
  ),
});
const anyScene: fc.Arbitrary<StartScene> = fc.record({
  services: fc.uniqueArray(fc.record({ namespace: words, name: words }), {
    minLength: 1,
    maxLength: 130,
    selector: keyOf,
  }),
  service: fc.constant(checkout),
  form: fc.option(
    fc.record({
      namespace: words,
      name: words,
      template: fc.constant('a template'),
      ownChannel: fc.constantFrom(undefined, 'C0SHIPSHOP'),
      containers: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('web', 'checkout', 'c'), image: words, isMain: fc.boolean() }),
        { minLength: 1, selector: ({ name }) => name },
      ),
      images: fc.array(anyImage, { maxLength: 5 }),
      runs: fc.option(words, { nil: undefined }),
      underWay: fc.option(fc.record({ image: words }), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  entry: fc.record({
    serviceKey: fc.constant(undefined),
    container: fc.constantFrom(undefined, 'web', 'gone'),
    choice: fc.oneof(fc.constantFrom(undefined, 'other'), words),
    typed: words,
    reason: words,
    isSure: fc.boolean(),
  }),
  verdict: fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant('wouldStart' as const), from: words, to: words }),
    fc.record({
      kind: fc.constant('refused' as const),
      words: fc.constant('no'),
      isQuestion: fc.boolean(),
      image: words,
    }),
  ),
  changed: fc.constantFrom(undefined, 'it moved'),
  channel: fc.constantFrom('', 'C0SHIPSHOP'),
  nowMs: fc.integer(),
});

describe('limits', () => {
  it('every form that can be drawn passes our checker and that of the stand-in', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const view = draw(scene);
        expect(checkView(view)).toEqual([]);
        expect(standInCheck(view, { isFileUsable: () => true })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('words alone are a view too', () => {
    expect(standInCheck(renderWordsView('No.'), { isFileUsable: () => true })).toEqual([]);
  });
});
