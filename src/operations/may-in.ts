import type { Cluster } from '../kubernetes/index.ts';
import { authorise, type Verb } from './authorise.ts';
import type { Person } from './operations.ts';

/** Asks Kubernetes once per namespace whether this person may do something to everything in it. */
export function mayIn(
  person: Person,
  verb: Verb,
  cluster: Pick<Cluster, 'mayI'>,
  signal: AbortSignal,
): (namespace: string) => Promise<boolean> {
  const answers = new Map<string, Promise<boolean>>();
  return (namespace) => {
    let answer = answers.get(namespace);
    if (answer === undefined) {
      answer = authorise(person, verb, { namespace, name: '' }, cluster, signal).then((denied) => denied === undefined);
      answers.set(namespace, answer);
    }
    return answer;
  };
}
