import type { Agent } from 'node:https';
import axios, { AxiosError, type RawAxiosRequestHeaders } from 'axios';
import { redact } from '../lib/index.ts';

/** One HTTP question to a source of metrics. */
export interface Question {
  /** How messages call it: `Prometheus at http://prometheus:9090`. No secrets. */
  readonly who: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: RawAxiosRequestHeaders;
  readonly body?: string | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  readonly agent?: Agent | undefined;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const MAX_ANSWER_MEBIBYTES = 10;

/**
 * Asks once. Any status is an answer; a redirect is not followed, and is an error as everything else that is no answer:
 * who was asked, and what happened instead.
 */
export async function ask(question: Question, signal: AbortSignal): Promise<Answer> {
  const deadline = AbortSignal.timeout(question.timeoutMs);
  try {
    const response = await axios.request<unknown>({
      method: question.method,
      url: question.url,
      headers: { 'User-Agent': 'stepwise', ...question.headers },
      ...(question.body !== undefined && { data: question.body }),
      ...(question.auth !== undefined && { auth: { ...question.auth } }),
      ...(question.agent !== undefined && { httpsAgent: question.agent }),
      signal: AbortSignal.any([signal, deadline]),
      maxRedirects: 0,
      maxContentLength: MAX_ANSWER_MEBIBYTES * 2 ** 20,
      proxy: false,
      responseType: 'text',
      // axios parses JSON even where text was asked for.
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
    });
    const { status } = response;
    if (status >= 300 && status < 400) {
      throw new Error(`${question.who} answered ${status}, a redirect: these are not followed`);
    }
    return { status, body: String(response.data ?? '') };
  } catch (error) {
    if (!(error instanceof AxiosError)) throw error;
    throw new Error(describeFailure(question, error, { deadline, signal }), { cause: error });
  }
}

function describeFailure(
  question: Question,
  error: AxiosError,
  { deadline, signal }: { readonly deadline: AbortSignal; readonly signal: AbortSignal },
): string {
  const { who, timeoutMs } = question;
  if (deadline.aborted) return `${who} did not answer within ${timeoutMs / 1000} s`;
  const isTimeUp = signal.aborted && signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  if (isTimeUp) return `${who} did not answer in time`;
  if (error.code === AxiosError.ERR_CANCELED) return `${who} was not waited for: the measurement was interrupted`;
  if (error.message.includes('maxContentLength')) return `${who} answered more than ${MAX_ANSWER_MEBIBYTES} MiB`;
  const reason = error.message || error.code || 'unknown error';
  return `${who} could not be asked: ${reason}`;
}

/** The beginning of a body, fit for a message. */
export function quoteBody(body: string): string {
  // Before the cut: half a secret is not recognised any more.
  const text = redact(body.replace(/\s+/g, ' ').trim());
  if (text === '') return 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
