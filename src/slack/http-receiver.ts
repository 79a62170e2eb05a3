import { createHash } from 'node:crypto';
import { HTTPReceiver, type Receiver, type ReceiverEvent } from '@slack/bolt';
import type { Logger } from 'pino';
import type { BoltLogger } from './bolt-logger.ts';
import { asApp, type Inbox, type SlackReceiver } from './receiver.ts';
import { createSeen } from './seen.ts';

/**
 * HTTP: Bolt verifies signature and age. It takes timestamps from the future and the same signed request twice; both are refused here,
 * before Bolt reads the body.
 */
export function createHttpReceiver(tools: {
  readonly signingSecret: string;
  readonly port: number;
  readonly log: Logger;
  readonly logger: BoltLogger;
  readonly now: () => number;
}): SlackReceiver {
  const { log } = tools;
  const isSeen = createSeen({ ttlMs: 10 * 60_000, max: 50_000, now: tools.now });
  let port: number | undefined;
  const bolt = new HTTPReceiver({
    signingSecret: tools.signingSecret,
    port: tools.port,
    logger: tools.logger,
    customPropertiesExtractor: (request) => ({
      signature: request.headers['x-slack-signature'],
      sentAtSeconds: request.headers['x-slack-request-timestamp'],
    }),
  });
  const receiver: Receiver = {
    init(app: Inbox) {
      async function processEvent(event: ReceiverEvent): Promise<void> {
        const problem = replayProblem(event, isSeen, tools.now());
        if (problem === undefined) return app.processEvent(event);
        log.warn({ problem }, 'a request from slack was refused');
        await event.ack({
          response_type: 'ephemeral',
          text: 'This request was seen before, or its time is wrong: nothing was done.',
        });
      }
      bolt.init(asApp({ processEvent }));
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
  return {
    receiver,
    async start() {
      const server = await bolt.start(tools.port);
      const address = server.address();
      port = typeof address === 'object' && address !== null ? address.port : undefined;
    },
    async stop() {
      if (port === undefined) return;
      port = undefined;
      await bolt.stop();
    },
    isConnected: () => port !== undefined,
    connections: () => ({ mode: 'http', open: port === undefined ? 0 : 1, wanted: 1 }),
    port: () => port,
  };
}

const maxSkewSeconds = 300;

/** Bolt has verified the signature; this is about time and repetition. Slack's own retry is signed anew. */
function replayProblem(event: ReceiverEvent, isSeen: (id: string) => boolean, nowMs: number): string | undefined {
  const { signature, sentAtSeconds } = event.customProperties ?? {};
  const skew = Math.abs(nowMs / 1000 - Number(sentAtSeconds));
  if (!(skew <= maxSkewSeconds)) return 'its timestamp is more than five minutes away';
  if (typeof signature !== 'string') return 'it has no signature';
  const digest = createHash('sha256').update(signature).digest('hex');
  return isSeen(digest) ? 'it was sent before' : undefined;
}
