import { z } from 'zod';
import type { JsonObject } from '../../lib/index.ts';
import type { CheckBlocksOptions } from './check-blocks.ts';
import type { ActiveFault } from './faults.ts';
import type { Settings } from './options.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { Sockets } from './socket-mode.ts';
import type { Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

/** Slack's refusal: HTTP 200 with `ok: false` and this word. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly details: JsonObject;
  constructor(error: string, details: JsonObject = {}) {
    super(error);
    this.details = details;
  }
}

/** What a Web API method works with. */
export interface Slack {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly sockets: Sockets;
  /** Our own address, without a slash at its end. */
  readonly url: () => string;
  readonly fault: () => ActiveFault;
}

export interface Method {
  readonly token: 'bot' | 'app' | 'none';
  readonly scope?: string;
  /** Calls per minute, for the whole workspace; left out: never limited. */
  readonly perMinute?: number;
  /** Calls per second for one channel, with short bursts. */
  readonly perSecondAndChannel?: number;
  run(args: unknown, slack: Slack): JsonObject | Promise<JsonObject>;
}

/** A method with its arguments parsed: what does not fit the schema is `invalid_arguments`. */
export function method<T extends z.ZodType>(
  traits: Omit<Method, 'run'>,
  schema: T,
  run: (args: z.output<T>, slack: Slack) => JsonObject | Promise<JsonObject>,
): Method {
  return {
    ...traits,
    run(args, slack) {
      const parsed = schema.safeParse(args);
      if (parsed.success) return run(parsed.data, slack);
      const messages = parsed.error.issues.map(
        (issue) => `[ERROR] ${issue.message} [json-pointer:/${issue.path.join('/')}]`,
      );
      throw new SlackError('invalid_arguments', { response_metadata: { messages } });
    },
  };
}

// Arguments arrive as JSON or as form fields, where everything is text and what is deep is JSON in text.

/** A flag, a number, and a deep value in either spelling. */
export const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0']).transform((word) => word === 'true' || word === '1'),
]);
export const count = z.coerce.number().int().nonnegative();
export function deep<T extends z.ZodType>(schema: T) {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  }, schema);
}

const JsonValue: z.ZodType<JsonObject> = z.record(z.string(), z.json());
export const record = deep(JsonValue);
export const records = deep(z.array(JsonValue));

/** What the block checker needs to know of this workspace now. */
export function blockWorld(slack: Slack): Pick<CheckBlocksOptions, 'isFileUsable' | 'refusedType'> {
  const fault = slack.fault();
  return {
    isFileUsable(id) {
      const file = slack.workspace.files.get(id);
      return (
        file !== undefined && file.readyAtMs <= slack.settings.nowMs() && /^image\/(png|jpeg|gif)$/.test(file.mimetype)
      );
    },
    refusedType: fault.kind === 'invalid_blocks' ? fault.type : undefined,
  };
}

export function refuseProblems(problems: readonly string[], error = 'invalid_blocks'): void {
  if (problems.length === 0) return;
  const errors = problems.map((problem) => problem.replace('[ERROR] ', ''));
  throw new SlackError(error, { errors, response_metadata: { messages: problems } });
}
