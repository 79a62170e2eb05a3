import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../../../src/slack/commands/command.ts';
import { verbOf } from '../../../../src/slack/commands/find-verb.ts';
import { parse } from '../../../../src/slack/commands/parse.ts';
import { print } from '../../../../src/slack/commands/print.ts';
import { verbNamed, verbNames, verbs } from '../../../../src/slack/commands/verbs.ts';

const checkout = { name: 'checkout' };

function command(wish: object): object {
  return { kind: 'command', command: wish };
}

/** Rows of chat.md §1 whose verbs exist now; the number is the row's. */
const rows: readonly (readonly [row: number, typed: string, read: object])[] = [
  [1, 'start checkout 2.0.0', command({ verb: 'start', target: checkout, images: [{ image: '2.0.0' }] })],
  [2, 'Start checkout v2.0.0', command({ verb: 'start', target: checkout, images: [{ image: 'v2.0.0' }] })],
  [
    3,
    'deploy shop/cart to v9',
    command({ verb: 'start', target: { namespace: 'shop', name: 'cart' }, images: [{ image: 'v9' }] }),
  ],
  [
    4,
    'start checkout <http://ghcr.io/acme/checkout:2.0.0|ghcr.io/acme/checkout:2.0.0>',
    command({ verb: 'start', target: checkout, images: [{ image: 'ghcr.io/acme/checkout:2.0.0' }] }),
  ],
  [
    5,
    'start checkout image=evil.io/x:1',
    command({ verb: 'start', target: checkout, images: [{ image: 'evil.io/x:1' }] }),
  ],
  [6, 'start legacy 2', command({ verb: 'start', target: { name: 'legacy' }, images: [{ image: '2' }] })],
  [
    7,
    'start legacy web=r/web:2 worker=r/worker:2',
    command({
      verb: 'start',
      target: { name: 'legacy' },
      images: [
        { container: 'web', image: 'r/web:2' },
        { container: 'worker', image: 'r/worker:2' },
      ],
    }),
  ],
  [8, 'start checkout 1.4.2', command({ verb: 'start', target: checkout, images: [{ image: '1.4.2' }] })],
  [9, 'start checkout', command({ verb: 'start', target: checkout })],
  [10, 'start chekout 2.0.0', command({ verb: 'start', target: { name: 'chekout' }, images: [{ image: '2.0.0' }] })],
  [11, 'start api 3.1.0', command({ verb: 'start', target: { name: 'api' }, images: [{ image: '3.1.0' }] })],
  [
    13,
    'start api 3.1.0 -n search',
    command({ verb: 'start', target: { namespace: 'search', name: 'api' }, images: [{ image: '3.1.0' }] }),
  ],
  [14, 'start checkout 2.0.0 --dry-run', command({ verb: 'plan', target: checkout, images: [{ image: '2.0.0' }] })],
  [14, 'plan checkout 2.0.0', command({ verb: 'plan', target: checkout, images: [{ image: '2.0.0' }] })],
  [
    15,
    'start checkout 2.0.0 please',
    { kind: 'unclear', problem: 'extraWord', word: 'please', suggestion: 'start checkout 2.0.0' },
  ],
  [16, 'promote checkout —full', command({ verb: 'finish', target: checkout })],
  [17, 'promote checkout 50%', { kind: 'unclear', problem: 'promoteToWeight', word: '50%', target: checkout }],
  [18, 'checkout', command({ verb: 'status', target: checkout })],
  [
    19,
    'checkout 2.0.0',
    { kind: 'unclear', problem: 'missingVerb', target: checkout, suggestion: 'start checkout 2.0.0' },
  ],
  [20, 'checkout abort', { kind: 'unclear', problem: 'verbSecond', suggestion: 'abort checkout' }],
  [
    21,
    'Abort checkout errors on payment page',
    command({ verb: 'abort', target: checkout, reason: 'errors on payment page' }),
  ],
  [22, '<@U0BOT> abort!', command({ verb: 'abort' })],
  [23, 'abrot checkout', { kind: 'unclear', problem: 'unknownVerb', word: 'abrot', suggestion: 'abort checkout' }],
  [24, 'abort', command({ verb: 'abort' })],
  [25, 'rollback checkout --revision 2', command({ verb: 'undo', target: checkout, toRevision: 2 })],
  [26, 'undo checkout to 12', command({ verb: 'undo', target: checkout, toRevision: 12 })],
  [27, 'reject checkout “needs the migration first”', { kind: 'later', what: 'reject' }],
  [28, 'reject checkout', { kind: 'later', what: 'reject' }],
  [29, 'freeze shop until Mon 09:00 except hotfix', { kind: 'later', what: 'freeze' }],
  [30, 'changes 1h', command({ verb: 'changes', lastMs: 3_600_000 })],
  [31, 'promote checkout --forse', { kind: 'unclear', problem: 'unknownFlag', word: '--forse', verb: 'promote' }],
  [32, '', command({ verb: 'mine' })],
  [33, 'why', command({ verb: 'why' })],
];

describe('the 33 inputs of the grammar', () => {
  it.each(rows)('%i: %s', (_row, typed, read) => {
    expect(parse(typed)).toMatchObject(read);
    if ('command' in read) expect(parse(typed)).toEqual(read);
  });
});

describe('what phones and Slack do to words', () => {
  it.each([
    ['promote checkout – full', { kind: 'unclear', problem: 'extraWord' }],
    ['promote checkout –full', command({ verb: 'finish', target: checkout })],
    ['promote checkout -full', command({ verb: 'finish', target: checkout })],
    ['undo checkout –n shop', { kind: 'command', command: { target: { namespace: 'shop', name: 'checkout' } } }],
    ['undo checkout —n 3', { kind: 'command', command: { toRevision: 3 } }],
    [
      'start checkout 2.0.0 —override-git because hotfix',
      command({ verb: 'start', target: checkout, images: [{ image: '2.0.0' }], overridesGit: true, reason: 'hotfix' }),
    ],
    ['undo checkout --override-git', command({ verb: 'undo', target: checkout, overridesGit: true })],
    ['plan checkout 2.0.0 --override-git', { kind: 'unclear', problem: 'unknownFlag' }],
    ['undo checkout --to=3 --with-steps', { kind: 'command', command: { toRevision: 3, withSteps: true } }],
    ['*abort* `checkout`', command({ verb: 'abort', target: checkout })],
    ['pause\u00a0checkout\u200b', command({ verb: 'pause', target: checkout })],
    ['pause checkout “db is slow”', command({ verb: 'pause', target: checkout, reason: 'db is slow' })],
    ['retry checkout because a &lt; b &amp; c', command({ verb: 'retry', target: checkout, reason: 'a < b & c' })],
    ['promote checkout --reason “all good” ', command({ verb: 'promote', target: checkout, reason: 'all good' })],
    ['ａｂｏｒｔ checkout', command({ verb: 'abort', target: checkout })],
    ['start checkout:2.0.0', { kind: 'unclear', problem: 'badName', suggestion: 'start checkout 2.0.0' }],
    ['start Checkout 2.0.0-RC1', { kind: 'command', command: { target: checkout, images: [{ image: '2.0.0-RC1' }] } }],
    ['status deploy/checkout', command({ verb: 'status', target: { name: 'deploy/checkout' } })],
    ['abort shop/deployment.apps/web', command({ verb: 'abort', target: { namespace: 'shop', name: 'deploy/web' } })],
    ['pause deploy/web -n shop', command({ verb: 'pause', target: { namespace: 'shop', name: 'deploy/web' } })],
    [
      'terminate experiment/load -n shop',
      command({ verb: 'terminate', target: { namespace: 'shop', name: 'experiment/load' } }),
    ],
    ['retry experiment load', command({ verb: 'retry', target: { name: 'experiment/load' } })],
    [
      'terminate analysisrun shop/nightly because it is over',
      command({ verb: 'terminate', target: { namespace: 'shop', name: 'analysisrun/nightly' }, reason: 'it is over' }),
    ],
    ['retry rollout checkout', command({ verb: 'retry', target: { name: 'checkout' } })],
    ['terminate experiment', command({ verb: 'terminate', target: { name: 'experiment' } })],
    ['status deploy/deploy/web', { kind: 'unclear', problem: 'badName' }],
    ['abort because it burns --full', command({ verb: 'abort', reason: 'it burns --full' })],
    ['undo checkout to twelve', { kind: 'unclear', problem: 'badRevision', word: 'twelve' }],
    ['undo checkout --to', { kind: 'unclear', problem: 'flagNeedsValue', word: '--to' }],
    ['start checkout 2.0.0;rm', { kind: 'unclear', problem: 'badImage' }],
    ['resume checkout now', { kind: 'unclear', problem: 'extraWord', suggestion: 'resume checkout' }],
    ['help abort', command({ verb: 'help', about: 'abort' })],
    ['_abort checkout_', command({ verb: 'abort', target: checkout })],
    ['start checkout 2.0_0_1', command({ verb: 'start', target: checkout, images: [{ image: '2.0_0_1' }] })],
    ['list -n shop', command({ verb: 'list', namespace: 'shop' })],
    ['list shop', { kind: 'unclear', problem: 'extraWord', word: 'shop', suggestion: 'list' }],
    ['abort -n shop', command({ verb: 'abort', namespace: 'shop' })],
    ['abort rollout.argoproj.io/checkout', command({ verb: 'abort', target: checkout })],
    ['status shop/checkout -n pay', { kind: 'unclear', problem: 'twoNamespaces' }],
    ['status shop/checkout -n shop', command({ verb: 'status', target: { namespace: 'shop', name: 'checkout' } })],
    ['start', command({ verb: 'start' })],
    ['start 2.0.0', command({ verb: 'start', images: [{ image: '2.0.0' }] })],
    ['start V2.0.0-RC1', command({ verb: 'start', images: [{ image: 'V2.0.0-RC1' }] })],
    ['start to v9', command({ verb: 'start', images: [{ image: 'v9' }] })],
    ['start 2048 2.0.0', command({ verb: 'start', target: { name: '2048' }, images: [{ image: '2.0.0' }] })],
    [
      'start legacy 2 worker=3',
      command({
        verb: 'start',
        target: { name: 'legacy' },
        images: [{ image: '2' }, { container: 'worker', image: '3' }],
      }),
    ],
    ['start legacy web=2 web=3', { kind: 'unclear', problem: 'imageTwice', word: 'web=3' }],
    ['plan checkout', command({ verb: 'plan', target: checkout })],
    [
      'start checkout 2.0.0 --dry-run because why',
      command({ verb: 'plan', target: checkout, images: [{ image: '2.0.0' }] }),
    ],
    ['plan checkout 2.0.0 please', { kind: 'unclear', suggestion: 'plan checkout 2.0.0' }],
    ['undo 12', command({ verb: 'undo', toRevision: 12 })],
    ['undo 12!', command({ verb: 'undo', toRevision: 12 })],
    ['undo to 12.', command({ verb: 'undo', toRevision: 12 })],
    ['undo checkout rev, 12!', command({ verb: 'undo', target: checkout, toRevision: 12 })],
    ['undo rollout/12', command({ verb: 'undo', target: { name: '12' } })],
    ['12 undo', { kind: 'unclear', problem: 'verbSecond', suggestion: 'undo rollout/12' }],
    ['0, undo', { kind: 'unclear', problem: 'verbSecond', suggestion: 'undo rollout/0' }],
    ['start to! v9', command({ verb: 'start', images: [{ image: 'v9' }] })],
    ['undo checkout to revision 12', command({ verb: 'undo', target: checkout, toRevision: 12 })],
    ['undo checkout 12 now', { kind: 'unclear', problem: 'extraWord', suggestion: 'undo checkout --to 12' }],
    ['undo checkout --to 3 --revision 4', { kind: 'unclear', problem: 'flagTwice', word: '--revision' }],
    ['promote checkout --full=yes', { kind: 'unclear', problem: 'flagTakesNoValue', word: '--full' }],
    ['promote checkout --reason --full', { kind: 'unclear', problem: 'flagNeedsValue', word: '--reason' }],
    ['promote checkout now', { kind: 'unclear', problem: 'extraWord', suggestion: 'promote checkout' }],
    ['promote checkout --full now', { kind: 'unclear', problem: 'extraWord', suggestion: 'finish checkout' }],
    ['finish checkout it is fine', command({ verb: 'finish', target: checkout, reason: 'it is fine' })],
    ['start checkout 2.0.0 --hotfix', { kind: 'unclear', problem: 'unknownFlag', word: '--hotfix' }],
    ['changes', command({ verb: 'changes' })],
    ['changes last 2 h -n shop', command({ verb: 'changes', lastMs: 7_200_000, namespace: 'shop' })],
    ['changes 1h30m', command({ verb: 'changes', lastMs: 5_400_000 })],
    ['changes 8d', { kind: 'unclear', problem: 'badDuration', suggestion: 'changes 1h' }],
    ['changes checkout', { kind: 'unclear', problem: 'badDuration' }],
    ['history shop/cart', command({ verb: 'history', target: { namespace: 'shop', name: 'cart' } })],
    ['restart checkout because leaks', command({ verb: 'restart', target: checkout, reason: 'leaks' })],
    ['where -n shop', command({ verb: 'where', namespace: 'shop' })],
    ['doctor', command({ verb: 'doctor' })],
    ['doctor checkout', { kind: 'unclear', problem: 'extraWord', suggestion: 'doctor' }],
    ['approve shop/checkout', { kind: 'later', what: 'approve', target: { namespace: 'shop', name: 'checkout' } }],
    ['checkout to 2.0.0', { kind: 'unclear', problem: 'missingVerb', suggestion: 'start checkout 2.0.0' }],
    ['start deployment/checkout 2', { kind: 'command', command: { target: { name: 'deploy/checkout' } } }],
    ['constructor toString', { kind: 'unclear', problem: 'unknownVerb' }],
    ['list --constructor', { kind: 'unclear', problem: 'unknownFlag' }],
  ])('%s', (typed, read) => {
    expect(parse(typed)).toMatchObject(read);
  });
});

const words = fc.constantFrom(
  ...verbNames,
  'abrot',
  'checkout',
  'shop/cart',
  'to',
  'because',
  '--full',
  '—to',
  '-n',
  '--reason',
  '--override-git',
  '"a b"',
  '2.0.0',
  'web=r/web:2',
  'image=x:1',
  '50%',
  '1h30m',
  'last',
  '--until',
  '--override-git',
  '--dry-run',
  '2.0.0-RC1',
  'sha256:0123456789ab',
  'deploy/checkout',
  'experiment/checkout',
  'analysisrun/checkout',
  'rollout/12',
  'rollouts/to',
  'deploy',
  '-n deploy',
  '--namespace=rollouts',
  '0',
  '12,',
  'to,',
  'rev.',
  'V1.2!',
  '--to=',
  ',',
  'status shop/x -n pay',
  '_abort checkout_',
  '<@U1|x>',
  '<http://a.b|a.b>',
  '&lt;',
  '&amp;lt;',
  '\u200b',
  '*',
  '`',
  'e\u0301',
  '\ud83d\ude00',
  '\u202e',
);
const garbage = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.array(fc.oneof(words, fc.string({ maxLength: 6 })), { maxLength: 9 }).map((parts) => parts.join(' ')),
);

describe('what is printed for a wish', () => {
  it.each([
    [{ verb: 'undo', target: { name: '12' } }, 'undo rollout/12'],
    [{ verb: 'undo', target: { name: '12' }, toRevision: 3 }, 'undo rollout/12 --to 3'],
    [{ verb: 'undo', target: { name: 'to' } }, 'undo rollout/to'],
    [{ verb: 'start', target: { name: '2.0.0' } }, 'start rollout/2.0.0'],
    [{ verb: 'promote', target: { name: '12' } }, 'promote 12'],
    [{ verb: 'promote', target: { namespace: 'deploy', name: 'cart' } }, 'promote cart -n deploy'],
    [{ verb: 'undo', target: { namespace: 'rollouts', name: '12' } }, 'undo rollout/12 -n rollouts'],
  ] as const)('%j is %s, and is read back', (wish, line) => {
    expect(print(wish)).toBe(line);
    expect(parse(line)).toEqual(command(wish));
  });
});

describe('for any words at all', () => {
  it('never throws, and says what it read', () => {
    fc.assert(
      fc.property(garbage, (typed) => {
        expect(['command', 'later', 'unclear']).toContain(parse(typed).kind);
      }),
      { numRuns: 3000 },
    );
  });

  it('never guesses a verb that changes something', () => {
    fc.assert(
      fc.property(garbage, (typed) => {
        const read = parse(typed);
        if (read.kind !== 'command' || read.command.verb === 'mine' || !verbs[read.command.verb].isMutating) return;
        // What stands first, after what Slack adds, is one of the verb's own words.
        const first = typed
          .replace(/<[@!][^<>]*>/g, ' ')
          .normalize('NFKC')
          .replace(/[^\p{L}\s]/gu, '')
          .trim()
          .split(/\s+/)[0];
        const verb = verbOf(first ?? '');
        expect(verb === read.command.verb || (verb === 'promote' && read.command.verb === 'finish')).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what it printed as the same wish', () => {
    fc.assert(
      fc.property(garbage, (typed) => {
        const read = parse(typed);
        if (read.kind === 'command') expect(parse(print(read.command))).toEqual(read);
      }),
      { numRuns: 5000 },
    );
  });

  it('suggests only lines that are understood', () => {
    fc.assert(
      fc.property(garbage, (typed) => {
        const read: Parsed = parse(typed);
        if (read.kind === 'unclear' && read.suggestion !== undefined) {
          expect(parse(read.suggestion).kind).toBe('command');
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the verb table', () => {
  it('names each word once', () => {
    const all = verbNames.flatMap((name) => [name, ...verbs[name].aliases]);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(verbNames.filter((name) => verbNamed(name).when !== 'later'))('shows a usage of %s that works', (name) => {
    const read = parse(verbs[name].usage);
    expect(read).toMatchObject({ kind: 'command', command: { verb: name } });
  });
});
