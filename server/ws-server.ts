import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { type Answer, answerOf } from './answer.ts';
import { readCertificate } from './certificate.ts';
import { listen } from './listen.ts';
import { type ClientLog, clientOf, logClient } from './log.ts';
import type { ServerOptions } from './options.ts';
import { pageFor } from './pages.ts';
import { type Member, Rooms } from './rooms.ts';
import { emptyStats, noneOpen, type RunningServer, type ServerStats } from './running.ts';

// An import statement would make Node search each file of ws for exports, which takes longer than loading the files.
const { WebSocketServer }: typeof import('ws') = createRequire(import.meta.url)('ws');

/**
 * Maximum number of bytes queued for a client before the server stops reading from it: as many as one read returns.
 * Node and ws use several hundred bytes of memory for each small message, so the limit cannot be much higher.
 */
const MAX_WAITING_BYTES = 65_536;

const NORMAL_CLOSURE = 1000;

const BINARY = { binary: true };
const TEXT = { binary: false };

/**
 * The reference echo server, based on the ws library, without compression.
 *
 * @throws the error of listen(), such as EADDRINUSE
 */
export async function startWsServer(options: ServerOptions): Promise<RunningServer> {
  const certificate = await readCertificate(options);
  const stats = emptyStats();
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    servePage(stats, request, response);
  const server = certificate === null ? createServer(onRequest) : createTlsServer(certificate, onRequest);
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    // Pongs are sent below, because ws would queue an unlimited number of them for a client that does not
    // read.
    autoPong: false,
    maxPayload: options.maxPayloadBytes,
  });
  // ws re-emits the HTTP server's errors; listen() below reports them.
  sockets.on('error', () => {});
  // For an upgrade, neither ws nor node:http checks the HTTP version or the Host header (RFC 9110 section
  // 7.8, RFC 9112 section 3.2).
  sockets.shouldHandle = ({ httpVersion, headers }) => httpVersion !== '1.0' && headers.host !== undefined;
  const logs = new WeakMap<WebSocket, ClientLog>();
  const { closeAfter } = options;
  const rooms = options.reply === 'rooms' ? makeRooms() : null;
  const onMessage = echo(stats, answerOf(options), logs, { closeAfter, rooms });
  sockets.on('connection', (socket, request) => {
    stats.connections.open++;
    stats.connections.total++;
    const log = options.log ? logClient(clientOf(request.socket)) : null;
    if (log !== null) logs.set(socket, log);
    socket.on('message', onMessage);
    if (closeAfter === 0) socket.close(NORMAL_CLOSURE);
    socket.on('ping', onPing);
    // If a client violates the protocol, ws closes its connection, which the close handler below counts.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      stats.connections.open--;
      rooms?.leave(socket);
      log?.disconnected(code);
    });
  });
  const listeners = await listen(server, options);

  async function stop(graceMs: number): Promise<void> {
    const closed = Promise.all(listeners.map((each) => new Promise((done) => each.close(done))));
    for (const socket of sockets.clients) socket.close(1001);
    await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await noneOpen(stats);
  }

  function ping(): void {
    for (const socket of sockets.clients)
      if (socket.readyState === socket.OPEN && socket.bufferedAmount <= MAX_WAITING_BYTES) socket.ping();
  }

  return { port: (server.address() as AddressInfo).port, stats, ping, stop };
}

/**
 * Creates the message listener that all sockets share. By default it only echoes, so that a message costs no
 * more than its echo.
 *
 * @param options.closeAfter number of messages after which to close a socket; null for never
 */
function echo(
  stats: ServerStats,
  answer: Answer | null,
  logs: WeakMap<WebSocket, ClientLog>,
  { closeAfter, rooms }: { closeAfter: number | null; rooms: SocketRooms | null },
) {
  const answered = new WeakMap<WebSocket, number>();
  function closeIfDone(socket: WebSocket): void {
    const count = (answered.get(socket) ?? 0) + 1;
    if (count === closeAfter) socket.close(NORMAL_CLOSURE);
    else answered.set(socket, count);
  }
  function send(socket: WebSocket, payload: Buffer, isBinary: boolean, receivedBytes: number): void {
    if (socket.readyState !== socket.OPEN) return;
    stats.messages++;
    stats.bytes += receivedBytes;
    const options = isBinary ? BINARY : TEXT;
    if (socket.bufferedAmount <= MAX_WAITING_BYTES) socket.send(payload, options);
    else socket.send(payload, options, holdBack(socket));
    if (closeAfter !== null) closeIfDone(socket);
  }
  return function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
    const payload = data as Buffer; // ws's binaryType is 'nodebuffer' unless it is changed
    if (answer === null) {
      send(this, payload, isBinary, payload.length);
      return;
    }
    logs.get(this)?.received(payload, !isBinary);
    answer(payload, (answered) => {
      const sent = rooms?.take(this, answered, isBinary) ?? null;
      if (sent === null) {
        send(this, answered, isBinary, payload.length);
        return;
      }
      stats.messages += sent;
      stats.bytes += payload.length * sent;
    });
  };
}

interface SocketRooms {
  take(from: WebSocket, payload: Buffer, isBinary: boolean): number | null;
  leave(socket: WebSocket): void;
}

interface WsMessage {
  payload: Buffer;
  isBinary: boolean;
}

function makeRooms(): SocketRooms {
  const rooms = new Rooms<WsMessage, Member<WsMessage>>();
  const members = new WeakMap<WebSocket, Member<WsMessage>>();
  const memberOf = (socket: WebSocket): Member<WsMessage> => {
    const member = members.get(socket) ?? {
      queuedBytes: () => socket.bufferedAmount,
      deliver({ payload, isBinary }) {
        if (socket.readyState === socket.OPEN) socket.send(payload, isBinary ? BINARY : TEXT);
      },
    };
    members.set(socket, member);
    return member;
  };
  return {
    take: (from, payload, isBinary) =>
      rooms.take(memberOf(from), payload, (published) => ({ payload: published, isBinary })),
    leave: (socket) => rooms.leave(memberOf(socket)),
  };
}

function onPing(this: WebSocket, payload: Buffer): void {
  if (this.readyState !== this.OPEN) return;
  if (this.bufferedAmount <= MAX_WAITING_BYTES) this.pong(payload);
  else this.pong(payload, undefined, holdBack(this));
}

/**
 * Stops reading from a client that does not read the data sent to it.
 *
 * @returns a callback for the end of the next write; the callback resumes reading once fewer bytes are queued
 */
function holdBack(socket: WebSocket): () => void {
  socket.pause();
  return () => {
    if (socket.bufferedAmount <= MAX_WAITING_BYTES) socket.resume();
  };
}

function servePage(stats: ServerStats, request: IncomingMessage, response: ServerResponse): void {
  stats.httpRequests++;
  const { status, headers, body } = pageFor(request.method ?? '', request.url ?? '');
  response.writeHead(status, { ...headers, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}
