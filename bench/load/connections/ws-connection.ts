import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import type { WebSocket } from 'ws';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import type { Source } from '../carriers/carrier.ts';
import { resuming, SKIP_CERTIFICATE_CHECK } from '../carriers/node.ts';
import {
  type Connection,
  type ConnectionContext,
  type ConnectionEvents,
  type Connector,
  kindOfError,
  NORMAL_CLOSURE,
} from './connection.ts';

// Loaded with require, because an import would be slower, as explained in `server/ws-server.ts`.
const ws: typeof import('ws') = createRequire(import.meta.url)('ws');

const ABNORMAL = 1006;
const UNMASKED = new Uint8Array(4);

/**
 * Creates a connector for the `ws` client, which serves as a reference for the lean client. It is slower, but
 * as close to an application's client as a generator can be.
 */
export function wsConnector(context: ConnectionContext): Connector {
  const { target } = context;
  const secureContext = target.tls === null ? undefined : tls.createSecureContext(authorities(target.tls));
  return (id, source, targetPort, events) =>
    new WsConnection(context, secureContext, id, source, targetPort, events);
}

class WsConnection implements Connection {
  readonly #context: ConnectionContext;
  readonly #id: number;
  readonly #events: ConnectionEvents;
  readonly #socket: WebSocket;
  #transport: net.Socket | null = null;
  stage: FailureStage = 'tcp';
  #ended = false;
  #closing = false;
  readonly #startUs: number;
  #tcpUs = 0;
  #tlsUs: number | null = null;
  #headers: IncomingMessage['headers'] = {};
  #batchDue = false;

  constructor(
    context: ConnectionContext,
    secureContext: tls.SecureContext | undefined,
    id: number,
    source: Source | null,
    port: number,
    events: ConnectionEvents,
  ) {
    this.#context = context;
    this.#id = id;
    this.#events = events;
    this.#startUs = context.clock();
    const { target } = context;
    const scheme = target.tls === null ? 'ws' : 'wss';
    const host = net.isIPv6(target.host) ? `[${target.host}]` : target.host;
    const protocols = [...(target.request?.subprotocols ?? [])];
    this.#socket = new ws.WebSocket(`${scheme}://${host}:${port}${target.path}`, protocols, {
      perMessageDeflate: false,
      headers: headersOf(target),
      createConnection: () => this.#connect(secureContext, source, port),
    });
    this.#listen();
  }

  send(sequence: number, count: number): void {
    const { payload } = this.#context;
    const binary = payload.type === 'binary';
    if (count > 1) this.#transport?.cork();
    for (let i = 0; i < count; i++) {
      const bytes = payload.size(this.#id, sequence + i);
      const message = Buffer.allocUnsafe(bytes);
      payload.body.copy(message, 0, 0, bytes);
      payload.stamp(message, 0, bytes, this.#id, sequence + i, UNMASKED);
      this.#socket.send(message, { binary });
    }
    if (count > 1) this.#transport?.uncork();
  }

  sendBytes(bytes: Buffer, text: boolean): void {
    this.#socket.send(bytes, { binary: !text });
  }

  ping(): void {
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#socket.close(code);
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.terminate();
  }

  #connect(secureContext: tls.SecureContext | undefined, source: Source | null, port: number): net.Socket {
    const { target, clock, sessions } = this.#context;
    const options = {
      host: target.host,
      port,
      noDelay: true,
      ...source,
    };
    const connected = () => {
      this.#tcpUs = clock() - this.#startUs;
      this.stage = target.tls === null ? 'upgrade' : 'tls';
    };
    if (target.tls === null) {
      this.#transport = net.connect(options, connected);
    } else {
      const secure = {
        ...options,
        secureContext,
        ...(target.tls.servername === '' ? {} : { servername: target.tls.servername }),
        ALPNProtocols: ['http/1.1'],
        ...(authorities(target.tls).ca === undefined ? SKIP_CERTIFICATE_CHECK : {}),
      };
      const secured = sessions === undefined ? tls.connect(secure) : resuming(sessions, secure);
      secured.once('connect', connected);
      secured.once('secureConnect', () => {
        this.#tlsUs = clock() - this.#startUs - this.#tcpUs;
        this.stage = 'upgrade';
      });
      this.#transport = secured;
    }
    return this.#transport;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('upgrade', (response: IncomingMessage) => {
      this.#headers = response.headers;
    });
    socket.on('open', () => this.#opened());
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      // `node:http` treats a 101 without Upgrade or Connection as an ordinary response.
      const { statusCode = 0 } = response;
      this.#fail(statusCode === 101 ? 'protocol-error' : `status-${statusCode}`);
    });
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (this.#ended) return;
      this.#events.message(data, 0, data.length, !binary);
      if (this.#batchDue) return;
      this.#batchDue = true;
      queueMicrotask(() => {
        this.#batchDue = false;
        if (!this.#ended) this.#events.batchEnd();
      });
    });
    socket.on('pong', () => {
      if (!this.#ended) this.#events.pong();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(kindOfWsError(error, this.stage)));
    socket.on('close', (code: number) => {
      const isExpected = code === NORMAL_CLOSURE && this.#context.serverCloses === true;
      if (!this.#closing && !isExpected) this.#fail(`closed-${code || ABNORMAL}`);
      else if (!this.#ended) {
        this.#ended = true;
        this.#events.closed();
      }
    });
  }

  #opened(): void {
    this.stage = 'open';
    const upgradeUs = this.#context.clock() - this.#startUs - this.#tcpUs - (this.#tlsUs ?? 0);
    const transport = this.#transport;
    this.#events.opened(
      { tcpUs: this.#tcpUs, tlsUs: this.#tlsUs, upgradeUs },
      {
        alpn: transport instanceof tls.TLSSocket ? transport.alpnProtocol || null : null,
        proxyWorker: header(this.#headers, 'x-bench-worker'),
        upstream: header(this.#headers, 'x-bench-upstream'),
        ...(transport instanceof tls.TLSSocket ? { resumed: transport.isSessionReused() } : {}),
      },
    );
  }

  #fail(kind: FailureKind): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#transport?.destroy();
    this.#events.failed(this.stage, kind);
  }
}

function header(headers: IncomingMessage['headers'], name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/**
 * Returns the failure kind for an error from `ws` or `node:http`. Frame errors are identified by code,
 * handshake errors by message.
 */
function kindOfWsError(error: NodeJS.ErrnoException, stage: FailureStage): FailureKind {
  if (error.code?.startsWith('WS_ERR_') || error.code?.startsWith('HPE_')) return 'protocol-error';
  if (error.message.startsWith('Invalid Sec-WebSocket-Accept')) return 'bad-accept';
  if (/subprotocol/.test(error.message)) return 'bad-subprotocol';
  if (stage === 'upgrade' && error.code === undefined) return 'protocol-error';
  return kindOfError(error.code ?? null, stage);
}

/**
 * Returns the certificate authorities with which every connection verifies the server; empty if the
 * certificate is not verified.
 */
function authorities({ verifyWith }: NonNullable<Target['tls']>): { ca?: string } {
  return verifyWith == null ? {} : { ca: verifyWith };
}

function headersOf({ request }: Target): Record<string, string> {
  if (request === undefined) return {};
  return {
    Host: request.host,
    ...Object.fromEntries(request.headers.map(({ name, value }) => [name, value])),
  };
}
