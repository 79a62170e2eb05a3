import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeConfig, Watch } from '@kubernetes/client-node';
import { z } from 'zod';

const Seen = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
});
export type SeenObject = z.infer<typeof Seen>;

/**
 * Calls back for every object and every change of one collection, until the signal ends it. Whatever breaks the watch, it begins
 * again; the listener may then see a state twice.
 */
export async function watchObjects(
  kubeConfig: KubeConfig,
  path: string,
  onObject: (object: SeenObject, change: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const watch = new Watch(kubeConfig);
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const end = () => resolve();
      watch
        .watch(
          path,
          {},
          (change, raw) => {
            const parsed = Seen.safeParse(raw);
            if (parsed.success) onObject(parsed.data, change);
          },
          end,
        )
        .then((started) => signal.addEventListener('abort', () => started.abort(), { once: true }), end);
    });
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}
