import { expect, it } from 'vitest';
import { ForbiddenError, NotNowError } from '../../../../src/lib/index.ts';
import { createMetricProviders } from '../../../../src/metric-providers/index.ts';
import { SimulatedJobs } from '../../../support/simulated-jobs.ts';

const place = { run: { namespace: 'shop', name: 'run', uid: 'run-uid' }, metricName: 'migrate', number: 1 };
const settings = { spec: { template: { spec: { containers: [{ name: 'main', image: 'migrate:1' }] } } } };

it('begins a Job once, though its pods may not be looked at', async () => {
  let nowMs = 0;
  const jobs = new SimulatedJobs(() => nowMs, { afterMs: 60_000, end: 'Complete' });
  jobs.onCall = (call) => {
    if (call === 'pods') throw new ForbiddenError('pods is forbidden');
  };
  const chosen = createMetricProviders({ jobs }).chooseLasting({ job: settings });
  const start = () => chosen?.provider.start(settings, place, nowMs, AbortSignal.timeout(60_000));
  // Not an Error of the measurement: that would count, and the next one would begin another Job.
  await expect(start()).rejects.toThrow(NotNowError);
  nowMs = 60_000;
  expect(await start()).toMatchObject({ kind: 'judged', phase: 'Successful' });
  expect(jobs.all).toHaveLength(1);
});
