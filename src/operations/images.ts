import type { PodTemplate } from '../rollout/index.ts';
import type { ImageChange, Refusal } from './operations.ts';

/** An image name taken apart. `registry:5000/team/app:1.2@sha256:…` has repository `registry:5000/team/app`. */
interface ImageName {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** What a start comes to: for each container the image it shall run. */
export interface ChosenImages {
  readonly done: true;
  readonly changes: readonly {
    readonly containerIndex: number;
    readonly container: string;
    readonly from: string;
    readonly to: string;
  }[];
}

const tagShape = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestShape = /^sha256:[0-9a-f]{64}$/;
/** `[host[:port]/]name[/name…]`, as the registries' own grammar has it. */
const repositoryShape =
  /^(?:[a-z0-9][a-z0-9.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/i;

/**
 * Turns what a person asked for into whole image names. Tags are never rewritten. A name that means another repository than today's
 * is told apart: `isForeign` needs a right of its own.
 */
export function chooseImages(
  template: PodTemplate,
  asked: readonly ImageChange[],
  mainContainer: string | undefined,
): ChosenImages | Refusal {
  const containers = template.spec?.containers ?? [];
  const changes: { containerIndex: number; container: string; from: string; to: string }[] = [];
  for (const change of asked) {
    const container = change.container ?? mainContainer;
    if (container === undefined)
      return refuse(
        'whichContainer',
        {},
        containers.map(({ name }) => name),
      );
    const containerIndex = containers.findIndex(({ name }) => name === container);
    if (containerIndex < 0)
      return refuse(
        'unknownContainer',
        { container },
        containers.map(({ name }) => name),
      );
    const from = containers[containerIndex]?.image ?? '';
    const to = wholeImage(from, change.image);
    if (to === undefined) return refuse('badImage', { image: change.image }, []);
    // `2.0.0 checkout=2.1.0`: two wishes for one container.
    if (changes.some((other) => other.containerIndex === containerIndex))
      return refuse('badImage', { image: `${container}=${change.image}` }, []);
    changes.push({ containerIndex, container, from, to });
  }
  return { done: true, changes };
}

function refuse(reason: Refusal['reason'], facts: Refusal['facts'], candidates: readonly string[]): Refusal {
  return { done: false, reason, facts, candidates };
}

/** Whether an image comes from another repository than the one that runs today. */
export function isForeign(from: string, to: string): boolean {
  return from !== '' && parseImage(from).repository !== parseImage(to).repository;
}

/** Whether the tag is written in another way than today's: `v2.0.0` where `1.4.2` runs is more often a slip than a wish. */
export function isUnusualTag(from: string, to: string): boolean {
  const [today, wanted] = [parseImage(from).tag, parseImage(to).tag];
  if (today === undefined || wanted === undefined) return false;
  return /^\d/.test(today) ? /^v\d/.test(wanted) : /^v\d/.test(today) && /^\d/.test(wanted);
}

/** `ghcr.io/acme/checkout`, whatever tag and digest; Docker Hub's short names in full, so that both spellings are one. */
export function repositoryOf(image: string): string {
  const { repository } = parseImage(image);
  const [first = '', ...rest] = repository.split('/');
  if (rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')) return repository;
  return rest.length > 0 ? `docker.io/${repository}` : `docker.io/library/${repository}`;
}

export function tagOf(image: string): string | undefined {
  return parseImage(image).tag;
}

function wholeImage(today: string, asked: string): string | undefined {
  if (digestShape.test(asked)) return `${parseImage(today).repository}@${asked}`;
  const bareTag = asked.startsWith(':') ? asked.slice(1) : asked;
  if (tagShape.test(bareTag)) return `${parseImage(today).repository}:${bareTag}`;
  if (asked.split('@').length > 2) return undefined;
  const image = parseImage(asked);
  // A digest that was cut short, not a repository called sha256.
  if (image.repository === 'sha256') return undefined;
  if (!repositoryShape.test(image.repository)) return undefined;
  if (image.tag !== undefined && !tagShape.test(image.tag)) return undefined;
  if (image.digest !== undefined && !digestShape.test(image.digest)) return undefined;
  return image.tag === undefined && image.digest === undefined ? undefined : asked;
}

function parseImage(image: string): ImageName {
  const [named = '', digest] = image.split('@');
  // A colon before the last slash is a port of the registry, not a tag.
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  return {
    repository: hasTag ? named.slice(0, colon) : named,
    tag: hasTag ? named.slice(colon + 1) : undefined,
    digest,
  };
}
