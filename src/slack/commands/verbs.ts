/** What may stand after a verb. All but `nothing`, `verb`, `duration` and `line` take a rollout's name first. */
export type Takes =
  | 'nothing'
  | 'target'
  /** `2.0.0`, `web=repo/web:2 worker=repo/worker:2` */
  | 'images'
  /** `to 12` */
  | 'revision'
  /** The rest is the reason, with or without `because`. */
  | 'reason'
  /** Nothing, but `50%` is understood, and refused with the plan's weights. */
  | 'percent'
  /** `help promote` */
  | 'verb'
  /** `changes 1h` */
  | 'duration'
  /** Anything: for verbs that come later. */
  | 'line';

export type Flag =
  | 'namespace'
  | 'to'
  | 'dry-run'
  | 'full'
  | 'with-steps'
  | 'override-git'
  /** Abort and undo: also back from behind the point of no return. */
  | 'force'
  | 'reason'
  | 'until'
  | 'hotfix';

export interface Verb {
  readonly aliases: readonly string[];
  /** Changes a rollout: never guessed from a typo, refused to guests. */
  readonly isMutating: boolean;
  /** `later`: known and named in help, answered with what works today instead. */
  readonly when: 'now' | 'later';
  readonly takes: Takes;
  readonly flags: readonly Flag[];
  /** It goes past evidence, so it is not done without a reason. */
  readonly needsReason?: boolean;
  readonly usage: string;
  readonly about: string;
  /** For verbs that come later: what works today instead, as words with `<name>` for the rollout that was named. */
  readonly instead?: string;
}

/** The one verb table: the parser, help, the suggestions, the README and the tests read it. */
export const verbs = {
  start: {
    aliases: ['deploy', 'ship'],
    isMutating: true,
    when: 'now',
    takes: 'images',
    flags: ['namespace', 'reason', 'dry-run', 'override-git'],
    usage: 'start checkout 2.0.0',
    about: 'begin a rollout of this image; `container=image` where there are several',
  },
  plan: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'images',
    flags: ['namespace'],
    usage: 'plan checkout 2.0.0',
    about: 'what a start would do: steps, time, metrics, who may',
  },
  check: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'target',
    flags: ['namespace'],
    usage: 'check checkout',
    about: 'measure each of its metrics once, now, without a rollout',
  },
  status: {
    aliases: ['show'],
    isMutating: false,
    when: 'now',
    takes: 'target',
    flags: ['namespace'],
    usage: 'status checkout',
    about: 'where it is; the name alone does the same',
  },
  list: {
    aliases: ['ls'],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: ['namespace'],
    usage: 'list',
    about: 'every rollout you may see',
  },
  promote: {
    aliases: ['continue'],
    isMutating: true,
    when: 'now',
    takes: 'percent',
    flags: ['namespace', 'reason', 'full'],
    usage: 'promote checkout',
    about: 'go through the gate it waits at',
  },
  skip: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason'],
    needsReason: true,
    usage: 'skip checkout because …',
    about: 'end the wait or analysis of this step now',
  },
  finish: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason'],
    needsReason: true,
    usage: 'finish checkout because …',
    about: 'go to 100 % now, without the rest of the plan',
  },
  terminate: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason'],
    usage: 'terminate checkout because …',
    about:
      'end the experiment or analysis it waits for: what was measured by now judges it; `terminate experiment/name` and `terminate analysisrun/name` end one that stands alone',
  },
  pause: {
    aliases: ['hold'],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason'],
    usage: 'pause checkout',
    about: 'stay at this weight until someone resumes',
  },
  resume: {
    aliases: ['unpause'],
    isMutating: true,
    when: 'now',
    takes: 'target',
    flags: ['namespace', 'reason'],
    usage: 'resume checkout',
    about: 'end a pause that someone asked for',
  },
  abort: {
    aliases: ['stop', 'cancel'],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason', 'force'],
    usage: 'abort checkout errors on payment page',
    about: 'all requests back to stable, at once; behind a point of no return it freezes, unless `--force`',
  },
  retry: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'target',
    flags: ['namespace', 'reason'],
    usage: 'retry checkout',
    about:
      'the aborted revision again, from its first step; `retry experiment/name`: one that stands alone and is over',
  },
  undo: {
    aliases: ['rollback', 'revert'],
    isMutating: true,
    when: 'now',
    takes: 'revision',
    flags: ['namespace', 'reason', 'to', 'with-steps', 'override-git', 'force'],
    usage: 'undo checkout --to 12',
    about: 'back to the last healthy revision, or the one you name; past a point of no return only with `--force`',
  },
  restart: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'target',
    flags: ['namespace', 'reason'],
    usage: 'restart checkout',
    about: 'new pods of the same version, a few at a time',
  },
  approve: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: [],
    usage: 'approve checkout',
    about: 'say yes to a request',
    instead: 'promote <name>',
  },
  reject: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: [],
    usage: 'reject checkout “needs the migration first”',
    about: 'say no to a request, and hold',
    instead: 'pause <name> | abort <name>',
  },
  freeze: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: ['until'],
    usage: 'freeze shop until Mon 09:00',
    about: 'no starts for a while',
    instead: 'pausing what moves (`pause checkout`); a start is stopped by taking its RoleBinding away',
  },
  unfreeze: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: [],
    usage: 'unfreeze shop',
    about: 'starts again',
    instead: 'resuming what was paused (`resume checkout`): nothing is frozen yet',
  },
  lock: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: ['until'],
    usage: 'lock checkout',
    about: 'no starts of one service',
    instead: 'pause <name>',
  },
  unlock: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: [],
    usage: 'unlock checkout',
    about: 'starts of it again',
    instead: 'resume <name>',
  },
  where: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: ['namespace'],
    usage: 'where',
    about: 'what you may start now, and from which channel',
  },
  why: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'target',
    flags: ['namespace'],
    usage: 'why checkout',
    about: 'the verdict with its values, or what it waits for',
  },
  history: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'target',
    flags: ['namespace'],
    usage: 'history checkout',
    about: 'its revisions: image, who, when, how each ended',
  },
  changes: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'duration',
    flags: ['namespace'],
    usage: 'changes 1h',
    about: 'what moved lately in all that you may see',
  },
  override: {
    aliases: [],
    isMutating: true,
    when: 'later',
    takes: 'line',
    flags: [],
    usage: 'override "reason" promote checkout',
    about: 'break glass: past freeze, lock and approval',
    instead: 'the verb itself: nothing is frozen, locked or waits for approval yet',
  },
  whoami: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: [],
    usage: 'whoami',
    about: 'how Kubernetes knows you; where you may ship, or the RoleBinding to ask for',
  },
  doctor: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: [],
    usage: 'doctor',
    about: 'is this installation well',
  },
  help: {
    aliases: ['?', 'usage'],
    isMutating: false,
    when: 'now',
    takes: 'verb',
    flags: [],
    usage: 'help promote',
    about: 'this list, or one verb',
  },
} as const satisfies Readonly<Record<string, Verb>>;

export type VerbName = keyof typeof verbs;
/** Verbs that come later have no command: they are answered from this table alone. */
export type LaterVerb = { [Name in VerbName]: (typeof verbs)[Name]['when'] extends 'later' ? Name : never }[VerbName];
export type NowVerb = Exclude<VerbName, LaterVerb>;

export const verbNames = Object.keys(verbs) as readonly VerbName[];

/** The table's row with every field it may have. */
export function verbNamed(name: VerbName): Verb {
  return verbs[name];
}

export function isLater(name: VerbName): name is LaterVerb {
  return verbs[name].when === 'later';
}
