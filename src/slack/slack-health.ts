import type { Logger } from 'pino';

/** What is wrong between us and Slack, for doctor and for `/readyz`: only what a person must put right. */
export interface SlackHealth {
  /** Every answer of Slack: a refused token is said once, loudly, and once more when it is accepted again. */
  answered(refusal: string | undefined): void;
  /** `token_revoked`, and since when; undefined: Slack accepts our token, as far as we know. */
  tokenProblem(): { readonly slackError: string; readonly sinceMs: number } | undefined;
}

/** Nothing that we send is taken any more, until an administrator has acted. */
const tokenRefusals: ReadonlySet<string> = new Set([
  'account_inactive',
  'app_uninstalled',
  'invalid_auth',
  'not_authed',
  'org_login_required',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
]);

export function isTokenRefusal(slackError: string): boolean {
  return tokenRefusals.has(slackError);
}

export function createSlackHealth({ log, now }: { readonly log: Logger; readonly now: () => number }): SlackHealth {
  let problem: { readonly slackError: string; readonly sinceMs: number } | undefined;
  return {
    answered(refusal) {
      if (refusal === undefined || !tokenRefusals.has(refusal)) {
        if (problem !== undefined) log.info({ sinceMs: problem.sinceMs }, 'slack accepts our token again');
        problem = undefined;
        return;
      }
      if (problem?.slackError === refusal) return;
      problem = { slackError: refusal, sinceMs: problem?.sinceMs ?? now() };
      log.error(
        { slackError: refusal },
        'slack does not accept our bot token: nobody is told anything and no command is answered until it is renewed; rollouts go on',
      );
    },
    tokenProblem: () => problem,
  };
}
