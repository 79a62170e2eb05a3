import { describe, expect, it } from 'vitest';
import { AnalysisTemplate, collectTemplates, composeAnalysisRunSpec } from '../../../src/analysis/index.ts';

function aTemplate(name: string, spec: object, kind = 'AnalysisTemplate'): AnalysisTemplate {
  return AnalysisTemplate.parse({ kind, metadata: { name }, spec });
}
function metrics(...names: string[]) {
  return { metrics: names.map((name) => ({ name, provider: { prometheus: {} } })) };
}

describe('collectTemplates', () => {
  const known = {
    'AnalysisTemplate/a': aTemplate('a', {
      templates: [{ templateName: 'b' }, { templateName: 'c', clusterScope: true }],
    }),
    'AnalysisTemplate/b': aTemplate('b', { ...metrics('b'), templates: [{ templateName: 'a' }] }),
    'ClusterAnalysisTemplate/c': aTemplate('c', metrics('c'), 'ClusterAnalysisTemplate'),
  };

  it('follows references, each template once, cycles included', () => {
    const collected = collectTemplates([{ templateName: 'a' }, { templateName: 'b' }], known);

    expect(collected.isComplete && collected.templates.map((template) => template.metadata.name)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it.each([
    [{ templateName: 'x' }, "AnalysisTemplate 'x' not found"],
    [{ templateName: 'a', clusterScope: true }, "ClusterAnalysisTemplate 'a' not found"],
    [{ templateName: 'constructor' }, "AnalysisTemplate 'constructor' not found"],
  ])('names what is missing: %j', (reference, reason) => {
    expect(collectTemplates([reference], known)).toMatchObject({ isComplete: false, reason, missing: reference });
  });
});

describe('composeAnalysisRunSpec', () => {
  it('puts metrics of namespaced templates before those of cluster ones', () => {
    const cluster = aTemplate('c', metrics('c1'), 'ClusterAnalysisTemplate');
    const composed = composeAnalysisRunSpec({ templates: [cluster, aTemplate('a', metrics('a1', 'a2'))], args: [] });

    expect(composed.isComposed && composed.spec.metrics.map((metric) => metric.name)).toEqual(['a1', 'a2', 'c1']);
  });

  it('passes values to declared arguments and drops the others', () => {
    const template = aTemplate('a', {
      ...metrics('m'),
      args: [
        { name: 'service' },
        { name: 'limit', value: '5' },
        { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
    });
    const args = [
      { name: 'service', value: 'checkout' },
      { name: 'limit', value: '7' },
      { name: 'unknown', value: 'x' },
    ];
    const composed = composeAnalysisRunSpec({ templates: [template], args });

    expect(composed.isComposed && composed.spec.args).toEqual([
      { name: 'service', value: 'checkout' },
      { name: 'limit', value: '7' },
      { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ]);
  });

  it('takes the value of whichever template has one', () => {
    const templates = [
      aTemplate('a', { ...metrics('a'), args: [{ name: 'x' }] }),
      aTemplate('b', { ...metrics('b'), args: [{ name: 'x', value: '1' }] }),
    ];

    const composed = composeAnalysisRunSpec({ templates, args: [] });

    expect(composed.isComposed && composed.spec.args).toEqual([{ name: 'x', value: '1' }]);
  });

  it("joins the rollout's rules and the templates' rules", () => {
    const template = aTemplate('a', { ...metrics('a', 'b'), dryRun: [{ metricName: 'a' }] });
    const composed = composeAnalysisRunSpec({ templates: [template], args: [], dryRun: [{ metricName: 'b' }] });

    expect(composed.isComposed && composed.spec.dryRun).toEqual([{ metricName: 'b' }, { metricName: 'a' }]);
  });

  it.each([
    ['two metrics', [metrics('m'), metrics('m')], "two metrics have the same name 'm'"],
    [
      'two values',
      [
        { ...metrics('a'), args: [{ name: 'x', value: '1' }] },
        { ...metrics('b'), args: [{ name: 'x', value: '2' }] },
      ],
      "Argument `x` specified multiple times with different values: '1', '2'",
    ],
    ['no value', [{ ...metrics('a'), args: [{ name: 'x' }] }], 'args.x was not resolved'],
    [
      'two dry-run rules',
      [
        { ...metrics('a'), dryRun: [{ metricName: '.*' }] },
        { ...metrics('b'), dryRun: [{ metricName: '.*' }] },
      ],
      "two Dry-Run metric rules have the same name '.*'",
    ],
    [
      'two retention rules',
      [
        {
          ...metrics('a'),
          measurementRetention: [
            { metricName: 'a', limit: 1 },
            { metricName: 'a', limit: 2 },
          ],
        },
      ],
      "two Measurement Retention metric rules have the same name 'a'",
    ],
  ])("refuses %s in Argo's words", (_, specs, reason) => {
    const templates = specs.map((spec, index) => aTemplate(`t${index}`, spec));

    expect(composeAnalysisRunSpec({ templates, args: [] })).toEqual({ isComposed: false, reason });
  });
});
