import { describe, expect, it } from 'vitest';
import { jobManifest, jobName } from '../../../../src/metric-providers/job/manifest.ts';
import { runUid } from '../../../support/one-run.ts';

const place = { run: { namespace: 'shop', name: 'checkout-7d9f-2', uid: runUid }, metricName: 'migrate', number: 1 };

describe('jobName', () => {
  it.each([
    ['migrate', 1, `${runUid}.migrate.1`],
    ['migrate', 12, `${runUid}.migrate.12`],
    ['twenty-four-characters-xx', 1, /^[0-9a-f-]{36}\.twenty-four-chara-[0-9a-f]{6}\.1$/],
    ['Smoke_Test', 1, /^[0-9a-f-]{36}\.smoke-test-[0-9a-f]{6}\.1$/],
    ['-', 1, /^[0-9a-f-]{36}\.[0-9a-f]{6}\.1$/],
  ])('names measurement of %j number %i', (metricName, number, name) => {
    const named = jobName({ ...place, metricName, number });

    expect(named).toMatch(name);
    expect(named.length).toBeLessThanOrEqual(63);
    expect(named).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  });

  it('gives two long names two Jobs', () => {
    const [one, other] = ['-of-the-first', '-of-the-second'].map((end) =>
      jobName({ ...place, metricName: `smoke-test-of-the-checkout${end}` }),
    );
    expect(one).not.toBe(other);
  });
});

describe('jobManifest', () => {
  const settings = {
    metadata: { labels: { team: 'shop' }, annotations: { why: 'smoke' } },
    spec: { backoffLimit: 1, template: { metadata: { labels: { a: 'b' } }, spec: { restartPolicy: 'Never' } } },
  };

  it('is the author’s spec, owned by its run, with the marks that Argo sets', () => {
    expect(jobManifest(settings, place)).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `${runUid}.migrate.1`,
        namespace: 'shop',
        labels: { team: 'shop', 'analysisrun.argoproj.io/uid': runUid },
        annotations: {
          why: 'smoke',
          'analysisrun.argoproj.io/name': 'checkout-7d9f-2',
          'analysisrun.argoproj.io/namespace': 'shop',
          'analysisrun.argoproj.io/metric-name': 'migrate',
        },
        ownerReferences: [
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'AnalysisRun',
            name: 'checkout-7d9f-2',
            uid: runUid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        backoffLimit: 1,
        template: {
          metadata: { labels: { a: 'b', 'analysisrun.argoproj.io/uid': runUid } },
          spec: { restartPolicy: 'Never' },
        },
      },
    });
  });

  it.each([
    [undefined, undefined],
    [0, 900],
    [3600, 3600],
  ])('keeps a Job that goes after %j s until its end was seen', (ttlSecondsAfterFinished, kept) => {
    const spec = { ...settings.spec, ...(ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished }) };

    expect((jobManifest({ spec }, place).spec as { ttlSecondsAfterFinished?: number }).ttlSecondsAfterFinished).toBe(
      kept,
    );
  });

  it.each([undefined, {}, { spec: {} }, { spec: { template: 'x' } }, 'job'])(
    'refuses %j, which has no pods',
    (wrong) => {
      expect(() => jobManifest(wrong, place)).toThrow(/^job: /);
    },
  );
});
