import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Pinned } from '../options.ts';
import { Time } from './blocks.tsx';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { MessageRow, Picture } from './message.tsx';
import { act } from './server.ts';
import { useSession } from './session.ts';
import { type Channel, listChannel, listThread, type Shown } from './slack-state.ts';
import { describeFailure } from './using.ts';

interface ChannelPaneProps {
  readonly channel: Channel;
  readonly command: string;
  readonly pinned: Pinned | undefined;
  /** The message to bring into view and mark, changed by every request. */
  readonly wanted: { readonly ts: string; readonly at: number } | undefined;
}

/** A channel: its messages, their threads, and the line to type in. */
export function ChannelPane({ channel, command, pinned, wanted }: ChannelPaneProps) {
  const { slack, me } = useSession();
  const [openThreads, setOpenThreads] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState('');
  const shown = listChannel(slack, channel.id, me?.id ?? '');
  const list = useRef<HTMLDivElement>(null);
  useStayAtEnd(list, shown.length);
  const broughtAt = useRef(0);
  useEffect(() => {
    const thread = wanted === undefined ? undefined : channel.messages.get(wanted.ts)?.thread_ts;
    if (thread !== undefined) setOpenThreads((before) => new Set([...before, thread]));
  }, [wanted, channel.messages]);
  // After every drawing: a reply is there only once its thread has opened.
  useEffect(() => {
    if (wanted === undefined || broughtAt.current === wanted.at) return;
    const row = list.current?.querySelector(`[data-ts="${CSS.escape(wanted.ts)}"]`);
    if (row === null || row === undefined) return;
    broughtAt.current = wanted.at;
    row.scrollIntoView({ block: 'center' });
  });

  async function send(text: string, threadTs?: string): Promise<void> {
    const isCommand = text.startsWith('/') && threadTs === undefined;
    const body = { user: me?.id, channel: channel.id, text, ...(threadTs !== undefined && { thread_ts: threadTs }) };
    const acted = await act(isCommand ? 'command' : 'say', body);
    setProblem(acted.ok ? '' : describeFailure(acted));
  }

  async function runShortcut(callbackId: string): Promise<void> {
    const acted = await act('shortcut', { user: me?.id, callback_id: callbackId });
    setProblem(acted.ok && acted.isAcknowledged !== false ? '' : describeFailure(acted));
  }

  function toggleThread(ts: string): void {
    setOpenThreads((before) =>
      before.has(ts) ? new Set([...before].filter((one) => one !== ts)) : new Set([...before, ts]),
    );
  }

  const isDirect = channel.directWith !== undefined;
  const name = isDirect ? slack.app.name : channel.name;
  return (
    <section className="channel" aria-label={isDirect ? `Direct message with ${name}` : `Channel ${name}`}>
      <header className="channel-head">
        <h1>
          {!isDirect && <Icon name="hash" />}
          {name}
        </h1>
        <span className="topic">{channel.topic}</span>
      </header>
      {pinned !== undefined && !isDirect && <PinnedRow pinned={pinned} onSend={send} />}
      <div className="messages" ref={list} role="log" aria-live="polite" aria-label="Messages">
        <div className="messages-end">
          {shown.length === 0 && <Empty name={name} isDirect={isDirect} />}
          {shown.map((one, index) => (
            <div key={one.message.ts} className="entry">
              <MessageRow
                channel={channel.id}
                shown={one}
                isMarked={wanted?.ts === one.message.ts}
                isContinued={isContinuation(one, shown[index - 1])}
              />
              <Thread
                channel={channel}
                parent={one}
                markedTs={wanted?.ts}
                isOpen={openThreads.has(threadOf(one))}
                onToggle={() => toggleThread(threadOf(one))}
                onReply={(text) => send(text, threadOf(one))}
              />
            </div>
          ))}
        </div>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
      <Composer
        isReady
        first={isDirect ? '' : command}
        placeholder={isDirect ? `Message ${name}` : `Message #${name}`}
        onSend={(text) => send(text)}
        shortcuts={slack.app.shortcuts.map(({ name: label, callbackId }) => ({
          name: label,
          run: () => void runShortcut(callbackId),
        }))}
      />
    </section>
  );
}

/** A broadcast reply opens the thread that it belongs to. */
function threadOf({ message }: Shown): string {
  return message.thread_ts ?? message.ts;
}

/** In the channel, an app's message always shows whose it is: it may be edited long after its neighbours. */
function isContinuation(one: Shown, before: Shown | undefined): boolean {
  return one.message.bot_id === undefined && one.message.subtype === undefined && isSameVoice(one, before);
}

function isSameVoice(one: Shown, before: Shown | undefined): boolean {
  if (before === undefined || one.isEphemeral || before.isEphemeral) return false;
  return one.message.user === before.message.user && Number(one.message.ts) - Number(before.message.ts) < 300;
}

function Empty({ name, isDirect }: { readonly name: string; readonly isDirect: boolean }) {
  return (
    <div className="empty">
      <strong>{isDirect ? name : `# ${name}`}</strong>
      <p>
        {isDirect
          ? `This is the beginning of your messages with ${name}.`
          : 'Nothing here yet. Send the command below to begin.'}
      </p>
    </div>
  );
}

function PinnedRow({ pinned, onSend }: { readonly pinned: Pinned; readonly onSend: (text: string) => Promise<void> }) {
  return (
    <div className="pinned">
      <Icon name="pin" size={14} />
      <span className="pinned-text">{pinned.text}</span>
      <span className="pinned-commands">
        {pinned.commands.map((command) => (
          <button
            key={command.label}
            type="button"
            className="chip"
            title={command.text}
            onClick={() => void onSend(command.text)}
          >
            {command.label}
          </button>
        ))}
      </span>
    </div>
  );
}

interface ThreadProps {
  readonly channel: Channel;
  readonly parent: Shown;
  readonly markedTs: string | undefined;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onReply: (text: string) => Promise<void>;
}

/** The replies under a message, folded to one line until somebody looks. */
function Thread({ channel, parent, markedTs, isOpen, onToggle, onReply }: ThreadProps) {
  const { slack, me } = useSession();
  if (parent.isEphemeral || parent.message.subtype === 'thread_broadcast') return null;
  const replies = listThread(slack, channel.id, parent.message.ts, me?.id ?? '');
  const last = replies.at(-1);
  if (!isOpen && last === undefined) {
    return (
      <button type="button" className="reply-link" onClick={onToggle}>
        Reply
      </button>
    );
  }
  const authors = [...new Set(replies.map((reply) => reply.message.user))].slice(0, 3);
  return (
    <div className="thread" data-open={isOpen}>
      <button type="button" className="thread-line" aria-expanded={isOpen} onClick={onToggle}>
        {authors.map((id) => (
          <Picture key={id} person={slack.people.get(id)} isApp={id === slack.app.botUserId} size={20} />
        ))}
        <b>
          {replies.length} {replies.length === 1 ? 'reply' : 'replies'}
        </b>
        {last !== undefined && (
          <span className="thread-when">
            {isOpen ? 'Close thread' : <Time seconds={Number(last.message.ts)} format="Last reply {ago}" />}
          </span>
        )}
      </button>
      {isOpen && (
        <div className="replies">
          {replies.map((reply, index) => (
            <MessageRow
              key={reply.message.ts}
              channel={channel.id}
              shown={reply}
              isMarked={markedTs === reply.message.ts}
              isInThread
              isContinued={isSameVoice(reply, replies[index - 1])}
            />
          ))}
          <Composer placeholder="Reply…" onSend={onReply} />
        </div>
      )}
    </div>
  );
}

/** Keeps the newest message in view, unless the reader scrolled up to look at older ones. */
function useStayAtEnd(list: React.RefObject<HTMLDivElement | null>, count: number): void {
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = list.current;
    const content = element?.firstElementChild;
    if (element === null || content === null || content === undefined) return;
    const note = (): void => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 80;
    };
    const follow = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', note, { passive: true });
    follow.observe(content);
    follow.observe(element);
    return () => {
      element.removeEventListener('scroll', note);
      follow.disconnect();
    };
  }, [list]);
  useLayoutEffect(() => {
    if (count > 0 && isAtEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [list, count]);
}
