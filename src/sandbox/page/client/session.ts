import { createContext, useContext } from 'react';
import type { Theme } from './looks.ts';
import { emptyState, type Person, type SlackState } from './slack-state.ts';

/** Who looks, at what, and how: what every part of the page needs. */
export interface Session {
  readonly slack: SlackState;
  readonly me: Person | undefined;
  readonly theme: Theme;
  readonly slackUrl: string;
  /** Scrolls to a message that a link names. */
  readonly showMessage: (channel: string, ts: string) => void;
}

export const SessionContext = createContext<Session>({
  slack: emptyState,
  me: undefined,
  theme: 'light',
  slackUrl: '',
  showMessage: () => {},
});

export function useSession(): Session {
  return useContext(SessionContext);
}
