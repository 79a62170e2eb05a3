import { describe, expect, it } from 'vitest';
import { AnalysisRunSpec, AnalysisTemplateSpec, validateTemplate } from '../../../src/analysis/index.ts';
import { validateRunSpec } from '../../../src/analysis/validate.ts';

const good = { name: 'm', provider: { prometheus: { query: 'up' } } };

describe('validateRunSpec', () => {
  it.each([
    [[], 'no metrics specified'],
    [[good, good], "metrics[1]: duplicate name 'm'"],
    [[{ ...good, count: 2 }], 'metrics[0]: interval must be specified when count > 1'],
    [[{ ...good, interval: '10' }], 'metrics[0]: invalid interval string: time: missing unit in duration "10"'],
    [[{ ...good, initialDelay: 'soon' }], 'metrics[0]: invalid startDelay string: time: invalid duration "soon"'],
    [[{ ...good, failureLimit: -2 }], 'metrics[0]: failureLimit must be >= 0, or -1 to be disabled'],
    [[{ ...good, failureLimit: -1 }], 'metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled'],
    [[{ ...good, consecutiveSuccessLimit: '-1' }], 'metrics[0]: consecutiveSuccessLimit must be >= 0'],
    [[{ ...good, inconclusiveLimit: -1 }], 'metrics[0]: inconclusiveLimit must be >= 0'],
    [[{ ...good, consecutiveErrorLimit: -1 }], 'metrics[0]: consecutiveErrorLimit must be >= 0'],
    [
      [{ ...good, count: 3, interval: '1s', failureLimit: 2, consecutiveSuccessLimit: 2 }],
      'metrics[0]: count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0',
    ],
    [
      [{ ...good, count: 1, failureLimit: -1, consecutiveSuccessLimit: 2 }],
      'metrics[0]: count must be >= consecutiveSuccessLimit',
    ],
    [[{ ...good, count: 1, inconclusiveLimit: '2' }], 'metrics[0]: count must be >= inconclusiveLimit'],
    [[{ name: 'm', provider: {} }], 'metrics[0]: no provider specified'],
    [[{ name: 'm', provider: { prometheus: {}, web: {} } }], 'metrics[0]: multiple providers specified'],
    [[{ name: 'm', provider: { plugin: { a: {}, b: {} } } }], 'metrics[0]: multiple providers specified'],
    [[good], undefined],
    [[{ ...good, count: 5, interval: '10s', failureLimit: 3 }], undefined],
    [[{ ...good, interval: '1m', failureLimit: -1, consecutiveSuccessLimit: 4 }], undefined],
    [[{ ...good, count: 'junk' }], undefined],
  ])('%j: %s', (metrics, problem) => {
    const spec = AnalysisRunSpec.parse({ metrics });

    expect(validateRunSpec(spec, spec.metrics)).toBe(problem);
  });

  it.each([
    [{ dryRun: [{ metricName: '*' }] }, "dryRun[0]: Rule didn't match any metric name(s)"],
    [{ dryRun: [{ metricName: '.*' }, { metricName: 'x' }] }, "dryRun[1]: Rule didn't match any metric name(s)"],
    [
      { measurementRetention: [{ metricName: 'x', limit: 1 }] },
      "measurementRetention[0]: Rule didn't match any metric name(s)",
    ],
    [{ dryRun: [{ metricName: '^m$' }], measurementRetention: [{ metricName: '', limit: 20 }] }, undefined],
  ])('rules %j: %s', (rules, problem) => {
    const spec = AnalysisRunSpec.parse({ metrics: [good], ...rules });

    expect(validateRunSpec(spec, spec.metrics)).toBe(problem);
  });
});

describe('validateTemplate', () => {
  it('says everything at once', () => {
    const spec = AnalysisTemplateSpec.parse({
      metrics: [{ ...good, count: 2, interval: 'x' }, good, { name: 'n', provider: {} }],
    });

    expect(validateTemplate(spec)).toEqual([
      'metrics[0]: invalid interval string: time: invalid duration "x"',
      "metrics[1]: duplicate name 'm'",
      'metrics[2]: no provider specified',
    ]);
  });

  it('takes values that wait for their argument as right', () => {
    const args = ['count', 'interval', 'limit'].map((name) => ({ name }));
    const metric = { ...good, count: '{{args.count}}', interval: '{{args.interval}}s', failureLimit: '{{args.limit}}' };

    expect(validateTemplate(AnalysisTemplateSpec.parse({ args, metrics: [metric] }))).toEqual([]);
  });

  it('names a placeholder that no argument fills', () => {
    const metric = { ...good, successCondition: 'result > {{args.limit}}' };

    expect(validateTemplate(AnalysisTemplateSpec.parse({ metrics: [metric] }))).toEqual([
      'metrics[0]: failed to resolve {{args.limit}}',
    ]);
  });

  it('says that a condition cannot be right', () => {
    const metric = { ...good, successCondition: 'result[0] >', failureCondition: '1' };

    expect(validateTemplate(AnalysisTemplateSpec.parse({ metrics: [metric] }))).toEqual([
      'metrics[0]: successCondition "result[0] >": unexpected token EOF',
      'metrics[0]: failureCondition "1": expected bool, but got int',
    ]);
  });

  it('takes a template that only names others', () => {
    expect(validateTemplate(AnalysisTemplateSpec.parse({ templates: [{ templateName: 'x' }] }))).toEqual([]);
    expect(validateTemplate(AnalysisTemplateSpec.parse({}))).toEqual(['no metrics specified']);
  });
});
