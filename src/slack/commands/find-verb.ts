import { editDistance } from '../../lib/index.ts';
import { type VerbName, verbNames, verbs } from './verbs.ts';

const byWord: ReadonlyMap<string, VerbName> = new Map(
  verbNames.flatMap((name) => [name, ...verbs[name].aliases].map((word): [string, VerbName] => [word, name])),
);

/** The verb that this very word names; case and trailing `!.,?` do not matter. */
export function verbOf(word: string): VerbName | undefined {
  const lower = word.toLowerCase();
  return byWord.get(lower) ?? byWord.get(lower.replace(/[!.,?:;]+$/, ''));
}

/** The verb that was perhaps meant by a word that is none: for a suggestion, never for an act. */
export function closestVerb(word: string): VerbName | undefined {
  const lower = word.toLowerCase().slice(0, 40);
  let best: { readonly name: VerbName; readonly distance: number } | undefined;
  for (const [known, name] of byWord) {
    const distance = editDistance(lower, known);
    const most = known.length <= 4 ? 1 : 2;
    if (distance <= most && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}
