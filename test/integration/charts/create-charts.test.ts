import { afterAll, describe, expect, test } from 'vitest';
import { createCharts } from '../../../src/charts/index.ts';
import { checkFont, renderPng } from '../../../src/charts/render-png.ts';
import { renderSvg } from '../../../src/charts/render-svg.ts';
import { aFailingSeries } from '../../support/a-metric-series.ts';
import { type Box, countDark, decodePng } from '../../support/png.ts';

const title = 'checkout 3.0.0 · success-rate';
const charts = createCharts();
afterAll(() => charts.stop());

describe('a chart', () => {
  test('is a PNG of its size, with words that say the same', async () => {
    const chart = await charts.draw(aFailingSeries(), title);
    const { width, height } = decodePng(chart.png);
    expect({ width, height }).toEqual({ width: chart.widthPx, height: chart.heightPx });
    expect(chart.altText).toBe(
      'checkout 3.0.0 · success-rate: failed. Last 90.4 %, limit ≥ 95 %. 10 measurements, 2 failed, from 90.4 % to 99.8 %. ' +
        'Canary 10 % at 14:02, 25 % at 14:04 UTC.',
    );
  });

  test('has letters in the box of its title, its verdict and each label; without a font there are none', () => {
    const svg = renderSvg(aFailingSeries(), title);
    const words = wordsOf(svg);
    const texts = words.map(({ text }) => text);
    expect(texts).toEqual(
      expect.arrayContaining([
        title,
        '✗ failed · last 90.4 %, limit ≥ 95 %',
        '95 %',
        '14:04',
        'UTC',
        'canary 10 %',
        '25 %',
        'limit ≥ 95 %',
      ]),
    );
    const picture = decodePng(renderPng(svg));
    const bare = decodePng(renderPng(svg, []));
    for (const { text, box } of words) {
      const letters = countDark(picture, box) - countDark(bare, box);
      expect({ text, hasLetters: letters > text.length * 20 }).toEqual({ text, hasLetters: true });
    }
  });

  test('keeps every word inside the picture', () => {
    const long = `${'a-rollout-with-a-long-name-'.repeat(5)} 2026.11.20 · http-requests-per-second`;
    const svg = renderSvg(
      aFailingSeries({ weightSteps: [{ atMs: aFailingSeries().points.at(-1)?.atMs ?? 0, percent: 100 }] }),
      long,
    );
    for (const { text, box } of wordsOf(svg)) {
      expect({ text, isInside: box.left >= 0 && box.right <= 1600 && box.top >= 0 && box.bottom <= 800 }).toEqual({
        text,
        isInside: true,
      });
    }
    expect(wordsOf(svg).map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^a-rollout.*… · http-requests-per-second$/),
    );
  });

  test('marks failed points by shape: as many crosses as there are', () => {
    const crosses = (svg: string) => [...svg.matchAll(/fill="#b91c1c"/g)].length;
    const fine = aFailingSeries();
    const noneFailed = { ...fine, points: fine.points.map((point) => ({ ...point, isFailed: false })) };
    expect(crosses(renderSvg(fine, title)) - crosses(renderSvg(noneFailed, title))).toBe(2);
  });

  test.for([
    ['no points', { points: [] }],
    ['no points and no steps', { points: [], weightSteps: [] }],
    ['no data at all', { points: [{ atMs: 0, value: undefined, isFailed: false }] }],
    [
      'values that are no numbers',
      {
        points: [
          { atMs: 0, value: Number.NaN, isFailed: true },
          { atMs: 1, value: Infinity, isFailed: true },
        ],
      },
    ],
    ['all at one moment', { points: [1, 2, 3].map((value) => ({ atMs: 5, value, isFailed: false })) }],
    ['no limit', { limit: undefined }],
    [
      'huge and tiny values',
      { points: [1e-12, 1e15, -1e15].map((value, n) => ({ atMs: n * 1000, value, isFailed: false })) },
    ],
    [
      '10,000 points',
      { points: Array.from({ length: 10_000 }, (_, n) => ({ atMs: n * 1000, value: n % 7, isFailed: n % 2 === 0 })) },
    ],
    ['points years apart', { points: [0, 1e12].map((atMs) => ({ atMs, value: 1, isFailed: false })) }],
  ] as const)('is drawn with %s', async ([, change]) => {
    const chart = await charts.draw(aFailingSeries(change), 'odd <&> "title" 😀');
    expect(decodePng(chart.png).width).toBe(1600);
    expect(chart.altText).toMatch(/^odd .*\.$/);
  });
});

describe('the thread that draws', () => {
  test('draws many at once, each its own', async () => {
    const many = createCharts();
    const drawn = await Promise.all(['a', 'b', 'c', 'd'].map((name) => many.draw(aFailingSeries(), name)));
    expect(new Set(drawn.map(({ png }) => Buffer.from(png).toString('base64'))).size).toBe(4);
    expect(drawn.map(({ altText }) => altText.slice(0, 1))).toEqual(['a', 'b', 'c', 'd']);
    await many.stop();
  });

  test('ends when nobody draws, and starts again', async () => {
    const lazy = createCharts({ idleMs: 1 });
    await lazy.draw(aFailingSeries(), title);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await lazy.draw(aFailingSeries(), title)).png.length).toBeGreaterThan(1000);
    await lazy.stop();
  });

  test('one that does not answer in time is given up, and the next picture is drawn by another', async () => {
    const impatient = createCharts({ timeoutMs: 1 });
    await expect(impatient.draw(aFailingSeries(), title)).rejects.toThrow('not drawn within 1 ms');
    await impatient.stop();
    await expect(impatient.draw(aFailingSeries(), title)).rejects.toThrow('stopped');
  });

  test('refuses to draw without its font, by name', () => {
    expect(() => checkFont(['/nowhere/inter.ttf'])).toThrow('/nowhere/inter.ttf not found');
    expect(() => checkFont([])).toThrow('draw nothing');
    expect(() => checkFont()).not.toThrow();
  });
});

/** Each text of the drawing with the box that its letters stand in, in pixels of the PNG. */
function wordsOf(svg: string): { readonly text: string; readonly box: Box }[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', text = '']) => {
    const read = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
    const moved = /translate\(([-\d.]+)[ ,]([-\d.]+)\)/.exec(attributes);
    const x = Number(read('x') || 0) + Number(moved?.[1] ?? 0);
    const y = Number(read('y') || 0) + Number(moved?.[2] ?? 0);
    const size = Number(/font-size:([\d.]+)px/.exec(attributes)?.[1] ?? 12);
    const words = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    const width = words.length * size * 0.56;
    const left = { middle: x - width / 2, end: x - width }[read('text-anchor')] ?? x;
    const top = read('dominant-baseline') === 'central' ? y - size * 0.5 : y - size * 0.8;
    const box = { left: left * 2, top: top * 2, right: (left + width) * 2, bottom: (top + size) * 2 };
    return { text: words, box };
  });
}
