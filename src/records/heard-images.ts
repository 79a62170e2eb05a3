import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { apiVersionOf, type Cluster, type KubernetesObject, resources } from '../kubernetes/index.ts';
import { AlreadyExistsError, ConflictError } from '../lib/index.ts';

// Images that builds told of. They belong to no revision, so they have no place in a DeliveryRecord; as an annotation of the Rollout
// they would be a write to other people's object, and each would wake its turns. So: one ConfigMap of our own, read live, written with
// its resourceVersion; it survives restarts, is the same for every replica, and is bounded.

const BuildLine = z.object({
  /** `claimed`: being posted; `told`: posted at channel/ts. */
  state: z.enum(['claimed', 'told']),
  channel: z.string(),
  ts: z.string().optional(),
  claimedAt: z.string().optional(),
});
export type BuildLine = z.infer<typeof BuildLine>;

const HeardImage = z.object({
  image: z.string(),
  digest: z.string().optional(),
  heardAt: z.string(),
  commits: z.number().optional(),
  link: z.string().optional(),
  by: z.string().optional(),
  /** By `namespace/name` of a rollout: where it was said. */
  told: z.record(z.string(), BuildLine).default({}),
});
export type HeardImage = z.infer<typeof HeardImage>;

const Repository = z.object({ repository: z.string(), images: z.array(HeardImage) });
type Repository = z.infer<typeof Repository>;

export type NewBuild = Omit<HeardImage, 'told' | 'heardAt'>;

/** Remembers the images that builds told of, for every replica, over restarts. */
export interface HeardImages {
  /** Remembers one, the newest first. `isKnown`: this image with this digest was heard before, and nothing was written. */
  hear(repository: string, build: NewBuild, signal: AbortSignal): Promise<{ readonly isKnown: boolean }>;
  /** Of these repositories, or of all. */
  list(
    repositories: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<readonly (HeardImage & { readonly repository: string })[]>;
  /**
   * Writes where one was said. A claim is a right to post: it is written only on what was read (`expected`), else ConflictError. What
   * is told is a fact, and always written.
   */
  setTold(
    of: { readonly repository: string; readonly image: string; readonly rollout: string },
    line: BuildLine,
    expected: BuildLine | undefined,
    signal: AbortSignal,
  ): Promise<void>;
}

const heardImagesName = 'stepwise-heard-images';
const mostPerRepository = 10;
/** The API server takes 1 MiB for all of it. */
const mostBytes = 700 * 1024;
const mostTries = 8;

export function createHeardImages(settings: {
  readonly cluster: Pick<Cluster, 'get' | 'create' | 'patchMerge' | 'nowMs'>;
  readonly namespace: string;
  readonly log: Logger;
}): HeardImages {
  const { cluster, namespace, log } = settings;
  const name = { namespace, name: heardImagesName };

  async function read(signal: AbortSignal): Promise<KubernetesObject | undefined> {
    return cluster.get(resources.configMaps, name, signal);
  }

  /** Reads, changes one repository, writes on the condition that nobody wrote between; `change` undefined: nothing to write. */
  async function update(
    repository: string,
    change: (known: Repository) => Repository | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const object = await read(signal);
      const all = repositoriesIn(object, log);
      const changed = change(all.get(repository) ?? { repository, images: [] });
      if (changed === undefined) return false;
      const data: Record<string, string | null> = { [keyOf(repository)]: JSON.stringify(changed) };
      for (const gone of tooMany(new Map(all).set(repository, changed))) data[keyOf(gone)] = null;
      try {
        await write(object, data, signal);
        return true;
      } catch (error) {
        const isLate = error instanceof ConflictError || error instanceof AlreadyExistsError;
        if (!isLate || tries >= mostTries) throw error;
      }
    }
  }

  async function write(object: KubernetesObject | undefined, data: Record<string, string | null>, signal: AbortSignal) {
    const options = { signal };
    if (object !== undefined) {
      const { resourceVersion } = object.metadata;
      await cluster.patchMerge(resources.configMaps, name, { metadata: { resourceVersion }, data }, options);
      return;
    }
    const kept = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
    const labels = { 'app.kubernetes.io/name': 'stepwise' };
    const { kind } = resources.configMaps;
    const fresh = { apiVersion: apiVersionOf(resources.configMaps), kind, metadata: { ...name, labels }, data: kept };
    await cluster.create(resources.configMaps, fresh, options);
  }

  return {
    async hear(repository, build, signal) {
      const heardAt = new Date(cluster.nowMs()).toISOString();
      const isWritten = await update(
        repository,
        (known) => {
          const same = known.images.find(({ image }) => image === build.image);
          // Without a digest a tag that was built again looks the same: said once is enough.
          if (same !== undefined && same.digest === build.digest) return undefined;
          const others = known.images.filter((one) => one !== same);
          const images = [{ ...build, heardAt, told: {} }, ...others].slice(0, mostPerRepository);
          return { repository, images };
        },
        signal,
      );
      return { isKnown: !isWritten };
    },

    async list(repositories, signal) {
      const all = repositoriesIn(await read(signal), log);
      const wanted = [...all.values()].filter((one) => repositories?.includes(one.repository) ?? true);
      return wanted.flatMap(({ repository, images }) => images.map((image) => ({ ...image, repository })));
    },

    async setTold({ repository, image, rollout }, line, expected, signal) {
      await update(
        repository,
        (known) => {
          const found = known.images.find((one) => one.image === image);
          if (found === undefined) return undefined;
          const now = found.told[rollout];
          if (line.state === 'claimed' && JSON.stringify(now) !== JSON.stringify(expected))
            throw new ConflictError(`${image} is being told to ${rollout} by another replica`);
          const told = { ...found.told, [rollout]: line };
          return { repository, images: known.images.map((one) => (one === found ? { ...one, told } : one)) };
        },
        signal,
      );
    },
  };
}

/** A key of a ConfigMap takes no slash and 253 characters. */
function keyOf(repository: string): string {
  return createHash('sha256').update(repository).digest('hex').slice(0, 32);
}

/** What cannot be read is left alone, and not asked again by anybody. */
function repositoriesIn(object: KubernetesObject | undefined, log: Logger): Map<string, Repository> {
  const found = new Map<string, Repository>();
  for (const [key, text] of Object.entries(Data.parse(object ?? {}).data)) {
    const parsed = Repository.safeParse(parseJson(text));
    if (parsed.success) found.set(parsed.data.repository, parsed.data);
    else log.warn({ key, configMap: heardImagesName }, 'heard images of a repository could not be read');
  }
  return found;
}

const Data = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The repositories that must go so that the rest fits: those that were heard of longest ago. */
function tooMany(all: ReadonlyMap<string, Repository>): readonly string[] {
  const newestFirst = [...all.values()].toSorted((a, b) => (lastHeard(a) < lastHeard(b) ? 1 : -1));
  let bytes = 0;
  return newestFirst
    .filter((one) => {
      bytes += Buffer.byteLength(JSON.stringify(one)) + 64;
      return bytes > mostBytes;
    })
    .map(({ repository }) => repository);
}

function lastHeard({ images }: Repository): string {
  return images[0]?.heardAt ?? '';
}
