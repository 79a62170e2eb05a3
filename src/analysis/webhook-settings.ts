import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** The name under which steps and metrics ask for it: `plugin.name` of a step, the key under `provider.plugin` of a metric. */
export const webhookPlugin = 'stepwise/webhook';

/** What a step's `plugin.config`, or a metric's `provider.plugin["stepwise/webhook"]`, says. */
export interface WebhookSettings {
  readonly url: string;
  /** Of one call. */
  readonly timeoutMs: number;
  /** From the first call until it says that it is done; undefined: as long as whoever calls gives it. */
  readonly deadlineMs: number | undefined;
  /** Sent along as it is. */
  readonly data: unknown;
}

export type ReadWebhookSettings =
  | { readonly isValid: true; readonly settings: WebhookSettings }
  /** All mistakes at once, each with its field: `url: must be …`. */
  | { readonly isValid: false; readonly mistakes: readonly string[] };

const MOST_DATA_BYTES = 8 * 1024;
const LONGEST_URL = 2048;
const DEFAULT_TIMEOUT_MS = 10_000;

function durationBetween(leastMs: number, mostMs: number, words: string) {
  return z.string().transform((text, context) => {
    const parsed = parseDuration(text);
    if (parsed.isValid && parsed.ms >= leastMs && parsed.ms <= mostMs) return parsed.ms;
    context.addIssue({ code: 'custom', message: `must be a duration from ${words}, and is ${JSON.stringify(text)}` });
    return z.NEVER;
  });
}

/** A misspelt field is a mistake: a deadline that nobody reads would never come. */
const Settings = z.strictObject(
  {
    url: z
      .string('must be the address to call')
      .max(LONGEST_URL, `must have at most ${LONGEST_URL} characters`)
      .refine(isCallable, 'must be an address that begins with https:// or http://, without user and password'),
    timeout: durationBetween(1000, 60_000, '1s to 60s').optional(),
    deadline: durationBetween(1000, 7 * 24 * 3_600_000, '1s to 168h').optional(),
    data: z
      .unknown()
      .optional()
      .refine(
        (data) => (JSON.stringify(data) ?? '').length <= MOST_DATA_BYTES,
        `must be at most ${MOST_DATA_BYTES} bytes as JSON`,
      ),
  },
  'must have url, and may have timeout, deadline and data',
);

/** Reads what a step or a metric says of its webhook. */
export function readWebhookSettings(settings: unknown): ReadWebhookSettings {
  const parsed = Settings.safeParse(settings ?? {});
  if (!parsed.success) return { isValid: false, mistakes: parsed.error.issues.map(wordsOf) };
  const { url, timeout, deadline, data } = parsed.data;
  return { isValid: true, settings: { url, timeoutMs: timeout ?? DEFAULT_TIMEOUT_MS, deadlineMs: deadline, data } };
}

function wordsOf({ path, message, ...issue }: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${issue.keys.join(', ')}: not known; known are url, timeout, deadline, data`;
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function isCallable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && hostname !== '' && username === '' && password === '';
}

/** Why a plugin that Argo would start is none that we have; undefined: it is ours. */
export function explainPlugin(name: string): string | undefined {
  if (name === webhookPlugin) return undefined;
  return `plugin ${JSON.stringify(name)} is a Go program that Argo's controller starts, and it cannot run here; what there is: ${webhookPlugin}`;
}
