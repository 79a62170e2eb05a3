import { useEffect, useReducer, useState } from 'react';
import type { FeedItem, Sample } from '../feeds.ts';
import type { Fact, PageAction, Pinned, StatusLine, WriteLine } from '../options.ts';
import type { PodLine } from '../pods.ts';
import type { Json } from './json.ts';
import { applyChange, emptyState, type SlackChange, type SlackState } from './slack-state.ts';

/** What the page was started with. */
export interface About {
  readonly title: string;
  readonly channel?: string;
  readonly command: string;
  readonly pinned?: Pinned;
  readonly kubectlLine?: string;
  readonly facts: readonly Fact[];
  readonly actions: readonly PageAction[];
  readonly hasWorld: boolean;
  readonly hasKubernetes: boolean;
  readonly hasWrites: boolean;
  readonly slackUrl: string;
}

/** What came of acting as a person. */
export interface Acted {
  readonly ok: boolean;
  readonly error?: string;
  readonly isAcknowledged?: boolean;
  readonly errors?: Readonly<Record<string, string>>;
  readonly options?: readonly Json[];
}

export type Act = (name: string, body: object) => Promise<Acted>;

export async function act(name: string, body: object): Promise<Acted> {
  try {
    const response = await fetch(`/slack/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: 'The Slack stand-in does not answer.' };
  }
}

export async function doAction(name: string): Promise<string> {
  try {
    const response = await fetch('/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const answer = await response.json();
    return String(answer.note ?? answer.error ?? '');
  } catch {
    return 'The sandbox does not answer.';
  }
}

export function useAbout(): About | undefined {
  const [about, setAbout] = useState<About>();
  useEffect(() => {
    void fetch('/about')
      .then((response) => response.json())
      .then(setAbout);
  }, []);
  return about;
}

/** Hears a stream for as long as the page lives, also over a server that goes away and comes back. */
function listen(
  url: string,
  { onItem, onState }: { onItem: (data: string) => void; onState: (isOpen: boolean) => void },
): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout>;
  function connect(): void {
    source = new EventSource(url);
    source.onopen = () => onState(true);
    source.onmessage = (event) => onItem(String(event.data));
    source.onerror = () => {
      onState(false);
      // An answer that is no stream (502) closes it for good; a lost connection is made again by the browser.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, 1000);
    };
  }
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** The workspace, kept up to date: each connection begins with the whole state. */
export function useSlack(): { readonly slack: SlackState; readonly isConnected: boolean } {
  const [slack, apply] = useReducer(applyChange, emptyState);
  const [isConnected, setConnected] = useState(false);
  useEffect(
    () =>
      listen('/slack/events', {
        onState: setConnected,
        onItem(data) {
          const change: SlackChange = JSON.parse(data);
          apply(change);
        },
      }),
    [],
  );
  return { slack, isConnected };
}

/** Two writes of one millisecond may read the same. */
export interface SeenWrite extends WriteLine {
  readonly number: number;
}

export interface WorldState {
  readonly samples: readonly Sample[];
  readonly pods: readonly PodLine[];
  readonly writes: readonly SeenWrite[];
  readonly status: ReadonlyMap<string, StatusLine>;
  readonly reachable: ReadonlyMap<string, boolean>;
}

const emptyWorld: WorldState = { samples: [], pods: [], writes: [], status: new Map(), reachable: new Map() };
const keptSamples = 240;
const keptWrites = 60;

function numbered(write: WriteLine, before: SeenWrite | undefined): SeenWrite {
  return { ...write, number: (before?.number ?? 0) + 1 };
}

function applyFeed(world: WorldState, item: FeedItem | { readonly kind: 'reset' }): WorldState {
  switch (item.kind) {
    case 'reset':
      return emptyWorld;
    case 'samples':
      return { ...world, samples: item.samples };
    case 'sample':
      return { ...world, samples: [...world.samples, item.sample].slice(-keptSamples) };
    case 'pods':
      return { ...world, pods: item.pods };
    case 'write':
      return { ...world, writes: [...world.writes, numbered(item.write, world.writes.at(-1))].slice(-keptWrites) };
    case 'status':
      return { ...world, status: new Map(world.status).set(item.status.name, item.status) };
    case 'reachable':
      return { ...world, reachable: new Map(world.reachable).set(item.what, item.isThere) };
    default:
      return world;
  }
}

export function useWorld(): WorldState {
  const [world, apply] = useReducer(applyFeed, emptyWorld);
  useEffect(
    () =>
      listen('/feeds', {
        onState: (isOpen) => isOpen && apply({ kind: 'reset' }),
        onItem(data) {
          const item: FeedItem = JSON.parse(data);
          apply(item);
        },
      }),
    [],
  );
  return world;
}
