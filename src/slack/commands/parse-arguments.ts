import type { ImageChange } from '../../operations/index.ts';
import { isRevisionWord, isTo } from './argument-word.ts';
import { type Command, longestLookMs, type Parsed, type Problem } from './command.ts';
import { readDuration } from './duration.ts';
import { print } from './print.ts';
import { type Flag, type NowVerb, verbs } from './verbs.ts';
import { cutReason, withoutEnd } from './words.ts';

const imagePattern = /^(?:[A-Za-z0-9][\w.\-/:@+]{0,510}|:\w[\w.-]{0,127}|sha256:[0-9a-f]{6,64})$/;
const containerPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A line whose first word is a verb, while it is read. */
export interface Reading {
  readonly text: string;
  readonly verb: Exclude<NowVerb, 'help'>;
}

/** What is left of a line when verb, flags, name and reason were read. */
export interface Remainder {
  readonly words: readonly string[];
  readonly flags: Partial<Record<Flag, string>>;
  readonly base: Pick<Command, 'target' | 'namespace' | 'reason'>;
}

/** The words behind the name, by what the verb takes. */
export function parseArguments(reading: Reading, left: Remainder): Parsed {
  const { words, flags } = left;
  const base = withCutReason(left.base);
  switch (verbs[reading.verb].takes) {
    case 'images':
      return parseImages(reading, { words, flags, base });
    case 'revision':
      return parseRevision(reading, { words, flags, base });
    case 'duration':
      return parseDuration(reading, words, base);
    case 'reason': {
      const free = words.join(' ');
      const reason = [free, left.base.reason].filter((part) => part !== undefined && part !== '').join(' because ');
      const { reason: _, ...place } = base;
      return command(
        withCutReason({ verb: reading.verb, ...place, ...forceOf(flags), ...(reason === '' ? {} : { reason }) }),
      );
    }
    case 'percent': {
      const percent = words.find((word) => /^\d{1,3}(?:\.\d+)?%?$/.test(word));
      if (percent !== undefined) return unclear(reading, 'promoteToWeight', { word: percent, ...base });
      const verb = flags.full === undefined ? 'promote' : 'finish';
      if (words.length > 0) return extraWord(reading, words, { verb, ...base });
      return command({ verb, ...base });
    }
    default:
      return words.length > 0
        ? extraWord(reading, words, { verb: reading.verb, ...base })
        : command({ verb: reading.verb, ...base });
  }
}

function parseImages(reading: Reading, { words, flags, base }: Remainder): Parsed {
  const images: ImageChange[] = [];
  const rest = isTo(words[0] ?? '') ? words.slice(1) : words;
  const isPlan = reading.verb === 'plan' || flags['dry-run'] !== undefined;
  const { reason, ...place } = base;
  const wish: Command = isPlan ? { verb: 'plan', ...place } : { verb: 'start', ...base, ...overrideOf(flags) };
  for (const [index, word] of rest.entries()) {
    const equals = word.indexOf('=');
    const key = equals === -1 ? undefined : word.slice(0, equals);
    const image = equals === -1 ? word : word.slice(equals + 1);
    const isBare = key === undefined || key === 'image';
    if (isBare && images.length > 0) {
      return extraWord(reading, rest.slice(index), { ...wish, images });
    }
    if (!imagePattern.test(image) || !(isBare || containerPattern.test(key))) {
      return unclear(reading, 'badImage', { word, ...base });
    }
    const change = isBare ? { image } : { container: key, image };
    if (images.some((other) => other.container === change.container))
      return unclear(reading, 'imageTwice', { word, ...base });
    images.push(change);
  }
  return command(images.length === 0 ? wish : { ...wish, images });
}

export function looksLikeImage(word: string): boolean {
  return imagePattern.test(word) && (/^v?\d/i.test(word) || /[:@]/.test(word));
}

function parseRevision(reading: Reading, { words, flags, base }: Remainder): Parsed {
  const rest = words.filter((word) => !isRevisionWord(word));
  const named = flags.to ?? rest.shift();
  const withSteps = flags['with-steps'] === undefined ? {} : { withSteps: true };
  const how = { ...withSteps, ...overrideOf(flags), ...forceOf(flags) };
  if (named === undefined) return command({ verb: 'undo', ...base, ...how });
  const digits = withoutEnd(named);
  const revision = Number(digits);
  if (!/^\d{1,9}$/.test(digits) || revision < 1) return unclear(reading, 'badRevision', { word: named, ...base });
  const wish: Command = { verb: 'undo', ...base, toRevision: revision, ...how };
  return rest.length > 0 ? extraWord(reading, rest, wish) : command(wish);
}

function overrideOf(flags: Remainder['flags']): Pick<Command, 'overridesGit'> {
  return flags['override-git'] === undefined ? {} : { overridesGit: true };
}

function forceOf(flags: Remainder['flags']): Pick<Command, 'isForced'> {
  return flags.force === undefined ? {} : { isForced: true };
}

function parseDuration(reading: Reading, words: readonly string[], base: Remainder['base']): Parsed {
  // "last 2 h" is how people say it.
  const said = (words[0]?.toLowerCase() === 'last' ? words.slice(1) : words).join('');
  if (said === '') return command({ verb: reading.verb, ...base });
  const lastMs = readDuration(said);
  if (lastMs === undefined || lastMs > longestLookMs)
    return unclear(reading, 'badDuration', {
      word: words.join(' '),
      suggestion: print({ verb: reading.verb, ...base, lastMs: 3_600_000 }),
    });
  return command({ verb: reading.verb, ...base, lastMs });
}

function withCutReason<T extends { readonly reason?: string }>(wish: T): T {
  return wish.reason === undefined ? wish : { ...wish, reason: cutReason(wish.reason) };
}

function command(read: Command): Parsed {
  return { kind: 'command', command: read };
}

type Details = Pick<Extract<Parsed, { kind: 'unclear' }>, 'word' | 'target' | 'suggestion'>;

function unclear(reading: Reading, problem: Problem, { word, target, suggestion }: Details): Parsed {
  return {
    kind: 'unclear',
    problem,
    text: reading.text,
    word,
    verb: reading.verb,
    ...(target === undefined ? {} : { target }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function extraWord(reading: Reading, words: readonly string[], wish: Command): Parsed {
  const details = { word: words.join(' '), suggestion: print(wish) };
  return unclear(reading, 'extraWord', wish.target === undefined ? details : { ...details, target: wish.target });
}
