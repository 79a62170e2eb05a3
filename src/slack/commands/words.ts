import type { Target } from '../../operations/index.ts';
import { namePlainDeployment, nameTrial, type TrialKind } from '../../rollout/index.ts';
import type { Flag } from './verbs.ts';

/** The parts that every line is made of: words and quotes, flags, a target, a reason. */
const maxReasonLength = 500;
const namePattern = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
export const namespacePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export interface Words {
  /** What is neither flag nor target nor reason. */
  words: string[];
  flags: Partial<Record<Flag, string>>;
}

export interface FlagProblem {
  readonly problem: 'unknownFlag' | 'flagNeedsValue' | 'flagTakesNoValue' | 'flagTwice';
  readonly word: string;
}

export interface Token {
  readonly word: string;
  /** Written in quotes: never a flag. */
  readonly isQuoted: boolean;
}

export function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const found of text.matchAll(/(?:^|(?<=\s))(--?[a-z-]+=)?"([^"]*)"(?=\s|$)|\S+/gi)) {
    const [whole, flag, quoted] = found;
    if (quoted === undefined) tokens.push({ word: whole, isQuoted: false });
    else if (flag !== undefined) tokens.push({ word: `${flag}${quoted}`, isQuoted: false });
    else if (quoted.trim() !== '') tokens.push({ word: quoted.trim(), isQuoted: true });
  }
  return tokens;
}

const flagNames: Readonly<Record<string, { readonly flag: Flag; readonly hasValue: boolean }>> = {
  '-n': { flag: 'namespace', hasValue: true },
  '--namespace': { flag: 'namespace', hasValue: true },
  '--to': { flag: 'to', hasValue: true },
  '--n': { flag: 'to', hasValue: true },
  '--to-revision': { flag: 'to', hasValue: true },
  '--revision': { flag: 'to', hasValue: true },
  '--reason': { flag: 'reason', hasValue: true },
  '--dry-run': { flag: 'dry-run', hasValue: false },
  '--full': { flag: 'full', hasValue: false },
  '--with-steps': { flag: 'with-steps', hasValue: false },
  '--override-git': { flag: 'override-git', hasValue: false },
  '--force': { flag: 'force', hasValue: false },
  '--until': { flag: 'until', hasValue: true },
  '--hotfix': { flag: 'hotfix', hasValue: false },
};

/** Takes the flags out of the words; a flag that this verb does not take, or one without its value, is a problem. */
export function readFlags(tokens: readonly Token[], allowed: readonly Flag[]): Words | FlagProblem {
  const read: Words = { words: [], flags: {} };
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.isQuoted || !/^--?[a-z]/i.test(token.word)) {
      read.words.push(token.word);
      continue;
    }
    const [name = '', ...valueParts] = token.word.split('=');
    const known = Object.hasOwn(flagNames, name.toLowerCase()) ? flagNames[name.toLowerCase()] : undefined;
    if (known === undefined || !allowed.includes(known.flag)) return { problem: 'unknownFlag', word: name };
    if (read.flags[known.flag] !== undefined) return { problem: 'flagTwice', word: name };
    if (!known.hasValue) {
      if (valueParts.length > 0) return { problem: 'flagTakesNoValue', word: name };
      read.flags[known.flag] = '';
      continue;
    }
    if (valueParts.length === 0) index += 1;
    const next = tokens[index];
    const value = valueParts.length > 0 ? unquote(valueParts.join('=')) : next?.word;
    const isFlagInstead = valueParts.length === 0 && next?.isQuoted === false && next.word.startsWith('--');
    if (value === undefined || value === '' || isFlagInstead) return { problem: 'flagNeedsValue', word: name };
    read.flags[known.flag] = value;
  }
  return read;
}

/** `… because <reason>`: everything after the word is the reason, flags included. */
export function splitBecause(rest: string): { readonly before: string; readonly because: string | undefined } {
  const found = /(?:^|\s)because(?=\s|$)/i.exec(rest);
  if (found === null) return { before: rest, because: undefined };
  return { before: rest.slice(0, found.index).trim(), because: unquote(rest.slice(found.index + found[0].length)) };
}

export function unquote(text: string): string {
  let inner = text.trim();
  while (inner.length >= 2 && inner.startsWith('"') && inner.endsWith('"')) inner = inner.slice(1, -1).trim();
  return inner;
}

export function cutReason(reason: string): string {
  return Array.from(reason).slice(0, maxReasonLength).join('').trim();
}

/** The word without the marks that end a sentence: `12!`, `checkout,`. */
export function withoutEnd(word: string): string {
  return word.replace(/[!,?;]+$/, '').replace(/\.+$/, '');
}

const deploymentKind = /^(?:deploy|deployment|deployments|deployment\.apps|deployments\.apps)$/;
// `kubectl get -o name` writes rollout.argoproj.io/checkout.
const rolloutKind = /^(?:rollout|rollouts)(?:\.argoproj\.io)?$/;

const trialWord = /^(?:(experiment|analysisrun)s?)(?:\.argoproj\.io)?$/;

function trialKindOf(word: string): TrialKind | undefined {
  const kind = trialWord.exec(word)?.[1];
  return kind === 'experiment' || kind === 'analysisrun' ? kind : undefined;
}

/** `terminate experiment checkout-1`, as Argo's client has it: the two words as one target. */
export function joinKind(words: string[]): void {
  const [kind = '', name] = words.map((word) => word.toLowerCase());
  if (name === undefined || !isKindWord(kind)) return;
  const [namespace, bare] = name.split('/');
  words.splice(0, 2, bare === undefined ? `${kind}/${name}` : `${namespace}/${kind}/${bare}`);
}

/** Before a slash these are a kind: a namespace of this name can only be given by `-n`. */
export function isKindWord(word: string): boolean {
  return deploymentKind.test(word) || rolloutKind.test(word) || trialWord.test(word);
}

/** `checkout`, `shop/checkout`, `deploy/checkout`, `shop/deploy/checkout`; names are lower case in Kubernetes, however they were typed. */
export function readTarget(word: string): Target | undefined {
  const parts = withoutEnd(word.toLowerCase()).split('/');
  const bare = parts.pop() ?? '';
  if (parts.length > 2 || !namePattern.test(bare) || bare === 'because') return undefined;
  const kind = isKindWord(parts.at(-1) ?? '') ? parts.pop() : undefined;
  const trial = trialKindOf(kind ?? '');
  const plain = kind !== undefined && deploymentKind.test(kind) ? namePlainDeployment(bare) : bare;
  const name = trial === undefined ? plain : nameTrial({ kind: trial, name: bare });
  const [namespace, ...more] = parts;
  if (namespace === undefined) return { name };
  // `deploy/deploy/web`: a namespace named like a kind can only be given by `-n`.
  if (more.length > 0 || isKindWord(namespace) || !namespacePattern.test(namespace)) return undefined;
  return { namespace, name };
}
