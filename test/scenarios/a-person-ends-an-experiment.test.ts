import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { allow } from '../support/allow.ts';
import { channelOf, channels, type FrontDesk, isLive, openFrontDesk } from '../support/front-desk.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';

const Trial = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({ terminate: z.boolean().optional() }),
  status: z
    .looseObject({ phase: z.string().default(''), metricResults: z.array(z.unknown()).default([]) })
    .nullish()
    .transform((status) => status ?? { phase: '', metricResults: [] }),
});

const containers = [{ name: 'shop', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] }];
const metrics = [
  {
    name: 'always-fine',
    interval: '1s',
    count: 1000,
    successCondition: 'result[0] == 1',
    provider: { prometheus: { query: 'vector(1)' } },
  },
];
const compare = { name: 'compare', templateName: 'endless', requiredForCompletion: true };
const step = { experiment: { templates: [{ name: 'candidate', specRef: 'canary' }], analyses: [compare] } };

let desk: FrontDesk;

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: ['web'] });
  await allow(desk.sandbox, 'U0DANA', ['terminate']);
  const post = (kind: string, name: string, spec: object) =>
    desk.sandbox.request('POST', `${argo}/${kind}`, { metadata: { name }, spec });
  await post('analysistemplates', 'endless', { metrics });
  const template = { metadata: { labels: { app: 'alone' } }, spec: { containers } };
  const templates = [{ name: 'baseline', selector: { matchLabels: { app: 'alone' } }, template }];
  await post('experiments', 'alone', { templates });
  await post('analysisruns', 'lonely', { metrics });
  await desk.open({ name: 'web', replicas: 1, steps: [{ setWeight: 50 }, step, { pause: {} }] });
  await desk.until('web', 'is live', isLive);
  await desk.setImage('web', 'shop:2');
}, 180_000);
afterAll(() => desk?.stop());

function seen(kind: string, name: string) {
  return desk.sandbox.get(Trial, `${argo}/${kind}/${name}`);
}

function until(kind: string, name: string, what: string, isSo: (trial: z.infer<typeof Trial>) => boolean) {
  return desk.sandbox.eventually(`${name} ${what}`, async () => {
    const trial = await seen(kind, name);
    return isSo(trial) ? trial : undefined;
  });
}

describe('an Experiment that stands alone', () => {
  it('is ended by who may, who is asked once; who and why stand on it; then it may be tried again', {
    timeout: 180_000,
  }, async () => {
    await until('experiments', 'alone', 'runs', ({ status }) => status.phase === 'Running');
    const refused = await desk.type('vera', '/rollout terminate experiment/alone');
    expect(refused.words).toContain('does not allow slack:U0VERA to `terminate` in shop');
    expect(refused.words).toContain('--clusterrole=stepwise-deployer');
    expect((await desk.type('dana', '/rollout retry experiment/alone')).words).toContain('It still runs');

    const question = await desk.type('dana', '/rollout terminate experiment alone because the load test is over');
    expect(question.words).toMatch(/End \S*shop\/experiment\/alone\S* now\? It is Running/);
    expect((await seen('experiments', 'alone')).spec.terminate).toBeUndefined();
    const done = await desk.press('dana', question, 'line-1');
    expect(done.words).toContain('Asked: terminate shop/experiment/alone');
    const ended = await until('experiments', 'alone', 'is over', ({ status }) => status.phase === 'Successful');
    const note: unknown = JSON.parse(ended.metadata.annotations['stepwise.dev/asked'] ?? '');
    expect(note).toMatchObject({ verb: 'terminate', by: 'U0DANA', reason: 'the load test is over' });
    expect((await desk.type('dana', '/rollout terminate experiment/alone')).words).toContain('is over: Successful');

    const lobby = await desk.type('dana', '/rollout retry experiment/alone', channels.lobby);
    expect(lobby.words).toContain('not bound to shop');
    await desk.type('dana', '/rollout retry experiment/alone');
    await until('experiments', 'alone', 'runs again', ({ status }) => status.phase === 'Running');
  });

  it('so is an AnalysisRun; of no other verb do they know', { timeout: 180_000 }, async () => {
    await until('analysisruns', 'lonely', 'measures', ({ status }) => status.metricResults.length > 0);
    const question = await desk.type('dana', '/rollout terminate shop/analysisrun/lonely');
    await desk.press('dana', question, 'line-1');
    await until('analysisruns', 'lonely', 'is over', ({ status }) => status.phase === 'Successful');
    expect((await desk.type('dana', '/rollout retry analysisrun/lonely')).words).toContain('is for rollouts');
    expect((await desk.type('dana', '/rollout promote experiment/alone')).words).toContain('is for rollouts');
    const unknown = await desk.type('dana', '/rollout terminate experiment/alont');
    expect(unknown.words).toContain('Did you mean shop/experiment/alone?');
  });
});

it('an Experiment of a step is ended from its card, for a reason, and what it has measured judges it', {
  timeout: 180_000,
}, async () => {
  const card = await desk.card('web', 2, /experiment[\s\S]*always-fine/);
  await desk.sandbox.eventually('it has measured', async () => {
    const { words } = await desk.type('dana', '/rollout why web', channelOf('web'));
    return /always-fine[^\n]* [1-9]\d*\/1000/.test(words) ? true : undefined;
  });
  const name = z
    .looseObject({ canary: z.looseObject({ currentExperiment: z.string() }) })
    .parse((await desk.rollout('web')).status).canary.currentExperiment;
  const retried = await desk.type('dana', `/rollout retry experiment/${name}`, channelOf('web'));
  expect(retried.words).toContain('It belongs to web');

  const question = await desk.press('dana', card, 'more', 'terminate');
  expect(question.words).toMatch(
    /End the experiment of \*web 2\*[\s\S]*Less than its plan asks for: always-fine \d+\/1000/,
  );
  expect((await desk.press('dana', question, 'terminate')).words).toContain('needs a reason');
  const typed = await desk.type('dana', '/rollout terminate web because it was seen elsewhere', channelOf('web'));
  const [button] = typed.buttons;
  expect(button?.label).toBe('End the experiment');
  await desk.slack.click({
    user: 'U0DANA',
    channel: typed.channel,
    ts: typed.ts,
    action_id: 'terminate',
    values: { reason: { reason: 'it was seen elsewhere' } },
  });
  await desk.until('web', 'goes on to its gate', ({ status }) => status.currentStepIndex === 2);
  expect((await seen('experiments', name)).status.phase).toBe('Successful');
  await desk.sandbox.eventually('it is told, with who and why', () =>
    /dana skipped a step of \*web 2\*[\s\S]*it was seen elsewhere/i.test(desk.publicWords()) ? true : undefined,
  );
  const stale = await desk.press('dana', question, 'terminate');
  expect(stale.words).toContain('no longer so');
});
