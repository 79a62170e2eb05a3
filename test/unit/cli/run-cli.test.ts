import { describe, expect, it } from 'vitest';
import { type CliTools, type ClusterQuestions, runCli } from '../../../src/cli/index.ts';
import type { CheckedMetric, Direction, HandOverPlan } from '../../../src/operations/index.ts';
import { aCheckAnswer, aCheckedMetric, aPlanAnswer } from '../../support/a-plan.ts';

interface Ran {
  readonly code: number;
  readonly printed: string;
  readonly complained: string;
  /** What the cluster was asked, and with which flags. */
  readonly asked: readonly unknown[];
}

async function run(line: string, answers: Partial<ClusterQuestions> = {}): Promise<Ran> {
  const printed: string[] = [];
  const complained: string[] = [];
  const asked: unknown[] = [];
  const cluster: ClusterQuestions = {
    namespace: 'of-the-context',
    check: async (target) => {
      asked.push(['check', target]);
      return aCheckAnswer();
    },
    plan: async (target, images) => {
      asked.push(['plan', target, images]);
      return aPlanAnswer();
    },
    doctor: async () => {
      asked.push(['doctor']);
      return [];
    },
    planHandOver: async (direction) => {
      asked.push(['plan', direction]);
      return aHandOverPlan(direction);
    },
    handOver: async (direction, tell) => {
      asked.push(['do', direction]);
      tell('one step');
      return { done: true, holder: 'stepwise_a' };
    },
    ...answers,
  };
  const tools: CliTools = {
    withCluster: (flags, ask) => {
      asked.push(flags);
      return ask(cluster);
    },
    print: (text) => void printed.push(text),
    complain: (text) => void complained.push(text),
    confirm: async () => undefined,
  };
  const code = await runCli(
    line.split(' ').filter((word) => word !== ''),
    tools,
  );
  return { code, printed: printed.join('\n'), complained: complained.join('\n'), asked };
}

function aHandOverPlan(direction: Direction, changes: Partial<HandOverPlan> = {}): HandOverPlan {
  const row = {
    namespace: 'shop',
    revision: 2,
    state: 'gate',
    weightPercent: 25,
    step: { index: 1, count: 4 },
  } as const;
  return {
    direction,
    argoName: 'argo-rollouts v1.8.3',
    rows: [
      { ...row, name: 'cart', adoption: { kind: 'adopted', by: 'hash', firstActs: [] } },
      { ...row, name: 'checkout', adoption: { kind: 'adopted', by: 'meaning', firstActs: ['scale x from 1 to 2'] } },
    ],
    obstacles: [],
    steps: ['Stepwise begins', 'Argo ends'],
    runner: 'argo',
    isDone: false,
    ...changes,
  };
}

function checked(...metrics: readonly Partial<CheckedMetric>[]): Partial<ClusterQuestions> {
  return { check: async () => aCheckAnswer({ metrics: metrics.map((metric) => aCheckedMetric(metric)) }) };
}

const known = 'check, plan, doctor, lint, take-over, hand-back';

describe('what is typed', () => {
  it.each([
    ['', 2, /Usage: stepwise/],
    ['--help', 0, /check \[namespace\/\]name[\s\S]*plan \[namespace\/\]name/],
    ['help', 0, /Exit code: 0/],
    ['help check', 0, /^(?![\s\S]*plan \[)[\s\S]*check \[/],
    ['plan --help', 0, /^(?![\s\S]*check \[)[\s\S]*plan \[/],
  ])('"%s" is answered with help', async (line, code, words) => {
    const ran = await run(line);
    expect(ran.code).toBe(code);
    expect(ran.printed).toMatch(words);
    expect(ran.asked).toEqual([]);
  });

  it.each([
    ['chek checkout', `unknown command "chek": known are ${known}. See: stepwise --help`],
    ['toString', `unknown command "toString": known are ${known}. See: stepwise --help`],
    ['check', 'which rollout? For example: stepwise check checkout -n shop. See: stepwise --help'],
    ['check checkout cart', 'did not understand "cart". See: stepwise --help'],
    ['check a/b/c', '"a/b/c" is no name of a rollout. See: stepwise --help'],
    ['check /checkout', '"/checkout" is no name of a rollout. See: stepwise --help'],
    ['doctor checkout', 'did not understand "checkout". See: stepwise --help'],
    ['check checkout --fix', 'check takes no --fix. See: stepwise --help'],
    ['lint', 'lint needs a file or a folder. See: stepwise --help'],
    ['check checkout --forse', "Unknown option '--forse'. See: stepwise --help"],
  ])('"%s" is refused before a cluster is asked', async (line, words) => {
    expect(await run(line)).toEqual({ code: 2, printed: '', complained: words, asked: [] });
  });

  it.each([
    ['check checkout', {}, ['check', { namespace: 'of-the-context', name: 'checkout' }]],
    ['check shop/checkout', {}, ['check', { namespace: 'shop', name: 'checkout' }]],
    [
      'check -n pay checkout --context=prod --kubeconfig /k --prometheus http://p',
      { namespace: 'pay', context: 'prod', kubeconfig: '/k', prometheus: 'http://p' },
      ['check', { namespace: 'of-the-context', name: 'checkout' }],
    ],
    ['plan checkout 2.0.0', {}, ['plan', { namespace: 'of-the-context', name: 'checkout' }, [{ image: '2.0.0' }]]],
    [
      'plan shop/legacy web=r/web:2 image=3 r/x@sha256:1',
      {},
      [
        'plan',
        { namespace: 'shop', name: 'legacy' },
        [{ container: 'web', image: 'r/web:2' }, { image: '3' }, { image: 'r/x@sha256:1' }],
      ],
    ],
  ])('"%s" asks for that', async (line, flags, question) => {
    expect((await run(line)).asked).toEqual([flags, question]);
  });
});

describe('the exit code', () => {
  it.each<[string, number, Partial<CheckedMetric>]>([
    ['a pass', 0, {}],
    [
      'a failure',
      1,
      { reading: { kind: 'measured', value: 0.9, text: '[0.9]', verdict: 'fails', message: undefined, queryMs: 3 } },
    ],
    [
      'a failure on trial',
      0,
      {
        isDryRun: true,
        reading: { kind: 'measured', value: 0.9, text: '[0.9]', verdict: 'fails', message: undefined, queryMs: 3 },
      },
    ],
    ['no data of a canary that is not there', 0, { reading: { kind: 'noData', text: '[]', queryMs: 3 } }],
    [
      'no data of all traffic',
      1,
      { sight: { kind: 'allTraffic', faults: undefined }, reading: { kind: 'noData', text: '[]', queryMs: 3 } },
    ],
    [
      'no answer',
      1,
      { reading: { kind: 'failed', message: 'Prometheus at http://p did not answer in time', queryMs: 3 } },
    ],
    ['what waits for an update', 0, { reading: { kind: 'waitsForUpdate', args: ['hash'] } }],
    ['what was not asked', 1, { reading: { kind: 'notAsked', reason: 'the time was up before its turn came' } }],
  ])('of %s is %i', async (_, code, metric) => {
    expect((await run('check checkout', checked(metric))).code).toBe(code);
    expect((await run('check checkout --json', checked(metric))).code).toBe(code);
  });

  it('is 2 for a refusal, with what was perhaps meant', async () => {
    const refusal = {
      done: false,
      reason: 'unknownRollout',
      facts: { name: 'chekout', namespace: 'shop' },
      candidates: ['shop/checkout'],
    } as const;
    const ran = await run('plan chekout 2', { plan: async () => refusal });
    expect(ran).toMatchObject({
      code: 2,
      printed: '',
      complained: 'there is no rollout chekout in shop. Perhaps: shop/checkout',
    });
  });

  it('is 2 for a cluster that does not answer, and no secret is printed', async () => {
    const ran = await run('check checkout', {
      check: async () => {
        throw new Error('could not ask', { cause: new Error('connect ECONNREFUSED https://u:hunter2secret@10.0.0.1') });
      },
    });
    expect(ran.code).toBe(2);
    expect(ran.complained).toContain('could not ask: connect ECONNREFUSED');
    expect(ran.complained).not.toContain('hunter2secret');
  });
});

describe('what is printed', () => {
  it('is one line a metric', async () => {
    const ran = await run(
      'check checkout',
      checked(
        {},
        {
          name: 'error-rate',
          limit: { comparison: '<=', value: 0.05 },
          sight: { kind: 'blind', because: { kind: 'answersWithoutData', answer: 0, verdict: 'passes' } },
          reading: {
            kind: 'measured',
            value: 0.07,
            text: '[0.07]',
            verdict: 'fails',
            message: undefined,
            queryMs: 1.2,
          },
        },
        { name: 'by-hash', reading: { kind: 'waitsForUpdate', args: ['hash'] } },
        {
          name: 'latency-p95',
          limit: { comparison: '<', value: 500 },
          sight: { kind: 'allTraffic', faults: { share: 0.05, of: 'slow' } },
          reading: { kind: 'noData', text: '[NaN]', queryMs: 9 },
        },
        {
          name: 'far',
          reading: { kind: 'failed', message: 'Prometheus at http://far did not answer within 5 s', queryMs: 5001 },
        },
      ),
    );
    expect(ran.printed.split('\n')).toEqual([
      'shop/checkout, measured now',
      '✓ success-rate 99.6 % (≥ 95 %) · canary (service="checkout-canary") · 12 ms',
      '✗ error-rate 7 % (≤ 5 %) fails · blind: answers 0 without data, which passes · 1 ms',
      '· by-hash not measured: hash gets its value with an update · canary (service="checkout-canary")',
      '○ latency-p95 no data now (< 500 ms): NaN, nothing was divided by nothing · all traffic: can see only ≥ 50 % slow requests at 10 % · 9 ms',
      '○ far not answered: Prometheus at http://far did not answer within 5 s · canary (service="checkout-canary") · 5.0 s',
      'No update is under way: there is no canary now. Took 31 ms, slowest query 5.0 s; nothing was stored.',
    ]);
    expect(ran.complained).toContain('--prometheus');
  });

  it('is a row for each part of a plan', async () => {
    expect((await run('plan checkout 2.0.0')).printed.split('\n')).toEqual([
      'Plan of shop/checkout 1.4.2 → 2.0.0',
      'Image     ghcr.io/acme/checkout:1.4.2 → ghcr.io/acme/checkout:2.0.0 in container checkout',
      'Steps     10 % · measure 20 s · 50 % · gate · 75 % · wait 30 s · 100 % (by nginx)',
      'Time      50 s or more: 1 gate waits for a person; the start of its pods comes on top',
      'Measured  slo at 10 %',
      '            slo-metric ≥ 0.95 · 3 × 10 s · all traffic: does not tell the canary apart',
      'Gates     at 50 %: waits for a promote',
      'Who may   you may start, promote, abort',
    ]);
  });

  it('is JSON for programs, without what only takes measurements', async () => {
    const json: unknown = JSON.parse((await run('plan checkout 2.0.0 --json')).printed);
    expect(json).toMatchObject({ namespace: 'shop', name: 'checkout', gates: 1, access: { you: { start: true } } });
    expect(JSON.stringify(json)).not.toContain('"run"');
    expect(JSON.parse((await run('check checkout --json')).printed)).toMatchObject({
      metrics: [{ name: 'success-rate', reading: { kind: 'measured' } }],
    });
  });
});

describe('doctor', () => {
  const line = { name: 'rights', title: 'Rights in the cluster' } as const;
  const fix = 'kubectl create clusterrole stepwise-pods --verb=list --resource=pods';

  it.each([
    [{ ...line, state: 'ok', found: 'all 71 are there', fixes: [] }, 0, '✓ Rights in the cluster  all 71 are there'],
    [{ ...line, state: 'warning', found: 'slow', fixes: [] }, 0, '! Rights in the cluster  slow'],
    [
      { ...line, state: 'failed', found: '1 of 71 is missing', fixes: [fix] },
      1,
      `✗ Rights in the cluster  1 of 71 is missing\n                         ${fix}`,
    ],
  ] as const)('%# each line has its mark, and what mends it', async (checked, code, words) => {
    const ran = await run('doctor', { doctor: async () => [checked] });
    expect(ran.code).toBe(code);
    expect(ran.printed).toMatch(/^[✓!✗]/);
    expect(ran.printed.startsWith(`${words}\n`)).toBe(true);
    expect(JSON.parse((await run('doctor --json', { doctor: async () => [checked] })).printed)).toEqual([checked]);
  });

  it('prints no password of an address', async () => {
    const found = 'http://user:hunter2@prometheus:9090 answers in 3 ms';
    const ran = await run('doctor', { doctor: async () => [{ ...line, state: 'ok', found, fixes: [] }] });
    expect(ran.printed).not.toContain('hunter2');
  });
});

describe('a hand-over', () => {
  const refused = { kind: 'refused', why: ['traffic router "istio" is not known'] } as const;
  const [first] = aHandOverPlan('takeOver').rows;
  const withRefused = first === undefined ? [] : [{ ...first, name: 'meshed', adoption: refused }];

  it('shows what it would mean, and does nothing on a dry run', async () => {
    const { code, printed, asked } = await run('take-over --dry-run');
    expect(code).toBe(0);
    expect(asked.slice(1)).toEqual([['plan', 'takeOver']]);
    expect(printed).toBe(
      [
        'Take-over: argo-rollouts v1.8.3 → Stepwise',
        'Now argo-rollouts v1.8.3 runs the Rollouts.',
        '  shop/cart      adopted by hash, rev 2, at 25 %, step 2 of 4, gate',
        '  shop/checkout  adopted by meaning (other hash), rev 2, at 25 %, step 2 of 4, gate',
        '                 at once: scale x from 1 to 2',
        '2 Rollouts.',
        '1. Stepwise begins.',
        '2. Argo ends.',
      ].join('\n'),
    );
  });

  it.each([
    ['take-over', {}, 2, /nobody is there to be asked\. Say --yes/, false],
    ['take-over --yes', {}, 0, /^$/, true],
    ['hand-back -y', {}, 0, /^$/, true],
    ['take-over --yes', { rows: withRefused }, 1, /1 Rollout would stand still.*Mend them, or say --anyway/, false],
    ['take-over --dry-run', { rows: withRefused }, 1, /^$/, false],
    ['take-over --yes --anyway', { rows: withRefused }, 0, /^$/, true],
    ['take-over --yes', { obstacles: ['install it first'] }, 1, /^$/, false],
    ['take-over --yes', { isDone: true, steps: [] }, 0, /^$/, false],
    ['plan checkout --yes', {}, 2, /plan takes no --yes/, false],
  ] as const)('%s of %o', async (line, changes, code, complaint, isCarriedOut) => {
    const ran = await run(line, { planHandOver: async (direction) => aHandOverPlan(direction, changes) });
    expect(ran.code).toBe(code);
    expect(ran.complained).toMatch(complaint);
    expect(ran.asked.some((one) => Array.isArray(one) && one[0] === 'do')).toBe(isCarriedOut);
  });

  it('says where it stopped, and what goes on', async () => {
    const { code, complained } = await run('hand-back --yes', {
      handOver: async () => ({ done: false, at: 'no pod' }),
    });
    expect(code).toBe(1);
    expect(complained).toBe('Stopped: no pod. Whoever holds the Lease goes on; stepwise hand-back goes on from here.');
  });
});
