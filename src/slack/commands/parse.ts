import type { ImageChange, Target } from '../../operations/index.ts';
import { normalise } from './normalise.ts';
import { print } from './print.ts';
import { closestVerb, type Flag, type NowVerb, type VerbName, verbOf, verbs } from './verbs.ts';
import { cutReason, namespacePattern, readFlags, readTarget, splitBecause, tokenise } from './words.ts';

/** One understood wish in words. `verb` 'mine' is what no words at all mean. */
export interface Command {
  readonly verb: NowVerb | 'mine';
  /** Missing: the thread's rollout, or a question which one. */
  readonly target?: Target;
  readonly images?: readonly ImageChange[];
  readonly toRevision?: number;
  readonly withSteps?: boolean;
  readonly reason?: string;
  /** `help promote` */
  readonly about?: VerbName;
}

/** `text` is what was read, normalised. `suggestion` is a line that would work; it is shown, never run. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'later'; readonly what: VerbName | 'plainDeployment'; readonly text: string }
  | {
      readonly kind: 'unclear';
      readonly problem: Problem;
      readonly text: string;
      readonly word: string;
      readonly verb?: NowVerb;
      readonly target?: Target;
      readonly suggestion?: string;
    };

export type Problem =
  /** the first word is no verb; suggestion: the closest one */
  | 'unknownVerb'
  /** `checkout abort` */
  | 'verbSecond'
  /** `checkout 2.0.0` */
  | 'missingVerb'
  /** a word too many */
  | 'extraWord'
  | 'unknownFlag'
  | 'flagNeedsValue'
  | 'badName'
  | 'badImage'
  | 'noImage'
  | 'badRevision'
  /** `promote checkout 50%`: weights come from the plan */
  | 'promoteToWeight';

const imagePattern = /^(?:[A-Za-z0-9][\w.\-/:@+]{0,510}|:\w[\w.-]{0,127}|sha256:[0-9a-f]{6,64})$/;
const containerPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Words → one wish, purely. Never throws, never guesses a verb that changes something: where it is unsure it says what it read and
 * what would work. `parse(print(parse(x)))` is `parse(x)`.
 */
export function parse(typed: string): Parsed {
  const text = normalise(typed);
  if (text === '') return { kind: 'command', command: { verb: 'mine' } };
  const [first = '', ...others] = text.split(' ');
  const verb = verbOf(first);
  if (verb === undefined) return parseWithoutVerb(text, first, others);
  const rest = others.join(' ');
  if (!isNow(verb)) return { kind: 'later', what: verb, text };
  if (verb === 'help') return parseHelp(text, rest);
  return parseVerb({ text, verb, rest });
}

function isNow(verb: VerbName): verb is NowVerb {
  return verbs[verb].when === 'now';
}

/** A name alone is its status; anything longer is only suggested. */
function parseWithoutVerb(text: string, first: string, others: readonly string[]): Parsed {
  const target = readTarget(first);
  if (others.length === 0) {
    if (target === 'plainDeployment') return { kind: 'later', what: 'plainDeployment', text };
    if (target !== undefined) return { kind: 'command', command: { verb: 'status', target } };
    return { kind: 'unclear', problem: 'unknownVerb', text, word: first, ...suggestVerb(first, others) };
  }
  const [second = '', ...tail] = others;
  const secondVerb = verbOf(second);
  if (secondVerb !== undefined && typeof target === 'object') {
    const line = suggest(`${secondVerb} ${[first, ...tail].join(' ')}`);
    return { kind: 'unclear', problem: 'verbSecond', text, word: second, ...line };
  }
  const close = closestVerb(first);
  if (close === undefined && typeof target === 'object' && looksLikeImage(second)) {
    return { kind: 'unclear', problem: 'missingVerb', text, word: second, target, ...suggest(`start ${text}`) };
  }
  return { kind: 'unclear', problem: 'unknownVerb', text, word: first, ...suggestVerb(first, others) };
}

function suggestVerb(first: string, others: readonly string[]): { readonly suggestion?: string } {
  const close = closestVerb(first);
  return close === undefined ? {} : suggest([close, ...others].join(' '));
}

/** Only a line that parses to a wish is worth suggesting. */
function suggest(line: string): { readonly suggestion?: string } {
  const parsed = parse(line);
  return parsed.kind === 'command' ? { suggestion: print(parsed.command) } : {};
}

function looksLikeImage(word: string): boolean {
  return imagePattern.test(word) && (/^v?\d/i.test(word) || /[:@]/.test(word) || word.startsWith('sha256'));
}

function parseHelp(text: string, rest: string): Parsed {
  if (rest === '') return { kind: 'command', command: { verb: 'help' } };
  const about = verbOf(rest.split(' ')[0] ?? '');
  if (about !== undefined) return { kind: 'command', command: { verb: 'help', about } };
  return { kind: 'unclear', problem: 'unknownVerb', text, word: rest, suggestion: 'help' };
}

interface Reading {
  readonly text: string;
  readonly verb: Exclude<NowVerb, 'help'>;
  readonly rest: string;
}

function parseVerb(reading: Reading): Parsed {
  const { before, because } = splitBecause(reading.rest);
  const tokens = tokenise(before);
  const read = readFlags(tokens, verbs[reading.verb].flags);
  if ('problem' in read) return unclear(reading, read.problem, { word: read.word });
  const { flags } = read;
  const words = [...read.words];
  const target = takeTarget(reading, words, flags.namespace);
  if (target !== undefined && 'kind' in target) return target;
  if (flags['dry-run'] !== undefined) return { kind: 'later', what: 'plan', text: reading.text };
  const reason = because ?? flags.reason;
  const base = {
    ...(target === undefined ? {} : { target }),
    ...(reason === undefined || reason === '' ? {} : { reason: cutReason(reason) }),
  };
  return parseRest(reading, { words, flags, base });
}

interface Remainder {
  readonly words: readonly string[];
  readonly flags: Partial<Record<Flag, string>>;
  readonly base: { readonly target?: Target; readonly reason?: string };
}

function parseRest(reading: Reading, { words, flags, base }: Remainder): Parsed {
  switch (verbs[reading.verb].takes) {
    case 'images':
      return parseImages(reading, words, base);
    case 'revision':
      return parseRevision(reading, words, { flags, base });
    case 'reason': {
      const free = words.join(' ');
      const reason = [free, base.reason].filter((part) => part !== undefined && part !== '').join(' because ');
      const target = base.target === undefined ? {} : { target: base.target };
      return command({ verb: reading.verb, ...target, ...(reason === '' ? {} : { reason: cutReason(reason) }) });
    }
    case 'percent': {
      const percent = words.find((word) => /^\d{1,3}(?:\.\d+)?%?$/.test(word));
      if (percent !== undefined) return unclear(reading, 'promoteToWeight', { word: percent, ...base });
      if (words.length > 0) return extraWord(reading, words, base);
      return command({ verb: flags.full === undefined ? 'promote' : 'finish', ...base });
    }
    default:
      return words.length > 0 ? extraWord(reading, words, base) : command({ verb: reading.verb, ...base });
  }
}

function parseImages(reading: Reading, words: readonly string[], base: Remainder['base']): Parsed {
  const images: ImageChange[] = [];
  const rest = words[0]?.toLowerCase() === 'to' ? words.slice(1) : words;
  for (const [index, word] of rest.entries()) {
    const equals = word.indexOf('=');
    const key = equals === -1 ? undefined : word.slice(0, equals);
    const image = equals === -1 ? word : word.slice(equals + 1);
    const isBare = key === undefined || key === 'image';
    if (isBare && images.length > 0) {
      const line = print({ verb: 'start', ...base, images });
      return unclear(reading, 'extraWord', { word: rest.slice(index).join(' '), ...base, suggestion: line });
    }
    if (!imagePattern.test(image) || !(isBare || containerPattern.test(key))) {
      return unclear(reading, 'badImage', { word, ...base });
    }
    images.push(isBare ? { image } : { container: key, image });
  }
  if (images.length === 0) return unclear(reading, 'noImage', { word: '', ...base });
  return command({ verb: 'start', ...base, images });
}

function parseRevision(
  reading: Reading,
  words: readonly string[],
  { flags, base }: { readonly flags: Remainder['flags']; readonly base: Remainder['base'] },
): Parsed {
  const rest = words.filter((word) => !/^(?:to|rev|revision)$/i.test(word));
  const named = flags.to ?? rest.shift();
  if (rest.length > 0) return extraWord(reading, rest, base);
  const withSteps = flags['with-steps'] === undefined ? {} : { withSteps: true };
  if (named === undefined) return command({ verb: 'undo', ...base, ...withSteps });
  const revision = Number(named);
  if (!/^\d{1,9}$/.test(named) || revision < 1) return unclear(reading, 'badRevision', { word: named, ...base });
  return command({ verb: 'undo', ...base, toRevision: revision, ...withSteps });
}

function command(read: Command): Parsed {
  return { kind: 'command', command: read };
}

type Details = { readonly word: string; readonly target?: Target; readonly suggestion?: string };

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

function extraWord(reading: Reading, words: readonly string[], base: Remainder['base']): Parsed {
  const line = print({ verb: reading.verb, ...base });
  return unclear(reading, 'extraWord', { word: words.join(' '), ...base, suggestion: line });
}

/** The first word, unless it belongs to the argument: a thread's target may be left out. */
function takeTarget(reading: Reading, words: string[], namespace: string | undefined): Target | Parsed | undefined {
  if (namespace !== undefined && !namespacePattern.test(namespace)) {
    return unclear(reading, 'badName', { word: namespace });
  }
  const first = words[0];
  if (first === undefined || isArgument(reading.verb, first)) return undefined;
  const target = readTarget(first);
  if (target === 'plainDeployment') return { kind: 'later', what: 'plainDeployment', text: reading.text };
  if (target === undefined) {
    const [, name, image] = /^([a-z0-9][a-z0-9.-]*):(\S+)$/i.exec(first) ?? [];
    const line = reading.verb === 'start' && name !== undefined ? suggest(`start ${name} ${image}`) : {};
    return unclear(reading, 'badName', { word: first, ...line });
  }
  words.shift();
  return namespace === undefined ? target : { ...target, namespace };
}

function isArgument(verb: Reading['verb'], word: string): boolean {
  const { takes } = verbs[verb];
  if (takes === 'nothing' || takes === 'reason') return false;
  return /^to$/i.test(word) || /^\d{1,3}%$/.test(word) || word.includes('=');
}
