import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixText, lint } from '../../../src/lint/index.ts';
import { definitions } from './definitions.ts';

const head = 'apiVersion: argoproj.io/v1alpha1\n';
const rollout = (strategy: string) => `${head}kind: Rollout
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: shop, image: shop:1 }] }
  strategy:
    canary:
${strategy}`;
const template = (metric: string) => `${head}kind: AnalysisTemplate
metadata: { name: slo }
spec:
  metrics:
  - name: errors
${metric}`;

function linted(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, index) => ({ name: `${index}.yaml`, text }));
  return lint(files, definitions).map(
    ({ file, line, column, severity, message }) => `${file}:${line}:${column} ${severity}: ${message}`,
  );
}

describe('lint', () => {
  it.each<[string, string, readonly string[]]>([
    ['a good rollout', rollout('      steps: [{ setWeight: 20 }, { pause: {} }]\n'), []],
    [
      'a field that nobody knows',
      rollout('      stpes: []\n'),
      ['11:7 mistake: spec.strategy.canary.stpes: unknown field; did you mean steps?'],
    ],
    [
      'two mistakes, each at its line',
      rollout('      steps:\n      - setWeight: 120\n      - pause: { duration: soon }\n'),
      [
        '12:9 mistake: spec.strategy.steps[0].setWeight: Invalid value: 120: SetWeight needs to be between 0 and 100',
        '13:18 mistake: spec.strategy.steps[1].pause.duration: Invalid value: "soon": Duration needs to be greater than 0',
      ],
    ],
    [
      'two things in one step',
      rollout('      steps:\n      - setWeight: 10\n        pause: {}\n'),
      [
        '12:9 mistake: spec.strategy.steps[0]: Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
      ],
    ],
    [
      'a text where a number belongs',
      rollout('      steps:\n      - setWeight: ten\n'),
      ['12:9 mistake: spec.strategy.canary.steps[0].setWeight: Invalid value: "ten": must be a whole number'],
    ],
    ['a template that is one', template('    provider: { prometheus: { query: "up{a=\\"b\\"}" } }\n'), []],
    [
      'a condition that does not compile',
      template('    successCondition: result[0] >\n    provider: { prometheus: { query: up } }\n'),
      ['7:5 mistake: spec.metrics[0]: successCondition "result[0] >": unexpected token EOF'],
    ],
    [
      'an interval that is none',
      template('    interval: 10x\n    provider: { prometheus: { query: up } }\n'),
      ['7:5 mistake: spec.metrics[0]: invalid interval string: time: unknown unit "x" in duration "10x"'],
    ],
    [
      'a metric that makes numbers up',
      template('    successCondition: result[0] < 5\n    provider: { prometheus: { query: up or vector(0) } }\n'),
      ['6:5 warning: spec.metrics[0]: errors is blind: answers 0 without data, which passes'],
    ],
    [
      'an experiment',
      `${head}kind: Experiment\nmetadata: { name: a }\nspec: { templates: [], duration: 5m }\n`,
      ['4:9 mistake: Experiment a has no templates'],
    ],
    [
      'an experiment that nothing ends',
      `${head}kind: Experiment\nmetadata: { name: a }\nspec:\n  templates: [{ name: b, template: {}, selector: { matchLabels: { a: b } } }]\n`,
      ['4:1 warning: runs until somebody ends it: it has no duration, and no analysis that is requiredForCompletion'],
    ],
    ['what is no object', 'a: b\n', ['1:1 mistake: not a Kubernetes object: it needs apiVersion, kind and metadata']],
    ['another tool’s object', 'apiVersion: example.com/v1\nkind: Anything\nmetadata: { name: a }\nspec: 1\n', []],
    ['nothing', '# a comment\n---\n', []],
    [
      'a kind that is not there',
      'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: { name: a }\n',
      ['2:1 mistake: no matches for kind "Deploymnet" in version "apps/v1"'],
    ],
  ])('%s', (_, text, expected) => {
    expect(linted(text).map((line) => line.replace('0.yaml:', ''))).toEqual(expected);
  });

  it('says what YAML says, with the place', () => {
    expect(linted('a: [\n')[0]).toMatch(/^0\.yaml:2:1 mistake: Flow sequence in block collection/);
    expect(linted('a: &a [*a, *a]\nb: *c\n').join()).toMatch(/mistake/);
  });

  it('misses what is named and not in the other files', () => {
    const routed = rollout(`      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: { nginx: { stableIngress: shop } }
      steps:
      - analysis: { templates: [{ templateName: slo }] }
`);
    const service = (name: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: other } }\n`;
    expect(linted(routed)).toEqual([]);
    expect(linted(routed, service('shop-stable'))).toEqual([
      `0.yaml:10:5 warning: AnalysisTemplate 'slo' not found in these files`,
      `0.yaml:11:7 warning: Service 'shop-canary' not found in these files`,
      `0.yaml:12:7 mistake: spec.strategy.canary.stableService: Invalid value: "shop-stable": Service "shop-stable" has unmatch label "app" in rollout`,
      `0.yaml:13:34 warning: Ingress 'shop' not found in these files`,
    ]);
    const endless = template('    interval: 1m\n    provider: { prometheus: { query: up } }\n');
    expect(linted(routed, endless).filter((line) => line.includes('mistake'))).toEqual([
      '0.yaml:15:21 mistake: spec.strategy.canary.steps[0].analysis.templates: Invalid value: "slo": AnalysisTemplate slo has metric errors which runs indefinitely. Invalid value for count: <nil>',
    ]);
  });

  it('says that an object stands there twice, unless both are the same', () => {
    const text = rollout('      steps: []\n');
    expect(linted(text, text)).toEqual([]);
    expect(linted(text, rollout('      steps: [{ setWeight: 5 }]\n'))).toEqual([
      "1.yaml:3:13 warning: Rollout 'shop' stands in these files twice (0.yaml)",
    ]);
  });

  it('never throws, whatever it is given', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), (texts) => {
        linted(...texts);
        for (const text of texts) fixText(text);
      }),
    );
    fc.assert(
      fc.property(
        fc.json(),
        fc.constantFrom('Rollout', 'AnalysisTemplate', 'Experiment', 'AnalysisRun'),
        (spec, kind) => {
          linted(`${head}kind: ${kind}\nmetadata: { name: a }\nspec: ${spec}\n`);
        },
      ),
    );
  });
});

describe('lint --fix', () => {
  const twoInOne = `      steps:
      - setWeight: 10   # ten
        # five minutes are enough
        pause: {duration: 5m}
      - setWeight: 20
`;
  const misplaced = `      steps:
      - analysis:
          templates:
          - templateName: slo
            args:
            - name: service
              # who answers
              value: shop
          - templateName: other
      - setWeight: 20
`;

  it('makes each key of a step a step of its own', () => {
    const { text, changes } = fixText(rollout(twoInOne));
    expect(text).toBe(rollout(twoInOne.replace('        pause:', '      - pause:')));
    expect(changes).toEqual([{ line: 14, message: 'made pause a step of its own' }]);
    expect(linted(text)).toEqual([]);
  });

  it('moves arguments from a template beside the list of templates', () => {
    const { text, changes } = fixText(rollout(misplaced));
    expect(changes).toEqual([{ line: 15, message: 'moved args beside templates' }]);
    expect(text).toContain(`          templates:
          - templateName: slo
          - templateName: other
          args:
          - name: service
            # who answers
            value: shop
      - setWeight: 20
`);
    expect(linted(text)).toEqual([]);
  });

  it.each([
    [
      'two templates have arguments',
      misplaced.replace('other\n', 'other\n            args: [{ name: a, value: b }]\n'),
    ],
    ['the analysis has its own', misplaced.replace('      - analysis:\n', '      - analysis:\n          args: []\n')],
    ['it is written in flow style', '      steps: [{ setWeight: 10, pause: {} }]\n'],
    ['nothing is wrong', '      steps: [{ setWeight: 10 }]\n'],
  ])('leaves it where %s', (_, strategy) => {
    expect(fixText(rollout(strategy))).toEqual({ text: rollout(strategy), changes: [] });
  });

  it('changes nothing the second time', () => {
    const both = `${rollout(twoInOne)}${rollout(misplaced)}`;
    const once = fixText(both);
    expect(once.changes).toHaveLength(3);
    expect(fixText(once.text)).toEqual({ text: once.text, changes: [] });
  });
});
