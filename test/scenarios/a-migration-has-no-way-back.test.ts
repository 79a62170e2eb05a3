import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { channelOf, type FrontDesk, isLive, openFrontDesk, type RolloutSeen } from '../support/front-desk.ts';

const example = resolve(import.meta.dirname, '../../manifests/examples/migrating');
const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
const merge = 'application/merge-patch+json';

/** What each contract Job does; the ledger's is mended while it is held. */
const brokenLedger =
  'job/ledger:1: { startMs: 20, endsAfterMs: 200, exitCode: 1, prints: ["ERROR: column email is in use"] }';
const mendedLedger = 'job/ledger:1: { startMs: 20, endsAfterMs: 200, prints: ["Successfully applied 1 migration"] }';
const images = (ledger: string) => ({
  data: {
    'migrations.yaml': [
      'ghcr.io/acme/accounts: { startMs: 50, latencyMs: 5 }',
      'flyway/flyway: { startMs: 20, endsAfterMs: 200, prints: ["Successfully applied 1 migration"] }',
      'job/fine:1: { startMs: 20, endsAfterMs: 200, prints: ["Successfully applied 1 migration"] }',
      ledger,
    ].join('\n'),
  },
});

const shops = ['accounts', 'ledger', 'till', 'vault', 'typo'] as const;
const imageList = '/api/v1/namespaces/sandbox/configmaps/image-list';
let desk: FrontDesk;

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: shops });
  const { sandbox } = desk;
  await sandbox.request('PATCH', imageList, images(brokenLedger), merge);
  const load = { metadata: { name: 'load' }, data: { 'accounts.example.com': '60' } };
  await sandbox.request('POST', '/api/v1/namespaces/sandbox/configmaps', load);
  const database = { metadata: { name: 'accounts-database' }, stringData: { url: 'x', user: 'y', password: 'z' } };
  await sandbox.request('POST', '/api/v1/namespaces/shop/secrets', database);
  for (const image of ['ledger', 'fine']) await sandbox.request('POST', `${argo}/analysistemplates`, contract(image));
});
afterAll(() => desk?.stop());

function contract(image: string): object {
  const pod = { restartPolicy: 'Never', containers: [{ name: 'flyway', image: `job/${image}:1` }] };
  const job = { spec: { backoffLimit: 0, template: { spec: pod } } };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: `contract-${image}` },
    spec: { metrics: [{ name: 'migration', provider: { job } }] },
  };
}

/** Half its pods, a contract from which there is no way back, and a gate behind it. */
async function open(name: string, image: string, point = '1'): Promise<void> {
  const analysis = { templates: [{ templateName: `contract-${image}` }] };
  const steps = [{ setWeight: 50 }, { analysis }, { pause: {} }];
  await desk.open({ name, replicas: 2, steps, annotations: { 'stepwise.dev/point-of-no-return': point } });
}

async function release(name: string, image: string): Promise<void> {
  await desk.until(name, 'is live', isLive);
  await desk.setImage(name, image);
}

const reasonsOf = ({ status }: RolloutSeen) => (status.pauseConditions ?? []).map(({ reason }) => reason);
const channel = (name: string) => channelOf(name);

let spoken: Promise<unknown> = Promise.resolve();

/** The tests run at once, and one person speaks in all of them: the next question waits for the answer to the last. */
function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const answer = spoken.then(ask);
  spoken = answer.catch(() => undefined);
  return answer;
}

function type(line: string, where: string) {
  return inTurn(() => desk.type('dana', line, where));
}

/** The example as it is shipped, at a test's pace, applied as somebody would. */
async function applyExample(): Promise<void> {
  const kinds: Record<string, string> = {
    Service: '/api/v1/namespaces/shop/services',
    ConfigMap: '/api/v1/namespaces/shop/configmaps',
    Ingress: '/apis/networking.k8s.io/v1/namespaces/shop/ingresses',
    AnalysisTemplate: `${argo}/analysistemplates`,
    Rollout: `${argo}/rollouts`,
  };
  for (const file of readdirSync(example).toSorted()) {
    const text = readFileSync(join(example, file), 'utf8')
      .replaceAll('duration: 10m', 'duration: 1s')
      .replaceAll(/( +)interval: 30s/g, '$1initialDelay: 3s\n$1interval: 1s')
      .replaceAll('[2m]', '[6s]')
      .replace('  annotations:\n', `  annotations:\n    stepwise.dev/channel: ${channel('accounts')}\n`);
    for (const document of parseAllDocuments(text)) {
      const object = z.looseObject({ kind: z.string() }).parse(document.toJS());
      const path = kinds[object.kind];
      if (path !== undefined) await desk.sandbox.request('POST', path, object);
    }
  }
}

describe.concurrent('a release that migrates its database', () => {
  it('expand, migrate, contract: the example runs, and says from where there is no way back', {
    timeout: 170_000,
  }, async () => {
    await applyExample();
    await release('accounts', 'ghcr.io/acme/accounts:1.1.0');
    await desk.card('accounts', 2, /no way back from step 7\/7 \(analysis accounts-contract\) on/);
    await desk.until(
      'accounts',
      'waits at its gate',
      (rollout) => rollout.status.currentStepIndex === 5 && reasonsOf(rollout).length > 0,
    );
    const planned = await type('/rollout plan accounts', channel('accounts'));
    expect(planned.words).toContain('No way back');
    await type('/rollout promote accounts', channel('accounts'));
    await desk.until('accounts', 'is live', isLive);
    const { items } = await desk.sandbox.get(Runs, `${argo}/analysisruns`);
    const jobs = items.filter(
      ({ metadata }) => metadata.labels['rollout-type'] === 'Step' && /^accounts-/.test(metadata.name),
    );
    expect(jobs.map(({ spec }) => spec.args[0]?.value).toSorted()).toEqual(['1.1', '1.2', '1.3']);
    expect(jobs.map(({ status }) => status.phase)).toEqual(['Successful', 'Successful', 'Successful']);
  });

  it('a contract that fails holds it, calls a person, and is run again when they say so', {
    timeout: 170_000,
  }, async () => {
    await open('ledger', 'ledger');
    await release('ledger', 'shop:2');
    const held = await desk.until('ledger', 'is frozen', (rollout) => reasonsOf(rollout).includes('PointOfNoReturn'));
    expect(held.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    const card = await desk.card('ledger', 2, /frozen.*column email is in use.*no way back\* since step 2\/3/s);
    expect(card.buttons.map(({ label }) => label)).toEqual(['Check again', 'Why']);
    await desk.sandbox.eventually('a person is called', () =>
      /🧊 \*ledger 2\* is frozen behind its point of no return and waits for you[\s\S]*1 may not work with what was migrated/.test(
        desk.publicWords(),
      )
        ? true
        : undefined,
    );
    const refused = await type('/rollout abort ledger', channel('ledger'));
    expect(refused.words).toMatch(
      /it is frozen already, by the verdict against it[\s\S]*abort ledger --force because/i,
    );
    const why = await type('/rollout why ledger', channel('ledger'));
    expect(why.words).toContain('frozen behind its point of no return');

    await desk.sandbox.request('PATCH', imageList, images(mendedLedger), merge);
    await inTurn(() => desk.press('dana', card, 'promote'));
    await desk.until(
      'ledger',
      'comes to its gate',
      (rollout) => rollout.status.currentStepIndex === 2 && reasonsOf(rollout).includes('CanaryPauseStep'),
    );
    expect((await desk.rollout('ledger')).status.abort).toBeUndefined();

    await type('/rollout promote ledger', channel('ledger'));
    await desk.until('ledger', 'is live', isLive);
    const live = await desk.card('ledger', 2, /is live[\s\S]*no safe undo\*: it passed step 2\/3/);
    const warned = await inTurn(() => desk.press('dana', live, 'undo'));
    expect(warned.words).toContain('1 may not work with what was migrated');
    expect(warned.words).toContain('undo shop/ledger --force because …');
    const question = await type('/rollout undo ledger --force because the dump was restored', channel('ledger'));
    expect(question.words).toMatch(/Past its point of no return\*, step 2\/3 \(analysis contract-ledger\)/);
    expect((await desk.rollout('ledger')).spec.template.spec.containers[0]?.image).toBe('shop:2');
    await inTurn(() => desk.press('dana', question, 'line-1'));
    await desk.until(
      'ledger',
      'is back all the same',
      (rollout) => isLive(rollout) && rollout.spec.template.spec.containers[0]?.image === 'shop:1',
    );
    await desk.card('ledger', 3, /went back past\* its point of no return/);
  });

  it('abort becomes a freeze, and is one only where it is forced', { timeout: 170_000 }, async () => {
    await open('till', 'fine');
    await release('till', 'shop:2');
    await desk.until(
      'till',
      'waits behind it',
      (rollout) => rollout.status.currentStepIndex === 2 && reasonsOf(rollout).length > 0,
    );
    const card = await desk.card(
      'till',
      2,
      /waits for you[\s\S]*no way back\* since step 2\/3 \(analysis contract-fine\)/,
    );
    expect(card.buttons.map(({ label }) => label)).toEqual(['Promote to 100 %', 'Freeze']);
    const frozen = await type('/rollout abort till errors on the payment page', channel('till'));
    expect(frozen.words).toMatch(/Frozen, not aborted: shop\/till/);
    expect(frozen.words).toContain('going back is not safe');
    expect(frozen.words).toContain('abort shop/till --force because …');
    const held = await desk.until('till', 'is held', ({ spec }) => spec.paused === true);
    expect(held.status.abort).toBeUndefined();
    await desk.card('till', 2, /at 50 %, frozen/);
    await desk.sandbox.eventually('it is told', () =>
      /🧊 dana froze \*till 2\*[\s\S]*going back is not safe/i.test(desk.publicWords()) ? true : undefined,
    );

    const reasonless = await type('/rollout abort till --force', channel('till'));
    expect(reasonless.words).toContain('needs a reason');
    await type('/rollout abort till --force because the old schema was restored', channel('till'));
    await desk.until('till', 'goes back', ({ status }) => status.abort === true && status.phase === 'Degraded');
    await desk.card('till', 2, /went back past\* its point of no return, step 2\/3/);
    const entries = await desk.sandbox.eventually('the reason is recorded', async () => {
      const { items } = await desk.sandbox.get(Records, '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords');
      const all = items.flatMap((item) => item.entries);
      return all.some(({ event, facts }) => event === 'asked:abort' && facts.forced === 'true') ? all : undefined;
    });
    expect(entries.find(({ facts }) => facts.forced === 'true')).toMatchObject({ text: 'the old schema was restored' });
  });

  it('a raw abort still aborts, and the card says what that means', { timeout: 170_000 }, async () => {
    await open('vault', 'fine');
    await release('vault', 'shop:2');
    await desk.until(
      'vault',
      'waits behind it',
      (rollout) => rollout.status.currentStepIndex === 2 && reasonsOf(rollout).length > 0,
    );
    await desk.patch('vault', { status: { abort: true } }, 'status');
    await desk.until('vault', 'goes back', ({ status }) => status.abort === true && status.phase === 'Degraded');
    await desk.card('vault', 2, /went back past\* its point of no return, step 2\/3 \(analysis contract-fine\)/);
  });

  it('a value that cannot be is told before anything moves', { timeout: 170_000 }, async () => {
    await open('typo', 'fine');
    await desk.until('typo', 'is live', isLive);
    await desk.patch('typo', { metadata: { annotations: { 'stepwise.dev/point-of-no-return': 'contract' } } });
    await desk.card('typo', 1, /invalid spec[\s\S]*point-of-no-return[\s\S]*must be the index of a step/i);
    await desk.patch('typo', { metadata: { annotations: { 'stepwise.dev/point-of-no-return': '1' } } });
    await desk.until('typo', 'is live', isLive);
  });
});

const Runs = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({ args: z.array(z.looseObject({ value: z.string().optional() })).default([]) }),
      status: z.looseObject({ phase: z.string().optional() }).default({}),
    }),
  ),
});

const Records = z.looseObject({
  items: z.array(
    z.looseObject({
      entries: z
        .array(
          z.looseObject({
            event: z.string(),
            text: z.string().default(''),
            facts: z.record(z.string(), z.string()).default({}),
          }),
        )
        .default([]),
    }),
  ),
});
