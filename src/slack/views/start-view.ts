import type { InputBlock } from '@slack/types';
import { formatDuration } from '../../lib/index.ts';
import type { KnownImage, PlanAnswer, RolloutName, StartForm } from '../../operations/index.ts';
import { context, type MessageBlock, section } from '../messages/blocks.ts';
import { capital, type Mrkdwn, plain, quote } from '../messages/mrkdwn.ts';
import { versionOf } from '../messages/version.ts';
import { renderPlanPreview } from './plan-preview.ts';
import { type Drawn, type Entry, fields, keyOf, otherImage, shortHash } from './start-entry.ts';
import { input, type ModalView, option, placeholder, plainText } from './view.ts';

export const startCallbackId = 'start';
const title = 'Start a rollout';
/** A select takes 100 options; above that it asks for them as the person types. */
export const mostStaticOptions = 100;
const longestReason = 300;
/** Longer image names do not fit what a form remembers; they can be typed. */
const longestChoice = 300;

/** Everything that the form is drawn from. */
export interface StartScene {
  readonly services: readonly RolloutName[];
  readonly service: RolloutName | undefined;
  /** Undefined until a service is chosen. */
  readonly form: StartForm | undefined;
  readonly entry: Entry;
  readonly verdict: Verdict | undefined;
  /** The same for any image. */
  readonly plan?: PlanAnswer | undefined;
  /** What moved since the person looked last. */
  readonly changed?: Mrkdwn | undefined;
  readonly channel: string;
  readonly nowMs: number;
}

/** What a start would answer now. */
export type Verdict =
  | { readonly kind: 'wouldStart'; readonly from: string; readonly to: string }
  /** `isQuestion`: it goes on when the person says that they are sure. */
  | { readonly kind: 'refused'; readonly words: Mrkdwn; readonly isQuestion: boolean; readonly image: string };

/** Opened at once: a trigger lives three seconds, and reading may take longer. */
export function renderLoading(): ModalView {
  return renderWordsView('Looking up what you may start…');
}

/** A form that cannot be filled in: words alone. */
export function renderWordsView(words: Mrkdwn): ModalView {
  return {
    type: 'modal',
    callback_id: startCallbackId,
    title: plainText(title, 24),
    close: plainText('Close', 24),
    blocks: [section('words', words)],
  };
}

/** What the form remembers of this drawing. */
export function drawnOf({ form, service, channel, entry }: StartScene): Drawn {
  const container = containerOf(form, entry);
  return {
    channel,
    ...(service === undefined ? {} : { service }),
    ...(form === undefined ? {} : { template: form.template }),
    ...(container === undefined ? {} : { container: container.name }),
    ...(container === undefined || !isShort(container.image) ? {} : { image: container.image }),
    images: choicesOf(form, container?.name).map(({ image }) => image),
  };
}

/** The form: service, image, reason, and what would come of it. */
export function renderStartView(scene: StartScene, metadata: string): ModalView {
  const { form, entry, verdict } = scene;
  const blocks: MessageBlock[] = [];
  if (scene.changed !== undefined) blocks.push(section('changed', `⚠️ ${scene.changed}`));
  blocks.push(serviceInput(scene));
  if (form !== undefined) {
    blocks.push(...imageInputs(form, entry, scene.nowMs), verdictOf(form, verdict));
    if (verdict?.kind === 'refused' && verdict.isQuestion) blocks.push(sureInput(verdict.image));
    blocks.push(reasonInput(entry), ...preview(form, scene.plan));
  }
  return {
    type: 'modal',
    callback_id: startCallbackId,
    title: plainText(title, 24),
    submit: plainText('Start', 24),
    close: plainText('Cancel', 24),
    private_metadata: metadata,
    blocks,
  };
}

/** Which container gets the image: the one that is chosen, else the main one, else nobody knows. */
function containerOf(form: StartForm | undefined, entry: Entry): StartForm['containers'][number] | undefined {
  const { containers = [] } = form ?? {};
  return containers.find(({ name }) => name === entry.container) ?? containers.find(({ isMain }) => isMain);
}

/** `private_metadata` holds 3,000 characters. */
function isShort(image: string): boolean {
  return JSON.stringify(image).length <= longestChoice;
}

export function choicesOf(form: StartForm | undefined, container: string | undefined): readonly KnownImage[] {
  return (form?.images ?? []).filter((one) => one.container === container && isShort(one.image));
}

function serviceInput({ services, service }: StartScene): InputBlock {
  const options = services.map((one) => serviceOption(one, services));
  const chosen = service === undefined ? {} : { initial_option: serviceOption(service, services) };
  const element: InputBlock['element'] =
    services.length > mostStaticOptions
      ? {
          type: 'external_select',
          action_id: fields.service,
          min_query_length: 0,
          placeholder: placeholder('Type a name'),
          ...chosen,
        }
      : { type: 'static_select', action_id: fields.service, placeholder: placeholder('Choose'), options, ...chosen };
  return input(fields.service, element, { label: 'Service', isWatched: true });
}

/** By name; with the namespace where the name alone could be two. */
export function serviceOption(one: RolloutName, all: readonly RolloutName[]) {
  const isAmbiguous = all.some(({ name, namespace }) => name === one.name && namespace !== one.namespace);
  return option(keyOf(one), plain(isAmbiguous ? `${one.namespace}/${one.name}` : one.name, 75));
}

function imageInputs(form: StartForm, entry: Entry, nowMs: number): readonly InputBlock[] {
  const container = containerOf(form, entry);
  const where = [form.namespace, form.name, container?.name ?? ''];
  const blocks: InputBlock[] = [];
  if (!form.containers.some(({ isMain }) => isMain)) blocks.push(containerInput(form, container?.name));
  if (container === undefined) return blocks;
  const choices = choicesOf(form, container.name);
  if (choices.length > 0) {
    const options = [
      ...choices.map((one, index) => option(String(index), choiceWords(one, container.image), originWords(one, nowMs))),
      option(otherImage, 'Another image'),
    ];
    const at = entry.choice === otherImage ? choices.length : choices.findIndex(({ image }) => image === entry.choice);
    const initial = options[at];
    blocks.push(
      // The options are numbers: with other images behind them it must be another block, or the old choice would stay chosen.
      input(
        `${fields.image}:${shortHash(...where, ...choices.map(({ image }) => image))}`,
        {
          type: 'radio_buttons',
          action_id: fields.image,
          options,
          ...(initial === undefined ? {} : { initial_option: initial }),
        },
        { label: 'Image', isWatched: true, hint: `Runs ${plain(versionOf(form.runs ?? container.image), 60)} now.` },
      ),
    );
  }
  if (choices.length === 0 || entry.choice === otherImage) {
    blocks.push(
      input(
        `${fields.typed}:${shortHash(...where)}`,
        {
          type: 'plain_text_input',
          action_id: fields.typed,
          max_length: 512,
          placeholder: placeholder('2.0.0, repo:tag or sha256:…'),
          dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
          ...(entry.typed === '' ? {} : { initial_value: entry.typed.slice(0, 512) }),
        },
        {
          label: choices.length === 0 ? 'Image' : 'Which image',
          isWatched: true,
          hint: 'Enter shows what would come of it.',
        },
      ),
    );
  }
  return blocks;
}

function containerInput(form: StartForm, chosen: string | undefined): InputBlock {
  const options = form.containers
    .slice(0, mostStaticOptions)
    .map(({ name, image }) => option(name, name, `runs ${plain(versionOf(image), 60)}`));
  const initial = options.find(({ value }) => value === chosen);
  return input(
    `${fields.container}:${shortHash(form.namespace, form.name)}`,
    {
      type: 'static_select',
      action_id: fields.container,
      placeholder: placeholder('Which one gets the image?'),
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
    { label: 'Container', isWatched: true },
  );
}

/** `2.0.0`; the whole name where it comes from another repository than today's. */
function choiceWords({ image }: KnownImage, today: string): string {
  const bare = (name: string) => name.split('@')[0]?.replace(/:[^:/]*$/, '') ?? '';
  return plain(bare(image) === bare(today) ? versionOf(image) : image, 75);
}

function originWords({ from, atMs }: KnownImage, nowMs: number): string {
  const ago = atMs > 0 ? ` ${formatDuration(roughly(Math.max(0, nowMs - atMs)))} ago` : '';
  if (from.kind === 'ran') return `ran${ago} as revision ${from.revision}`;
  const commits = from.commits === undefined ? '' : `, ${from.commits} ${from.commits === 1 ? 'commit' : 'commits'}`;
  return `built${ago}${commits}`;
}

/** `3 h`, not `3 h 12 min`: seconds below a minute, then minutes, then hours, then days as hours. */
function roughly(durationMs: number): number {
  const units = [3_600_000, 60_000, 1000];
  const unit = units.find((one) => durationMs >= one) ?? 1000;
  return Math.floor(durationMs / unit) * unit;
}

function reasonInput({ reason }: Entry): InputBlock {
  return input(
    fields.reason,
    {
      type: 'plain_text_input',
      action_id: fields.reason,
      max_length: longestReason,
      placeholder: placeholder('Why now? It stands on the card’s record.'),
      ...(reason === '' ? {} : { initial_value: reason.slice(0, longestReason) }),
    },
    { label: 'Reason', isOptional: true },
  );
}

function sureInput(image: string): InputBlock {
  return input(
    `${fields.sure}:${shortHash(image)}`,
    { type: 'checkboxes', action_id: fields.sure, options: [option('sure', `Yes, start ${plain(image, 60)}`)] },
    { label: 'Are you sure?' },
  );
}

/** What a start would come to with this image; a refusal stands where the image was chosen. */
function verdictOf(form: StartForm, verdict: Verdict | undefined): MessageBlock {
  if (verdict === undefined) return section('verdict', `Choose what *${quote(form.name, 100)}* shall run.`);
  if (verdict.kind === 'refused') return section('verdict', `⚠️ ${capital(verdict.words)}`);
  const change = `${quote(versionOf(verdict.from), 60)} → *${quote(versionOf(verdict.to), 60)}*`;
  return section('verdict', `*${quote(form.name, 100)}* ${change} in ${quote(form.namespace, 63)}`);
}

function preview(form: StartForm, plan: PlanAnswer | undefined): readonly MessageBlock[] {
  const blocks: MessageBlock[] = [{ type: 'divider', block_id: 'line' }];
  if (plan !== undefined) blocks.push(section('plan', renderPlanPreview(plan)));
  const under =
    form.underWay === undefined
      ? []
      : [`${quote(versionOf(form.underWay.image), 60)} is under way: this takes its place.`];
  const channel =
    form.ownChannel === undefined ? 'No channel hears of it.' : `Its card appears in <#${form.ownChannel}>.`;
  return [...blocks, context('where', [...under, channel].join(' '))];
}
