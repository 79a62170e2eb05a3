import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';

/** Who we are at the API server, and the connections that say so. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

export interface CredentialSource {
  current(): Promise<Credentials>;
  /** The API server did not believe these: the next ones are taken anew. */
  distrust(credentials: Credentials): void;
  stop(): Promise<void>;
}

/** Tokens of service accounts and of exec plugins change while we run. */
const lastMs = 60_000;

/**
 * client-node 2.0.1 makes a new undici Agent, so a new TCP and TLS connection, for every request that has a CA or a client
 * certificate (2.5 ms CPU each; 0.3 ms on a kept connection). We ask it once a minute and keep what it made; idle connections of the
 * one before close by themselves, and those in use (watches) go on.
 */
export function createCredentialSource(kubeConfig: KubeConfig, server: string): CredentialSource {
  let taken: { readonly promise: Promise<Credentials>; readonly atMs: number } | undefined;
  let last: Credentials | undefined;

  async function take(): Promise<Credentials> {
    const context = new RequestContext(`${server}/`, HttpMethod.GET);
    await kubeConfig.applySecurityAuthentication(context);
    last = { headers: context.getHeaders(), dispatcher: context.getDispatcher() ?? new Agent() };
    return last;
  }

  return {
    current() {
      if (taken === undefined || performance.now() - taken.atMs > lastMs) {
        const promise = take();
        taken = { promise, atMs: performance.now() };
        // What failed is not kept for a minute.
        promise.catch(() => {
          if (taken?.promise === promise) taken = undefined;
        });
      }
      return taken.promise;
    },
    distrust(credentials) {
      // Of many calls that were refused together, the first one's new credentials serve all.
      if (last === credentials) taken = undefined;
    },
    async stop() {
      await taken?.promise.catch(() => undefined);
      await last?.dispatcher.destroy();
    },
  };
}
