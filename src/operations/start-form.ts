import type { ObjectName } from '../kubernetes/index.ts';
import { mainContainer, type ReplicaSetView, type Rollout, revisionOf } from '../rollout/index.ts';
import type { OperationTools, Seen } from './act.ts';
import { authorise, wholeKindOf } from './authorise.ts';
import { findFor } from './find.ts';
import { repositoryOf } from './images.ts';
import type { Answer, KnownImage, Person, Refusal, StartForm, StartWish, Wish } from './operations.ts';
import { isFullyPromoted } from './situation.ts';
import { nameTemplate, start } from './start.ts';
import { mayNot, see } from './weigh.ts';

const timeoutMs = 8000;
const imagesShown = 5;
/** Where a namespace as a whole is not allowed, rollouts are asked for one by one: so many at most. */
const mostSingleQuestions = 50;

/** The rollouts that this person may start, by name. */
export async function readStartable(
  person: Person,
  { known, cluster }: Pick<OperationTools, 'known' | 'cluster'>,
): Promise<readonly ObjectName[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const mayStart = async (on: ObjectName): Promise<boolean> => {
    const denied = await authorise(person, 'start', on, cluster, signal);
    // An unanswered question is no empty list: whoever reads it would think that nothing is theirs.
    if (denied?.reason === 'accessUnknown')
      throw new Error(`kubernetes could not say who may start: ${denied.facts.cause}`);
    return denied === undefined;
  };
  const byNamespace = Map.groupBy(
    known.list().map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    ({ namespace, name }) => `${namespace}/${wholeKindOf(name)}`,
  );
  let questionsLeft = mostSingleQuestions;
  const allowed = await Promise.all(
    [...byNamespace.values()].map(async (names) => {
      const [{ namespace, name } = { namespace: '', name: '' }] = names;
      if (await mayStart({ namespace, name: wholeKindOf(name) })) return names;
      const asked = names.slice(0, Math.max(0, questionsLeft));
      questionsLeft -= asked.length;
      const answers = await Promise.all(asked.map(mayStart));
      return asked.filter((_, index) => answers[index]);
    }),
  );
  return allowed.flat().toSorted((a, b) => compare(a.name, b.name) || compare(a.namespace, b.namespace));
}

/** What a start of this rollout begins from, read live. */
export async function readStartForm(
  wish: Wish,
  tools: OperationTools,
): Promise<Refusal | { readonly done: true; readonly form: StartForm }> {
  const signal = AbortSignal.timeout(timeoutMs);
  const found = await findSeen(wish, tools, signal);
  if (!found.done) return found;
  const { name, seen } = found;
  const denied = await authorise(wish.person, 'start', name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const { rollout } = seen;
  const containers = containersOf(rollout);
  const replicaSets = await tools.replicaSetsOf(rollout, signal);
  return {
    done: true,
    form: {
      ...name,
      template: nameTemplate(rollout),
      ownChannel: tools.channels.channelOf(rollout),
      containers,
      images: await imagesFor(replicaSets, containers, tools, signal),
      runs: replicaSets.find(({ podHash }) => podHash === rollout.status.stableRS)?.image,
      underWay: underWay(rollout, containers),
    },
  };
}

/** What `start` would answer now. */
export async function tryStart(wish: StartWish, tools: OperationTools): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const found = await findSeen(wish, tools, signal);
  if (!found.done) return found;
  const { name, seen } = found;
  const verb = typeof start.verb === 'function' ? start.verb(seen, wish) : start.verb;
  const refused = await mayNot(wish, verb, name, start, seen, tools, signal);
  if (refused !== undefined) return refused;
  const change = await start.choose(seen, wish, tools, signal);
  return change.done ? { done: true, target: name, card: undefined, facts: change.facts ?? {} } : change;
}

async function findSeen(
  wish: Wish,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<Refusal | { readonly done: true; readonly name: ObjectName; readonly seen: Seen }> {
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const seen = await see(found.name, tools, signal);
  if (seen === undefined) return { done: false, reason: 'unknownRollout', facts: { ...found.name } };
  return { done: true, name: found.name, seen };
}

function containersOf({ spec, metadata }: Rollout): StartForm['containers'] {
  const main = mainContainer(spec.template, metadata.name);
  return (spec.template?.spec?.containers ?? []).map(({ name, image = '' }) => ({
    name,
    image,
    isMain: name === main?.name,
  }));
}

/** Built lately or run before, without what is asked for now. A main container hides the sidecars: nobody ships those by name. */
async function imagesFor(
  replicaSets: readonly ReplicaSetView[],
  containers: StartForm['containers'],
  tools: Pick<OperationTools, 'heardImages'>,
  signal: AbortSignal,
): Promise<readonly KnownImage[]> {
  const main = containers.find(({ isMain }) => isMain);
  const wanted = main === undefined ? containers : [main];
  const built = await tools.heardImages([...new Set(wanted.map(({ image }) => repositoryOf(image)))], signal);
  return wanted.flatMap((container): readonly KnownImage[] => {
    const repository = repositoryOf(container.image);
    const known: KnownImage[] = built
      .filter(({ image }) => repositoryOf(image) === repository)
      .map(({ image, builtAtMs, commits }) => ({
        container: container.name,
        image,
        atMs: builtAtMs,
        from: { kind: 'built', commits },
      }));
    const ran = container === main ? replicaSets : [];
    for (const one of ran) {
      if (one.image === undefined || known.some(({ image }) => image === one.image)) continue;
      known.push({
        container: container.name,
        image: one.image,
        atMs: one.createdAtMs,
        from: { kind: 'ran', revision: revisionOf(one) },
      });
    }
    return known
      .filter(({ image }) => image !== container.image)
      .toSorted((a, b) => b.atMs - a.atMs)
      .slice(0, imagesShown);
  });
}

function underWay(rollout: Rollout, containers: StartForm['containers']): StartForm['underWay'] {
  const { status } = rollout;
  if (status.stableRS === undefined || isFullyPromoted(rollout) || status.abort === true) return undefined;
  const image = (containers.find(({ isMain }) => isMain) ?? containers[0])?.image ?? '';
  return { image };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
