import type { Delivery, MetricSeries } from '../rollout/index.ts';

/** Where a message is: enough to edit it and to answer in its thread. */
export interface MessagePlace {
  readonly channel: string;
  readonly ts: string;
}

/** Where a card is. `opensThread`: the thread that was named is gone, and this message begins the next one. */
export interface CardPlace extends MessagePlace {
  readonly opensThread?: boolean;
  /** The card still shows what it showed: only its numbers would have changed, and there are more cards than people read. */
  readonly isLeft?: boolean;
}

/** One line of a rollout's timeline, told in the card's thread. `id` is the record entry's; a notice is told once per id. */
export interface Notice {
  readonly id: string;
  readonly event: NoticeEvent;
  readonly atMs: number;
  /** Slack user, `kubectl`, or undefined where the engine acted by itself. */
  readonly by: string | undefined;
  /** Words of the engine or the person (a reason, Argo's message). Escaped by the notifier. */
  readonly text: string;
  /** `needsHuman` and `final` are broadcast to the channel. */
  readonly weight: 'timeline' | 'needsHuman' | 'final';
  readonly chart?: MetricSeries;
  /** It asked people, and this is how it was answered: its buttons are gone. */
  readonly decided?:
    | { readonly event: NoticeEvent; readonly by: string | undefined; readonly atMs: number }
    | undefined;
  /** Somebody took the right to tell it then, and died: it may be there already. */
  readonly mayBeThereSinceMs?: number | undefined;
}

/** A build that could be started: told in the channel of a rollout that runs its repository. */
export interface BuildNotice {
  readonly namespace: string;
  readonly name: string;
  /** As the build names it. */
  readonly image: string;
  /** What a start would set. */
  readonly images: readonly { readonly container: string | undefined; readonly image: string }[];
  readonly commits: number | undefined;
  readonly link: string | undefined;
  readonly by: string | undefined;
}

export type NoticeEvent =
  | 'started'
  | 'stepReached'
  | 'gateReached'
  | 'promoted'
  | 'skipped'
  | 'finished'
  | 'paused'
  | 'resumed'
  | 'retried'
  | 'restarted'
  | 'reasonGiven'
  | 'undone'
  | 'inconclusive'
  | 'frozen'
  | 'watchRaised'
  | 'aborted'
  | 'rolledBack'
  | 'notVerified'
  | 'notUndone'
  | 'live'
  | 'invalidSpec'
  | 'stalled'
  | 'superseded'
  | 'fieldPutBack';

/**
 * One way to tell people. Calls resolve when the other side has confirmed; they throw `NotNowError` (with `retryAfterMs`) when it is
 * down or limits us: the caller plans another turn. Nothing here waits longer than 10 s.
 */
export interface Notifier {
  /**
   * Shows the card: edits it at `at`, or posts it in `channel`. Where it can no longer be edited it is posted again in its thread,
   * and the new place is returned. `claim` is written into the message's metadata so that a lost answer can be looked up.
   */
  showCard(
    delivery: Delivery,
    where: {
      readonly channel: string;
      readonly at: MessagePlace | undefined;
      readonly thread: string | undefined;
      readonly claim: string;
      /** As in a notice. */
      readonly mayBeThereSinceMs?: number | undefined;
    },
    signal: AbortSignal,
  ): Promise<CardPlace>;
  /** Tells one notice in the card's thread. */
  tell(delivery: Delivery, notice: Notice, card: MessagePlace, signal: AbortSignal): Promise<MessagePlace>;
  /** Edits a question that was told at `at`: what was decided, and by whom. One that can no longer be edited is left. */
  tellDecided(delivery: Delivery, notice: Notice, at: MessagePlace, signal: AbortSignal): Promise<void>;
  /** Tells that a build could be started, in the channel itself. */
  tellBuild(
    notice: BuildNotice,
    where: {
      readonly channel: string;
      readonly claim: string;
      /** As in a notice. */
      readonly mayBeThereSinceMs?: number | undefined;
    },
    signal: AbortSignal,
  ): Promise<MessagePlace>;
  /** A digest of what `showCard` would show: an equal digest needs no call. */
  digest(delivery: Delivery): string;
}
