import { type VerbName, verbs } from './verbs.ts';
import { withoutEnd } from './words.ts';

/** These words behind a verb begin its argument: in a thread the name may be left out. */
export function isArgument(verb: VerbName, words: readonly string[]): boolean {
  const word = withoutEnd(words[0] ?? '');
  switch (verbs[verb].takes) {
    case 'nothing':
    case 'duration':
      return true;
    case 'target':
    case 'reason':
      return false;
    case 'images':
      // `start 2.0.0` in a thread; with more words the first is the name, whatever it looks like.
      return isTo(word) || word.includes('=') || (words.length === 1 && isBareImage(word));
    case 'revision':
      return isRevisionWord(word) || (words.length === 1 && /^\d+$/.test(word));
    default:
      return /^\d{1,3}%$/.test(word);
  }
}

export function isTo(word: string): boolean {
  return /^to$/i.test(withoutEnd(word));
}

export function isRevisionWord(word: string): boolean {
  return /^(?:to|rev|revision)$/i.test(withoutEnd(word));
}

/** Looks like a version or an image, and not like the name of anything that people run. */
function isBareImage(word: string): boolean {
  return /^v?\d+(?:\.\d+)+/i.test(word) || /^sha256:/.test(word) || /^:\w/.test(word);
}
