import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Installation, openInstallation } from '../support/installation.ts';
import { hasKubectl, type Ran } from '../support/kubectl.ts';
import { readCommands } from '../support/readme-commands.ts';

/** What cannot run here, and why. Everything else in README's code blocks is run below, line by line. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm ci && npm run sandbox': 'played on a bare machine (test/bare-machine)',
  'npm run sandbox -- --story bad': 'played on a bare machine (test/bare-machine)',
  'npm ci && npm test': 'this test is part of it',
  'docker build -t $REG/stepwise:0.1 . && docker push $REG/stepwise:0.1': 'needs a registry',
  '/invite @Stepwise': "a word of Slack's own",
};

const channel = 'C0HELLO';
const commands = readCommands();
const isThere = hasKubectl('nobody followed the README');

let admin: Installation;
const done = new Set<string>();

beforeAll(async () => {
  admin = await openInstallation(channel);
  // "Put the channel's id into it", as README asks.
  admin.edit('manifests/examples/policy.yaml', (text) => text.replace(/C0[0-9]+\]/, `${channel}]`));
}, 60_000);
afterAll(() => admin.stop());

/** Runs a line that README holds word for word: when it is no longer there, the test is what is wrong. */
async function follow(start: string, { mayFail = false } = {}): Promise<Ran> {
  const line = commands.find((command) => command.line.startsWith(start))?.line;
  if (line === undefined) throw new Error(`README does not say ${start}`);
  const ran = await admin.run(line);
  done.add(line);
  if (!mayFail) expect(ran, `${line}\n${ran.words}`).toMatchObject({ code: 0 });
  return ran;
}

const Seen = z.looseObject({
  metadata: z.looseObject({ uid: z.string(), generation: z.number() }),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      abort: z.boolean().optional(),
      stableRS: z.string().optional(),
      currentPodHash: z.string().optional(),
      pauseConditions: z.array(z.unknown()).nullish(),
    })
    .default({}),
});
type Seen = z.infer<typeof Seen>;

const hello = '/apis/argoproj.io/v1alpha1/namespaces/hello/rollouts/hello';

function untilHello(what: string, isSo: (rollout: Seen) => boolean): Promise<Seen> {
  return admin.eventually(`hello ${what}`, async () => {
    const rollout = Seen.parse((await admin.get(hello)) ?? {});
    return isSo(rollout) ? rollout : undefined;
  });
}

function isLive(version: string): (rollout: Seen) => boolean {
  return ({ spec, status }) =>
    spec.template.spec.containers[0]?.image.endsWith(`:${version}`) === true &&
    status.phase === 'Healthy' &&
    status.stableRS === status.currentPodHash;
}

const isAtGate = ({ status }: Seen) => status.phase === 'Paused' && (status.pauseConditions ?? []).length > 0;

/** Types it in the channel; gives the words that this person alone sees. */
async function type(user: string, line: string): Promise<string> {
  const answers = () => admin.slack.transcript().messages.filter(({ onlyFor }) => onlyFor === user);
  const before = answers().length;
  await admin.slack.command({ user, channel, text: line });
  done.add(line);
  const story = await admin.eventually(`${user} hears an answer`, () => answers()[before]);
  return JSON.stringify(story.versions.at(-1));
}

/** Presses Promote on the card that has it now. */
async function pressPromote(): Promise<void> {
  const { ts } = await admin.eventually('a card with Promote', () =>
    admin.slack.transcript().messages.findLast(({ onlyFor, versions, deletedAtMs }) => {
      const now = JSON.stringify(versions.at(-1)?.blocks ?? []);
      return onlyFor === undefined && deletedAtMs === undefined && now.includes('"action_id":"promote"');
    }),
  );
  await admin.slack.click({ user: 'U0DANA', channel, ts, action_id: 'promote' });
}

it('every command of README is run here, or is on the list of what cannot be', () => {
  expect(commands.length).toBeGreaterThan(20);
  const unknown = commands.filter(
    ({ line, script }) =>
      script === undefined && elsewhere[line] === undefined && !/^(kubectl|npm run stepwise --|\/rollout) /.test(line),
  );
  expect(unknown).toEqual([]);
  const gone = Object.keys(elsewhere).filter((line) => !commands.some((command) => command.line === line));
  expect(gone).toEqual([]);
});

it('every file that README names is there', () => {
  const text = readFileSync('README.md', 'utf8');
  const named = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)|(manifests\/[\w./-]*\w)/g)].map(
    ([, link, path]) => link ?? path ?? '',
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

describe.skipIf(!isThere)('the steps', () => {
  it('1 to 7: nothing is there, and then it runs', async () => {
    await follow('kubectl version');
    expect((await follow('kubectl get crd rollouts.argoproj.io', { mayFail: true })).words).toContain('NotFound');
    expect((await follow('kubectl get deploy -A')).words).toContain('No resources found');
    await follow('kubectl create -k manifests/install/crds-argo');
    await follow('kubectl create ns argo-rollouts');
    await follow('kubectl apply --server-side -k manifests/install/crds');
    await follow('kubectl create ns stepwise');
    const { words } = await follow('kubectl apply --server-side -k manifests/install/overlays/first');
    expect(words).toContain('deployment "stepwise" successfully rolled out');
    // What the Deployment would be, runs here beside it.
    await admin.startService();
  });

  it('8 to 10: doctor, rights and the channel, without a restart', async () => {
    const before = await type('U0DANA', '/rollout doctor');
    expect(before).toContain('*This channel*: no DeliveryPolicy names it');
    expect(before).toMatch(/✓ \*Rights in the cluster\*: all \d+ are there/);
    expect(before).toContain('✓ *Custom resources*: 7 of 7');
    await follow('kubectl apply -f manifests/examples/access.yaml');
    await follow('kubectl apply -f manifests/examples/policy.yaml');
    await admin.eventually('the policy is seen', async () => {
      const words = await type('U0DANA', '/rollout doctor');
      return words.includes('*This channel*: bound to namespaces hello by DeliveryPolicy hello/channels') || undefined;
    });
  });

  it('11: a first rollout goes to its gate, to 100 %, and another one is aborted', async () => {
    await follow('kubectl apply -f manifests/examples/hello');
    await untilHello('is live', isLive('1.0'));
    // Not bound in any other way: CHANNELS is not set.
    expect(await type('U0DANA', '/rollout start hello 2.0')).toContain('Asked: start');
    await untilHello('waits', isAtGate);
    await pressPromote();
    const two = await untilHello('is live', isLive('2.0'));
    await type('U0DANA', '/rollout start hello 1.0');
    await untilHello('waits', (rollout) => isAtGate(rollout) && rollout.status.currentPodHash !== two.status.stableRS);
    await type('U0DANA', '/rollout abort hello');
    const { status } = await untilHello(
      'is aborted',
      ({ status }) => status.abort === true && status.phase === 'Degraded',
    );
    expect(status.stableRS).toBe(two.status.stableRS);
  });

  it('the commands of the other sections, on a service with metrics', async () => {
    const example = 'manifests/examples/checkout';
    const applied = await admin.run(`kubectl apply -f ${example}`);
    expect(applied, applied.words).toMatchObject({ code: 0 });
    await admin.eventually('checkout is live', async () => {
      const rollout = Seen.safeParse(await admin.get('/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/checkout'));
      return (rollout.success && isLive('1.4.2')(rollout.data)) || undefined;
    });
    const ours = { STEPWISE_URL: await admin.serviceUrl(), IMAGE_HOOK_SECRET: 'hook' };
    for (const script of new Set(commands.flatMap((command) => command.script ?? []))) {
      expect((await admin.run(script, ours)).words).toContain('checkout');
      for (const { line } of commands.filter((command) => command.script === script)) done.add(line);
    }
    const typed = commands.filter(({ line }) => /^npm run stepwise -- |^kubectl .* exec /.test(line));
    expect(typed.length).toBeGreaterThan(2);
    await Promise.all(
      typed.map(async ({ line }) => {
        // The containers of the sandbox run no code: what would run inside runs here, with the service's own rights.
        const inside = line.replace(/^kubectl -n stepwise exec deploy\/stepwise -- /, '');
        const near = inside.replace('http://localhost:9090', admin.prometheusUrl);
        const environment = inside === line ? {} : { ...admin.serviceSettings(), LOG_LEVEL: 'silent' };
        // Until there was enough of what is measured.
        await admin.eventually(line, async () => ((await admin.run(near, environment)).code === 0 ? true : undefined));
        done.add(line);
      }),
    );
  });

  it('12: removed, it leaves every Rollout and every definition as it was', async () => {
    await admin.stopService();
    const look = async () => ({
      rollouts: await versionsOf('/apis/argoproj.io/v1alpha1/rollouts'),
      replicaSets: await versionsOf('/apis/apps/v1/namespaces/hello/replicasets'),
      pods: await versionsOf('/api/v1/namespaces/hello/pods'),
      records: await versionsOf('/apis/stepwise.dev/v1alpha1/deliveryrecords'),
      definitions: await versionsOf('/apis/apiextensions.k8s.io/v1/customresourcedefinitions'),
      argo: await versionsOf('/api/v1/namespaces', 'argo-rollouts'),
    });
    const before = await look();
    expect(Object.values(before).map((found) => Object.keys(found).length > 0)).toEqual(Array(6).fill(true));
    await follow('kubectl delete -k manifests/install/overlays/first');
    expect(await versionsOf('/apis/rbac.authorization.k8s.io/v1/clusterroles', 'stepwise')).toEqual({});
    expect(await versionsOf('/api/v1/namespaces', 'stepwise')).toEqual({});
    expect(await look()).toEqual(before);
  });

  it('for some namespaces only: it plays a release with Roles in place of a ClusterRole', async () => {
    await follow('kubectl create ns stepwise');
    const installed = await admin.run('kubectl apply --server-side -k manifests/install/overlays/namespaces');
    expect(installed, installed.words).toMatchObject({ code: 0 });
    const account = '--as=system:serviceaccount:stepwise:stepwise --as-group=system:serviceaccounts';
    const mayWe = async (question: string) =>
      (await admin.run(`kubectl auth can-i ${question} ${account}`)).words.trim();
    expect(await Promise.all(['-n hello', '-n shop', '-A'].map((where) => mayWe(`get secrets ${where}`)))).toEqual([
      'yes',
      'no',
      'no',
    ]);
    await admin.startService({
      QUEUE_PREFIX: 'namespaces',
      DATA_DIR: `${admin.serviceSettings().DATA_DIR}-of-namespaces`,
    });
    await admin.eventually('all is well', async () => {
      const words = await type('U0DANA', '/rollout doctor');
      return /✓ \*Rights in the cluster\*: all \d+ are there/.test(words) || undefined;
    });
    // Begun elsewhere while no channel was bound: its card appears with the policy.
    expect((await admin.run('kubectl delete -f manifests/examples/policy.yaml')).code).toBe(0);
    const image = '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"hello:3.0"}]';
    expect((await admin.run(`kubectl -n hello patch rollout hello --type json -p '${image}'`)).code).toBe(0);
    await untilHello('waits', (rollout) => isAtGate(rollout) && rollout.status.abort !== true);
    expect(await type('U0DANA', '/rollout plan hello 3.1')).toContain('Who may');
    await follow('kubectl apply -f manifests/examples/policy.yaml');
    await pressPromote();
    await untilHello('is live', isLive('3.0'));
    expect(admin.logged().filter((line) => /orbidden/.test(line))).toEqual([]);
  });

  it('no command of README was left out', () => {
    expect(commands.map(({ line }) => line).filter((line) => !done.has(line) && elsewhere[line] === undefined)).toEqual(
      [],
    );
  });
});

const Listed = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ namespace: z.string().default(''), name: z.string(), resourceVersion: z.string() }),
    }),
  ),
});

/** Name → resourceVersion: equal when nobody wrote in between. */
async function versionsOf(path: string, prefix = ''): Promise<Record<string, string>> {
  const { items } = Listed.parse(await admin.get(path));
  return Object.fromEntries(
    items
      .filter(({ metadata }) => metadata.name.startsWith(prefix))
      .map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]),
  );
}
