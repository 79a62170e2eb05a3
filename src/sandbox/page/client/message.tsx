import { useState } from 'react';
import { Blocks, Time } from './blocks.tsx';
import { ConfirmDialog, Dialog } from './dialogs.tsx';
import { type FieldValue, type FieldValues, InputField } from './fields.tsx';
import { Icon } from './icons.tsx';
import { type JsonObject, textIn } from './json.ts';
import { act } from './server.ts';
import { useSession } from './session.ts';
import type { Person, Shown } from './slack-state.ts';
import { useElements } from './using.ts';

interface MessageProps {
  readonly channel: string;
  readonly shown: Shown;
  /** Follows one of the same author: no picture, no name. */
  readonly isContinued?: boolean;
  readonly isInThread?: boolean;
  /** Somebody followed a link to it. */
  readonly isMarked?: boolean;
}

/** One message: who, when, and the blocks that arrived. */
export function MessageRow({
  channel,
  shown,
  isContinued = false,
  isInThread = false,
  isMarked = false,
}: MessageProps) {
  const { message, isEphemeral } = shown;
  const { slack, me } = useSession();
  const author = slack.people.get(message.user);
  const [values, setValues] = useState<FieldValues>({});
  function setValue(block: JsonObject, element: JsonObject, value: FieldValue): void {
    const [blockId, actionId] = [textIn(block.block_id), textIn(element.action_id)];
    setValues((before) => ({ ...before, [blockId]: { ...before[blockId], [actionId]: value } }));
  }
  const { using, asked } = useElements((block, element, value) =>
    act('click', {
      user: me?.id,
      channel,
      ts: message.ts,
      block_id: textIn(block.block_id),
      action_id: textIn(element.action_id),
      values,
      ...(value !== undefined && { value }),
    }),
  );
  const isApp = message.bot_id !== undefined;
  const classes = ['message', isEphemeral && 'ephemeral', isContinued && 'continued', isMarked && 'flash']
    .filter(Boolean)
    .join(' ');
  const seconds = Number(message.ts);
  return (
    <article className={classes} data-ts={message.ts} data-ephemeral={isEphemeral}>
      <div className="message-gutter">
        {isContinued ? (
          <Clock seconds={seconds} />
        ) : (
          <Picture person={author} isApp={isApp} size={isInThread ? 26 : 36} />
        )}
      </div>
      <div className="message-body">
        {isEphemeral && (
          <p className="only-you">
            <Icon name="eye" size={13} /> Only visible to you
          </p>
        )}
        {message.subtype === 'thread_broadcast' && !isInThread && (
          <ParentLine channel={channel} threadTs={message.thread_ts ?? ''} />
        )}
        {!isContinued && (
          <p className="message-head">
            <strong>{author?.realName ?? 'Slackbot'}</strong>
            {isApp && <span className="app-badge">APP</span>}
            <Clock seconds={seconds} />
          </p>
        )}
        <Blocks
          blocks={blocksOf(message.blocks, message.text)}
          using={using}
          renderInput={(block) => (
            <InputField viewId="" block={block} values={values} error={undefined} onChange={setValue} />
          )}
        />
        {message.files?.map((file) => (
          <FileRow key={textIn(file.id)} file={slack.files.get(textIn(file.id)) ?? file} />
        ))}
        {message.reactions !== undefined && (
          <p className="reactions">
            {message.reactions.map((reaction) => (
              <span key={reaction.name} className="reaction">
                :{reaction.name}: {reaction.count}
              </span>
            ))}
          </p>
        )}
      </div>
      {asked !== undefined && <ConfirmDialog asked={asked} />}
    </article>
  );
}

/** A broadcast reply says what it answers, and leads there. */
function ParentLine({ channel, threadTs }: { readonly channel: string; readonly threadTs: string }) {
  const { slack, showMessage } = useSession();
  const parent = slack.channels.get(channel)?.messages.get(threadTs);
  return (
    <p className="only-you">
      replied to a thread:
      <button type="button" className="parent-link" onClick={() => showMessage(channel, threadTs)}>
        {parent?.text ?? 'a message that is gone'}
      </button>
    </p>
  );
}

function Clock({ seconds }: { readonly seconds: number }) {
  return (
    <span className="clock">
      <Time seconds={seconds} format="{time}" />
    </span>
  );
}

/** A message without blocks shows its text. */
function blocksOf(blocks: readonly JsonObject[] | undefined, text: string): readonly JsonObject[] {
  if (blocks !== undefined && blocks.length > 0) return blocks;
  return text === '' ? [] : [{ type: 'section', block_id: 'text', text: { type: 'mrkdwn', text } }];
}

const hues = [258, 162, 22, 330, 200, 48];

/** The first letters on a colour of one's own; an app has its square. */
export function Picture({
  person,
  isApp = false,
  size = 36,
}: {
  readonly person: Person | undefined;
  readonly isApp?: boolean;
  readonly size?: number;
}) {
  const name = person?.realName ?? 'Slackbot';
  const initials = name
    .split(/[\s-]+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, isApp ? 1 : 2)
    .toUpperCase();
  let sum = 0;
  for (const letter of person?.id ?? name) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  const hue = hues[sum % hues.length] ?? 200;
  return (
    <span
      className={`picture ${isApp ? 'of-app' : ''}`}
      style={{
        width: size,
        height: size,
        fontSize: size * 0.4,
        ...(!isApp && { background: `oklch(62% 0.14 ${hue})` }),
      }}
      aria-hidden="true"
    >
      {isApp ? <AppMark size={size * 0.58} /> : initials}
    </span>
  );
}

/** Steps going up: the mark of the app in this workspace. */
function AppMark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="12" width="5" height="7" rx="1.5" fill="currentColor" opacity="0.6" />
      <rect x="7.5" y="7" width="5" height="12" rx="1.5" fill="currentColor" opacity="0.8" />
      <rect x="14" y="1" width="5" height="18" rx="1.5" fill="currentColor" />
    </svg>
  );
}

function FileRow({ file }: { readonly file: JsonObject }) {
  const [isOpen, setOpen] = useState(false);
  const url = `/slack/files/${textIn(file.id)}`;
  const title = textIn(file.title) || textIn(file.name);
  const alt = textIn(file.alt_txt) || title;
  if (!textIn(file.mimetype).startsWith('image/')) {
    return (
      <a className="file" href={url} target="_blank" rel="noreferrer">
        {title}
      </a>
    );
  }
  return (
    <figure className="file-image">
      <figcaption>{title}</figcaption>
      <button type="button" aria-label={`Enlarge: ${alt}`} onClick={() => setOpen(true)}>
        <img src={url} alt={alt} />
      </button>
      {isOpen && (
        <Dialog title={title} size="large" onClose={() => setOpen(false)}>
          <img className="enlarged" src={url} alt={alt} />
        </Dialog>
      )}
    </figure>
  );
}
