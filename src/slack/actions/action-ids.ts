/**
 * Every action id that a message of ours may carry: the one registry. Each has exactly one listener, on the exact string (Bolt runs
 * *every* listener that matches, so patterns could do one click twice).
 */
export const actActionIds = [
  'abort',
  'pause',
  'resume',
  'promote',
  'approve',
  'skip',
  'finish',
  'terminate',
  'retry',
  'undo',
  'why',
] as const;
export type ActActionId = (typeof actActionIds)[number];

/** The overflow of a card: its options only ask, they never act (an option's value is too short for a signature). */
export const moreActionId = 'more';

/** Buttons that run a line as if it were typed; several per message, and an action id must be unique in its block. */
export const lineActionIds = ['line-1', 'line-2', 'line-3', 'line-4', 'line-5'] as const;
export type LineActionId = (typeof lineActionIds)[number];

/** Says why, afterwards: with what the person wrote beside it. */
export const addReasonActionId = 'add-reason';

/** Opens the start form, with what the button offers; in a message, or in the Home tab. */
export const openStartActionId = 'open-start';

/** Starts the build that a message offers; where several could be meant it opens the form. */
export const shipActionId = 'ship';

export function isActActionId(id: string): id is ActActionId {
  return actActionIds.some((known) => known === id);
}
