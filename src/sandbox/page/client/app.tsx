import { useCallback, useEffect, useMemo, useState } from 'react';
import { ChannelPane } from './channel.tsx';
import { Home } from './home.tsx';
import { Icon } from './icons.tsx';
import { textIn } from './json.ts';
import { preferredTheme, useKept } from './looks.ts';
import { Picture } from './message.tsx';
import { Modal } from './modal.tsx';
import { type About, useAbout, useSlack, useWorld } from './server.ts';
import { SessionContext } from './session.ts';
import type { Channel, SlackState } from './slack-state.ts';
import { TopBar } from './top-bar.tsx';
import { WorldPane } from './world.tsx';

type Where = { readonly kind: 'channel'; readonly id: string } | { readonly kind: 'home' };

export function App() {
  const about = useAbout();
  const { slack, isConnected } = useSlack();
  if (about?.slackUrl === '') return <Elsewhere about={about} />;
  if (about === undefined || !slack.isLoaded) return <div className="loading">Opening the workspace…</div>;
  return <Workspace about={about} slack={slack} isConnected={isConnected} />;
}

function Workspace({
  about,
  slack,
  isConnected,
}: {
  readonly about: About;
  readonly slack: SlackState;
  readonly isConnected: boolean;
}) {
  const world = useWorld();
  const [theme, setTheme] = useKept('theme', preferredTheme(), ['light', 'dark']);
  const [width, setWidth] = useKept('width', 'desktop', ['desktop', 'phone']);
  const people = [...slack.people.values()].filter((person) => person.isBot !== true);
  const [personId, setPersonId] = useState(people[0]?.id ?? '');
  const me = slack.people.get(personId);
  const [where, setWhere] = useState<Where>({ kind: 'channel', id: about.channel ?? firstChannel(slack) });
  const [wanted, setWanted] = useState<{ ts: string; at: number }>();

  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.title = about.title;
  }, [theme, about.title]);

  const showMessage = useCallback((channel: string, ts: string) => {
    setWhere({ kind: 'channel', id: channel });
    setWanted({ ts, at: Date.now() });
  }, []);
  const session = useMemo(
    () => ({ slack, me, theme, slackUrl: about.slackUrl, showMessage }),
    [slack, me, theme, about.slackUrl, showMessage],
  );
  const mine = [...slack.channels.values()].filter((channel) => channel.memberIds.includes(personId));
  const channel = where.kind === 'channel' ? mine.find((one) => one.id === where.id) : undefined;
  const view = slack.views.findLast((one) => one.userId === personId)?.view;

  return (
    <SessionContext.Provider value={session}>
      <div className={`app is-${width}`}>
        <TopBar
          about={about}
          isConnected={isConnected}
          onPerson={setPersonId}
          width={width}
          onWidth={setWidth}
          onTheme={setTheme}
        />
        <Sidebar channels={mine} where={where} onWhere={setWhere} />
        <main className="stage">
          <div className="screen">
            {where.kind === 'home' && <Home />}
            {channel !== undefined && (
              <ChannelPane
                key={`${channel.id} ${personId}`}
                channel={channel}
                command={about.command}
                pinned={about.pinned}
                wanted={wanted}
              />
            )}
            {where.kind === 'channel' && channel === undefined && (
              <div className="empty">{me?.realName} is not a member of this channel.</div>
            )}
          </div>
        </main>
        <WorldPane about={about} world={world} />
        {view !== undefined && <Modal key={textIn(view.id)} view={view} />}
      </div>
    </SessionContext.Provider>
  );
}

/** The channel is in a real workspace: only the world is to be seen here. */
function Elsewhere({ about }: { readonly about: About }) {
  const world = useWorld();
  const [theme] = useKept('theme', preferredTheme(), ['light', 'dark']);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.title = about.title;
  }, [theme, about.title]);
  return (
    <div className="app is-elsewhere">
      <header className="top-bar">
        <span className="title">{about.title}</span>
      </header>
      <main className="stage">
        <div className="empty">
          <strong>Your own Slack</strong>
          <p>The channel is in your workspace. Open it beside this page and watch the world follow.</p>
        </div>
      </main>
      <WorldPane about={about} world={world} />
    </div>
  );
}

function firstChannel(slack: SlackState): string {
  return [...slack.channels.values()].find((channel) => channel.name !== '')?.id ?? '';
}

interface SidebarProps {
  readonly channels: readonly Channel[];
  readonly where: Where;
  readonly onWhere: (where: Where) => void;
}

function Sidebar({ channels, where, onWhere }: SidebarProps) {
  const isAt = (id: string): boolean => where.kind === 'channel' && where.id === id;
  const direct = channels.find((channel) => channel.directWith !== undefined);
  return (
    <nav className="sidebar" aria-label="Channels">
      <h2>Channels</h2>
      {channels
        .filter((channel) => channel.directWith === undefined)
        .map((channel) => (
          <button
            key={channel.id}
            type="button"
            aria-current={isAt(channel.id)}
            onClick={() => onWhere({ kind: 'channel', id: channel.id })}
          >
            <Icon name="hash" size={14} /> {channel.name}
          </button>
        ))}
      <h2>App</h2>
      <button type="button" aria-current={where.kind === 'home'} onClick={() => onWhere({ kind: 'home' })}>
        <Icon name="home" size={14} /> Home
      </button>
      {direct !== undefined && (
        <button
          type="button"
          aria-current={isAt(direct.id)}
          onClick={() => onWhere({ kind: 'channel', id: direct.id })}
        >
          <Picture person={undefined} isApp size={16} /> Messages
        </button>
      )}
    </nav>
  );
}
