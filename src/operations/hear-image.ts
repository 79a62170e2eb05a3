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

/** Which rollouts run what, as far as the caches tell, and the rest read live. */
export interface RunnerTools {
  /** Rollouts, and guarded Deployments. */
  readonly known: { list(): readonly Rollout[] };
  /** Images that the pods of a Rollout run, from the caches. */
  readonly imagesRunBy: (rollout: Rollout) => readonly string[];
  /** The Rollout with the template of the object that its `workloadRef` names, read live. */
  readonly readWith: (rollout: Rollout, signal: AbortSignal) => Promise<Rollout>;
}

export interface HearTools extends RunnerTools {
  /** Remembers it; throws when it cannot be remembered: then whoever told it tells it again. */
  readonly remember: (repository: string, build: Build, signal: AbortSignal) => Promise<{ readonly isKnown: boolean }>;
  /** Wakes whoever tells the channels. */
  readonly wake: () => Promise<void>;
}

const timeoutMs = 8000;

/** Remembers a build for the rollouts that run its repository. What no rollout runs is nobody's, and is not remembered. */
export async function hearImage(build: Build, tools: HearTools): Promise<Heard> {
  const signal = AbortSignal.timeout(timeoutMs);
  const repository = repositoryOf(build.image);
  const rollouts: string[] = [];
  for (const candidate of candidatesOf(repository, tools)) {
    const rollout = await withTemplate(candidate, tools, signal);
    if (containersOf(rollout, repository).length > 0) rollouts.push(nameOf(rollout));
  }
  if (rollouts.length === 0) return { isKnown: false, rollouts };
  const { isKnown } = await tools.remember(repository, build, signal);
  // Known or not: a build that was remembered by a process which then died is told now.
  await tools.wake();
  return { isKnown, rollouts: rollouts.toSorted() };
}

/** A build as it is told to one rollout's channel. */
export interface Offer {
  readonly namespace: string;
  readonly name: string;
  readonly channel: string;
  /** What a start of it would set: the tag alone where the repository is spelled as today. */
  readonly images: readonly { readonly container: string | undefined; readonly image: string }[];
}

export interface OfferTools extends RunnerTools {
  readonly channels: Pick<Channels, 'channelOf'>;
  /** `namespace/name`: what was told there already needs no look. */
  readonly isTold?: (rollout: string) => boolean;
}

/** To which rollouts a build is news: those of its repository that have a channel and do not ask for it already. */
export async function offersOf(
  build: Pick<Build, 'image' | 'digest'>,
  tools: OfferTools,
  signal: AbortSignal,
): Promise<readonly Offer[]> {
  const repository = repositoryOf(build.image);
  const offers: Offer[] = [];
  for (const candidate of candidatesOf(repository, tools)) {
    const channel = tools.channels.channelOf(candidate);
    if (channel === undefined || tools.isTold?.(nameOf(candidate)) === true) continue;
    const rollout = await withTemplate(candidate, tools, signal);
    const containers = containersOf(rollout, repository);
    const isThere = containers.every(({ image }) => image === build.image || image.endsWith(`@${build.digest}`));
    if (isThere) continue;
    const { namespace, name } = rollout.metadata;
    const all = rollout.spec.template?.spec?.containers ?? [];
    const image = shipped(build);
    const images = containers.map((one) => ({ container: all.length === 1 ? undefined : one.name, image }));
    offers.push({ namespace, name, channel, images });
  }
  return offers;
}

/**
 * Rollouts that may run images of this repository. Where the template stands in another object, nothing of it is cached: what its pods
 * run says whether that is worth a look; where it has none, nothing says it is not.
 */
function candidatesOf(repository: string, { known, imagesRunBy }: RunnerTools): readonly Rollout[] {
  return known.list().filter((rollout) => {
    if (!takesItsTemplate(rollout)) return containersOf(rollout, repository).length > 0;
    const images = imagesRunBy(rollout);
    return images.length === 0 || images.some((image) => repositoryOf(image) === repository);
  });
}

function withTemplate(rollout: Rollout, { readWith }: RunnerTools, signal: AbortSignal): Promise<Rollout> | Rollout {
  return takesItsTemplate(rollout) ? readWith(rollout, signal) : rollout;
}

function takesItsTemplate({ spec }: Rollout): boolean {
  return spec.workloadRef !== undefined && spec.template === undefined;
}

function nameOf({ metadata: { namespace, name } }: Rollout): string {
  return `${namespace}/${name}`;
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
