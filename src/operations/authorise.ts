import type { Cluster, ObjectName } from '../kubernetes/index.ts';
import { namePlainDeployment, plainDeployment, trialNamed } from '../rollout/index.ts';
import type { Person, Refusal } from './operations.ts';

/** What a person may be asked about: our own verbs on `rollouts.argoproj.io`, or on `deployments.apps` for a plain Deployment. */
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
  /** Of what a release waits for on the Rollout; of one that stands alone on `experiments` or `analysisruns`. */
  | 'terminate'
  /** Beside `start` or `undo`: against what Git asks for. */
  | 'override-git';

/** What asks about all of its kind: no name, of Rollouts or of Deployments. */
export function wholeKindOf(name: string): string {
  return plainDeployment(name) === undefined ? '' : namePlainDeployment('');
}

/** Kubernetes decides. No answer is a no: an unanswerable question is refused. */
export async function authorise(
  person: Person,
  verb: Verb,
  on: ObjectName,
  cluster: Pick<Cluster, 'mayI'>,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const plain = plainDeployment(on.name);
  const trial = trialNamed(on.name);
  const question = {
    ...{
      user: person.user,
      groups: person.groups,
      verb,
      namespace: on.namespace,
      name: plain ?? trial?.name ?? on.name,
    },
    ...(plain === undefined ? {} : { resource: { group: 'apps', plural: 'deployments' } }),
    ...(trial === undefined ? {} : { resource: { group: 'argoproj.io', plural: `${trial.kind}s` } }),
  };
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
