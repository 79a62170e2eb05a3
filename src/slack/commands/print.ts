import type { Target } from '../../operations/index.ts';
import { isArgument } from './argument-word.ts';
import type { Command } from './command.ts';
import { printDuration } from './duration.ts';
import { encodeEntities } from './normalise.ts';
import type { VerbName } from './verbs.ts';
import { isKindWord } from './words.ts';

/** A wish as the line that says it: what is copied, and what a suggestion's button runs. `parse` reads it back to the same wish. */
export function print(command: Command): string {
  if (command.verb === 'mine') return '';
  const words: string[] = [command.verb];
  if (command.about !== undefined) words.push(command.about);
  if (command.target !== undefined) words.push(printTarget(command.target, command.verb));
  for (const { container, image } of command.images ?? []) {
    // Without a target the first bare word would be read as one.
    const bare = command.target === undefined ? `image=${image}` : image;
    words.push(container === undefined ? bare : `${container}=${image}`);
  }
  if (command.lastMs !== undefined) words.push(printDuration(command.lastMs));
  if (command.namespace !== undefined) words.push('-n', command.namespace);
  if (command.toRevision !== undefined) words.push('--to', String(command.toRevision));
  if (command.withSteps === true) words.push('--with-steps');
  if (command.overridesGit === true) words.push('--override-git');
  if (command.isForced === true) words.push('--force');
  if (command.reason !== undefined) words.push('because', encodeEntities(command.reason));
  return words.join(' ');
}

/** In full where the short way would be read as something else: `undo 12` is a revision, `deploy/checkout` a Deployment. */
export function printTarget({ namespace, name }: Target, verb: VerbName): string {
  const short = namespace === undefined || isKindWord(namespace) ? name : `${namespace}/${name}`;
  const safe = isArgument(verb, [short]) ? `rollout/${name}` : short;
  return namespace !== undefined && isKindWord(namespace) ? `${safe} -n ${namespace}` : safe;
}
