import type { Refusal, RefusalReason, Target } from '../operations/index.ts';
import { type CliTools, ExitCode } from './commands.ts';
import { UsageError } from './read-arguments.ts';

/** `checkout`, `shop/checkout`. */
export function readTarget(word: string | undefined, others: readonly string[], command: string): Target {
  if (word === undefined) throw new UsageError(`which rollout? For example: stepwise ${command} checkout -n shop`);
  if (others.length > 0) throw new UsageError(`did not understand "${others.join(' ')}"`);
  const parts = word.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2 || parts.includes('')) throw new UsageError(`"${word}" is no name of a rollout`);
  return parts.length === 1 ? { name } : { namespace: parts[0], name };
}

/** What was asked cannot be: why, and what was perhaps meant. */
export function refused(
  refusal: Refusal,
  { isJson, tools }: { readonly isJson: boolean; readonly tools: CliTools },
): ExitCode {
  const { reason, facts, candidates = [] } = refusal;
  if (isJson) tools.print(JSON.stringify({ refused: reason, facts, candidates }, null, 2));
  const say = words[reason];
  const why = say?.(facts) ?? `${reason}: ${JSON.stringify(facts)}`;
  const perhaps = candidates.length === 0 ? '' : ` Perhaps: ${candidates.join(', ')}`;
  tools.complain(`${why}.${perhaps}`);
  return ExitCode.notDone;
}

type Facts = Refusal['facts'];

const words: Readonly<Partial<Record<RefusalReason, (facts: Facts) => string>>> = {
  unknownRollout: ({ name, namespace }) =>
    `there is no rollout ${name}${namespace === undefined ? '' : ` in ${namespace}`}`,
  ambiguousName: ({ name }) => `more than one rollout begins with ${name}`,
  whichContainer: () => 'it has several containers: say which one gets the image, as container=image',
  unknownContainer: ({ container }) => `there is no container ${container}`,
  badImage: ({ image }) => `"${image}" is no image: a tag (2.0.0), repo:tag or sha256:… is`,
  notSupportedYet: ({ what }) => `${what} comes later`,
  accessUnknown: ({ cause }) => `Kubernetes could not say whether you may: ${cause}`,
};
