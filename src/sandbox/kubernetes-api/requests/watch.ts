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
/** Clients complain of a watch that lasted less than the second it was asked for. */
const gracePeriodMs = 50;
/** A client that does not read is cut off before it eats the server's memory. */
const unreadLimitBytes = 16_000_000;

/** How one event is written; undefined means JSON objects. */
export type EventWriter = ((type: string, object: StoredObject) => string) | undefined;

export interface WatchTools {
  readonly response: ServerResponse;
  readonly write: EventWriter;
}

/** Streams changes to one client until it leaves, its time is over, or the server stops. */
export class WatchStream {
  private readonly api: Api;
  private readonly scope: Scope;
  private readonly tools: WatchTools;
  /** Changes up to here are known to the client; 0 means it wants to hear what is there first. */
  private readonly from: number;
  private readonly wantsBookmarks: boolean;
  private lastVersion = 0;
  private readonly stops: (() => void)[] = [];

  constructor(api: Api, scope: Scope, query: URLSearchParams, tools: WatchTools) {
    this.api = api;
    this.scope = scope;
    this.tools = tools;
    this.from = startOf(query.get('resourceVersion') ?? '');
    this.wantsBookmarks = isTrue(query.get('allowWatchBookmarks'));
    tools.response.writeHead(200, { 'content-type': 'application/json' });
    tools.response.flushHeaders();
    if (this.catchUp(isTrue(query.get('sendInitialEvents')))) this.follow(Number(query.get('timeoutSeconds') ?? 0));
  }

  end(): void {
    for (const stop of this.stops.splice(0)) stop();
    if (!this.tools.response.writableEnded) this.tools.response.end();
  }

  /** Tells what the client does not know yet; false when that is too long ago. */
  private catchUp(sendsInitial: boolean): boolean {
    const { resource, selection } = this.scope;
    const collection = this.api.store.collection(resource.collection);
    const now = this.api.store.resourceVersion;
    if (this.from === 0 || sendsInitial) {
      for (const object of collection.list(this.namespace())) {
        if (selection === undefined || selection(object)) this.sendObject('ADDED', object);
      }
      if (sendsInitial && this.wantsBookmarks) this.bookmark(true);
      return true;
    }
    // A version from the future: this server forgot its data, and counts from the start again. A real one would stay silent for ever.
    const missed = this.from > now ? undefined : collection.since(this.from);
    if (missed === undefined) {
      const status = expired(`too old resource version: ${this.from} (${now})`).status();
      this.tools.response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      return false;
    }
    for (const change of missed) this.onChange(change);
    return true;
  }

  private follow(timeoutSeconds: number): void {
    const collection = this.api.store.collection(this.scope.resource.collection);
    this.stops.push(collection.watch((change) => this.onChange(change)));
    if (this.wantsBookmarks) {
      const bookmarks = setInterval(() => this.bookmark(false), bookmarkEveryMs);
      this.stops.push(() => clearInterval(bookmarks));
    }
    const timeout = setTimeout(
      () => {
        if (this.wantsBookmarks) this.bookmark(false);
        this.end();
      },
      timeoutSeconds > 0 ? timeoutSeconds * 1000 + gracePeriodMs : longestMs,
    );
    this.stops.push(() => clearTimeout(timeout));
    this.tools.response.on('close', () => this.end());
  }

  private namespace(): string | undefined {
    return this.scope.resource.isNamespaced ? this.scope.namespace : undefined;
  }

  private onChange(change: Change): void {
    const namespace = this.namespace();
    if (change.resourceVersion <= this.from) return;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const type = typeFor(change, this.scope.selection);
    if (type === undefined) return;
    this.lastVersion = change.resourceVersion;
    this.sendObject(type, change.object);
  }

  private sendObject(type: string, object: StoredObject): void {
    const { write } = this.tools;
    const line = write?.(type, object) ?? `{"type":"${type}","object":${textOf(this.scope.resource, object)}}\n`;
    this.send(line);
  }

  private bookmark(isInitialEnd: boolean): void {
    const { resource } = this.scope;
    this.lastVersion = Math.max(this.lastVersion, this.api.store.resourceVersion);
    const metadata = {
      resourceVersion: String(this.lastVersion),
      ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    };
    const object = { kind: resource.kind, apiVersion: groupVersionOf(resource), metadata };
    this.send(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  private send(line: string): void {
    const { response } = this.tools;
    if (response.writableLength > unreadLimitBytes) response.destroy();
    else response.write(line);
  }
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
