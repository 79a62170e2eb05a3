/** What may stand after a verb and its target. */
export type Takes = 'nothing' | 'images' | 'revision' | 'reason' | 'percent' | 'verb';

export interface Verb {
  readonly aliases: readonly string[];
  /** Changes a rollout: never guessed from a typo, refused to guests. */
  readonly isMutating: boolean;
  /** `later`: known and named in help, answered with words for now. */
  readonly when: 'now' | 'later';
  readonly takes: Takes;
  readonly flags: readonly Flag[];
  readonly usage: string;
  readonly about: string;
}

export type Flag = 'namespace' | 'to' | 'dry-run' | 'full' | 'with-steps' | 'reason';

/** The one verb table: the parser, help, the suggestions and the tests read it. */
export const verbs = {
  start: {
    aliases: ['deploy', 'ship'],
    isMutating: true,
    when: 'now',
    takes: 'images',
    flags: ['namespace', 'reason', 'dry-run'],
    usage: 'start checkout 2.0.0',
    about: 'begin a rollout of this image; `container=image` where there are several',
  },
  status: {
    aliases: ['show'],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
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
  why: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: ['namespace'],
    usage: 'why checkout',
    about: 'the verdict with its values, or what it waits for',
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
    takes: 'nothing',
    flags: ['namespace', 'reason'],
    usage: 'skip checkout',
    about: 'end the wait or analysis of this step now',
  },
  finish: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'nothing',
    flags: ['namespace', 'reason'],
    usage: 'finish checkout',
    about: 'go to 100 % now, without the rest of the plan',
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
    takes: 'nothing',
    flags: ['namespace', 'reason'],
    usage: 'resume checkout',
    about: 'end a pause that someone asked for',
  },
  abort: {
    aliases: ['stop', 'cancel'],
    isMutating: true,
    when: 'now',
    takes: 'reason',
    flags: ['namespace', 'reason'],
    usage: 'abort checkout errors on payment page',
    about: 'all requests back to stable, at once',
  },
  retry: {
    aliases: [],
    isMutating: true,
    when: 'now',
    takes: 'nothing',
    flags: ['namespace', 'reason'],
    usage: 'retry checkout',
    about: 'the aborted revision again, from its first step',
  },
  undo: {
    aliases: ['rollback', 'revert'],
    isMutating: true,
    when: 'now',
    takes: 'revision',
    flags: ['namespace', 'reason', 'to', 'with-steps'],
    usage: 'undo checkout --to 12',
    about: 'back to the last healthy revision, or the one you name',
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
  whoami: {
    aliases: [],
    isMutating: false,
    when: 'now',
    takes: 'nothing',
    flags: [],
    usage: 'whoami',
    about: 'how Kubernetes knows you',
  },
  plan: later('plan checkout 2.0.0', false, 'what a start would do'),
  check: later('check checkout', false, 'is it ready for a rollout'),
  restart: later('restart checkout', true, 'new pods, same version'),
  approve: later('approve checkout', true, 'say yes to a request'),
  reject: later('reject checkout', true, 'say no to a request, and hold'),
  freeze: later('freeze shop until Mon 09:00', true, 'no starts for a while'),
  unfreeze: later('unfreeze shop', true, 'starts again'),
  lock: later('lock checkout', true, 'no starts of one service'),
  unlock: later('unlock checkout', true, 'starts of it again'),
  where: later('where', false, 'what you may start now'),
  history: later('history checkout', false, 'its revisions'),
  changes: later('changes 1h', false, 'what moved lately'),
  override: later('override "reason" promote checkout', true, 'break glass'),
  doctor: later('doctor', false, 'is the installation well'),
} as const satisfies Readonly<Record<string, Verb>>;

export type VerbName = keyof typeof verbs;
export type NowVerb = { [Name in VerbName]: (typeof verbs)[Name]['when'] extends 'now' ? Name : never }[VerbName];

export const verbNames = Object.keys(verbs) as readonly VerbName[];

const byWord: ReadonlyMap<string, VerbName> = new Map(
  verbNames.flatMap((name) => [name, ...verbs[name].aliases].map((word): [string, VerbName] => [word, name])),
);

/** The verb that this very word names; case and trailing `!.,?` do not matter. */
export function verbOf(word: string): VerbName | undefined {
  const lower = word.toLowerCase();
  return byWord.get(lower) ?? byWord.get(lower.replace(/[!.,?:;]+$/, ''));
}

/** The verb that was perhaps meant by a word that is none: for a suggestion, never for an act. */
export function closestVerb(word: string): VerbName | undefined {
  const lower = word.toLowerCase().slice(0, 40);
  let best: { readonly name: VerbName; readonly distance: number } | undefined;
  for (const [known, name] of byWord) {
    const distance = editDistance(lower, known);
    const most = known.length <= 4 ? 1 : 2;
    if (distance <= most && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

function later(usage: string, isMutating: boolean, about: string) {
  const aliases: readonly string[] = [];
  const flags: readonly Flag[] = [];
  return { aliases, isMutating, when: 'later', takes: 'reason', flags, usage, about } as const;
}

/** Damerau-Levenshtein with neighbouring swaps: `abrot` is one mistake away from `abort`. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.MAX_SAFE_INTEGER;
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      line[column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(row - 2, column - 2) + 1 : Number.MAX_SAFE_INTEGER,
      );
    }
  }
  return at(a.length, b.length);
}
