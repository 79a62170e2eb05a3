import type { ServerResponse } from 'node:http';
import type { Api } from '../api.ts';
import { ApiError, expired } from '../api-error.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import { groupVersionOf } from '../resources/resource.ts';
import type { Change } from '../store/collection.ts';
import type { Scope } from './list.ts';
import { isTrue } from './request.ts';
import { textOf } from './texts.ts';

const bookmarkEveryMs = 60_000;
/** A real server ends a watch after 30–60 minutes when nobody says otherwise. */
const longestMs = 30 * 60_000;
/** A client that does not read is cut off before it eats the server's memory. */
const unreadLimitBytes = 16_000_000;

/** How one event is written; undefined means JSON objects. */
export type EventWriter = ((type: string, object: StoredObject) => string) | undefined;

/** Streams changes to one client until it leaves, its time is over, or the server stops. Returns how to end it. */
export function startWatch(
  api: Api,
  scope: Scope,
  query: URLSearchParams,
  response: ServerResponse,
  write: EventWriter,
): () => void {
  const { resource, selection } = scope;
  const collection = api.store.collection(resource.collection);
  const namespace = resource.isNamespaced ? scope.namespace : undefined;
  const asked = query.get('resourceVersion') ?? '';
  const wantsBookmarks = isTrue(query.get('allowWatchBookmarks'));
  const sendsInitial = isTrue(query.get('sendInitialEvents'));
  const from = startOf(asked);
  const startVersion = api.store.resourceVersion;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  let lastVersion = from === 0 ? startVersion : from;

  function send(line: string): void {
    if (response.writableLength > unreadLimitBytes) response.destroy();
    else response.write(line);
  }
  function sendObject(type: string, object: StoredObject): void {
    send(write === undefined ? `{"type":"${type}","object":${textOf(resource, object)}}\n` : write(type, object));
  }
  function onChange(change: Change): void {
    if (change.resourceVersion <= from) return;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const type = typeFor(change, selection);
    if (type === undefined) return;
    lastVersion = change.resourceVersion;
    sendObject(type, change.object);
  }
  function bookmark(isInitialEnd = false): void {
    lastVersion = Math.max(lastVersion, api.store.resourceVersion);
    const metadata = {
      resourceVersion: String(lastVersion),
      ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    };
    const object = { kind: resource.kind, apiVersion: groupVersionOf(resource), metadata };
    send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  if (from === 0 || sendsInitial) {
    for (const object of collection.list(namespace)) {
      if (selection === undefined || selection(object)) sendObject('ADDED', object);
    }
    if (sendsInitial && wantsBookmarks) bookmark(true);
  } else {
    // A version from the future: this server forgot its data, and counts from the start again. A real one would stay silent for ever.
    const missed = from > startVersion ? undefined : collection.since(from);
    if (missed === undefined) {
      const status = expired(`too old resource version: ${from} (${startVersion})`).status();
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      return () => {};
    }
    for (const change of missed) onChange(change);
  }

  const stopWatching = collection.watch(onChange);
  const bookmarks = wantsBookmarks ? setInterval(bookmark, bookmarkEveryMs) : undefined;
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timeout = setTimeout(
    () => {
      if (wantsBookmarks) bookmark();
      end();
    },
    seconds > 0 ? seconds * 1000 : longestMs,
  );
  function end(): void {
    stopWatching();
    clearInterval(bookmarks);
    clearTimeout(timeout);
    if (!response.writableEnded) response.end();
  }
  response.on('close', end);
  return end;
}

function startOf(asked: string): number {
  if (asked === '') return 0;
  const version = Number(asked);
  if (Number.isInteger(version) && version >= 0) return version;
  const why = `strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`;
  throw new ApiError(500, '', `resourceVersion: Invalid value: ${JSON.stringify(asked)}: ${why}`);
}

/** An object that enters a selection is ADDED to it, one that leaves is DELETED. */
function typeFor(change: Change, selection: Scope['selection']): string | undefined {
  if (selection === undefined) return change.type;
  const isIn = selection(change.object);
  const wasIn = change.previous !== undefined && selection(change.previous);
  if (change.type === 'DELETED') return wasIn ? 'DELETED' : undefined;
  if (isIn) return wasIn ? 'MODIFIED' : 'ADDED';
  return wasIn ? 'DELETED' : undefined;
}
