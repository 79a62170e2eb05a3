import { changesAgainstGit, type PodTemplate, plainDeployment, readGitOwner, readPutBack } from '../rollout/index.ts';
import type { OperationTools, Seen } from './act.ts';
import { authorise } from './authorise.ts';
import type { Refusal, Wish } from './operations.ts';
import { isReason, refuse } from './situation.ts';

/**
 * What Git owns is not fought over: where Argo CD or Flux sets what this template would change, the answer is the field to change in
 * Git. Undefined: Git has no say in it, asks for it anyway, or is overridden by somebody who may and says why.
 */
export async function refuseForGit(
  { rollout }: Seen,
  template: PodTemplate,
  wish: Wish,
  tools: Pick<OperationTools, 'cluster'>,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const owner = readGitOwner(rollout);
  const changes = owner === undefined ? [] : changesAgainstGit(owner, rollout, template);
  if (owner === undefined || changes.length === 0) return undefined;
  const { metadata } = rollout;
  const denied = await authorise(wish.person, 'override-git', metadata, tools.cluster, signal);
  if (wish.overridesGit === true) {
    if (denied !== undefined) return denied;
    return !isReason(wish.reason) ? refuse('overrideNeedsReason') : undefined;
  }
  const { kind, namespace, name } = owner.source;
  const putBack = readPutBack(rollout);
  return refuse('gitOwned', {
    namespace: metadata.namespace,
    name: metadata.name,
    tool: owner.tool,
    source: `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    changes: changes.map(({ field, from = '', to = '' }) => [field, from, to].join('\t')).join('\n'),
    putsBack: owner.putsBack,
    mayOverride: String(denied === undefined),
    ...(putBack === undefined ? {} : { putBackBy: putBack.manager, putBackAt: putBack.at }),
    // Of a plain Deployment no router keeps requests off what Git asks for.
    isAborted: String(rollout.status.abort === true && plainDeployment(metadata.name) === undefined),
    ...(owner.link === undefined ? {} : { link: owner.link }),
    ...(owner.file === undefined ? {} : { file: owner.file }),
  });
}

/** For the record and the answer of a change that overrides Git: who is overridden, and what it goes on asking for. */
export function overrideFacts({ rollout }: Seen, template: PodTemplate): Readonly<Record<string, string>> {
  const owner = readGitOwner(rollout);
  const changes = owner === undefined ? [] : changesAgainstGit(owner, rollout, template);
  const [first] = changes;
  if (owner === undefined || first === undefined) return {};
  return {
    overrides: `${owner.source.kind} ${owner.source.name}`,
    ...(first.from === undefined ? {} : { git: first.from }),
  };
}
