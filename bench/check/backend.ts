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

/** RFC 9110 section 15.5.22. It closes, so that Nginx keeps no connection that outlives `refuse`. */
const REQUIRED = { Upgrade: 'websocket', Connection: 'Upgrade, close', 'Content-Type': 'text/plain' };

/** A request as it came to the server behind Nginx. */
export interface Arrival {
  /** `1.0` or `1.1`. */
  httpVersion: string;
  upgrade: string | null;
  connection: string | null;
}

/**
 * A WebSocket server of the bench's own behind Nginx. It takes an upgrade as RFC 6455 section 4.2.1 says, answers
 * every other request with 426 as a WebSocket endpoint does, and remembers what came.
 */
export interface Backend extends UpstreamServer {
  /** In the order of their coming. */
  readonly arrivals: readonly Arrival[];
  /** Refuses connections from now on; those that are open stay. */
  refuse(): Promise<void>;
  /** Takes them again, on the same port and socket. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** @param socket Path of a Unix-domain socket to listen on as well. */
export async function startBackend(socket: string): Promise<Backend> {
  const arrivals: Arrival[] = [];
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

  await accept();
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

function makeServer(arrivals: Arrival[], open: Set<Duplex>): Server {
  const note = ({ httpVersion, headers }: IncomingMessage) =>
    arrivals.push({
      httpVersion,
      upgrade: headers.upgrade ?? null,
      connection: headers.connection ?? null,
    });
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
    const key = request.headers['sec-websocket-key'];
    // A request of HTTP/1.0 cannot ask for an upgrade (RFC 9110 section 7.8).
    if (key === undefined || request.httpVersion !== '1.1') refuseUpgrade(socket);
    else echo(socket, key, head);
  });
  return server;
}

function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n');
}

function echo(socket: Duplex, key: string, head: Buffer): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
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
  if (head.length > 0) take(head);
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
    if (typeof at === 'string') server.listen(at, done);
    else server.listen(at, HOST, done);
  });
}

/** Resolves as soon as it takes no more; what is open goes on. */
async function closed(server: Server): Promise<void> {
  await new Promise<void>((done) => {
    server.close();
    setImmediate(done);
  });
}
