import type { Binding, Delivery } from '../rollout/index.ts';
import type { CheckAnswer } from './check.ts';
import type { CheckupLine } from './doctor/checkup.ts';
import type { ReasonWish } from './give-reason.ts';
import type { History } from './history.ts';
import type { HomeFacts } from './home.ts';
import type { RecentChanges } from './look-back.ts';
import type { PlanAnswer } from './plan.ts';
import type { Startable } from './where.ts';
import type { Why } from './why.ts';

/** A person as Kubernetes knows them: the prefix `slack:` can not be switched off. */
export interface Person {
  readonly slackId: string;
  readonly displayName: string;
  /** `slack:U012AB` */
  readonly user: string;
  /** `slack:members`, `slack:deployers` … */
  readonly groups: readonly string[];
}

export interface Target {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** A rollout, exactly. */
export interface RolloutName {
  readonly namespace: string;
  readonly name: string;
}

/** One wish: who, from where, about what. */
export interface Wish {
  readonly person: Person;
  /** Slack channel id; '' for a direct message. */
  readonly channel: string;
  readonly target: Target;
  readonly reason?: string | undefined;
  /** From a button: what the person saw. Absent for typed words: then the present state is meant. */
  readonly saw?: Binding | undefined;
  /** Start and undo only: set although Git asks for something else. Needs the verb `override-git` and a reason. */
  readonly overridesGit?: boolean | undefined;
  /** Asked in the app's Home or in a form of it, where there is no channel: it counts as asked in the rollout's own, if it has one. */
  readonly isInOwnChannel?: boolean | undefined;
}

/** `container` undefined: the one that is not a sidecar. `image`: `2.0.0`, `:tag`, `repo:tag`, `repo@sha256:…`, `sha256:…`. */
export interface ImageChange {
  readonly container?: string | undefined;
  readonly image: string;
}

export type StartWish = Wish & {
  readonly images: readonly ImageChange[];
  readonly isConfirmed?: boolean | undefined;
  /** The template that the person's form was drawn from (`StartForm.template`): refused when it was changed since. */
  readonly sawTemplate?: string | undefined;
};

/** What a start of one rollout begins from, as it is now. */
export interface StartForm {
  readonly namespace: string;
  readonly name: string;
  /** Names the pod template as it was read; a revision would lag behind it until the engine has looked. */
  readonly template: string;
  /** Where its card appears; undefined: nobody asked to hear of it, so nothing can be started from a form. */
  readonly ownChannel: string | undefined;
  /** With the images that are asked for now; `isMain`: meant where nobody says which. */
  readonly containers: readonly { readonly name: string; readonly image: string; readonly isMain: boolean }[];
  /** Images heard of, the newest first, at most five for each container. */
  readonly images: readonly KnownImage[];
  /** What serves now, where that is known. */
  readonly runs: string | undefined;
  /** An update that this start would take the place of. */
  readonly underWay: { readonly image: string } | undefined;
}

/** An image that a rollout could run: built lately, or run before. */
export interface KnownImage {
  readonly container: string;
  readonly image: string;
  readonly atMs: number;
  readonly from:
    | { readonly kind: 'built'; readonly commits: number | undefined }
    | { readonly kind: 'ran'; readonly revision: number };
}

/**
 * Everything a person can ask for. Each authorises by SubjectAccessReview, records (what raises risk before it happens), writes to the
 * Rollout by Argo's own protocol, nudges the engine, and answers. A refusal is an answer, never a throw; a throw means "try again".
 */
export interface Operations {
  start(wish: StartWish): Promise<Answer>;
  /** What `start` would answer now; nothing is done or recorded. */
  tryStart(wish: StartWish): Promise<Answer>;
  /** What a person chooses from before a start. Needs the verb `start`. */
  startForm(wish: Wish): Promise<Refusal | { readonly done: true; readonly form: StartForm }>;
  /** The rollouts that this person may start, by name. Throws when Kubernetes cannot say. */
  startable(person: Person): Promise<readonly RolloutName[]>;
  /** Ends the gate or timed pause in force; refused beside a running analysis (skip is its own verb). */
  promote(wish: Wish): Promise<Answer>;
  /** All the rest of the plan is skipped. */
  finish(wish: Wish): Promise<Answer>;
  skip(wish: Wish): Promise<Answer>;
  pause(wish: Wish): Promise<Answer>;
  resume(wish: Wish): Promise<Answer>;
  /** All requests back to stable. Behind the point of no return it becomes a freeze, unless it is forced, with a reason. */
  abort(wish: Wish & { readonly isForced?: boolean | undefined }): Promise<Answer>;
  retry(wish: Wish): Promise<Answer>;
  /** Back past a point of no return only where it is forced, with a reason. */
  undo(
    wish: Wish & {
      readonly toRevision?: number | undefined;
      readonly withSteps?: boolean;
      readonly isForced?: boolean | undefined;
    },
  ): Promise<Answer>;
  /** Ends an Experiment or AnalysisRun: one that stands alone, or what a release waits for. */
  terminate(wish: Wish): Promise<Answer>;
  /** What it would come to, without doing it. */
  askTerminate(wish: Wish): Promise<Refusal | Question | TrialQuestion>;
  /** Why an abort, a pause or an undo was done, said afterwards: told in the card's thread. */
  giveReason(wish: ReasonWish): Promise<Answer>;
  /** New pods of the same version, a few at a time. */
  restart(wish: Wish): Promise<Answer>;
  /** One measurement of every metric of its analyses, now, without a rollout. Needs the verb `check`. */
  check(wish: Wish): Promise<Refusal | CheckAnswer>;
  /** What a start would do, without doing it; the present plan where no image is named. Needs the verb `get`. */
  plan(wish: Wish & { readonly images: readonly ImageChange[] }): Promise<Refusal | PlanAnswer>;
  /** What such an act would come to now: its refusal, or what it would act on. Nothing is done. */
  ask(verb: AskedVerb, wish: Parameters<Operations['undo']>[0]): Promise<Refusal | Question>;
  /** Needs the verb `get`. */
  status(wish: Wish): Promise<Refusal | Look>;
  /** Leaves the line of a guest's wish to change something; `target` undefined: it named nothing. */
  guestRefused(wish: Pick<Wish, 'person' | 'channel'> & { readonly target: Target | undefined }, verb: string): void;
  /** Asks the installation how it is; about no rollout, so any member may ask. `channel`: where it is asked. */
  doctor(channel: string): Promise<readonly CheckupLine[]>;
  /** Why it does not move, or how it ended. Needs the verb `why`. */
  why(wish: Wish): Promise<Refusal | Why>;
  /** All rollouts this person may get, moving ones first. */
  list(person: Person, channel: string, namespace?: string): Promise<readonly Delivery[]>;
  /** The revisions of one rollout, newest first. Needs the verb `get`. */
  history(wish: Wish): Promise<Refusal | History>;
  /** What moved lately in all that this person may list. */
  changes(
    person: Person,
    options: { readonly lastMs: number; readonly namespace?: string | undefined },
  ): Promise<RecentChanges>;
  /** What their Home shows: what is under way, what they may do about it, and what changed in the last hour. */
  home(person: Person): Promise<HomeFacts>;
  /** What this person may start now, and from which channel. */
  where(
    person: Person,
    options: { readonly channel: string; readonly namespace?: string | undefined },
  ): Promise<readonly Startable[]>;
  /** In which namespaces this person may start everything: of those named, and of those that have rollouts. */
  mayStartIn(person: Person, namespaces: readonly string[]): Promise<readonly string[]>;
}

/** The verbs that ask once more before they act, and the one that is offered instead. */
export type AskedVerb = 'skip' | 'finish' | 'undo' | 'abort';

/** One rollout as it is now, and where its card is. */
export interface Look {
  readonly done: true;
  readonly delivery: Delivery;
  readonly card: CardPlace | undefined;
}

/** An act that would be done now: what it would act on, what it would record, and whether it wants a reason. */
export interface Question extends Look {
  readonly facts: Readonly<Record<string, string>>;
  readonly needsReason: boolean;
}

/** One that stands alone, which would be ended now. */
export interface TrialQuestion {
  readonly done: true;
  readonly trial: RolloutName & {
    readonly uid: string;
    readonly phase: string | undefined;
    readonly message: string | undefined;
  };
}

export interface CardPlace {
  readonly channel: string;
  readonly ts: string;
}

export type Answer = Done | Refusal;

export interface Done {
  readonly done: true;
  readonly target: Required<Target>;
  /** The card as far as it is known already. */
  readonly card: CardPlace | undefined;
  /** Small facts for the answer: `image`, `revision`, `toPercent` … */
  readonly facts: Readonly<Record<string, string>>;
  /** The revision that was acted on. */
  readonly revision?: number;
}

/** No, and why: a closed set of reasons, worded for people in slack/messages. */
export interface Refusal {
  readonly done: false;
  readonly reason: RefusalReason;
  readonly facts: Readonly<Record<string, string>>;
  /** Rollouts or containers that were perhaps meant. */
  readonly candidates?: readonly string[];
}

export const refusalReasons = [
  'unknownRollout', // facts: name; candidates: names that are close
  'ambiguousName', // candidates: namespace/name
  'notAllowed', // facts: verb, user, namespace, name, rule
  'accessUnknown', // the API could not answer who may
  'unboundChannel', // raising risk from a channel bound to nothing; facts: namespace
  'unknownContainer', // facts: container; candidates: containers
  'whichContainer', // candidates: containers
  'badImage', // facts: image
  'otherRepository', // facts: from, to
  'needsReason', // facts: verb
  'emptyReason', // nothing was written
  'unusualTag', // start asks once: facts: image, usual
  'notSupportedYet', // facts: what
  'workloadRuns', // start asks once: the Deployment that workloadRef names has pods; facts: workload, replicas
  'notForDeployments', // promote, skip, finish, retry of a plain Deployment; facts: verb
  'alreadyRuns', // facts: image, revision
  'isMoving', // start while a rollout of this image is under way: facts: image
  'staleCard', // facts: what moved: sawStep, step, sawRevision, revision
  'nothingMoving', // promote, abort … with nothing under way
  'notAtGate', // promote while pods start or a weight is set: nothing waits for a person
  'undoWhileMoving', // undo of a rollout under way: abort is the word
  'alreadyThere', // undo to the revision that runs: facts: revision
  'analysisRunning', // promote beside a running analysis: facts: strategy
  'noSteps', // skip of a blue-green rollout: it has none
  'gateNeedsPromote', // resume at a gate of the plan
  'notPaused',
  'nothingMeasured', // terminate of a release that waits for no experiment or analysis
  'trialOver', // terminate of what is over: facts: name, phase
  'trialEnding', // facts: name
  'trialRuns', // retry of an Experiment that is not over
  'trialOfRollout', // retry of a Rollout's own Experiment: facts: rollout
  'noTrialVerb', // another verb about an Experiment or AnalysisRun: facts: verb
  'alreadyPaused',
  'alreadyFrozen', // abort behind the point of no return, where somebody or a verdict holds it already
  'notAborted', // retry of something that was not aborted
  'alreadyRestarting', // facts: since
  'isAborted', // promote of something aborted: retry or start
  'alreadyAborted',
  'unknownRevision', // facts: revision
  'neverHealthy', // facts: revision
  'noEarlierRevision',
  'pastReturn', // undo of what has passed its point of no return and is live: facts: point, revision, image
  'invalidSpec', // facts: message
  'gitOwned', // start, undo: Git sets the field; facts: tool, source, changes (lines of field, from, to), putsBack, mayOverride, link, file
  'overrideNeedsReason', // against Git without saying why
  'controllerSilent', // what raises risk, while the Argo controller that runs it is silent: facts: controller, part
  'movedMeanwhile', // the object changed between look and write, again and again
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
