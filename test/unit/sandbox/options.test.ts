import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/sandbox/options.ts';

describe('parseOptions', () => {
  it('has defaults', () => {
    expect(parseOptions([])).toMatchObject({ port: 4321, dataFolder: '.sandbox', story: undefined, apply: [] });
  });

  it.each([
    [['--sotry', 'bad'], /--sotry/],
    [['--story', 'ugly'], /--story ugly: must be good or bad/],
    [['--only', 'both'], /--only both: must be world or service/],
    [['--port', 'x'], /--port x: must be a number/],
    [['--port', '99999'], /--port 99999/],
    [['--prometheus', 'localhost'], /--prometheus localhost: must be an http/],
    [['stray'], /stray/],
  ])('refuses %j in one line', (words, expected) => {
    expect(() => parseOptions(words)).toThrowError(expected);
    expect(() => parseOptions(words)).not.toThrowError(/\n/);
  });
});
