import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import type { Check } from './http/index.ts';
import type { SlackApp, SlackSettings } from './slack/index.ts';

/** Undefined: no token, so rollouts run and nobody is told. */
export function readSlackSettings(config: Config): SlackSettings | undefined {
  if (config.SLACK_BOT_TOKEN === '') return undefined;
  return {
    botToken: config.SLACK_BOT_TOKEN,
    mode:
      config.SLACK_MODE === 'socket'
        ? { kind: 'socket', appToken: config.SLACK_APP_TOKEN }
        : { kind: 'http', signingSecret: config.SLACK_SIGNING_SECRET, port: config.SLACK_PORT },
    slackApiUrl: config.SLACK_API_URL,
    command: config.SLACK_COMMAND,
    // Slack counts 50 a minute for all replicas together; an installation on Redis has two.
    updatesPerMinute: config.REDIS_URL === '' ? 45 : 22,
  };
}

/** Buttons are signed with the current one; those of the one before are still good. */
export function signingKeys(
  config: Config,
  log: Logger,
): { readonly current: string; readonly all: readonly string[] } {
  if (config.SIGNING_KEY === '')
    log.warn('SIGNING_KEY is not set: buttons of earlier processes and other replicas will be refused');
  const current = config.SIGNING_KEY === '' ? randomBytes(32).toString('hex') : config.SIGNING_KEY;
  return { current, all: [current, config.SIGNING_KEY_PREVIOUS].filter((key) => key !== '') };
}

/** Slack is never a reason to be restarted or to get no traffic: rollouts go on without it. */
export function slackChecks(slack: SlackApp | undefined): readonly Check[] {
  if (slack === undefined) return [];
  const connection = slack.isConnected() ? 'connected' : 'not connected';
  return [{ name: 'slack', isReady: true, message: [connection, ...slack.troubles()].join('; ') }];
}
