import type { Rollout } from '../rollout/index.ts';
import type { Channels } from './channels.ts';
import { repositoryOf } from './images.ts';

/** A build that ended well, as whoever built it tells. */
export interface Build {
  /** `ghcr.io/acme/checkout:2.0.1`; with a digest alone where it has no tag. */
  readonly image: string;
  readonly digest?: string | undefined;
  /** How many commits it has more than the build before. */
  readonly commits?: number | undefined;
  /** Where the commits are to be seen. */
  readonly link?: string | undefined;
  readonly by?: string | undefined;
}

/** What becomes of a build that was told. */
export interface Heard {
  /** The same image with the same digest was told before: nothing more is said. */
  readonly isKnown: boolean;
  /** `namespace/name` of the rollouts that run images of this repository. */
  readonly rollouts: readonly string[];
}

export interface HearTools {
  readonly known: { list(): readonly Rollout[] };
  readonly channels: Pick<Channels, 'channelOf'>;
  /** Remembers it; throws when it cannot be remembered: then whoever told it tells it again. */
  readonly remember: (repository: string, build: Build, signal: AbortSignal) => Promise<{ readonly isKnown: boolean }>;
  /** Wakes whoever tells the channels. */
  readonly wake: () => Promise<void>;
}

const timeoutMs = 8000;

/** Remembers a build for the rollouts that run its repository. What no rollout runs is nobody's, and is not remembered. */
export async function hearImage(build: Build, tools: HearTools): Promise<Heard> {
  const repository = repositoryOf(build.image);
  const rollouts = tools.known
    .list()
    .filter((rollout) => containersOf(rollout, repository).length > 0)
    .map(({ metadata: { namespace, name } }) => `${namespace}/${name}`)
    .toSorted();
  if (rollouts.length === 0) return { isKnown: false, rollouts };
  const { isKnown } = await tools.remember(repository, build, AbortSignal.timeout(timeoutMs));
  // Known or not: a build that was remembered by a process which then died is told now.
  await tools.wake();
  return { isKnown, rollouts };
}

/** A build as it is told to one rollout's channel. */
export interface Offer {
  readonly namespace: string;
  readonly name: string;
  readonly channel: string;
  /** What a start of it would set: the tag alone where the repository is spelled as today. */
  readonly images: readonly { readonly container: string | undefined; readonly image: string }[];
}

/** To which rollouts a build is news: those of its repository that have a channel and do not ask for it already. */
export function offersOf(
  build: Pick<Build, 'image' | 'digest'>,
  { known, channels }: Pick<HearTools, 'known' | 'channels'>,
): readonly Offer[] {
  const repository = repositoryOf(build.image);
  return known.list().flatMap((rollout): readonly Offer[] => {
    const { namespace, name } = rollout.metadata;
    const channel = channels.channelOf(rollout);
    const containers = containersOf(rollout, repository);
    const isThere = containers.every(({ image }) => image === build.image || image.endsWith(`@${build.digest}`));
    if (channel === undefined || containers.length === 0 || isThere) return [];
    const all = rollout.spec.template?.spec?.containers ?? [];
    const image = shipped(build);
    return [
      {
        namespace,
        name,
        channel,
        images: containers.map((one) => ({ container: all.length === 1 ? undefined : one.name, image })),
      },
    ];
  });
}

function containersOf(
  { spec }: Rollout,
  repository: string,
): readonly { readonly name: string; readonly image: string }[] {
  return (spec.template?.spec?.containers ?? [])
    .map(({ name, image = '' }) => ({ name, image }))
    .filter(({ image }) => image !== '' && repositoryOf(image) === repository);
}

/** By its tag, as people write it; the container keeps its own spelling of the repository. */
function shipped({ image, digest }: Pick<Build, 'image' | 'digest'>): string {
  const [named = ''] = image.split('@');
  const colon = named.lastIndexOf(':');
  if (colon > named.lastIndexOf('/')) return named.slice(colon + 1);
  return digest ?? image.slice(image.indexOf('@') + 1);
}
