import type { Cluster } from '../kubernetes/index.ts';
import { authorise, type Verb, wholeKindOf } from './authorise.ts';
import type { Person } from './operations.ts';

/** Asks Kubernetes once per namespace and kind whether this person may do something to everything in it of the kind of `like`. */
export function mayIn(
  person: Person,
  verb: Verb,
  cluster: Pick<Cluster, 'mayI'>,
  signal: AbortSignal,
): (namespace: string, like: string) => Promise<boolean> {
  const answers = new Map<string, Promise<boolean>>();
  return (namespace, like) => {
    const name = wholeKindOf(like);
    const key = `${namespace}/${name}`;
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = authorise(person, verb, { namespace, name }, cluster, signal).then((denied) => denied === undefined);
      answers.set(key, answer);
    }
    return answer;
  };
}
