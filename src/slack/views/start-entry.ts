import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ImageChange, RolloutName } from '../../operations/index.ts';

/** Names of the form's fields. Block ids have more behind a colon where their content must be reset. */
export const fields = {
  service: 'service',
  container: 'container',
  image: 'image',
  typed: 'typed',
  reason: 'reason',
  sure: 'sure',
} as const;
export type Field = keyof typeof fields;

/** The choice that shows the line to type in. */
export const otherImage = 'other';

/** What the form showed when it was drawn: it travels in `private_metadata`, and holds nothing secret. */
export const Drawn = z.object({
  /** The channel that the form was opened in; '': none, so the rollout's own counts. */
  channel: z.string(),
  service: z.object({ namespace: z.string(), name: z.string() }).optional(),
  /** `StartForm.template` */
  template: z.string().optional(),
  container: z.string().optional(),
  /** The image that was asked for in that container. */
  image: z.string().optional(),
  /** The images to choose from, in order. */
  images: z.array(z.string()).default([]),
});
export type Drawn = z.infer<typeof Drawn>;

/** What a person put in. */
export interface Entry {
  /** The key of the service that is chosen now (`keyOf`), which may not be drawn yet. */
  readonly serviceKey: string | undefined;
  readonly container: string | undefined;
  /** An image, `other`, or nothing chosen. */
  readonly choice: string | undefined;
  readonly typed: string;
  readonly reason: string;
  readonly isSure: boolean;
}

export const emptyEntry: Entry = {
  serviceKey: undefined,
  container: undefined,
  choice: undefined,
  typed: '',
  reason: '',
  isSure: false,
};

/** An option's value holds 75 characters, a namespace and a name 317. */
export function keyOf({ namespace, name }: RolloutName): string {
  return shortHash(`${namespace}/${name}`);
}

export function shortHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

const Content = z.looseObject({
  value: z.string().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
  selected_options: z.array(z.looseObject({ value: z.string() })).nullish(),
});
const Values = z.record(z.string(), z.record(z.string(), Content));

/** Slack's `view.state.values` → what the person put in. Fields are found by the beginning of their block's id. */
export function readEntry(values: unknown, drawn: Drawn): Entry {
  const parsed = Values.safeParse(values);
  const contents = new Map<string, z.infer<typeof Content>>();
  for (const [blockId, actions] of Object.entries(parsed.data ?? {})) {
    const [content] = Object.values(actions);
    if (content !== undefined) contents.set(blockId.split(':')[0] ?? '', content);
  }
  const chosen = contents.get(fields.image)?.selected_option?.value;
  const choice = chosen === undefined || chosen === otherImage ? chosen : drawn.images[Number(chosen)];
  return {
    serviceKey: contents.get(fields.service)?.selected_option?.value,
    container: contents.get(fields.container)?.selected_option?.value ?? drawn.container,
    choice,
    typed: (contents.get(fields.typed)?.value ?? '').trim(),
    reason: (contents.get(fields.reason)?.value ?? '').trim(),
    isSure: (contents.get(fields.sure)?.selected_options ?? []).length > 0,
  };
}

/** The image that is asked for, chosen or typed; undefined: none yet. `web=2.0.0` names its container itself. */
export function imageOf(entry: Entry): ImageChange | undefined {
  const isTyped = entry.choice === undefined || entry.choice === otherImage;
  const image = isTyped ? entry.typed : entry.choice;
  if (image === undefined || image === '') return undefined;
  const [, container, named] = (isTyped && /^([a-z0-9][a-z0-9-]*)=(.+)$/.exec(image)) || [];
  if (container !== undefined && named !== undefined) return { container, image: named };
  return entry.container === undefined ? { image } : { container: entry.container, image };
}

/** `2.0.1` of a button is the tag of `ghcr.io/acme/checkout:2.0.1`. */
export function isNamed(whole: string, image: string): boolean {
  return whole === image || whole.endsWith(`:${image}`) || whole.endsWith(`@${image}`);
}

/** Seals and opens what a form remembers: nobody else's words come back as ours. */
export function createFormSeal(keys: readonly string[]) {
  const known = keys.filter((key) => key !== '').map((key) => createHmac('sha256', key).update('start form').digest());
  const macOf = (key: Buffer, body: string) => createHmac('sha256', key).update(body).digest('base64url').slice(0, 22);
  return {
    seal(drawn: Drawn): string {
      const body = JSON.stringify(drawn);
      const [key] = known;
      if (key === undefined) throw new Error('no signing key: forms could be forged');
      return `${macOf(key, body)}${body}`;
    },
    /** Undefined: not sealed by us. */
    open(sealed: string): Drawn | undefined {
      const mac = Buffer.from(sealed.slice(0, 22));
      const body = sealed.slice(22);
      const isOurs = known.some((key) => {
        const own = Buffer.from(macOf(key, body));
        return own.length === mac.length && timingSafeEqual(own, mac);
      });
      return isOurs ? Drawn.parse(JSON.parse(body)) : undefined;
    },
  };
}
export type FormSeal = ReturnType<typeof createFormSeal>;
