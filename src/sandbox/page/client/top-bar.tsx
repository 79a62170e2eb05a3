import { Icon } from './icons.tsx';
import type { Theme, Width } from './looks.ts';
import { Picture } from './message.tsx';
import type { About } from './server.ts';
import { useSession } from './session.ts';

interface TopBarProps {
  readonly about: About;
  readonly isConnected: boolean;
  readonly onPerson: (id: string) => void;
  readonly width: Width;
  readonly onWidth: (width: Width) => void;
  readonly onTheme: (theme: Theme) => void;
}

/** Who you are, how wide the channel is, and light or dark. */
export function TopBar({ about, isConnected, onPerson, width, onWidth, onTheme }: TopBarProps) {
  const { slack, me, theme } = useSession();
  const people = [...slack.people.values()].filter((person) => person.isBot !== true);
  return (
    <header className="top-bar">
      <span className="title">{about.title}</span>
      <Connection isConnected={isConnected} />
      <span className="grow" />
      <label className="be">
        <span className="dim">You are</span>
        <Picture person={me} size={22} />
        <select value={me?.id ?? ''} aria-label="Be this person" onChange={(event) => onPerson(event.target.value)}>
          {people.map((person) => (
            <option key={person.id} value={person.id}>
              {person.realName}
              {person.isGuest === true ? ' (guest)' : ''}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="switch">
        <legend className="sr-only">Width of the channel</legend>
        {(['desktop', 'phone'] as const).map((one) => (
          <button key={one} type="button" aria-pressed={width === one} onClick={() => onWidth(one)}>
            <Icon name={one} size={15} /> {one === 'phone' ? 'Phone' : 'Desktop'}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className="plain-button theme-button"
        aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}
        onClick={() => onTheme(theme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}

function Connection({ isConnected }: { readonly isConnected: boolean }) {
  const { slack } = useSession();
  const isDown = slack.fault === 'down';
  const isFine = isConnected && !isDown && slack.connections > 0;
  const words = connectionWords(isConnected, isDown, slack.connections);
  return (
    <span className="connection" data-fine={isFine}>
      <span className="status-dot" /> {words}
    </span>
  );
}

function connectionWords(isConnected: boolean, isDown: boolean, connections: number): string {
  if (!isConnected) return 'the stand-in is gone, looking for it…';
  if (isDown) return 'Slack is down';
  if (connections === 0) return 'app not connected';
  return `app connected · ${connections} ${connections === 1 ? 'socket' : 'sockets'}`;
}
