import { z } from 'zod';

/** What can be told to go wrong. A bare word takes the defaults of its fields. */
const FaultObject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  /** Refuses messages that hold a block of this type, as a workspace without the feature does. */
  z.object({ kind: z.literal('invalid_blocks'), type: z.string() }),
  z.object({ kind: z.literal('edit_window_closed') }),
  z.object({ kind: z.literal('not_in_channel') }),
  z.object({
    kind: z.literal('ratelimited'),
    retryAfterSeconds: z.number().int().positive().default(1),
    /** Left out: every method. */
    methods: z.array(z.string()).optional(),
  }),
  /** Once: every Socket Mode connection is asked to reconnect. */
  z.object({ kind: z.literal('disconnect') }),
  z.object({ kind: z.literal('slow'), delayMs: z.number().nonnegative().default(3000) }),
  /** Nothing answers: the API drops its connections or says 503, and the sockets close. */
  z.object({ kind: z.literal('down'), how: z.enum(['reset', '503']).default('reset') }),
]);

const words = ['none', 'edit_window_closed', 'not_in_channel', 'ratelimited', 'disconnect', 'slow', 'down'] as const;

export const Fault = z.union([z.enum(words).transform((kind) => FaultObject.parse({ kind })), FaultObject]);
/** A fault as people and tests write it: a word, or an object with its details. */
export type Fault = z.input<typeof Fault>;
export type ActiveFault = z.output<typeof Fault>;
