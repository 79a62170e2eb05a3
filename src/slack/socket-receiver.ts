import { type Receiver, type ReceiverEvent, SocketModeReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import type { BoltLogger } from './bolt-logger.ts';
import { pause } from './pause.ts';
import { asApp, type Inbox, type SlackReceiver } from './receiver.ts';
import { createSeen } from './seen.ts';
import { webClientOptions } from './web-client.ts';

const connections = 2;
const staggerMs = 1500;
const helloTimeoutMs = 10_000;
const closeHandshakeMs = 1000;
const envelopeTtlMs = 10 * 60_000;
const maxEnvelopes = 20_000;

/**
 * Socket Mode over two connections: Slack closes each now and then, and a click in the gap of the only one would be lost. We reconnect
 * ourselves: the library's own way waits five seconds, and an error in it is an unhandled rejection that ends the process.
 */
export function createSocketReceiver(tools: {
  readonly appToken: string;
  readonly slackApiUrl: string;
  readonly log: Logger;
  readonly logger: BoltLogger;
  readonly now: () => number;
}): SlackReceiver {
  const { log } = tools;
  const isSeen = createSeen({ ttlMs: envelopeTtlMs, max: maxEnvelopes, now: tools.now });
  const sockets = Array.from({ length: connections }, (_, index) =>
    createSocket(tools, log.child({ connection: index })),
  );
  const receiver: Receiver = {
    init(app: Inbox) {
      const once = asApp({ processEvent: (event) => processOnce(app, event, isSeen) });
      for (const { bolt } of sockets) bolt.init(once);
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
  return {
    receiver,
    async start() {
      for (const [index, socket] of sockets.entries()) socket.start(index * staggerMs);
    },
    async stop() {
      await Promise.all(sockets.map((socket) => socket.stop()));
    },
    isConnected: () => sockets.some((socket) => socket.isOpen()),
    connections: () => ({
      mode: 'socket',
      open: sockets.filter((socket) => socket.isOpen()).length,
      wanted: sockets.length,
    }),
    port: () => undefined,
  };
}

/** Slack may give one envelope to us twice (it did not hear the ack): the second is acknowledged and dropped. */
async function processOnce(app: Inbox, event: ReceiverEvent, isSeen: (id: string) => boolean): Promise<void> {
  const envelope: unknown = event.customProperties?.envelopeId;
  if (typeof envelope === 'string' && isSeen(envelope)) {
    await event.ack();
    return;
  }
  await app.processEvent(event);
}

function createSocket(
  tools: { readonly appToken: string; readonly slackApiUrl: string; readonly logger: BoltLogger },
  log: Logger,
) {
  const bolt = new SocketModeReceiver({
    appToken: tools.appToken,
    logger: tools.logger,
    clientPingTimeout: 3000,
    serverPingTimeout: 30_000,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: webClientOptions(tools) },
    customPropertiesExtractor: ({ envelope_id }: { readonly envelope_id?: string }) => ({ envelopeId: envelope_id }),
  });
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<void>();
  let running: Promise<void> | undefined;
  let isOpen = false;

  async function connect(): Promise<void> {
    const { promise: tooLong, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no hello from Slack within ${helloTimeoutMs} ms`)),
      helloTimeoutMs,
    );
    try {
      await Promise.race([bolt.start(), tooLong]);
    } catch (error) {
      // Drops a socket that said nothing; its late rejection must not end the process.
      bolt.client.disconnect().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function run(delayMs: number): Promise<void> {
    await pause(delayMs, stopping.signal);
    let failures = 0;
    while (!stopping.signal.aborted) {
      const closed = Promise.withResolvers<void>();
      const onClosed = () => closed.resolve();
      bolt.client.once('disconnected', onClosed);
      try {
        await connect();
        isOpen = true;
        failures = 0;
        log.info('slack connection opened');
        await Promise.race([closed.promise, stopped.promise]);
        if (!stopping.signal.aborted) log.info('slack connection closed: opening another');
      } catch (error) {
        failures += 1;
        if (failures === 3 || failures % 50 === 0) log.error({ err: error, failures }, 'slack can not be reached');
      } finally {
        isOpen = false;
        bolt.client.off('disconnected', onClosed);
      }
      if (failures > 0) await pause(Math.min(10_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2), stopping.signal);
    }
  }

  return {
    bolt,
    isOpen: () => isOpen,
    start(delayMs: number) {
      running ??= run(delayMs);
    },
    async stop() {
      stopping.abort();
      stopped.resolve();
      isOpen = false;
      const gone = bolt.client.disconnect().catch(() => undefined);
      // Slack may never complete the close handshake.
      const patience = new AbortController();
      await Promise.race([Promise.all([gone, running]), pause(closeHandshakeMs, patience.signal)]);
      patience.abort();
      // Where Slack never closed its side, the second call drops the socket: else the library's timer holds the process for 30 s.
      bolt.client.disconnect().catch(() => undefined);
    },
  };
}
