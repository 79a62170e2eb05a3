import { z } from 'zod';

/** Refusals that a word can switch on, and the methods that answer so; without methods every method of the bot's token does. */
const refusals = {
  edit_window_closed: ['chat.update'],
  message_not_found: ['chat.update'],
  cant_update_message: ['chat.update'],
  is_archived: ['chat.update', 'chat.postMessage', 'chat.postEphemeral'],
  not_in_channel: ['chat.postMessage', 'chat.postEphemeral', 'files.completeUploadExternal'],
  channel_not_found: ['chat.update', 'chat.postMessage', 'chat.postEphemeral', 'files.completeUploadExternal'],
  msg_too_long: ['chat.update', 'chat.postMessage'],
  file_uploads_disabled: ['files.getUploadURLExternal'],
  token_revoked: undefined,
  account_inactive: undefined,
  invalid_auth: undefined,
} as const satisfies Readonly<Record<string, readonly string[] | undefined>>;
type Refusal = keyof typeof refusals;
const refusalWords = Object.keys(refusals) as [Refusal, ...Refusal[]];

/** What can be told to go wrong. A bare word takes the defaults of its fields. */
const FaultObject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  /** Refuses messages that hold a block of this type, as a workspace without the feature does. */
  z.object({ kind: z.literal('invalid_blocks'), type: z.string() }),
  /** Slack's own word for what it does not do. */
  z.object({ kind: z.literal(refusalWords) }),
  z.object({
    kind: z.literal('ratelimited'),
    retryAfterSeconds: z.number().int().positive().default(1),
    /** Left out: every method. */
    methods: z.array(z.string()).optional(),
  }),
  /** Once: every Socket Mode connection is asked to reconnect. */
  z.object({ kind: z.literal('disconnect') }),
  /** Takes files that have an alternative text, and never shares them: https://github.com/slackapi/python-slack-sdk/issues/1818 */
  z.object({ kind: z.literal('unshared_files') }),
  z.object({ kind: z.literal('slow'), delayMs: z.number().nonnegative().default(3000) }),
  /** Nothing answers: the API drops its connections or says 503, and the sockets close. */
  z.object({ kind: z.literal('down'), how: z.enum(['reset', '503']).default('reset') }),
]);

/** The detail that may stand behind a word and a colon, as on a command line: `invalid_blocks:data_visualization`. */
const details: Readonly<Record<string, (detail: string) => object>> = {
  invalid_blocks: (type) => ({ type }),
  ratelimited: (seconds) => ({ retryAfterSeconds: Number(seconds) }),
  slow: (delayMs) => ({ delayMs: Number(delayMs) }),
  down: (how) => ({ how }),
};

function readWord(word: string): unknown {
  const [kind = '', ...rest] = word.split(':');
  return { kind, ...(rest.length > 0 && details[kind]?.(rest.join(':'))) };
}

/** A fault as people and tests write it: a word, a word with a detail behind a colon, or an object. */
export type Fault =
  | 'none'
  | Refusal
  | 'ratelimited'
  | 'unshared_files'
  | 'disconnect'
  | 'slow'
  | 'down'
  | `${'invalid_blocks' | 'ratelimited' | 'slow' | 'down'}:${string}`
  | z.input<typeof FaultObject>;
export type ActiveFault = z.output<typeof FaultObject>;

/** Reads a fault; what it is not is an error that names what it could be. */
export function parseFault(fault: unknown): ActiveFault {
  const parsed = FaultObject.safeParse(typeof fault === 'string' ? readWord(fault) : fault);
  if (parsed.success) return parsed.data;
  const known = FaultObject.options.flatMap((option) => [...option.shape.kind.values]);
  throw new UnknownFaultError(`${JSON.stringify(fault)} is no fault; known: ${known.join(', ')}`);
}

/** The word that this method answers with while the fault lasts; undefined: the fault is none of its business. */
export function refusalFor(fault: ActiveFault, method: string, isOfBot: boolean): string | undefined {
  const { kind } = fault;
  if (!isRefusal(kind)) return undefined;
  const methods: readonly string[] | undefined = refusals[kind];
  return (methods?.includes(method) ?? isOfBot) ? kind : undefined;
}

function isRefusal(kind: string): kind is Refusal {
  return Object.hasOwn(refusals, kind);
}

export class UnknownFaultError extends Error {
  override readonly name = 'UnknownFaultError';
}
