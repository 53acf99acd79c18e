import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeCodeOf } from '../../server/wire/close-code.ts';
import { FIN, OPCODE, writeHeader } from '../../server/wire/frame-header.ts';
import { FrameReader } from '../../server/wire/frame-reader.ts';
import { applyMask } from '../../server/wire/masking.ts';
import { acceptFor } from '../../server/wire/upgrade.ts';
import type { UpstreamServer } from '../nginx/upstream.ts';
import { openToWorkers } from '../topology/worker-user.ts';

const HOST = '127.0.0.1';
const MESSAGE_MAX = 65_536;
const HEADER_MAX = 10;

/**
 * Headers of the 426 response (RFC 9110 section 15.5.22). `close` makes sure that Nginx keeps no connection
 * open after `refuse`.
 */
const REQUIRED = { Upgrade: 'websocket', Connection: 'Upgrade, close', 'Content-Type': 'text/plain' };

/** A request as the server behind Nginx received it. */
export interface Arrival {
  /** HTTP version, `1.0` or `1.1`. */
  httpVersion: string;
  upgrade: string | null;
  connection: string | null;
}

/** A request, with all details that can be compared with the request that was sent. */
export interface Received extends Arrival {
  method: string;
  /** Path, including its query. */
  path: string;
  /** Header names are in lower case. */
  headers: readonly { name: string; value: string }[];
}

/**
 * The check's WebSocket server behind Nginx. It accepts upgrades as specified in RFC 6455 section 4.2.1 and
 * selects the first subprotocol offered. It answers every other request with 426, as a WebSocket endpoint
 * does. It records all requests.
 */
export interface Backend extends UpstreamServer {
  /** In order of arrival. */
  readonly arrivals: readonly Received[];
  /** Refuses new connections; those already open stay open. */
  refuse(): Promise<void>;
  /** Accepts connections again, on the same port and socket. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** @param socket Path of a Unix-domain socket on which to listen as well. */
export async function startBackend(socket: string): Promise<Backend> {
  const arrivals: Received[] = [];
  const open = new Set<Duplex>();
  const make = () => makeServer(arrivals, open);
  let servers: readonly Server[] = [];
  let port = 0;

  async function accept(): Promise<void> {
    const tcp = make();
    const local = make();
    servers = [tcp, local];
    await Promise.all([listening(tcp, port), listening(local, socket)]);
    await openToWorkers(socket, 0o660);
    port = (tcp.address() as AddressInfo).port;
  }

  async function refuse(): Promise<void> {
    await Promise.all(servers.map(closed));
  }

  try {
    await accept();
  } catch (error) {
    await refuse();
    throw error;
  }
  return {
    host: HOST,
    port,
    socket,
    arrivals,
    refuse,
    accept,
    async close() {
      for (const each of open) each.destroy();
      await refuse();
    },
  };
}

function makeServer(arrivals: Received[], open: Set<Duplex>): Server {
  const note = (request: IncomingMessage) => arrivals.push(receivedIn(request));
  const server = createServer((request, response) => {
    note(request);
    response.writeHead(426, REQUIRED).end('WebSocket only\n');
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    note(request);
    socket.on('error', () => socket.destroy());
    const { 'sec-websocket-key': key, 'sec-websocket-protocol': offered, upgrade } = request.headers;
    // An HTTP/1.0 request cannot ask for an upgrade (RFC 9110 section 7.8).
    const isValid = request.httpVersion === '1.1' && upgrade?.toLowerCase() === 'websocket';
    if (key === undefined || !isValid) refuseUpgrade(socket);
    else echo(socket, key, offered?.split(',')[0]?.trim() ?? null, head);
  });
  return server;
}

function receivedIn({ method = '', url = '', httpVersion, headers, rawHeaders }: IncomingMessage): Received {
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [{ name: name.toLowerCase(), value: rawHeaders[index + 1] ?? '' }] : [],
  );
  const { upgrade = null, connection = null } = headers;
  return { httpVersion, upgrade, connection, method, path: url, headers: pairs };
}

function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n');
}

function echo(socket: Duplex, key: string, protocol: string | null, head: Buffer): void {
  const chosen = protocol === null ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n${chosen}\r\n`,
  );
  const reader = new FrameReader(MESSAGE_MAX, true);
  const handler = {
    message(buffer: Buffer, from: number, to: number, text: boolean, mask: number) {
      const payload = Buffer.from(buffer.subarray(from, to));
      applyMask(payload, 0, payload.length, mask);
      socket.write(frame(text ? OPCODE.text : OPCODE.binary, payload));
    },
    control(opcode: number, payload: Buffer) {
      if (opcode === OPCODE.ping) socket.write(frame(OPCODE.pong, payload));
      if (opcode === OPCODE.close && closeCodeOf(payload) !== null)
        socket.end(frame(OPCODE.close, payload.subarray(0, 2)));
    },
  };
  const take = (bytes: Buffer) => {
    if (reader.read(bytes, 0, bytes.length, handler) !== null) socket.destroy();
  };
  socket.on('data', take);
  take(head);
}

function frame(opcode: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER_MAX + payload.length);
  const at = writeHeader(bytes, 0, FIN | opcode, payload.length, false);
  payload.copy(bytes, at);
  return bytes.subarray(0, at + payload.length);
}

function listening(server: Server, at: number | string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(typeof at === 'string' ? { path: at } : { port: at, host: HOST }, done);
  });
}

/** Makes a server stop accepting connections. Open connections stay open. */
async function closed(server: Server): Promise<void> {
  await new Promise<void>((done) => {
    server.close();
    setImmediate(done);
  });
}
