import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../lib/index.ts';
import { type Method, type Slack, SlackError } from './call.ts';
import { refusalFor } from './faults.ts';
import { createLimits } from './limits.ts';
import { toJson } from './messages.ts';
import { type Request, readArguments, sendJson } from './requests.ts';
import type { ApiCall } from './transcript.ts';

/** A sandbox may run for days: the transcript of calls forgets its oldest tenth beyond this. */
const keptCalls = 50_000;

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Record<string, string>;
}

export interface WebApi {
  answer(request: Request, response: ServerResponse): Promise<void>;
  calls(): readonly ApiCall[];
}

/** `POST /api/<method>`: token, scope, fault, limit, then the method; each call leaves a line in the transcript. */
export function createWebApi(slack: Slack, methods: Readonly<Record<string, Method>>): WebApi {
  const { settings } = slack;
  const calls: ApiCall[] = [];
  const limits = createLimits(settings.nowMs);

  function refuseToken(method: Method, token: string | undefined): void {
    if (method.token === 'none') return;
    if (token === undefined || token === '') throw new SlackError('not_authed');
    const expected = method.token === 'bot' ? settings.botToken : settings.appToken;
    if (token === expected) return;
    const isOurs = token === settings.botToken || token === settings.appToken;
    throw new SlackError(isOurs ? 'not_allowed_token_type' : 'invalid_auth');
  }

  function refuseScope(method: Method): void {
    if (method.scope === undefined || settings.scopes.includes(method.scope)) return;
    throw new SlackError('missing_scope', { needed: method.scope, provided: settings.scopes.join(',') });
  }

  /** Seconds to wait, when this call is one too many. */
  function findLimit(name: string, method: Method, args: Readonly<Record<string, unknown>>): number | undefined {
    const fault = slack.fault();
    if (fault.kind === 'ratelimited' && (fault.methods?.includes(name) ?? true)) return fault.retryAfterSeconds;
    return settings.limits === 'slack' ? limits.take(name, method, String(args.channel)) : undefined;
  }

  async function run(
    name: string,
    args: Readonly<Record<string, unknown>>,
    token: string | undefined,
  ): Promise<Answer> {
    const method = methods[name];
    const scopes = { 'x-oauth-scopes': settings.scopes.join(',') };
    try {
      if (method === undefined) throw new SlackError('unknown_method', { req_method: name });
      refuseToken(method, token);
      refuseScope(method);
      const refusal = refusalFor(slack.fault(), name, method.token === 'bot');
      if (refusal !== undefined) throw new SlackError(refusal);
      const waitSeconds = findLimit(name, method, args);
      if (waitSeconds !== undefined) {
        return {
          status: 429,
          body: { ok: false, error: 'ratelimited' },
          headers: { 'retry-after': String(waitSeconds) },
        };
      }
      const headers = { ...scopes, 'x-accepted-oauth-scopes': method.scope ?? '' };
      return { status: 200, body: { ok: true, ...(await method.run(args, slack)) }, headers };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return { status: 200, body: { ok: false, error: error.message, ...error.details }, headers: scopes };
    }
  }

  return {
    async answer(request, response) {
      const atMs = settings.nowMs();
      const started = performance.now();
      const name = request.path.replace(/^\/api\//, '');
      const fault = slack.fault();
      if (fault.kind === 'down') {
        if (fault.how === 'reset') response.destroy();
        else sendJson(response, 503, { ok: false, error: 'service_unavailable' });
        return;
      }
      const { token: tokenArgument, ...args } = await readArguments(request);
      if (fault.kind === 'slow') await sleep(fault.delayMs, undefined, { ref: false });
      const header = request.headers.authorization?.replace(/^Bearer /, '');
      const { status, body, headers } = await run(
        name,
        args,
        header ?? (typeof tokenArgument === 'string' ? tokenArgument : undefined),
      );
      const error = body.ok === true ? undefined : String(body.error);
      if (calls.length >= keptCalls) calls.splice(0, keptCalls / 10);
      calls.push({ atMs, method: name, args: toJson(args), status, error, tookMs: performance.now() - started });
      sendJson(response, status, body, headers);
    },
    calls: () => calls,
  };
}
