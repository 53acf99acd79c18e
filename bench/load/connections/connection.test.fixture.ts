import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { CARRIERS_HERE } from '../../../server/ring/ring.test.fixture.ts';
import { acceptFor } from '../../../server/wire/upgrade.ts';
import type { HandshakeTimes } from '../../measure/recorder.ts';
import { carriersHere, ON_BUN } from '../carriers/engine.ts';
import { type Clock, clockSince, monotonicNs } from '../clock.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import { Payload } from '../wire/payload.ts';
import type { Connection, Connector, OpenFacts } from './connection.ts';
import { leanConnector } from './lean-connection.ts';
import { wsConnector } from './ws-connection.ts';

const HOST = '127.0.0.1';

const carriers = await carriersHere('sockets');
const onRing = await carriersHere('io_uring');

/** The client on `ws` always runs on Node. */
export const CLIENTS = (['lean', 'ws'] as const).filter((client) => client === 'lean' || !ON_BUN);
export const TRANSPORTS = (['tcp', 'io_uring', 'tls'] as const).filter(
  (transport) => transport !== 'io_uring' || CARRIERS_HERE.includes(transport),
);
export type Client = (typeof CLIENTS)[number];
export type Transport = (typeof TRANSPORTS)[number];

export interface KeyPair {
  key: string;
  cert: string;
}

/** Settings shared by all connections of a test. */
export interface Setting {
  connect: Connector;
  payload: Payload;
}

/** `trust` is the certificate that the client trusts; required for TLS. */
export function makeSetting(
  client: Client,
  transport: Transport,
  trust: string | null,
  plan: { minBytes: number; maxBytes: number; type: 'text' | 'binary' },
  clock: Clock = clockSince(monotonicNs()),
): Setting {
  const payload = new Payload(plan, 1);
  const context = {
    clock,
    payload,
    target: {
      host: HOST,
      ports: [],
      path: '/websocket',
      tls: trust === null ? null : { servername: 'localhost' },
    },
  };
  const openCarrier =
    trust === null
      ? (transport === 'io_uring' ? onRing : carriers).tcp(HOST)
      : carriers.tls(HOST, { servername: 'localhost', alpn: ['http/1.1'], ca: trust, sessions: null });
  const connect =
    client === 'ws' ? wsConnector(context) : leanConnector(context, new FrameWriter(payload, 4), openCarrier);
  return { connect, payload };
}

/** A connection and its events in order: `opened`, `text …`, `binary …`, `batch`, `pong`, `failed …`, `closed`. */
export interface Heard {
  connection: Connection;
  events: string[];
  times: HandshakeTimes | null;
  facts: OpenFacts | null;
  until(done: (events: string[]) => boolean): Promise<void>;
  opened(): Promise<void>;
  /** Resolves when the connection has ended, with `<stage>/<kind>` or `closed`. */
  ended(): Promise<string>;
}

/** Opens connection number `id` and records its events. It is closed when the test ends. */
export function open(
  t: TestContext,
  { connect }: Setting,
  port: number,
  { id = 1, source = null as string | null } = {},
): Heard {
  const events: string[] = [];
  const waiting = new Set<() => void>();
  const note = (event: string) => {
    events.push(event);
    for (const check of waiting) check();
  };
  const until = (done: (events: string[]) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!done(events)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const connection = connect(id, source === null ? null : { localAddress: source, localPort: 0 }, port, {
    opened(times, facts) {
      heard.times = times;
      heard.facts = facts;
      note('opened');
    },
    message: (bytes, from, to, text) =>
      note(`${text ? 'text' : 'binary'} ${bytes.toString('latin1', from, to)}`),
    batchEnd: () => note('batch'),
    pong: () => note('pong'),
    failed: (stage, kind) => note(`failed ${stage}/${kind}`),
    closed: () => note('closed'),
  });
  const heard: Heard = {
    connection,
    events,
    times: null,
    facts: null,
    until,
    opened: () => until(() => heard.times !== null),
    async ended() {
      await until(() => events.some(isEnd));
      return events.find(isEnd)?.replace('failed ', '') ?? '';
    },
  };
  t.after(() => connection.destroy());
  return heard;
}

export function isEnd(event: string): boolean {
  return event === 'closed' || event.startsWith('failed ');
}

/** The server's side of a connection: the stream, and the TCP socket below it. */
export interface Peer {
  stream: net.Socket;
  /** Resets the TCP connection, with or without TLS. */
  reset(): void;
}

/** Starts a server that passes each connection to the test. It is closed when the test ends. */
export async function rawServer(
  t: TestContext,
  keys: KeyPair | null,
  serve: (peer: Peer) => void,
  tlsOptions: tls.TlsOptions = {},
): Promise<number> {
  const sockets = new Map<string, net.Socket>();
  const begin = (stream: net.Socket) => {
    stream.on('error', () => {});
    stream.setNoDelay(true);
    const below = sockets.get(`${stream.remoteAddress} ${stream.remotePort}`) ?? stream;
    serve({ stream, reset: () => below.resetAndDestroy() });
  };
  const server =
    keys === null ? net.createServer(begin) : tls.createServer({ ...keys, ...tlsOptions }, begin);
  server.on('connection', (socket: net.Socket) => {
    socket.on('error', () => {});
    sockets.set(`${socket.remoteAddress} ${socket.remotePort}`, socket);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets.values()) socket.destroy();
    server.close();
  });
  return portOf(server);
}

export function portOf(server: { address(): string | net.AddressInfo | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
  return address.port;
}

/** Calls `answer` with the key of the upgrade request once the request is complete. */
export function onUpgrade(stream: net.Socket, answer: (key: string, request: string) => void): void {
  let head = '';
  const read = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    stream.off('data', read);
    answer(/^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? '', head);
  };
  stream.on('data', read);
}

/** Builds the response that opens a WebSocket. A header that is null is omitted. */
export function switching(key: string, changes: Record<string, string | null> = {}): string {
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptFor(key),
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  return `${['HTTP/1.1 101 Switching Protocols', ...lines].join('\r\n')}\r\n\r\n`;
}

/** Waits long enough for all data in transit on loopback to arrive. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}
