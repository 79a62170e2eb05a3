import { setTimeout as sleep } from 'node:timers/promises';
import type { SlackApi } from '../../src/sandbox/slack-api/index.ts';
import { type Fleet, teamOf } from './fleet.ts';

const people = ['dana', 'arno', 'omar'];

/** People who ask and click while rollouts move, one act every `everyMs`: slash commands, and every fourth a click on a card. */
export async function letPeopleAct(
  { slack, fleet }: { readonly slack: SlackApi; readonly fleet: Fleet },
  { acts, everyMs }: { readonly acts: number; readonly everyMs: number },
): Promise<{ readonly ackMs: readonly number[]; readonly unanswered: number }> {
  const before = slack.ackLatenciesMs().length;
  const deliveriesBefore = slack.transcript().deliveries.length;
  const underWay: Promise<unknown>[] = [];
  for (let act = 0; act < acts; act++) {
    const user = people[act % people.length] ?? 'dana';
    const name = fleet.names[(act * 37) % fleet.names.length] ?? '';
    underWay.push(
      act % 4 === 3
        ? clickWhy(slack, user, name)
        : slack.command({ user, channel: teamOf(name).channel, text: commandOf(act, name) }),
    );
    await sleep(everyMs);
  }
  await Promise.all(underWay);
  const ackMs = slack.ackLatenciesMs().slice(before);
  return { ackMs, unanswered: slack.transcript().deliveries.length - deliveriesBefore - ackMs.length };
}

function commandOf(act: number, name: string): string {
  const words = ['status', 'why', 'help'];
  const word = words[act % words.length] ?? 'status';
  return word === 'help' ? '/rollout help' : `/rollout ${word} ${name}`;
}

/** The Why button of one of its cards, where one has it just now; else the same question in words. */
async function clickWhy(slack: SlackApi, user: string, name: string): Promise<unknown> {
  const { channel } = teamOf(name);
  const card = slack
    .transcript()
    .messages.find(
      ({ versions }) =>
        versions[0]?.text.includes(`${name} `) && JSON.stringify(versions.at(-1)?.blocks).includes('"action_id":"why"'),
    );
  if (card === undefined) return slack.command({ user, channel, text: `/rollout why ${name}` });
  return slack.click({ user, channel, ts: card.ts, action_id: 'why' });
}
