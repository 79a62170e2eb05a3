import { expect, it } from 'vitest';
import { lint } from '../../../src/lint/index.ts';
import { definitions } from './definitions.ts';

function findingsOf(annotations: readonly string[], spec = ''): readonly string[] {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
${annotations.map((line) => `    ${line}`).join('\n')}
spec:
${spec}  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: 'web:1' }] } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: other }
`;
  return lint([{ name: 'web.yaml', text }], definitions).map(({ severity, message }) => `${severity}: ${message}`);
}

const analysis = 'stepwise.dev/analysis';

it.each([
  [['team: shop'], []],
  [[`${analysis}: none`], []],
  [[`${analysis}: slo`], [`warning: metadata.annotations: AnalysisTemplate 'slo' is in none of the files`]],
  [
    [`${analysis}: Slo`],
    [
      `mistake: metadata.annotations: ${analysis}: "Slo" is no name of an AnalysisTemplate; NAME, cluster/NAME or none are`,
    ],
  ],
  [
    [`${analysis}: ' '`],
    [`mistake: metadata.annotations: ${analysis} is empty; it names AnalysisTemplates, or says none`],
  ],
  [
    [`${analysis}: none`, 'stepwise.dev/soak: 5 minutes'],
    [
      'mistake: metadata.annotations: stepwise.dev/soak: "5 minutes" is no length of time up to 7 days; 30s, 5m, 1h30m are',
    ],
  ],
  [
    [`${analysis}: none`, 'stepwise.dev/soak: -5m'],
    ['mistake: metadata.annotations: stepwise.dev/soak: "-5m" is no length of time up to 7 days; 30s, 5m, 1h30m are'],
  ],
  [
    [`${analysis}: none`, 'stepwise.dev/analysis-args: service'],
    ['mistake: metadata.annotations: stepwise.dev/analysis-args: "service" is no name=value'],
  ],
  [
    [`${analysis}: none`, 'stepwise.dev/analysis-args: a=1, a=2'],
    ['mistake: metadata.annotations: stepwise.dev/analysis-args names a twice'],
  ],
  [
    [`${analysis}: none`, 'stepwise.dev/analysis-args: a=podTemplateHashValue:Canary'],
    [
      'mistake: metadata.annotations: stepwise.dev/analysis-args: a=podTemplateHashValue:Canary: podTemplateHashValue is Latest or Stable',
    ],
  ],
])('%j', (annotations, expected) => {
  expect(findingsOf(annotations)).toEqual(expected);
});

it('what is not kept cannot be undone', () => {
  expect(findingsOf([`${analysis}: none`], '  revisionHistoryLimit: 0\n')).toEqual([
    'warning: spec.revisionHistoryLimit: 0 keeps no revision: an update that breaks its SLO cannot be undone',
  ]);
  expect(findingsOf(['team: shop'], '  revisionHistoryLimit: 0\n')).toEqual([]);
});
