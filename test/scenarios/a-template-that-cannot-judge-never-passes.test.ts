import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channelOf, type FrontDesk, isLive, openFrontDesk } from '../support/front-desk.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

type Metric = Readonly<Record<string, unknown>>;

/** Templates that are wrong before anything is measured: the Rollout says so, and nothing is scaled. */
const invalid: readonly (readonly [string, object | undefined, RegExp])[] = [
  ['missing', undefined, /AnalysisTemplate 'missing' not found/],
  ['no-metrics', { metrics: [] }, /no metrics specified/],
  ['no-argument', { args: [{ name: 'service' }], metrics: [fine()] }, /args\.service was not resolved/],
  ['endless', { metrics: [{ ...fine(), interval: '1s' }] }, /metric rate which runs indefinitely/],
  ['doubled', { metrics: [fine(), fine()] }, /two metrics have the same name 'rate'/],
  [
    'go-plugin',
    { metrics: [{ ...fine(), provider: { plugin: { 'acme/oracle': {} } } }] },
    /"acme\/oracle" is a Go program/,
  ],
];

/** Metrics that are wrong when they are measured: the run says so in Argo's words. */
const unjudged: readonly (readonly [string, Metric, 'Error' | 'Inconclusive', RegExp])[] = [
  ['no-provider', { provider: {} }, 'Error', /no provider specified/],
  ['unknown-provider', { provider: { wavefront: { query: 'x' } } }, 'Error', /unknown metric provider "wavefront"/],
  ['bad-duration', { interval: 'soon', count: 2 }, 'Error', /invalid interval string/],
  ['bad-limits', { count: 1, failureLimit: 3 }, 'Error', /count \(1\) must be >= failureLimit/],
  ['bad-condition', { successCondition: 'result[0] >=' }, 'Error', /could not evaluate successCondition/],
  ['not-boolean', { successCondition: 'result[0] + 1' }, 'Error', /could not evaluate successCondition/],
  ['no-such-function', { successCondition: 'system("rm")' }, 'Error', /could not evaluate successCondition/],
  ['bad-argument', { provider: asking('{{args.nobody}}') }, 'Error', /failed to resolve \{\{args\.nobody\}\}/],
  ['empty', { provider: asking('empty') }, 'Error', /no data returned from the metric provider/],
  ['error', { provider: asking('error') }, 'Error', /unknown function/],
  ['status-500', { provider: asking('status-500') }, 'Error', /500/],
  ['garbage', { provider: asking('garbage') }, 'Error', /Prometheus at/],
  ['slow', { provider: asking('slow') }, 'Error', /did not answer within 1 s/],
  ['nan', { provider: asking('nan') }, 'Inconclusive', /NaN/],
  ['no-condition', { successCondition: '' }, 'Inconclusive', /neither a successCondition nor a failureCondition/],
];

const names = [...invalid, ...unjudged].map(([name]) => name);
let desk: FrontDesk;
let prometheus: WebServer;
let isFixed = false;

/** A metric that passes; what is wrong with another one is put over it. The address is filled in when it is applied. */
function fine(): Metric {
  return { name: 'rate', consecutiveErrorLimit: 0, successCondition: 'result[0] >= 0.95', provider: asking('fine') };
}

/** Where no answer is the point, it is waited for a second; everywhere else as long as a busy machine takes. */
function asking(query: string): object {
  return { prometheus: { address: 'http://prometheus', query, timeout: query === 'slow' ? 1 : 60 } };
}

const vector = (...values: string[]) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [0, value] })) },
  });

beforeAll(async () => {
  prometheus = await startWebServer(({ url, body }, response) => {
    const query = new URLSearchParams(body).get('query') ?? url.searchParams.get('query') ?? '';
    const answer = (text: string, status = 200) => response.writeHead(status).end(text);
    if (query === 'fine' || (query === 'empty-for-now' && isFixed)) return answer(vector('1'));
    if (query.startsWith('empty')) return answer(vector());
    if (query === 'nan') return answer(vector('NaN'));
    if (query === 'error')
      return answer(JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'unknown function' }), 400);
    if (query === 'status-500') return answer('out of memory', 500);
    if (query === 'garbage') return answer('<html>welcome</html>');
    // Slow: no answer at all, until the server stops.
    return undefined;
  });
  desk = await openFrontDesk({ ownChannels: [...names, 'no-data'] });
  for (const [name, spec] of invalid) if (spec !== undefined) await apply(name, spec);
  for (const [name, metric] of unjudged) await apply(name, { metrics: [{ ...fine(), ...metric }] });
  const patient = { interval: '500ms', count: 2, consecutiveErrorLimit: 1000, provider: asking('empty-for-now') };
  await apply('no-data', { metrics: [{ ...fine(), ...patient }] });
  for (const name of [...names, 'no-data']) {
    const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: name }] } }];
    await desk.open({ name, replicas: 1, steps });
  }
  for (const [name] of unjudged) await desk.until(name, 'is live', isLive);
  await desk.until('no-data', 'is live', isLive);
  for (const [name] of unjudged) await desk.setImage(name, 'shop:2');
  await desk.setImage('no-data', 'shop:2');
});
afterAll(async () => {
  await desk.stop();
  await prometheus.stop();
});

const templates = '/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates';

async function apply(name: string, spec: object): Promise<void> {
  const text = JSON.stringify(spec).replaceAll('http://prometheus', prometheus.url);
  const known = await desk.sandbox.request('GET', `${templates}/${name}`).catch(() => undefined);
  if (known !== undefined) await desk.sandbox.request('DELETE', `${templates}/${name}`);
  await desk.sandbox.request('POST', templates, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: JSON.parse(text),
  });
}

const Runs = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ ownerReferences: z.array(z.looseObject({ name: z.string() })) }),
      status: z.looseObject({ phase: z.string().default(''), message: z.string().default('') }).prefault({}),
    }),
  ),
});

async function runOf(name: string) {
  const { items } = await desk.sandbox.get(Runs, '/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns');
  return items.find(({ metadata }) => metadata.ownerReferences[0]?.name === name)?.status;
}

const Sets = z.looseObject({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });

async function replicaSetsOf(name: string): Promise<readonly string[]> {
  const { items } = await desk.sandbox.get(Sets, '/apis/apps/v1/namespaces/shop/replicasets');
  return items.map(({ metadata }) => metadata.name).filter((one) => one.replace(/-[^-]+$/, '') === name);
}

it('no data where errors are borne: it holds, and the card says so', async () => {
  const card = await desk.card('no-data', 2, /no data/);
  expect(card.buttons.map(({ id }) => id)).not.toContain('promote');
  const { status } = await desk.rollout('no-data');
  expect(status).toMatchObject({ currentStepIndex: 1, phase: 'Progressing' });
  // From here on there is data: the last test sees what came of it.
  isFixed = true;
});

describe('wrong before it is measured', () => {
  it.each(invalid)(
    '%s: the spec is invalid, nothing is scaled, and a right template lets it go on',
    async (name, _, words) => {
      const { status } = await desk.until(name, 'is invalid', ({ status: { conditions } }) =>
        conditions.some(({ type }) => type === 'InvalidSpec'),
      );
      const message = status.conditions.find(({ type }) => type === 'InvalidSpec')?.message;
      expect(message).toMatch(
        new RegExp(
          `^The Rollout "${name}" is invalid: spec.strategy.canary.steps\\[1\\].analysis.templates: Invalid value: `,
        ),
      );
      expect(message).toMatch(words);
      expect(status).toMatchObject({ phase: 'Degraded', message: `InvalidSpec: ${message}` });
      expect(await replicaSetsOf(name)).toEqual([]);
      expect((await desk.card(name, 0, /invalid spec/)).words).toMatch(words);

      await apply(name, { metrics: [fine()] });
      await desk.until(name, 'is live', isLive);
    },
  );
});

describe('wrong when it is measured', () => {
  it.each(unjudged)('%s: is no pass', async (name, _, phase, words) => {
    const run = await desk.sandbox.eventually(`the run of ${name} ends`, async () => {
      const status = await runOf(name);
      return status !== undefined && !['', 'Pending', 'Running'].includes(status.phase) ? status : undefined;
    });
    expect(run.phase).toBe(phase);
    expect(run.message).toMatch(words);
    const isStopped = phase === 'Error' ? 'Degraded' : 'Paused';
    const { status } = await desk.until(name, `is ${isStopped}`, (rollout) => rollout.status.phase === isStopped);
    expect(status.stableRS).not.toBe(status.currentPodHash);
    if (phase === 'Error') expect(status).toMatchObject({ abort: true });
    else expect(status.pauseConditions?.map(({ reason }) => reason)).toEqual(['InconclusiveAnalysisRun']);
    const card = await desk.card(name, 2, phase === 'Error' ? /rolled back|not verified/ : /inconclusive/);
    expect(card.words).toMatch(words);

    await apply(name, { metrics: [fine()] });
    if (phase === 'Inconclusive') await desk.type('dana', `/rollout abort ${name}`, channelOf(name));
    const answer = await desk.type('dana', `/rollout retry ${name}`, channelOf(name));
    expect(answer.words).toContain(`Asked: retry shop/${name}`);
    await desk.until(name, 'is live', isLive);
  });
});

it('and where there was no data, it went on when there was', async () => {
  await desk.until('no-data', 'is live', isLive);
});
