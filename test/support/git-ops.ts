import { setTimeout as sleep } from 'node:timers/promises';
import type { TestSandbox } from './sandbox.ts';

/** A manifest as it stands in Git: with where it is applied to. */
export interface Manifest {
  readonly path: string;
  readonly object: object;
}

/** What one application applies again and again, whatever others have done to it: Argo CD with self-heal, or Flux. */
export interface GitOps {
  /** Applies what Git says now; the next rounds say the same. */
  commit(...manifests: readonly Manifest[]): Promise<void>;
  /** How often everything was applied. */
  rounds(): number;
  stop(): Promise<void>;
}

/** Applies on the server as `manager`, forcing conflicts, as both tools do; every `everyMs`. */
export function startGitOps(sandbox: TestSandbox, { manager, everyMs }: { manager: string; everyMs: number }): GitOps {
  const ending = new AbortController();
  let inGit: readonly Manifest[] = [];
  let rounds = 0;
  let applying = Promise.resolve();

  async function applyAll(): Promise<void> {
    for (const { path, object } of inGit) {
      const query = new URLSearchParams({ fieldManager: manager, force: 'true' });
      await sandbox.request('PATCH', `${path}?${query}`, object, 'application/apply-patch+yaml');
    }
    rounds += 1;
  }
  /** One round after the other: a commit waits for the one under way. */
  function next(): Promise<void> {
    applying = applying.catch(() => undefined).then(applyAll);
    return applying;
  }
  async function heal(): Promise<void> {
    for (;;) {
      await sleep(everyMs, undefined, { signal: ending.signal });
      // An API server that is away is asked again in the next round.
      await next().catch(() => undefined);
    }
  }
  const healing = heal().catch(() => undefined);

  return {
    async commit(...manifests) {
      const paths = manifests.map(({ path }) => path);
      inGit = [...inGit.filter(({ path }) => !paths.includes(path)), ...manifests];
      await next();
    },
    rounds: () => rounds,
    async stop() {
      ending.abort();
      await healing;
      await applying.catch(() => undefined);
    },
  };
}
