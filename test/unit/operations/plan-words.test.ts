import { describe, expect, it } from 'vitest';
import { type PlanAnswer, planWords } from '../../../src/operations/index.ts';
import { planRollout, type World } from '../../../src/rollout/index.ts';
import { anImage, aPlanAnswer, aQuietWorld } from '../../support/a-plan.ts';
import { anAnalysisTemplate, aRollout, type RolloutBuilder } from '../../support/builders.ts';

const analysis = { analysis: { templates: [{ templateName: 'slo' }] } };
const { access } = aPlanAnswer();

/** The lines of one row; [] where there is no such row. */
function row(label: string, answer: PlanAnswer): readonly string[] {
  return planWords(answer).rows.find((one) => one.label === label)?.lines ?? [];
}

function answerOf(rollout: RolloutBuilder, images = [anImage], change: Partial<World> = {}): PlanAnswer {
  return { done: true, plan: planRollout(aQuietWorld(rollout.build(), change), images), access };
}

const plain = aRollout()
  .routed()
  .steps({ setWeight: 10 }, { pause: { duration: 30 } });

describe('a plan of blue-green in words', () => {
  const strategy = {
    previewReplicaCount: 1,
    autoPromotionEnabled: false,
    prePromotionAnalysis: { templates: [{ templateName: 'slo' }] },
    postPromotionAnalysis: { templates: [{ templateName: 'slo' }] },
  };

  it('goes from the preview to the active Service', () => {
    const world = { templates: { 'AnalysisTemplate/slo': anAnalysisTemplate('slo') } };
    const answer = answerOf(aRollout().blueGreen(strategy), [anImage], world);
    expect(row('Steps', answer)).toEqual([
      'preview of 1 pod · measure 20 s · gate · active · measure 20 s (Service checkout-preview → checkout-active)',
    ]);
    expect(row('Gates', answer)).toEqual(['before the switch: waits for a promote']);
    const measured = planWords(answer).rows.filter(({ label }) => label === 'Measured');
    expect(measured.map(({ lines }) => lines[0])).toEqual(['slo before and after the switch']);
  });

  it('says the seconds of a promotion by itself', () => {
    const answer = answerOf(aRollout().blueGreen({ previewService: undefined, autoPromotionSeconds: 90 }));
    expect(row('Steps', answer)).toEqual(['preview of 10 pods · wait 1 min 30 s · active (Service checkout-active)']);
    expect(row('Gates', answer)).toEqual([]);
  });
});

describe('a plan in words', () => {
  it('names the routes that a step sets, and takes away', () => {
    const match = [{ headerName: 'x-tester', headerValue: { exact: 'yes' } }];
    const trafficRouting = {
      plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } },
      managedRoutes: [{ name: 'testers' }, { name: 'copies' }],
    };
    const rollout = aRollout()
      .routed()
      .canary({ trafficRouting })
      .steps(
        { setCanaryScale: { replicas: 1 } },
        { setHeaderRoute: { name: 'testers', match } },
        { setMirrorRoute: { name: 'copies', match: [{ path: { prefix: '/' } }] } },
        { pause: {} },
        { setHeaderRoute: { name: 'testers' } },
      );
    expect(row('Steps', answerOf(rollout))).toEqual([
      '1 pod · route testers · copies by copies · gate · end of route testers · 100 % (by argoproj-labs/gatewayAPI)',
    ]);
  });

  it('begins with what would become what', () => {
    const serving = { stableRS: 'aaa', currentPodHash: 'bbb' };
    const stable = { name: 'checkout-aaa', podHash: 'aaa', image: 'ghcr.io/acme/checkout:1.3.0' };
    const world = { replicaSets: [{ ...aReplicaSet, ...stable }] };
    const web = { ...anImage, container: 'web', to: 'web:2' };
    const titles = [
      answerOf(plain),
      answerOf(plain, []),
      answerOf(plain.status(serving), [anImage], world),
      answerOf(plain, [{ ...anImage, to: 'evil.io/x:1', isForeign: true }]),
      answerOf(plain, [web, anImage]),
      answerOf(plain, [{ ...anImage, to: `ghcr.io/acme/checkout@sha256:${'ab'.repeat(32)}` }]),
    ].map((answer) => planWords(answer).title);
    expect(titles).toEqual([
      'shop/checkout 1.4.2 → 2.0.0',
      'shop/checkout, whatever image',
      // What serves, not what was asked for last.
      'shop/checkout 1.3.0 → 2.0.0',
      'shop/checkout 1.4.2 → evil.io/x:1',
      'shop/checkout web → 2, checkout → 2.0.0',
      'shop/checkout 1.4.2 → sha abababababab',
    ]);
  });

  it.each([
    [{}, {}, 'ghcr.io/acme/checkout:1.4.2 → ghcr.io/acme/checkout:2.0.0 in container checkout'],
    [
      { isSame: true },
      {},
      'ghcr.io/acme/checkout:2.0.0 in container checkout: it runs already, so nothing would start',
    ],
    [
      { isSame: true },
      { stableRS: 'a', currentPodHash: 'b' },
      'ghcr.io/acme/checkout:2.0.0 in container checkout: it is under way already, so nothing would start',
    ],
    [
      { isSame: true },
      { stableRS: 'a', currentPodHash: 'b', abort: true },
      'ghcr.io/acme/checkout:2.0.0 in container checkout: it was aborted; retry is the word for it',
    ],
    [
      { to: 'evil.io/x:1', isForeign: true },
      {},
      "ghcr.io/acme/checkout:1.4.2 → evil.io/x:1 in container checkout: another repository than today's, which needs the verb start-foreign",
    ],
    [
      { to: 'ghcr.io/acme/checkout:v2', isUnusualTag: true },
      {},
      'ghcr.io/acme/checkout:1.4.2 → ghcr.io/acme/checkout:v2 in container checkout: tags here usually look like 1.4.2',
    ],
  ])('says of an image %j of a rollout %j', (image, status, words) => {
    expect(row('Image', answerOf(plain.status(status), [{ ...anImage, ...image }]))).toEqual([words]);
  });

  it.each<[string, RolloutBuilder, string, string]>([
    [
      'waits of its own',
      plain,
      '10 % · wait 30 s · 100 % (by nginx)',
      '30 s if all goes well; the start of its pods comes on top',
    ],
    [
      'no steps',
      aRollout().steps(),
      '100 % (by whole pods, of 10)',
      'no waits of its own if all goes well; the start of its pods comes on top',
    ],
    [
      'a last step of 100 %',
      aRollout().steps({ setWeight: 50 }, { setWeight: 100 }),
      '50 % · 100 % (by whole pods, of 10)',
      'no waits of its own if all goes well; the start of its pods comes on top',
    ],
    [
      'two gates',
      plain.steps({ setWeight: 5 }, { pause: {} }, { pause: {} }),
      '5 % · gate · gate · 100 % (by nginx)',
      '2 gates wait for a person; the start of its pods comes on top',
    ],
    [
      'pods that must stay up',
      plain.spec({ minReadySeconds: 20 }),
      '10 % · wait 30 s · 100 % (by nginx)',
      '30 s if all goes well; the start of its pods comes on top, each 20 s up before it counts',
    ],
    [
      'pods of their own',
      plain.steps({ setCanaryScale: { weight: 30 } }, { setCanaryScale: { replicas: 2 } }),
      '30 % of the pods · 2 pods · 100 % (by nginx)',
      'no waits of its own if all goes well; the start of its pods comes on top',
    ],
  ])('tells the way of %s', (_, rollout, steps, time) => {
    const answer = answerOf(rollout);
    expect([row('Steps', answer), row('Time', answer)]).toEqual([[steps], [time]]);
  });

  it('says what would not work, in words of Argo, before everything else', () => {
    const answer = answerOf(plain.steps({ setWeight: 10 }, analysis), [anImage], { templates: {} });
    const [first] = planWords(answer).rows;
    expect(first?.label).toBe('Not possible');
    expect(first?.lines.join()).toContain("AnalysisTemplate 'slo' not found");
    expect(row('Measured', answer)).toEqual([
      'slo at 10 %',
      "no run can be made of it: AnalysisTemplate 'slo' not found",
    ]);
  });

  it('says that 100 % waits for what is measured beside the steps', () => {
    const background = plain.canary({ analysis: analysis.analysis }).steps({ setWeight: 20 }, { pause: {} });
    expect(row('Measured', answerOf(background))[0]).toBe('slo beside the steps, from 20 %');
    expect(row('Gates', answerOf(background))).toEqual([
      'at 20 %: waits for a promote, and 100 % waits for the first measurement beside the steps',
    ]);
  });

  it.each<[string, Partial<PlanAnswer['access']>, readonly string[]]>([
    ['all of it', {}, ['you may start, promote, abort']],
    [
      'some of it',
      { you: { start: false, promote: undefined, abort: true } },
      ['you may abort; you may not start; Kubernetes could not say whether you may promote'],
    ],
    [
      'and who else',
      {
        others: { start: ['slack:deployers'], promote: [], abort: Array.from({ length: 10 }, (_, n) => `slack:u${n}`) },
      },
      [
        'you may start, promote, abort',
        'start: slack:deployers',
        'promote: nobody by a binding',
        'abort: slack:u0, slack:u1, slack:u2, slack:u3, slack:u4, slack:u5, slack:u6, slack:u7 and 2 more',
      ],
    ],
  ])('says who may %s', (_, change, lines) => {
    expect(row('Who may', aPlanAnswer({ access: { ...access, ...change } }))).toEqual(lines);
  });

  it('names verbs together that the same people may', () => {
    const others = { start: ['a', 'b'], promote: ['a', 'b'], abort: ['a', 'b', 'c'] };
    const rows = row('Who may', aPlanAnswer({ access: { ...access, others } }));
    expect(rows.slice(1)).toEqual(['start, promote: a, b', 'abort: a, b, c']);
  });

  it.each([
    [
      [anImage],
      [
        'Argo CD Application argocd/checkout owns it and asks for 1.4.2: change it in deploy/checkout.yaml, or start --override-git with a reason',
      ],
    ],
    [[{ ...anImage, to: anImage.from }], ['Argo CD Application argocd/checkout owns it, and does not mind this image']],
    [[], ['Argo CD Application argocd/checkout owns it']],
  ])('says what Git asks for', (images, lines) => {
    const { plan } = answerOf(plain, images);
    const git = {
      tool: 'argo-cd' as const,
      source: { kind: 'Application' as const, namespace: 'argocd', name: 'checkout' },
      managers: [],
      putsBack: 'unknown' as const,
      images: [{ container: 'checkout', image: anImage.from }],
      setsTemplate: true,
      link: undefined,
      file: 'deploy/checkout.yaml',
    };
    expect(row('Git', { done: true, plan: { ...plan, git }, access })).toEqual(lines);
  });
});

const aReplicaSet = {
  name: '',
  uid: 'u',
  podHash: '',
  createdAtMs: 0,
  specReplicas: 1,
  replicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  annotations: {},
  labels: {},
  minReadySeconds: 0,
};
