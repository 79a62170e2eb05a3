import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  channelOf,
  type FrontDesk,
  isAtGate,
  isLive,
  openFrontDesk,
  type RolloutSeen,
  type Told,
} from '../support/front-desk.ts';

const gates = (weights: readonly number[]) => weights.flatMap((weight) => [{ setWeight: weight }, { pause: {} }]);
const ladders = ['ladder', 'doubled', 'raced', 'typed', 'before', 'gated', 'held'] as const;
const endless = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'endless' }] } }];

let desk: FrontDesk;

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: [...ladders, 'checking', 'warm', 'holds', 'other'] });
  await desk.sandbox.request('POST', '/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates', endlessTemplate);
  for (const name of ladders) await desk.open({ name, replicas: 1, steps: gates([10, 20, 30, 40, 50, 60]) });
  await desk.open({ name: 'checking', replicas: 1, steps: endless });
  await desk.open({ name: 'warm', replicas: 1, hasRouter: true, steps: gates([50]) });
  const timed = [{ setWeight: 10 }, { pause: { duration: '1s' } }, { setWeight: 20 }, { pause: {} }];
  for (const name of ['holds', 'other']) await desk.open({ name, replicas: 1, steps: timed });
  const all = [...ladders, 'checking', 'warm', 'holds', 'other'];
  for (const name of all) await desk.until(name, 'is live', isLive);
  await desk.slack.setUserGroup({ handle: 'deployers', user_ids: ['U0DANA', 'U0ARNO'] });
  for (const name of [...ladders, 'warm']) {
    await desk.setImage(name, 'shop:2');
    await desk.until(name, 'waits at its first gate', isAtStep(1));
  }
});
afterAll(() => desk.stop());

const endlessTemplate = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'endless', namespace: 'shop' },
  spec: {
    metrics: [
      {
        name: 'always-fine',
        interval: '1s',
        count: 1000,
        successCondition: 'result[0] == 1',
        provider: { prometheus: { query: 'vector(1)' } },
      },
    ],
  },
};

function isAtStep(index: number) {
  return (rollout: RolloutSeen) => isAtGate(rollout) && rollout.status.currentStepIndex === index;
}

/** The card as this person's own copy of it: nobody edits it afterwards, so its buttons grow old. */
function copyOfCard(user: string, name: string): Promise<Told> {
  return desk.type(user, `/rollout status ${name}`, channelOf(name));
}

function say(user: string, line: string, name: string): Promise<Told> {
  return desk.type(user, `/rollout ${line}`, channelOf(name));
}

/** Presses at the same time; gives the answers in no order. */
async function pressTogether(
  presses: readonly (readonly [string, Told])[],
  actionId: string,
): Promise<readonly string[]> {
  const before = new Map(presses.map(([user]) => [user, desk.answersTo(user).length]));
  await Promise.all(
    presses.map(([user, { channel, ts }]) =>
      desk.slack.click({ user: `U0${user.toUpperCase()}`, channel, ts, action_id: actionId }),
    ),
  );
  return desk.sandbox.eventually('each press is answered', () => {
    const answers = [...before].flatMap(([user, count]) => desk.answersTo(user).slice(count));
    return answers.length >= presses.length ? answers.map(({ words }) => words) : undefined;
  });
}

describe('an old card', () => {
  it('ten steps old: its Promote is refused with what changed, its Abort aborts', async () => {
    const old = await copyOfCard('dana', 'ladder');
    for (const step of [1, 3, 5, 7, 9]) {
      await desk.until('ladder', `waits at step ${step}`, isAtStep(step));
      expect((await say('dana', 'promote ladder', 'ladder')).words).toContain('Asked: promote shop/ladder');
    }
    const before = await desk.until('ladder', 'waits at step 11', isAtStep(11));
    const refused = await desk.press('dana', old, 'promote');
    expect(refused.words).toMatch(/showed something that is no longer so.*step \S*1\S*, now \S*11/s);
    await expectUntouched('ladder', before);

    expect((await desk.press('dana', old, 'abort')).words).toContain('Asked: abort shop/ladder');
    await desk.until('ladder', 'is aborted', ({ status }) => status.abort === true && status.phase === 'Degraded');
    expect((await desk.press('dana', old, 'abort')).words).toMatch(/aborted already/);
  });

  it('of an earlier revision: not even its Abort touches the next one', async () => {
    const old = await copyOfCard('dana', 'before');
    const { currentPodHash } = (await desk.rollout('before')).status;
    await desk.setImage('before', 'shop:3');
    const now = await desk.until(
      'before',
      'waits with the next revision',
      (rollout) =>
        isAtGate(rollout) &&
        // The annotation is written before the status: until then it is the gate of the revision before.
        rollout.status.currentPodHash !== currentPodHash &&
        imageOf(rollout) === 'shop:3' &&
        rollout.metadata.annotations['rollout.argoproj.io/revision'] === '3',
    );
    for (const action of ['abort', 'promote'])
      expect((await desk.press('dana', old, action)).words).toMatch(/no longer so: revision \S*2\S*, now \S*3/);
    await expectUntouched('before', now);
  });
});

/** It waits at the very gate where it waited. Not the resourceVersion: the engine may still count pods. */
async function expectUntouched(name: string, before: RolloutSeen): Promise<void> {
  const after = await desk.rollout(name);
  expect(isAtGate(after)).toBe(true);
  expect(after.status.pauseConditions).toEqual(before.status.pauseConditions);
  expect(after.status.currentStepIndex).toBe(before.status.currentStepIndex);
  expect(after.status.abort).toBe(before.status.abort);
}

describe('two at once', () => {
  it('the same click, delivered twice, goes through one gate', async () => {
    const card = await copyOfCard('dana', 'doubled');
    const answers = await pressTogether(
      [
        ['dana', card],
        ['dana', card],
      ],
      'promote',
    );
    expectOneDone(answers);
    await desk.until('doubled', 'waits at the second gate', isAtStep(3));
  });

  it('two people on one gate: one acts, the other is told', async () => {
    const [danas, arnos] = [await copyOfCard('dana', 'raced'), await copyOfCard('arno', 'raced')];
    const answers = await pressTogether(
      [
        ['dana', danas],
        ['arno', arnos],
      ],
      'promote',
    );
    expectOneDone(answers);
    await desk.until('raced', 'waits at the second gate', isAtStep(3));
  });

  it('the same abort, twice', async () => {
    const card = await copyOfCard('dana', 'typed');
    const answers = await pressTogether(
      [
        ['dana', card],
        ['dana', card],
      ],
      'abort',
    );
    expect(answers.filter((words) => words.includes('Asked: abort'))).toHaveLength(1);
    expect(answers.filter((words) => words.includes('aborted already'))).toHaveLength(1);
    expect((await say('dana', 'abort typed', 'typed')).words).toContain('aborted already');
  });
});

function expectOneDone(answers: readonly string[]): void {
  expect(
    answers.filter((words) => words.includes('Asked: promote')),
    answers.join('\n'),
  ).toHaveLength(1);
  expect(
    answers.filter((words) => words.includes('no longer so')),
    answers.join('\n'),
  ).toHaveLength(1);
}

function imageOf({ spec }: RolloutSeen): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

describe('a word out of place', () => {
  it.each([
    ['resume gated', /gate of the plan.*`\/rollout promote gated`/s],
    ['retry gated', /not aborted/],
    ['start gated 2', /A rollout of 2 is under way.*`\/rollout status gated`/s],
    ['promote gated 50%', /weights come from the plan 10-20-30-40-50-60-100.*Next is 20/s],
  ])('%s: is refused with the word that would work', async (line, words) => {
    const before = await desk.rollout('gated');
    expect((await say('dana', line, 'gated')).words).toMatch(words);
    expect(await desk.rollout('gated')).toEqual(before);
  });

  it('undo of what is on its way offers to abort', async () => {
    const before = await desk.rollout('gated');
    const offer = await say('dana', 'undo gated', 'gated');
    expect(offer.buttons.map(({ id }) => id)).toEqual(['abort']);
    const refused = await say('dana', 'undo gated --to 1', 'gated');
    expect(refused.words).toContain('still on its way');
    expect(refused.buttons.map(({ label }) => label)).toEqual(['Abort gated']);
    expect(await desk.rollout('gated')).toEqual(before);
  });

  it('promote beside a running analysis is refused, and the card does not offer it', async () => {
    await desk.setImage('checking', 'shop:2');
    await desk.until('checking', 'is measured', ({ status }) => status.currentStepIndex === 1);
    const { buttons } = await desk.card('checking', 2, /checking/);
    expect(buttons.map(({ id }) => id)).toEqual(['abort', 'pause']);
    const refused = await say('dana', 'promote checking', 'checking');
    expect(refused.words).toMatch(/an analysis is running.*`\/rollout skip checking`/is);
    expect((await desk.rollout('checking')).status.currentStepIndex).toBe(1);
    await say('dana', 'abort checking', 'checking');
    await desk.until('checking', 'is aborted', ({ status }) => status.phase === 'Degraded');
  });
});

describe('pause holds, resume releases', () => {
  it('at a gate: the gate is there again', async () => {
    expect((await say('dana', 'pause held', 'held')).words).toContain('Asked: pause');
    const card = await desk.card('held', 2, /paused/);
    expect((await say('dana', 'pause held', 'held')).words).toMatch(/paused already/);
    expect((await desk.press('dana', card, 'resume')).words).toContain('Asked: resume');
    await desk.card('held', 2, /waits for you/);
    await desk.until('held', 'is at the same gate', isAtStep(1));
    expect((await say('dana', 'resume held', 'held')).words).toMatch(/gate of the plan/);
  });

  it('what was held at its beginning stays there, however far others go', async () => {
    const containers = [{ name: 'shop', image: 'shop:2', ports: [{ name: 'http', containerPort: 8080 }] }];
    await desk.patch('holds', { spec: { paused: true, template: { spec: { containers } } } });
    await desk.setImage('other', 'shop:2');
    await desk.until('other', 'went past its timed pause', isAtStep(3));
    const held = await desk.rollout('holds');
    expect(held.status).toMatchObject({ phase: 'Paused', currentStepIndex: 0 });
    expect((await say('dana', 'resume holds', 'holds')).words).toContain('Asked: resume');
    await desk.until('holds', 'waits at its gate', isAtStep(3));
  });
});

describe('undo', () => {
  it('with warm pods goes back at once, without the gate of its plan', async () => {
    await say('dana', 'promote warm', 'warm');
    await desk.until('warm', 'is live with 2', isLive);
    const question = await say('dana', 'undo warm', 'warm');
    expect((await desk.press('dana', question, 'undo')).words).toContain('Asked: undo');
    const back = await desk.until(
      'warm',
      'is live with 1',
      (rollout) => isLive(rollout) && imageOf(rollout) === 'shop:1',
    );
    expect(back.metadata.annotations['rollout.argoproj.io/revision']).toBe('3');
    await desk.card('warm', 3, /undone to 1 by dana/);
    await expect.poll(() => desk.publicWords(), { timeout: 60_000 }).toMatch(/\*warm\* undone to \*1\* by dana/);
    expect(desk.publicWords()).not.toMatch(/dana (?:started|finished) \*warm 1\*/i);
  });

  it('to a revision that is not kept is refused', async () => {
    const before = await desk.rollout('warm');
    const refused = await say('dana', 'undo warm --to 99', 'warm');
    expect(refused.words).toMatch(/Revision 99 is not kept any more/);
    expect(await desk.rollout('warm')).toEqual(before);
  });

  it('to the revision that runs is refused', async () => {
    const refused = await say('dana', 'undo warm --to 3', 'warm');
    expect(refused.words).toMatch(/Revision 3 is the one that runs/);
  });

  it('--with-steps takes the steps', async () => {
    const question = await say('dana', 'undo warm --to 2 --with-steps', 'warm');
    expect((await desk.press('dana', question, 'line-1')).words).toContain('Asked: undo');
    const rollout = await desk.until('warm', 'waits at its gate', isAtStep(1));
    expect(imageOf(rollout)).toBe('shop:2');
  });
});
