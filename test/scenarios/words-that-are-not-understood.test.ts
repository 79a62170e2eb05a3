import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { channels, type FrontDesk, isLive, openFrontDesk, type Told } from '../support/front-desk.ts';

let desk: FrontDesk;
let before: Readonly<Record<string, string>>;

const hold = [{ setWeight: 50 }, { pause: {} }];

beforeAll(async () => {
  desk = await openFrontDesk();
  for (const namespace of ['pay', 'search'])
    await desk.sandbox.request('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
  for (const namespace of ['pay', 'search']) {
    const binding = { name: 'slack-deployers', namespace };
    await desk.sandbox.request('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: binding,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'stepwise-deployer' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'slack:deployers' }],
    });
  }
  const names = [
    ['cart', 'shop'],
    ['api', 'pay'],
    ['api', 'search'],
  ] as const;
  for (const [name, namespace] of names) await desk.open({ name, namespace, steps: hold });
  await desk.open({
    name: 'legacy',
    steps: hold,
    containers: [
      { name: 'web', image: 'shop:1' },
      { name: 'worker', image: 'shop:1' },
    ],
  });
  for (const name of ['checkout', 'cart', 'legacy']) await desk.until(name, 'is live', isLive);
  for (const name of ['checkout', 'cart', 'legacy']) await desk.card(name, 1, /is live/);
  await desk.sandbox.eventually('both APIs are live', async () =>
    isLive(await desk.rollout('api', 'pay')) && isLive(await desk.rollout('api', 'search')) ? true : undefined,
  );
  await desk.card('api', 1, /is live/, 'pay');
});
afterAll(() => desk.stop());

beforeEach(async () => {
  before = await desk.versions();
});

async function nothingWasDone(answer: Told): Promise<void> {
  expect(await desk.versions()).toEqual(before);
  const [said = ''] = answer.words.split('\n');
  if (!said.includes(' is live')) expect(desk.publicWords()).not.toContain(said);
}

const labels = ({ buttons }: Told) => buttons.map(({ label }) => label);

// typed, what the answer says, the buttons it has
const notDone: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ['frobnicate checkout', /I read `frobnicate checkout`.*do not know the word `frobnicate`/s, ['Help']],
  [
    'abrot checkout',
    /do not know the word `abrot`.*Did you mean `\/rollout abort checkout`/s,
    ['Abort checkout', 'Help'],
  ],
  ['strat checkout 2.0.0', /`\/rollout start checkout 2\.0\.0`/, ['Start checkout 2.0.0', 'Help']],
  ['undoo checkout', /`\/rollout undo checkout`/, ['Undo checkout', 'Help']],
  ['checkout abort', /verb comes first.*`\/rollout abort checkout`/s, ['Abort checkout']],
  ['checkout 2.0.0', /`\/rollout start checkout 2\.0\.0`/, ['Start checkout 2.0.0']],
  ['start chekout 2.0.0', /no rollout chekout/, ['start shop/checkout 2.0.0']],
  ['abort chekout', /no rollout chekout/, ['abort shop/checkout']],
  ['start nothing-like-it 2.0.0', /no rollout nothing-like-it.*`\/rollout list`/s, []],
  ['start shop/api 3', /no rollout api in shop/, []],
  ['start api 3 -n nowhere', /no rollout api in nowhere/, []],
  ['promote api', /more than one api/, ['promote pay/api', 'promote search/api']],
  ['start checkout ::', /`::` is no image/, ['Help']],
  ['start checkout 2.0.0 please', /did not understand `please`/, ['Start checkout 2.0.0']],
  ['start checkout sha256:abc', /is no image/, []],
  ['start checkout ghcr.io/acme/checkout', /is no image/, []],
  ['start checkout web=2.0.0', /no container web/, ['checkout']],
  ['start legacy 2', /several containers/, ['web', 'worker']],
  ['start checkout 1.4.2', /already runs ghcr\.io\/acme\/checkout:1\.4\.2/, ['Restart pods']],
  ['promote checkout --forse', /Unknown flag `--forse`; promote takes .*--full/, ['Help']],
  ['start checkout 2.0.0 --now', /Unknown flag `--now`/, ['Help']],
  ['undo checkout --to', /`--to` needs a value/, ['Help']],
  ['undo checkout to twelve', /`twelve` is no revision number/, ['Help']],
  ['undo checkout --to 0', /`0` is no revision number/, ['Help']],
  ['abort ../../etc/passwd', /cannot be the name of a rollout|no rollout/, []],
  ['freeze shop until Mon 09:00', /`freeze`.*comes later/, ['Help']],
  ['override "fire" abort checkout', /`override`.*comes later/, ['Help']],
  ['plan checkout 2.0.0', /Plan of .*→ 2\.0\.0.*Steps.*Time/s, ['Start checkout 2.0.0']],
  ['start checkout 2.0.0 --dry-run', /Plan of .*→ 2\.0\.0/, ['Start checkout 2.0.0']],
  ['start deploy/checkout 2.0.0', /is a plain Deployment: those come later/, []],
  ['promote checkout', /nothing is under way/i, []],
  ['abort checkout', /nothing is under way/i, []],
  ['pause checkout', /nothing is under way/i, []],
  ['resume checkout', /nobody has paused it/i, []],
  ['retry checkout', /not aborted/, []],
  ['undo checkout --to 1', /Revision 1 is the one that runs/, []],
];

it.each(notDone)('%s: is answered, and nothing is done', async (line, words, buttons) => {
  const answer = await desk.type('dana', `/rollout ${line}`);
  expect(answer.words).toMatch(words);
  if (buttons.length > 0) expect(labels(answer)).toEqual(buttons);
  await nothingWasDone(answer);
});

it.each([
  ['', /Nothing of yours is moving/],
  ['list', /checkout 1\.4\.2 is live/],
  ['status checkout', /checkout 1\.4\.2 is live/],
  ['checkout', /checkout 1\.4\.2 is live/],
  ['why checkout', /checkout/],
  ['help', /start checkout 2\.0\.0/],
  ['help promote', /go through the gate/i],
  ['whoami', /slack:U0DANA/],
  ['abort', /Which one\?.*moving/s],
])('reading "%s": is answered to the person alone', async (line, words) => {
  const answer = await desk.type('dana', `/rollout ${line}`);
  expect(answer.words).toMatch(words);
  await nothingWasDone(answer);
});

it('another repository needs a right of its own, which no default role has', async () => {
  const answer = await desk.type('dana', '/rollout start checkout image=evil.io/x:1');
  expect(answer.words).toContain('start-foreign');
  expect(answer.words).toContain('No default role has');
  await nothingWasDone(answer);
});

it('who has that right is asked once, with both names', async () => {
  await allow('start-foreign');
  const answer = await desk.type('dana', '/rollout start cart ghcr.io/elsewhere/shop:2');
  expect(answer.words).toMatch(/another repository than today's: shop:1 → ghcr\.io\/elsewhere\/shop:2/);
  expect(labels(answer)).toEqual(['Yes, start it']);
  await nothingWasDone(answer);
});

it('an unusual tag is asked once, and the button starts what it says', async () => {
  const answer = await desk.type('dana', '/rollout start checkout v2.0.0');
  expect(answer.words).toContain('Usual tags here look like 1.4.2, and tags are never rewritten');
  expect(labels(answer)).toEqual(['v2.0.0', '2.0.0']);
  await nothingWasDone(answer);

  await desk.press('dana', answer, 'line-2');
  const { spec } = await desk.rollout('checkout');
  expect(spec.template.spec.containers[0]?.image).toBe('ghcr.io/acme/checkout:2.0.0');
});

it('a container is chosen by its button, and both may be given at once', async () => {
  const answer = await desk.type('dana', '/rollout start legacy web=2 worker=3');
  expect(answer.words).toContain('Asked: start shop/legacy');
  const { spec } = await desk.rollout('legacy');
  expect(spec.template.spec.containers.map(({ image }) => image)).toEqual(['shop:2', 'shop:3']);
});

it('a channel says which namespace is meant', async () => {
  const answer = await desk.type('dana', '/rollout start api 3', channels.pay);
  expect(answer.words).toContain('pay/api');
  expect((await desk.rollout('api', 'pay')).spec.template.spec.containers[0]?.image).toBe('shop:3');
  expect((await desk.rollout('api', 'search')).spec.template.spec.containers[0]?.image).toBe('shop:1');
});

async function allow(verb: string): Promise<void> {
  const meta = { name: `may-${verb}`, namespace: 'shop' };
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const rules = [{ apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: [verb] }];
  await desk.sandbox.request('POST', `${rbac}/roles`, { apiVersion, kind: 'Role', metadata: meta, rules });
  await desk.sandbox.request('POST', `${rbac}/rolebindings`, {
    apiVersion,
    kind: 'RoleBinding',
    metadata: meta,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: meta.name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'slack:U0DANA' }],
  });
}
