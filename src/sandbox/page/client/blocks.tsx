import { Component, type MouseEvent, memo, type ReactNode, useMemo } from 'react';
import { type Block as LibraryBlock, Message as LibraryMessage, type MessageProps } from 'slack-blocks-to-jsx';
import { formatDate } from './dates.ts';
import { Element, isInteractive } from './elements.tsx';
import { isObject, type JsonObject, objectsIn, textIn } from './json.ts';
import { useNowMs } from './looks.ts';
import { useSession } from './session.ts';

/** What to do when an element of these blocks is used. */
export type Use = (block: JsonObject, element: JsonObject, value?: string | readonly string[]) => void;

export interface Using {
  readonly use: Use;
  /** The elements that wait for their acknowledgement, and those that got none, by block and action. */
  readonly waiting: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, string>;
}

export function nameOf(block: JsonObject, element: JsonObject): string {
  return `${textIn(block.block_id)} ${textIn(element.action_id)}`;
}

interface BlocksProps {
  readonly blocks: readonly JsonObject[];
  readonly using: Using;
  /** Draws an `input` block. */
  readonly renderInput?: (block: JsonObject) => ReactNode;
}

/** Draws blocks exactly as they arrived: display by the library, what can be pressed by us. */
export function Blocks({ blocks, using, renderInput }: BlocksProps) {
  function findPressed(event: MouseEvent): void {
    // The library's buttons have no callback, but each carries its action_id as id.
    const id = event.target instanceof Element_ ? event.target.closest('button[id]')?.id : undefined;
    if (id === undefined || id === '') return;
    const found = findElement(blocks, id);
    if (found === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    using.use(found.block, found.element);
  }
  return (
    <div className="blocks" onClickCapture={findPressed}>
      {blocks.map((block, index) => (
        <div
          key={textIn(block.block_id) || index}
          className="block"
          data-block-type={textIn(block.type)}
          data-block-id={textIn(block.block_id)}
        >
          <Hole type={textIn(block.type)} content={JSON.stringify(block)}>
            <OneBlock block={block} using={using} renderInput={renderInput} />
          </Hole>
        </div>
      ))}
    </div>
  );
}

const Element_ = globalThis.Element;

function OneBlock({
  block,
  using,
  renderInput,
}: {
  readonly block: JsonObject;
  readonly using: Using;
  readonly renderInput: BlocksProps['renderInput'];
}) {
  if (block.type === 'actions') {
    return (
      <div className="actions">
        {objectsIn(block.elements).map((element) => (
          <Element key={textIn(element.action_id)} block={block} element={element} using={using} />
        ))}
      </div>
    );
  }
  if (block.type === 'input') return renderInput?.(block) ?? null;
  const accessory = isObject(block.accessory) ? block.accessory : undefined;
  if (block.type === 'section' && accessory !== undefined && isInteractive(accessory)) {
    const { accessory: _, ...rest } = block;
    return (
      <div className="section-with-element">
        <Display block={rest} />
        <Element block={block} element={accessory} using={using} />
      </div>
    );
  }
  return <Display block={block} />;
}

function findElement(
  blocks: readonly JsonObject[],
  actionId: string,
): { block: JsonObject; element: JsonObject } | undefined {
  for (const block of blocks) {
    const inside = [...objectsIn(block.actions), ...objectsIn(block.elements)];
    const element = inside.find((one) => one.action_id === actionId);
    if (element !== undefined && block.type !== 'actions') return { block, element };
    const deeper = findElement([...objectsIn(block.child_blocks), ...objectsIn(block.elements)], actionId);
    if (deeper !== undefined) return { block, element: deeper.element };
  }
  return undefined;
}

/** One block as the library draws it. The same block again is not drawn again. */
const Display = memo(
  function Display({ block }: { readonly block: JsonObject }) {
    const { slack, theme, slackUrl, showMessage } = useSession();
    const data = useMemo(
      () => ({
        users: [...slack.people.values()].map((person) => ({ id: person.id, name: person.realName })),
        channels: [...slack.channels.values()].map((channel) => ({ id: channel.id, name: channel.name })),
        user_groups: [...slack.userGroups.values()].map((group) => ({
          id: group.id,
          name: group.name,
          handle: group.handle,
        })),
      }),
      [slack.people, slack.channels, slack.userGroups],
    );
    const hooks = useMemo(() => createHooks(slackUrl, showMessage), [slackUrl, showMessage]);
    return (
      <LibraryMessage
        withoutWrapper
        theme={theme}
        name=""
        logo=""
        // The library's types list the fields that it knows; it gets what arrived, fit or not.
        blocks={[prepare(block, slackUrl)] as unknown as LibraryBlock[]}
        data={data as NonNullable<MessageProps['data']>}
        hooks={hooks}
      />
    );
  },
  (before, after) => JSON.stringify(before.block) === JSON.stringify(after.block),
);

/** Gives files an address of our own, and takes away the confirm dialogs, which are ours. */
function prepare(block: JsonObject, slackUrl: string): JsonObject {
  const text = JSON.stringify(block, (key, value) => {
    if (key === 'confirm') return undefined;
    if (key === 'slack_file' && isObject(value)) return { ...value, url: fileUrl(value, slackUrl) };
    return value;
  });
  return JSON.parse(text);
}

function fileUrl(file: JsonObject, slackUrl: string): string {
  const url = textIn(file.url);
  const id = textIn(file.id) || (url.startsWith(slackUrl) ? url.match(/-(F\w+)\//)?.[1] : undefined);
  return id === undefined ? url : `/slack/files/${id}`;
}

function createHooks(
  slackUrl: string,
  showMessage: (channel: string, ts: string) => void,
): NonNullable<MessageProps['hooks']> {
  return {
    date: ({ timestamp, format, link, fallback }) => {
      const time = <Time seconds={Number(timestamp)} format={format} fallback={fallback} />;
      return link === null || link === undefined ? time : <a href={link}>{time}</a>;
    },
    link: ({ href, children, className }) => {
      const target = href.startsWith(`${slackUrl}/archives/`) ? readPermalink(href) : undefined;
      if (!/^(https?|mailto):/.test(href)) return <span>{children}</span>;
      if (target === undefined) {
        return (
          <a className={className} href={href} target="_blank" rel="noreferrer noopener">
            {children}
          </a>
        );
      }
      return (
        <a
          className={className}
          href={href}
          onClick={(event) => {
            event.preventDefault();
            showMessage(target.channel, target.ts);
          }}
        >
          {children}
        </a>
      );
    },
  };
}

function readPermalink(href: string): { channel: string; ts: string } | undefined {
  const [, channel, digits] = href.match(/\/archives\/(\w+)\/p(\d+)/) ?? [];
  if (channel === undefined || digits === undefined) return undefined;
  return { channel, ts: `${digits.slice(0, -6)}.${digits.slice(-6)}` };
}

/** A date token that keeps up with the clock. */
export function Time({
  seconds,
  format,
  fallback,
}: {
  readonly seconds: number;
  readonly format: string;
  readonly fallback?: string;
}) {
  const nowMs = useNowMs(format.includes('{ago}') ? 1000 : 60_000);
  if (!Number.isFinite(seconds)) return <span>{fallback}</span>;
  const date = new Date(seconds * 1000);
  return (
    // Not read aloud at every second: only what is new in the channel is.
    <time aria-live="off" dateTime={date.toISOString()} title={date.toString()}>
      {formatDate(seconds, format, nowMs)}
    </time>
  );
}

/** A block that cannot be drawn shows as a hole, not as an empty page. */
class Hole extends Component<{ type: string; content: string; children: ReactNode }, { brokenContent?: string }> {
  override state: { brokenContent?: string } = {};
  override componentDidCatch(): void {
    this.setState({ brokenContent: this.props.content });
  }
  static getDerivedStateFromError(): object {
    return {};
  }
  override render(): ReactNode {
    if (this.state.brokenContent !== this.props.content) return this.props.children;
    return <div className="hole">a {this.props.type || 'nameless'} block that cannot be drawn</div>;
  }
}
