import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import { buildsKey, type Caches, type EngineTools } from './engine/index.ts';
import { createImageHook, type Reply } from './http/index.ts';
import type { ConnectedCluster, ReferencedWorkloads } from './kubernetes/index.ts';
import { type BuiltImage, type Channels, hearImage, offersOf, type RunnerTools } from './operations/index.ts';
import type { QueueStore } from './queue-stores/index.ts';
import { createHeardImages } from './records/index.ts';

export interface Builds {
  /** For the start form. */
  readonly heardImages: (repositories: readonly string[], signal: AbortSignal) => Promise<readonly BuiltImage[]>;
  readonly hook: (request: IncomingMessage) => Promise<Reply>;
  readonly turns: (notifier: EngineTools['builds']['notifier']) => EngineTools['builds'];
}

/** From a build that CI tells of to the message in a channel: heard over HTTP, kept in the cluster, told by a turn of its own. */
export function createBuilds(tools: {
  readonly cluster: ConnectedCluster;
  readonly known: RunnerTools['known'];
  readonly caches: Pick<Caches, 'replicaSets'>;
  readonly referencedWorkloads: Pick<ReferencedWorkloads, 'readWith'>;
  readonly channels: Channels;
  readonly store: Pick<QueueStore, 'nudge'>;
  readonly config: Pick<Config, 'POD_NAMESPACE' | 'IMAGE_HOOK_SECRET'>;
  readonly log: Logger;
}): Builds {
  const { cluster, channels, store, config, log } = tools;
  const runners: RunnerTools = {
    known: tools.known,
    imagesRunBy: ({ metadata }) =>
      tools.caches.replicaSets
        .ownedBy(metadata.uid)
        .filter(({ specReplicas, replicas }) => specReplicas > 0 || replicas > 0)
        .flatMap(({ image, otherImages = [] }) => [...(image === undefined ? [] : [image]), ...otherImages]),
    readWith: tools.referencedWorkloads.readWith,
  };
  const heard = createHeardImages({ cluster, namespace: config.POD_NAMESPACE, log });
  return {
    async heardImages(repositories, signal) {
      const images = await heard.list(repositories, signal).catch((error: unknown) => {
        // A form without them still takes what is typed: rights that were not applied yet must not close it.
        log.warn({ err: error }, 'heard images could not be read');
        return [];
      });
      return images.map(({ image, heardAt, commits }) => ({ image, builtAtMs: Date.parse(heardAt), commits }));
    },
    hook: createImageHook({
      secret: config.IMAGE_HOOK_SECRET,
      hear: (build) => hearImage(build, { ...runners, remember: heard.hear, wake: () => store.nudge(buildsKey) }),
      nowMs: Date.now,
      log,
    }),
    turns: (notifier) => ({
      heard,
      async noticesOf(build, signal) {
        const { image, commits, link, by, told } = build;
        const isTold = (rollout: string) => told[rollout]?.state === 'told';
        const offers = await offersOf(build, { ...runners, channels, isTold }, signal);
        return offers.map(({ channel, ...offer }) => ({ channel, notice: { ...offer, image, commits, link, by } }));
      },
      // With hooks off there is nothing to tell, and perhaps no right to look.
      notifier: config.IMAGE_HOOK_SECRET === '' ? undefined : notifier,
      nowMs: cluster.nowMs,
      log,
    }),
  };
}
