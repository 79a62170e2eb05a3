import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allow } from '../support/allow.ts';
import { channels, type FrontDesk, isAtGate, isLive, openFrontDesk, type Told } from '../support/front-desk.ts';

// The 33 inputs of the grammar (their numbers are kept), and what else people get wrong, in one world:
// shop/checkout 1.4.2, shop/cart v8 with a sidecar, pay/api, search/api, shop/legacy with two containers.

let desk: FrontDesk;

const hold = [{ setWeight: 50 }, { pause: {} }];
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces';

beforeAll(async () => {
  desk = await openFrontDesk({
    environment: { CHANNELS: `shop=${channels.shop},pay=${channels.pay},search=${channels.lobby}` },
  });
  const { sandbox } = desk;
  for (const name of ['pay', 'search']) {
    await sandbox.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await bind(name, 'slack-deployers', 'stepwise-deployer', { kind: 'Group', name: 'slack:deployers' });
  }
  const sidecar = { name: 'istio-proxy', image: 'shop:1' };
  await desk.open({ name: 'cart', steps: hold, containers: [{ name: 'cart', image: 'shop:v8' }, sidecar] });
  await desk.open({
    name: 'legacy',
    steps: hold,
    containers: [
      { name: 'web', image: 'shop:1' },
      { name: 'worker', image: 'shop:1' },
    ],
  });
  for (const namespace of ['pay', 'search']) await desk.open({ name: 'api', namespace, steps: hold });
  for (const name of ['checkout', 'cart', 'legacy']) await desk.until(name, 'is live', isLive);
  await sandbox.eventually('both APIs are live', async () =>
    isLive(await desk.rollout('api', 'pay')) && isLive(await desk.rollout('api', 'search')) ? true : undefined,
  );
  // A card that is still being written would be a change that nobody asked for.
  for (const name of ['checkout', 'cart', 'legacy']) await desk.card(name, 1, /is live/);
  await desk.card('api', 1, /is live/, 'pay');
  await desk.card('api', 1, /is live/, 'search');
}, 180_000);
afterAll(() => desk.stop());

const labels = ({ buttons }: Told) => buttons.map(({ label }) => label);
const imagesOf = async (name: string, namespace = 'shop') =>
  (await desk.rollout(name, namespace)).spec.template.spec.containers.map(({ image }) => image);

/** Types it as Dana, and sees that nothing was changed and nobody else was told. */
async function typeInVain(line: string, user = 'dana'): Promise<Told> {
  const before = await desk.versions();
  const answer = await desk.type(user, `/rollout ${line}`);
  expect(await desk.versions()).toEqual(before);
  const [said = ''] = answer.words.split('\n');
  if (!said.includes(' is live')) expect(desk.publicWords()).not.toContain(said);
  return answer;
}

/** Mentions the app in the thread of a card. */
async function mention(text: string, card: Told): Promise<Told> {
  const before = desk.answersTo('dana').length;
  await desk.slack.say({ user: 'U0DANA', channel: card.channel, text: `@Stepwise ${text}`, thread_ts: card.ts });
  return desk.sandbox.eventually('an answer', () => desk.answersTo('dana')[before]);
}

async function bind(namespace: string, name: string, role: string, subject: object): Promise<void> {
  await desk.sandbox.request('POST', `${rbac}/${namespace}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }],
  });
}

// typed, what the answer says, the buttons it has (undefined: not looked at)
type Row = readonly [typed: string, words: RegExp, buttons?: readonly string[]];

describe('while everything is live, nothing is done by', () => {
  const rows: readonly Row[] = [
    /* 2 */ ['Start checkout v2.0.0', /usual tags here look like 1\.4\.2/i, ['v2.0.0', '2.0.0']],
    /* 5 */ ['start checkout image=evil.io/x:1', /`start-foreign`.*No default role has/s, []],
    /* 6 */ ['start legacy 2', /several containers/, ['web', 'worker']],
    /* 8 */ ['start checkout 1.4.2', /already runs \S+:1\.4\.2 \(rev 1\)/, ['Restart pods']],
    /* 10 */ [
      'start chekout 2.0.0',
      /no rollout chekout.*Did you mean shop\/checkout\?/s,
      ['Start shop/checkout 2.0.0'],
    ],
    /* 11 */ ['start api 3.1.0', /more than one api/, ['Start pay/api 3.1.0', 'Start search/api 3.1.0']],
    /* 14 */ ['start checkout 2.0.0 --dry-run', /Plan of .*→ 2\.0\.0/, ['Start checkout 2.0.0']],
    /* 14 */ ['plan checkout 2.0.0', /Plan of .*→ 2\.0\.0.*Steps.*Time/s, ['Start checkout 2.0.0']],
    /* 15 */ ['start checkout 2.0.0 please', /did not understand `please`/, ['Start checkout 2.0.0']],
    /* 17 */ ['promote checkout 50%', /weights come from the plan 10-25-50-75-100/],
    /* 18 */ ['checkout', /checkout 1\.4\.2 is live/],
    /* 19 */ ['checkout 2.0.0', /Did you mean `\/rollout start checkout 2\.0\.0`/, ['Start checkout 2.0.0']],
    /* 20 */ ['checkout abort', /verb comes first.*`\/rollout abort checkout`/s, ['Abort checkout']],
    /* 23 */ ['abrot checkout', /I do not know the word `abrot`/, ['Abort checkout', 'Help']],
    /* 24 */ ['abort', /Which one\?.*is moving/s, []],
    /* 25 */ ['rollback checkout --revision 2', /revision 2 is not kept/i],
    /* 27 */ [
      'reject checkout “needs the migration first”',
      /`reject`.*comes later.*`\/rollout pause checkout` or `\/rollout abort checkout`/s,
      ['Pause checkout', 'Abort checkout', 'Help'],
    ],
    /* 28 */ ['reject checkout', /`reject`.*comes later/],
    /* 29 */ ['freeze shop until Mon 09:00 except hotfix', /`freeze`.*comes later.*What works today/s, ['Help']],
    /* 30 */ ['changes 1h', /Moved in the last hour.*shop\/checkout \*?1\.4\.2.* is live/s],
    /* 31 */ ['promote checkout --forse', /Unknown flag `--forse`; promote takes .*--full/, ['Help']],
    /* 32 */ ['', /Nothing of yours is moving. To begin with:(\n.*){5}/],
    ['frobnicate checkout', /I read `frobnicate checkout`.*do not know the word `frobnicate`/s, ['Help']],
    ['strat checkout 2.0.0', /`\/rollout start checkout 2\.0\.0`/, ['Start checkout 2.0.0', 'Help']],
    ['start nothing-like-it 2.0.0', /no rollout nothing-like-it.*`\/rollout list`/s, []],
    ['start shop/api 3', /no rollout api in shop/, []],
    ['start api 3 -n nowhere', /no rollout api in nowhere/, []],
    ['start checkout sha256:abc', /is no image/, []],
    ['start checkout ghcr.io/acme/checkout@a@b', /is no image/, []],
    ['start checkout web=2.0.0', /no container web/, ['checkout']],
    ['start legacy web=2 web=3', /one container cannot get two images/],
    ['start 2.0.0', /Which one to start\?/],
    ['start deploy/checkout 2.0.0', /no rollout deploy\/checkout that you may see/, []],
    ['abort ../../etc/passwd', /cannot be the name of a rollout/],
    ['shop/checkout -n pay', /do not know the word/],
    ['status shop/checkout -n pay', /names two namespaces/],
    ['override "fire" abort checkout', /`override`.*comes later/, ['Help']],
    ['promote checkout', /nothing is under way/i, []],
    ['abort checkout', /nothing is under way/i, []],
    ['pause checkout', /nothing is under way/i, []],
    ['finish checkout', /No default role has `finish`/, []],
    ['skip checkout because I know', /No default role has `skip`/, []],
    ['resume checkout', /nobody has paused it/i, []],
    ['retry checkout', /not aborted.*`\/rollout restart checkout`/s, []],
    ['undo checkout', /no earlier healthy revision/i, []],
    ['undo checkout --to 1', /Revision 1 is the one that runs/, []],
    ['list', /checkout 1\.4\.2 is live/],
    ['list -n search', /api 1 is live/],
    ['list search', /did not understand `search`/],
    ['why checkout', /checkout/],
    ['history checkout', /shop\/checkout.*rev 1 \*?1\.4\.2.*live/s],
    ['where', /shop\*?: cart, checkout, legacy · here/],
    ['changes soon', /`soon` is no length of time/],
    ['help', /start checkout 2\.0\.0/],
    ['help finish', /Needs a reason/],
    ['whoami', /slack:U0DANA.*slack:deployers.*\nYou may ship in `shop`.*: `\/rollout where` lists what\.$/],
  ];

  for (const [line, words, buttons] of rows) {
    it(line === '' ? '(nothing)' : line, async () => {
      const answer = await typeInVain(line);
      expect(answer.words).toMatch(words);
      expect(answer.buttons.length).toBeLessThanOrEqual(5);
      if (buttons !== undefined) expect(labels(answer)).toEqual(buttons);
    });
  }

  it('whoami: what to ask for is said to whoever may not ship', async () => {
    const answer = await typeInVain('whoami', 'vera');
    expect(answer.words).toMatch(/To ship in `shop`.*kind: RoleBinding.*namespace: shop.*name: "slack:U0VERA"/s);
    expect(answer.words).not.toContain('You may ship');
  });

  it('a name that this person may not see: it is not told, nor chosen between', async () => {
    // Vera may see shop alone.
    expect((await typeInVain('status api', 'vera')).words).toMatch(/no rollout api that you may see/);
    expect((await typeInVain('status chekout', 'vera')).words).toContain('Status shop/checkout');
    expect((await typeInVain('changes 1h', 'vera')).words).not.toContain('pay/api');
  });
});

describe('what is typed is done', () => {
  it('3 and 12: the sidecar is left alone, and a channel says which namespace is meant', async () => {
    expect((await desk.type('dana', '/rollout deploy shop/cart to v9')).words).toContain('Asked: start shop/cart (v9)');
    expect(await imagesOf('cart')).toEqual(['shop:v9', 'shop:1']);
    const answer = await desk.type('dana', '/rollout start api 3', channels.pay);
    expect(answer.words).toContain('Asked: start pay/api (3)');
    expect(await imagesOf('api', 'search')).toEqual(['shop:1']);
  });

  it('13 and 7: a namespace may be named, and two containers at once', async () => {
    const answer = await desk.type('dana', '/rollout start api 4 -n search', channels.lobby);
    expect(answer.words).toContain('Asked: start search/api (4)');
    expect(await imagesOf('api', 'pay')).toEqual(['shop:3']);
    const both = await desk.type('dana', '/rollout start legacy web=shop:2 worker=shop:3');
    expect(both.words).toContain('Asked: start shop/legacy');
    expect(await imagesOf('legacy')).toEqual(['shop:2', 'shop:3']);
  });

  it('24 and 20: abort offers what moves, and its button acts at once', async () => {
    for (const name of ['cart', 'legacy']) await desk.until(name, 'is at its gate', isAtGate);
    for (const name of ['cart', 'legacy']) await desk.card(name, 2, /waits for you/);
    const all = await desk.type('dana', '/rollout abort');
    for (const name of ['cart', 'legacy', 'api 3', 'api 4']) expect(all.words).toContain(name);
    const one = await desk.type('dana', '/rollout abort -n search');
    expect(one.words).not.toContain('cart');
    expect((await desk.press('dana', one, 'abort')).words).toContain('Asked: abort search/api');
    await desk.sandbox.eventually('it is aborted', async () =>
      (await desk.rollout('api', 'search')).status.abort === true ? true : undefined,
    );
  });

  it('33 and 22: in the thread of a card the name may be left out', async () => {
    const card = await desk.card('cart', 2, /waits for you/);
    expect((await mention('why', card)).words).toContain('cart v9');
    expect((await mention('promote 50%', card)).words).toMatch(/weights come from the plan/);
    expect((await mention('start v10 -n shop', card)).words).toMatch(/v10|Which one/);
    const answer = await mention('abort!', card);
    expect(answer.words).toContain('Asked: abort shop/cart');
    await desk.until('cart', 'is aborted', ({ status }) => status.abort === true);
    // The reason is asked for afterwards, and told in the thread.
    const values = { reason: { reason: 'carts were empty' } };
    const before = desk.answersTo('dana').length;
    await desk.slack.click({ user: 'U0DANA', channel: answer.channel, ts: answer.ts, action_id: 'add-reason', values });
    // Its answer, too: what is typed next would take it for its own.
    await desk.sandbox.eventually('the reason is answered', () => desk.answersTo('dana')[before]);
    await desk.sandbox.eventually('the reason is told', () => desk.publicWords().includes('carts were empty'));
  });

  it('26 and 25: a revision that never was healthy needs a reason; undo asks first and is then done', async () => {
    await desk.card('cart', 2, /rolled back|not verified/);
    await desk.type('dana', '/rollout start cart v8');
    await desk.until('cart', 'is back', isLive);
    const refused = await typeInVain('undo cart to 2');
    expect(refused.words).toMatch(/revision 2 was never healthy.*--with-steps.*because …/is);
    const question = await typeInVain('undo cart to 2 because v9 was not to blame');
    expect(question.words).toMatch(/Undo .*goes back to \*?v9\*? \(rev 2\) at once/);
    expect((await desk.press('dana', question, 'line-1')).words).toContain('Asked: undo shop/cart');
    expect(await imagesOf('cart')).toEqual(['shop:v9', 'shop:1']);
  });

  it('1 and 16: a start moves; finish lists what will not run, and wants right and reason', async () => {
    expect((await desk.type('dana', '/rollout start checkout 2.0.0')).words).toContain('Asked: start shop/checkout');
    expect(await imagesOf('checkout')).toEqual(['ghcr.io/acme/checkout:2.0.0']);
    await desk.card('checkout', 2);
    expect((await desk.type('dana', '/rollout promote checkout —full')).words).toContain(
      'No default role has `finish`',
    );
    await allow(desk.sandbox, 'U0DANA', ['finish']);
    const question = await desk.type('dana', '/rollout promote checkout —full');
    expect(question.words).toMatch(/1 gate and \d analyses will not run: .*gate at 50 %/);
    const refused = await desk.press('dana', question, 'finish');
    expect(refused.words).toMatch(/needs a reason.*`\/rollout finish shop\/checkout because …`/s);
  });

  it('21: abort takes the rest as its reason', async () => {
    const answer = await desk.type('dana', '/rollout Abort checkout errors on payment page');
    expect(answer.words).toContain('Asked: abort shop/checkout');
    await desk.until('checkout', 'is aborted', ({ status }) => status.abort === true);
    await desk.sandbox.eventually('the reason is told', () => desk.publicWords().includes('errors on payment page'));
  });

  it('4 and 5: a link is what it shows; another repository needs its right, and is asked once with both names', async () => {
    const link = 'start legacy web=<http://shop:5|shop:5> worker=shop:1';
    expect((await desk.type('dana', `/rollout ${link}`)).words).toContain('Asked: start shop/legacy');
    expect(await imagesOf('legacy')).toEqual(['shop:5', 'shop:1']);
    await allow(desk.sandbox, 'U0DANA', ['start-foreign']);
    const question = await desk.type('dana', '/rollout start legacy web=ghcr.io/elsewhere/shop:2');
    expect(question.words).toMatch(/another repository than today's: shop:5 → ghcr\.io\/elsewhere\/shop:2/);
    expect(labels(question)).toEqual(['Yes, start it']);
    expect((await desk.press('dana', question, 'line-1')).words).toContain('needs a reason');
    expect(await imagesOf('legacy')).toEqual(['shop:5', 'shop:1']);
  });

  it('2: the button of an unusual tag starts what it says', async () => {
    const answer = await desk.type('dana', '/rollout start checkout v2.0.0');
    await desk.press('dana', answer, 'line-2');
    expect(await imagesOf('checkout')).toEqual(['ghcr.io/acme/checkout:2.0.0']);
  });
});
