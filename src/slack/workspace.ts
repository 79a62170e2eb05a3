import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { SlackHealth } from './slack-health.ts';
import { slackFailure } from './web-client.ts';

/** Who we are in Slack, as auth.test says. */
export interface Workspace {
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** `https://acme.slack.com/` */
  readonly url: string;
}

const firstRetryMs = 500;
const maxRetryMs = 15_000;

/** Asks Slack who we are until it answers: an outage at start is waited out, and events meanwhile wait for the answer. */
export function createWorkspace(tools: {
  readonly client: WebClient;
  readonly log: Logger;
  readonly health: SlackHealth;
}) {
  const { client, log, health } = tools;
  let known: Workspace | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function ask(): Promise<Workspace> {
    const answer = await client.auth.test();
    const found: Workspace = {
      teamId: answer.team_id ?? '',
      botId: answer.bot_id ?? '',
      botUserId: answer.user_id ?? '',
      url: answer.url ?? '',
    };
    if (known === undefined) log.info({ team: found.teamId, botUser: found.botUserId }, 'slack workspace known');
    known = found;
    return found;
  }

  function askUntilAnswered(retryMs: number): void {
    if (isStopped) return;
    ask().catch((error: unknown) => {
      const failure = slackFailure(error);
      if (failure?.kind === 'refused') health.answered(failure.error);
      if (retryMs >= maxRetryMs) log.error({ err: error }, 'slack does not say who we are');
      timer = setTimeout(() => askUntilAnswered(Math.min(maxRetryMs, retryMs * 2)), retryMs);
      timer.unref();
    });
  }

  return {
    known: () => known,
    async authorize(botToken: string) {
      const { botId, botUserId } = known ?? (await ask());
      return { botToken, botId, botUserId };
    },
    start: () => askUntilAnswered(firstRetryMs),
    async stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
