import type { Logger } from 'pino';
import type { CardPlace, Operations, Person, Target, Wish } from '../../operations/index.ts';
import { type AnswerView, renderStranger } from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import type { Command } from './command.ts';

/** Where the words came from. */
export interface Asked {
  readonly person: Person;
  /** Channel id; '' for a direct message. */
  readonly channel: string;
  /** The rollout of the thread: the target may be left out there. */
  readonly threadTarget?: Target | undefined;
  /** False for guests: they may look, never change. */
  readonly mayChange: boolean;
  /** The words came from a button of ours that asked: no second question. */
  readonly isConfirmed?: boolean;
  /** Written beside the button that was clicked. */
  readonly reason?: string | undefined;
  /** Asked in the Home tab: the rollout's own channel counts. */
  readonly isInOwnChannel?: boolean | undefined;
  /** Opens a modal for the next three seconds; words in a mention have none. */
  readonly triggerId?: string | undefined;
}

export interface AnswerTools {
  readonly operations: Operations;
  readonly view: AnswerView;
  readonly log: Logger;
  readonly now: () => number;
  readonly linkTo: (card: CardPlace) => string | undefined;
}

/** A command about one rollout. */
export interface Understood {
  readonly asked: Asked;
  readonly command: Command;
  readonly wish: Wish;
}

/** Guests may look, not change; and that they tried is not lost. */
export function refuseGuest(
  { operations, view }: Pick<AnswerTools, 'operations' | 'view'>,
  { person, channel }: Asked,
  { verb, target }: { readonly verb: string; readonly target: Target | undefined },
): Message {
  operations.guestRefused({ person, channel, target }, verb);
  return renderStranger(view, 'guest');
}

export function wishOf(asked: Asked, target: Target, reason: string | undefined): Wish {
  const { person, channel, isInOwnChannel } = asked;
  return { person, channel, target, reason, isInOwnChannel };
}
