import type { Target } from '../../operations/index.ts';
import { isArgument } from './argument-word.ts';
import type { Command, Parsed } from './command.ts';
import { closestVerb, verbOf } from './find-verb.ts';
import { normalise } from './normalise.ts';
import { looksLikeImage, parseArguments, type Reading } from './parse-arguments.ts';
import { print, printTarget } from './print.ts';
import { isLater, type LaterVerb, verbs } from './verbs.ts';
import { joinKind, namespacePattern, readFlags, readTarget, splitBecause, tokenise, unquote } from './words.ts';

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
  if (isLater(verb)) return parseLater(text, verb, others[0] ?? '');
  if (verb === 'help') return parseHelp(text, rest);
  return parseVerb({ text, verb }, rest);
}

/** Only the name is read of a verb that comes later: what works today is said for it. */
function parseLater(text: string, what: LaterVerb, word: string): Parsed {
  const target = readTarget(word);
  return { kind: 'later', what, text, ...(target === undefined ? {} : { target }) };
}

/** A name alone is its status; anything longer is only suggested. */
function parseWithoutVerb(text: string, first: string, others: readonly string[]): Parsed {
  const target = readTarget(first);
  if (others.length === 0) {
    if (target !== undefined) return { kind: 'command', command: { verb: 'status', target } };
    return { kind: 'unclear', problem: 'unknownVerb', text, word: first, ...suggestVerb(first, others) };
  }
  const [second = '', ...tail] = others;
  const secondVerb = verbOf(second);
  if (secondVerb !== undefined && target !== undefined) {
    const line = suggest([secondVerb, printTarget(target, secondVerb), ...tail].join(' '));
    return { kind: 'unclear', problem: 'verbSecond', text, word: second, target, ...line };
  }
  const close = closestVerb(first);
  if (close === undefined && target !== undefined) {
    const image = second.toLowerCase() === 'to' ? (tail[0] ?? '') : second;
    const line = looksLikeImage(image) ? suggest(`start ${text}`) : {};
    if (line.suggestion !== undefined)
      return { kind: 'unclear', problem: 'missingVerb', text, word: image, target, ...line };
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

function parseHelp(text: string, rest: string): Parsed {
  if (rest === '') return { kind: 'command', command: { verb: 'help' } };
  const about = verbOf(rest.split(' ')[0] ?? '');
  if (about !== undefined) return { kind: 'command', command: { verb: 'help', about } };
  return { kind: 'unclear', problem: 'unknownVerb', text, word: rest, suggestion: 'help' };
}

function parseVerb(reading: Reading, rest: string): Parsed {
  const { before, because } = splitBecause(rest);
  const tokens = tokenise(before);
  const read = readFlags(tokens, verbs[reading.verb].flags);
  if ('problem' in read) return { kind: 'unclear', text: reading.text, verb: reading.verb, ...read };
  const { flags } = read;
  const words = [...read.words];
  if (reading.verb === 'terminate' || reading.verb === 'retry') joinKind(words);
  const place = takePlace(reading, words, flags.namespace);
  if ('kind' in place) return place;
  const reason = because ?? (flags.reason === undefined ? undefined : unquote(flags.reason));
  const base = { ...place, ...(reason === undefined || reason === '' ? {} : { reason }) };
  return parseArguments(reading, { words, flags, base });
}

type Place = Pick<Command, 'target' | 'namespace'>;

/** The first word is the name, unless it belongs to the argument: in a thread the name may be left out. */
function takePlace(reading: Reading, words: string[], namespace: string | undefined): Place | Parsed {
  const { text, verb } = reading;
  if (namespace !== undefined && !namespacePattern.test(namespace))
    return { kind: 'unclear', problem: 'badName', text, verb, word: namespace };
  const first = words[0];
  if (first === undefined || isArgument(verb, words)) return namespace === undefined ? {} : { namespace };
  const read = readTarget(first);
  if (read === undefined)
    return { kind: 'unclear', problem: 'badName', text, verb, word: first, ...nameAndTag(verb, first) };
  const target = read;
  if (namespace !== undefined && target.namespace !== undefined && target.namespace !== namespace)
    return { kind: 'unclear', problem: 'twoNamespaces', text, verb, word: `${first} -n ${namespace}` };
  words.shift();
  return { target: namespace === undefined ? target : inNamespace(target, namespace) };
}

function inNamespace(target: Target, namespace: string): Target {
  return { namespace, name: target.name };
}

/** `start checkout:2.0.0`: a blank would do. */
function nameAndTag(verb: Reading['verb'], word: string): { readonly suggestion?: string } {
  const [, name, image] = /^([a-z0-9][a-z0-9.-]*):(\S+)$/i.exec(word) ?? [];
  return verb === 'start' && name !== undefined ? suggest(`start ${name} ${image}`) : {};
}
