import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixText, lint } from '../../../src/lint/index.ts';
import { definitions } from './definitions.ts';

const fixtures = resolve(import.meta.dirname, '../../fixtures/seeds');

function findingsOf(folder: 'verbatim' | 'completed', name: string): readonly string[] {
  const text = readFileSync(join(fixtures, folder, name), 'utf8');
  return lint([{ name, text }], definitions).map(
    ({ line, column, severity, message }) => `${line}:${column} ${severity}: ${message}`,
  );
}

/** Every Kubernetes block of the seed documents as it stands there: [] is accepted. */
const verbatim: Readonly<Record<string, readonly string[]>> = {
  'custom-metric-template.yaml': [],
  'experiments.yaml': ['1:1 mistake: not a Kubernetes object: it needs apiVersion, kind and metadata'],
  'frontend-rollout.yaml': [
    '48:9 mistake: spec.strategy.canary.trafficRouting.istio: Unsupported value: istio is not supported yet',
  ],
  'frontend-analysis-template.yaml': [
    '9:5 warning: spec.metrics[0]: pod-ready-ratio is blind: answers 0 without data, which fails',
    '24:5 warning: spec.metrics[1]: cpu-usage is blind: answers 0 without data, which passes',
    '35:5 warning: spec.metrics[2]: error-rate is blind: answers 0 without data, which passes',
    '47:5 warning: spec.metrics[3]: response-time is blind: answers 0 without data, which passes',
  ],
  'frontend-virtual-service.yaml': [],
  'frontend-destination-rule.yaml': [],
  'backend-rollout.yaml': [
    "7:1 mistake: spec.selector: Required value: Rollout has missing field '.spec.selector'",
    '7:1 mistake: spec.template.spec.containers: Required value',
    '20:7 mistake: spec.strategy.scaleDownDelaySeconds: Invalid value: 30: Canary scaleDownDelaySeconds can only be used with traffic routing',
  ],
  'blue-green-rollout.yaml': [
    "7:1 mistake: spec.selector: Required value: Rollout has missing field '.spec.selector'",
    '7:1 mistake: spec.template.spec.containers: Required value',
  ],
  'post-promotion-strategy.yaml': ['3:1 mistake: not a Kubernetes object: it needs apiVersion, kind and metadata'],
  'modelcard-canary-rollout.yaml': [
    "7:1 mistake: spec.selector: Required value: Rollout has missing field '.spec.selector'",
    '7:1 mistake: spec.template.spec.containers: Required value',
    '27:9 mistake: spec.strategy.canary.trafficRouting.istio: Unsupported value: istio is not supported yet',
  ],
  'rolling-deployment.yaml': [
    '7:1 mistake: spec.selector: Required value',
    '14:3 mistake: spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
  ],
  'argo-cd-application.yaml': [],
  'security-context.yaml': ['4:1 mistake: no matches for kind "SecurityContext" in version "v1"'],
  'active-and-preview-services.yaml': ['16:1 mistake: the next object begins here: a line --- is missing before it'],
};

describe('a block of the seed documents', () => {
  it('is in the table', () => {
    expect(Object.keys(verbatim).sort()).toEqual(readdirSync(join(fixtures, 'verbatim')).sort());
  });

  it.each(Object.entries(verbatim))('%s, verbatim', (name, expected) => {
    expect(findingsOf('verbatim', name)).toEqual(expected);
  });

  it.each(readdirSync(join(fixtures, 'completed')))('%s, completed, has no mistake', (name) => {
    expect(findingsOf('completed', name).filter((finding) => finding.includes('mistake'))).toEqual([]);
  });

  it('is mended where that is unambiguous', () => {
    const text = readFileSync(join(fixtures, 'verbatim/active-and-preview-services.yaml'), 'utf8');
    const fixed = fixText(text);
    expect(fixed.changes).toEqual([{ line: 16, message: 'put a line --- before the next object' }]);
    expect(lint([{ name: 'fixed', text: fixed.text }], definitions)).toEqual([]);
  });
});
