import type { ImageChange, Target } from '../../operations/index.ts';
import type { LaterVerb, NowVerb, VerbName } from './verbs.ts';

/** One understood wish in words. `verb` 'mine' is what no words at all mean. */
export interface Command {
  readonly verb: NowVerb | 'mine';
  /** Missing: the thread's rollout, or a question which one. */
  readonly target?: Target;
  /** `-n shop` without a name: only what is there. */
  readonly namespace?: string;
  readonly images?: readonly ImageChange[];
  readonly toRevision?: number;
  readonly withSteps?: boolean;
  readonly overridesGit?: boolean;
  /** Abort and undo: from behind the point of no return. */
  readonly isForced?: boolean;
  readonly reason?: string;
  /** `help promote` */
  readonly about?: VerbName;
  /** `changes 1h` */
  readonly lastMs?: number;
}

/** `text` is what was read, normalised. `suggestion` is a line that would work; it is shown, never run. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'later'; readonly what: LaterVerb; readonly text: string; readonly target?: Target }
  | {
      readonly kind: 'unclear';
      readonly problem: Problem;
      readonly text: string;
      readonly word: string;
      readonly verb?: NowVerb;
      readonly target?: Target;
      readonly suggestion?: string;
    };

export type Problem =
  /** the first word is no verb; suggestion: the closest one */
  | 'unknownVerb'
  /** `checkout abort` */
  | 'verbSecond'
  /** `checkout 2.0.0` */
  | 'missingVerb'
  /** a word too many */
  | 'extraWord'
  | 'unknownFlag'
  | 'flagNeedsValue'
  /** `--full=yes` */
  | 'flagTakesNoValue'
  /** `--to 3 --to 4` */
  | 'flagTwice'
  /** `shop/checkout -n pay` */
  | 'twoNamespaces'
  | 'badName'
  | 'badImage'
  /** one container, two images */
  | 'imageTwice'
  | 'badRevision'
  /** `changes soon` */
  | 'badDuration'
  /** `promote checkout 50%`: weights come from the plan */
  | 'promoteToWeight';

/** The longest that changes looks back: records are swept, and a longer list is no answer to read. */
export const longestLookMs = 7 * 24 * 3_600_000;
