import type { Cluster, ObjectName } from '../kubernetes/index.ts';
import type { Person, Refusal } from './operations.ts';

/** What a person may be asked about: our own verbs on `rollouts.argoproj.io`. */
export type Verb =
  | 'get'
  | 'list'
  | 'why'
  | 'check'
  | 'start'
  | 'start-foreign'
  | 'promote'
  | 'skip'
  | 'finish'
  | 'pause'
  | 'resume'
  | 'abort'
  | 'retry'
  | 'undo'
  | 'restart'
  /** Beside `start` or `undo`: against what Git asks for. */
  | 'override-git';

/** Kubernetes decides. No answer is a no: an unanswerable question is refused. */
export async function authorise(
  person: Person,
  verb: Verb,
  on: ObjectName,
  cluster: Pick<Cluster, 'mayI'>,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const question = { user: person.user, groups: person.groups, verb, namespace: on.namespace, name: on.name };
  try {
    const { allowed, reason } = await cluster.mayI(question, signal);
    if (allowed) return undefined;
    return {
      done: false,
      reason: 'notAllowed',
      facts: {
        verb,
        user: person.user,
        groups: person.groups.join(', '),
        namespace: on.namespace,
        name: on.name,
        rule: reason,
      },
    };
  } catch (error) {
    return {
      done: false,
      reason: 'accessUnknown',
      facts: { verb, cause: error instanceof Error ? error.message : String(error) },
    };
  }
}
