import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { SlackApi } from '../../../src/sandbox/slack-api/index.ts';

/** A logger that keeps the test output clean. */
export const quiet = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

export interface BoltApp {
  readonly app: App;
  stop(): Promise<void>;
}

/** The real Bolt over the real Socket Mode client; only the address differs. */
export async function startSocketApp(slack: SlackApi, register: (app: App) => void): Promise<BoltApp> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logger: quiet,
    clientPingTimeout: 200,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  });
  const app = new App({
    token: slack.botToken,
    receiver,
    logger: quiet,
    convoStore: false,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
  });
  register(app);
  await app.start();
  return { app, stop: async () => void (await app.stop()) };
}

/** The real Bolt behind a signed HTTP address. */
export async function startHttpApp(slack: SlackApi, register: (app: App) => void): Promise<BoltApp & { url: string }> {
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, logger: quiet });
  const app = new App({
    token: slack.botToken,
    receiver,
    logger: quiet,
    convoStore: false,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  register(app);
  const server = await app.start(0);
  const address = 'address' in server ? server.address() : null;
  if (address === null || typeof address === 'string') throw new Error('no address');
  const url = `http://127.0.0.1:${address.port}/slack/events`;
  return { app, url, stop: async () => void (await app.stop()) };
}

/** Waits until `read` gives something; the test's own timeout ends what never comes. */
export async function eventually<T>(read: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
