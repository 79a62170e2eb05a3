import type { Button } from '@slack/types';
import type { HomeFacts, Moving, RecentChanges } from '../../operations/index.ts';
import type { AnswerView } from '../messages/answers.ts';
import { actions, context, header, type Message, type MessageBlock, section } from '../messages/blocks.ts';
import { actButton } from '../messages/card-actions.ts';
import { headlineText } from '../messages/headline.ts';
import { changeLine } from '../messages/look-back.ts';
import { date, type Mrkdwn, quote } from '../messages/mrkdwn.ts';
import { slackIdOf } from '../messages/notice.ts';
import { openStartButton } from './form-wish.ts';
import type { HomeView } from './view.ts';

/** What the Home tab is drawn from. */
export interface HomeScene {
  readonly facts: HomeFacts;
  /** The Slack id of whose Home it is. */
  readonly userId: string;
  /** The answer to what was clicked here last. */
  readonly notice: Message | undefined;
  readonly linkTo: (card: NonNullable<Moving['card']>) => string | undefined;
  readonly asOfMs: number;
}

const mostWaiting = 10;
const mostMine = 10;
const mostChanges = 15;

/** What waits for this person, what they started, what changed lately, and the way to start something. */
export function renderHome(view: AnswerView, scene: HomeScene): HomeView {
  const { facts } = scene;
  const waiting = facts.moving.filter((one) => one.mayPromote && waits(one));
  const mine = facts.moving.filter((one) => !waiting.includes(one) && isMine(one, scene.userId));
  const blocks: MessageBlock[] = [...noticeBlocks(scene.notice), ...topBlocks(view, waiting.length, facts)];
  blocks.push(...waiting.slice(0, mostWaiting).flatMap((one) => movingBlocks(view, one, scene)));
  blocks.push(...moreBlock('waiting-more', waiting.length - mostWaiting, 'wait for you'));
  if (mine.length > 0) blocks.push({ type: 'divider', block_id: 'mine-line' }, header('mine', 'Yours, under way'));
  blocks.push(...mine.slice(0, mostMine).flatMap((one) => movingBlocks(view, one, scene)));
  blocks.push(...moreBlock('mine-more', mine.length - mostMine, 'are yours'));
  if (!facts.seesNothing) blocks.push(actions('start', [openStartButton(view, {}, 'Start something')]));
  blocks.push(...changeBlocks(view, facts.changes));
  blocks.push(
    context(
      'foot',
      `As of ${date(scene.asOfMs, '{time_secs}')}; follows what moves for half an hour after you open it.`,
    ),
  );
  return { type: 'home', blocks };
}

/** A Home of words: for guests, for people without rights, and for when the cluster does not answer. */
export function renderHomeWords(words: Mrkdwn): HomeView {
  return { type: 'home', blocks: [section('words', words)] };
}

function waits({ delivery }: Moving): boolean {
  return delivery.state === 'gate' || delivery.state === 'inconclusive' || delivery.state === 'frozen';
}

function isMine({ delivery }: Moving, userId: string): boolean {
  return slackIdOf(delivery.startedBy) === userId;
}

/** What was answered, with its buttons; ids of its own, because the answer's may be those of the page. */
function noticeBlocks(notice: Message | undefined): readonly MessageBlock[] {
  if (notice === undefined) return [];
  const shown = notice.blocks.filter(({ type }) => ['section', 'actions', 'context', 'header'].includes(type));
  const blocks = shown.map((block, index): MessageBlock => ({ ...block, block_id: `notice-${index}` }));
  return [...blocks, { type: 'divider', block_id: 'notice-line' }];
}

function topBlocks(view: AnswerView, count: number, facts: HomeFacts): readonly MessageBlock[] {
  if (facts.seesNothing) {
    const words = `You may not see any rollout yet. \`${view.command} whoami\` shows the RoleBinding to ask for.`;
    return [section('top', words)];
  }
  const words =
    count === 0 ? 'Nothing waits for you.' : `${count === 1 ? 'One rollout waits' : `${count} rollouts wait`} for you.`;
  return [header('top', words)];
}

function movingBlocks(view: AnswerView, one: Moving, { linkTo }: HomeScene): readonly MessageBlock[] {
  const { delivery } = one;
  const id = `${delivery.uid}-${delivery.revision}`;
  const link = one.card === undefined ? undefined : linkTo(one.card);
  const parts: Mrkdwn[] = [`*${headlineText(delivery)}*`, quote(delivery.namespace, 63)];
  if (link !== undefined) parts.push(`<${link}|card>`);
  const buttons: Button[] = [];
  if (one.mayPromote && waits(one)) buttons.push(actButton('promote', delivery, view.sign));
  if (one.mayAbort && canAbort(one)) buttons.push(actButton('abort', delivery, view.sign));
  const words = section(`at-${id}`, parts.join(' · '));
  return buttons.length === 0 ? [words] : [words, actions(`act-${id}`, buttons)];
}

function canAbort({ delivery }: Moving): boolean {
  return !['aborting', 'rolledBack', 'notVerified', 'stuck', 'invalidSpec', 'live', 'superseded'].includes(
    delivery.state,
  );
}

function moreBlock(id: string, count: number, what: string): readonly MessageBlock[] {
  return count > 0 ? [context(id, `+${count} more ${what}`)] : [];
}

function changeBlocks(view: AnswerView, { changes, more }: RecentChanges): readonly MessageBlock[] {
  const blocks: MessageBlock[] = [{ type: 'divider', block_id: 'changes-line' }, header('changes', 'In the last hour')];
  const shown = changes.slice(0, mostChanges);
  if (shown.length === 0) return [...blocks, section('changed', 'Nothing that you may see has moved.')];
  const left = changes.length - shown.length + more;
  const lines = shown.map((change) => changeLine(view, change));
  if (left > 0) lines.push(`+${left} more: \`${view.command} changes\``);
  return [...blocks, section('changed', lines.join('\n'))];
}
