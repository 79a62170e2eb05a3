import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { JsonObject } from '../../lib/index.ts';
import type { Envelope, Outcome } from './deliveries.ts';
import { createSecret } from './ids.ts';

export interface Sockets {
  /** A one-use address to connect to. */
  createTicket(httpUrl: string): string;
  send(envelope: Envelope): Promise<Outcome>;
  count(): number;
  /** Asks every connection to reconnect, as Slack does from time to time. */
  refresh(): void;
  /** Cuts every connection without a word. */
  cut(): void;
  attach(server: Server): void;
  stop(): void;
}

interface Connection {
  readonly id: string;
  readonly socket: WebSocket;
  readonly openedAtMs: number;
}

const Acknowledgement = z.object({ envelope_id: z.string(), payload: z.record(z.string(), z.json()).optional() });

const pingEveryMs = 10_000;
/** Of one app. */
const maxConnections = 10;

export interface SocketsTools {
  readonly appId: string;
  readonly ackTimeoutMs: number;
  readonly refreshEveryMs: number | undefined;
  readonly isDown: () => boolean;
  readonly onCount: (count: number) => void;
}

/** The Socket Mode side: many connections of one app, each payload to one of them in turn. */
export function createSockets(tools: SocketsTools): Sockets {
  const server = new WebSocketServer({ noServer: true, clientTracking: false });
  const tickets = new Set<string>();
  const connections: Connection[] = [];
  const waiting = new Map<string, { readonly connection: Connection; readonly done: (outcome: Outcome) => void }>();
  let turn = 0;

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    if (tools.isDown() || !tickets.delete(ticket)) {
      socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, open);
  }

  function open(socket: WebSocket): void {
    const connection: Connection = { id: randomUUID(), socket, openedAtMs: Date.now() };
    if (connections.length >= maxConnections) {
      sendJson(connection, { type: 'disconnect', reason: 'too_many_websockets', debug_info: { host: 'sandbox' } });
      socket.close(1000);
      return;
    }
    connections.push(connection);
    tools.onCount(connections.length);
    socket.on('message', (data) => hear(connection, String(data)));
    socket.on('close', () => forget(connection));
    // Danger: without a listener an 'error' event would end the process; 'close' follows and does the work.
    socket.on('error', () => {});
    sendJson(connection, {
      type: 'hello',
      num_connections: connections.length,
      debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
      connection_info: { app_id: tools.appId },
    });
  }

  function forget(connection: Connection): void {
    const index = connections.indexOf(connection);
    if (index >= 0) connections.splice(index, 1);
    for (const [id, entry] of waiting) {
      if (entry.connection !== connection) continue;
      waiting.delete(id);
      entry.done({ kind: 'failed', error: 'connection_closed' });
    }
    tools.onCount(connections.length);
  }

  function hear(connection: Connection, text: string): void {
    const parsed = Acknowledgement.safeParse(parseJson(text));
    if (!parsed.success) return;
    const entry = waiting.get(parsed.data.envelope_id);
    if (entry?.connection !== connection) return;
    waiting.delete(parsed.data.envelope_id);
    entry.done({ kind: 'acknowledged', response: parsed.data.payload ?? {} });
  }

  function askToReconnect(connection: Connection): void {
    sendJson(connection, { type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'sandbox' } });
    // Slack closes the socket itself when the app does not.
    setTimeout(() => connection.socket.close(1000), 2000).unref();
  }

  const pings = setInterval(() => {
    for (const { socket } of connections) socket.ping();
  }, pingEveryMs);
  const { refreshEveryMs } = tools;
  const refreshes =
    refreshEveryMs === undefined
      ? undefined
      : setInterval(
          () => {
            for (const connection of [...connections]) {
              if (Date.now() - connection.openedAtMs >= refreshEveryMs) askToReconnect(connection);
            }
          },
          Math.max(50, refreshEveryMs / 4),
        );

  return {
    createTicket(httpUrl) {
      const ticket = createSecret();
      tickets.add(ticket);
      return `${httpUrl.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${tools.appId}`;
    },

    send(envelope) {
      const open = connections.filter(({ socket }) => socket.readyState === socket.OPEN);
      turn += 1;
      const connection = open[turn % Math.max(1, open.length)];
      if (connection === undefined) return Promise.resolve({ kind: 'failed', error: 'dispatch_failed' });
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(envelope.id);
          resolve({ kind: 'failed', error: 'operation_timeout' });
        }, tools.ackTimeoutMs);
        const done = (outcome: Outcome): void => {
          clearTimeout(timer);
          resolve(outcome);
        };
        waiting.set(envelope.id, { connection, done });
        sendJson(connection, {
          envelope_id: envelope.id,
          type: envelope.type,
          accepts_response_payload: envelope.type !== 'events_api',
          payload: envelope.payload,
          ...(envelope.type === 'events_api' && {
            retry_attempt: envelope.retryCount,
            retry_reason: envelope.retryReason,
          }),
        });
      });
    },

    count: () => connections.length,
    refresh() {
      for (const connection of [...connections]) askToReconnect(connection);
    },
    cut() {
      for (const { socket } of [...connections]) socket.terminate();
    },
    attach: (http) => void http.on('upgrade', accept),
    stop() {
      clearInterval(pings);
      clearInterval(refreshes);
      for (const { socket } of [...connections]) socket.terminate();
      server.close();
    },
  };
}

function sendJson(connection: Connection, body: JsonObject): void {
  connection.socket.send(JSON.stringify(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
