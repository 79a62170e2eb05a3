import { setTimeout as sleep } from 'node:timers/promises';
import { LogLevel, WebAPIPlatformError, WebAPIRateLimitedError, WebClient } from '@slack/web-api';
import { goldenPayloads, type Payload } from './golden-payloads.ts';

/** What Slack says is wrong with one payload. */
export interface Invalid {
  readonly name: string;
  readonly problems: readonly string[];
}

const timeoutMs = 15_000;
const mostWaits = 20;

/**
 * Asks Slack's `blocks.validate` about each payload, one after the other. The method needs no token and no scope; its rate limit is not
 * published, so a 429 is waited out. It checks blocks and views, not that a message has its `text`.
 */
export async function validatePayloads(
  payloads: readonly Payload[],
  slack: { readonly apiUrl: string; readonly token: string | undefined },
): Promise<readonly Invalid[]> {
  const client = new WebClient(slack.token, {
    slackApiUrl: slack.apiUrl,
    timeout: timeoutMs,
    retryConfig: { retries: 2 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
  const invalid: Invalid[] = [];
  for (const payload of payloads) {
    const problems = await problemsOf(payload, client);
    if (problems.length > 0) invalid.push({ name: payload.name, problems });
  }
  return invalid;
}

async function problemsOf(payload: Payload, client: WebClient): Promise<readonly string[]> {
  const asked = payload.kind === 'view' ? { view: payload.view } : { message: payload.message };
  for (let waits = 0; ; waits++) {
    try {
      await client.apiCall('blocks.validate', { ...asked });
      return [];
    } catch (error) {
      if (error instanceof WebAPIRateLimitedError && waits < mostWaits) {
        await sleep(error.retryAfter * 1000);
        continue;
      }
      if (!(error instanceof WebAPIPlatformError) || !/^invalid_(blocks|message|view)$/.test(error.data.error))
        throw error;
      const { errors = [] } = error.data as { readonly errors?: readonly { pointer?: string; message?: string }[] };
      return errors.length === 0 ? [error.data.error] : errors.map(({ pointer, message }) => `${pointer}: ${message}`);
    }
  }
}

/** `npm run slack:validate`: asks the real Slack, unless SLACK_API_URL says another address. Exit 1: something is invalid; 2: nobody answered. */
async function main(): Promise<void> {
  const apiUrl = process.env.SLACK_API_URL ?? 'https://slack.com/api/';
  const payloads = Object.values(goldenPayloads()).flat();
  try {
    const invalid = await validatePayloads(payloads, { apiUrl, token: process.env.SLACK_BOT_TOKEN });
    for (const { name, problems } of invalid) process.stdout.write(`✗ ${name}\n  ${problems.join('\n  ')}\n`);
    process.stdout.write(
      `${payloads.length - invalid.length} of ${payloads.length} payloads are valid for ${apiUrl}\n`,
    );
    process.exitCode = invalid.length > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${apiUrl} did not validate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}

if (import.meta.main) await main();
