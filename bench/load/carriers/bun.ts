import type { Carrier, CarrierEvents, CarrierTls, OpenCarrier, Source } from './carrier.ts';
import type { TlsSessions } from './tls-sessions.ts';

/**
 * Carriers for Bun. They use `Bun.connect`, whose sockets have no stream layer and share one set of handlers.
 */

/** Creates a function that opens TCP carriers to the ports of `host`. */
export function bunTcp(host: string): OpenCarrier {
  return (source, port, events) => {
    const carrier = new BunCarrier(events, null);
    connect(carrier, { ...addressOf(host, source, port), data: carrier, socket: HANDLERS });
    return carrier;
  };
}

/** Like `bunTcp`, with TLS on top. */
export function bunTls(host: string, options: CarrierTls): OpenCarrier {
  const { servername, alpn, ca, sessions } = options;
  const socket = sessions === null ? TLS_HANDLERS : { ...TLS_HANDLERS, session: keepSession };
  const tls = {
    serverName: servername,
    ALPNProtocols: Buffer.from(
      alpn.map((name) => String.fromCharCode(name.length) + name).join(''),
      'latin1',
    ),
    ...(ca === null ? { rejectUnauthorized: false } : { ca }),
  };
  return (source, port, events) => {
    const carrier = new BunCarrier(events, options);
    connect(carrier, { ...addressOf(host, source, port), data: carrier, socket, tls });
    return carrier;
  };
}

function addressOf(host: string, source: Source | null, port: number) {
  if (source === null) return { hostname: host, port };
  return { hostname: host, port, localAddress: source.localAddress, localPort: source.localPort };
}

/**
 * Opens the socket. Handles the rejected promise rather than `connectError`, because the latter may be called
 * before `Bun.connect` returns.
 */
function connect(carrier: BunCarrier, options: Bun.ConnectOptions<BunCarrier>): void {
  Bun.connect(options).catch((error: NodeJS.ErrnoException) => carrier.closed(error));
}

const HANDLERS: Bun.Handlers<BunCarrier> = {
  binaryType: 'buffer',
  open: (socket) => socket.data.opened(socket),
  data: (socket, bytes) => socket.data.read(bytes),
  drain: (socket) => socket.data.drained(),
  close: (socket, error) => socket.data.closed(error),
};

const TLS_HANDLERS: Bun.Handlers<BunCarrier> = {
  ...HANDLERS,
  handshake: (socket, ok, error) => socket.data.secured(socket, ok, error),
};

function keepSession(socket: Bun.Socket<BunCarrier>, session: Buffer): void {
  socket.data.keep(session);
}

/**
 * Error codes of failed handshakes. Any other code concerns the certificate. If the certificate does not
 * match the name, Bun reports `ok` as false even if it was configured not to check.
 */
const HANDSHAKE_FAILURES = new Set(['EPROTO', 'ECONNRESET']);

class BunCarrier implements Carrier {
  readonly #events: CarrierEvents;
  readonly #sessions: TlsSessions | null;
  /** Whether the certificate is verified. */
  readonly #checked: boolean;
  #socket: Bun.Socket<BunCarrier> | null = null;
  /** The part of the last write that the operating system has not accepted yet. */
  #rest: Buffer | null = null;
  /** True if no further events may be emitted. */
  #over = false;

  constructor(events: CarrierEvents, tls: CarrierTls | null) {
    this.#events = events;
    this.#sessions = tls?.sessions ?? null;
    this.#checked = tls !== null && tls.ca !== null;
  }

  write(buffer: Buffer, bytes: number): boolean {
    if (this.#over || this.#socket === null) return true;
    const taken = this.#socket.write(buffer, 0, bytes);
    // A negative result means that the socket is closed. In this case, Bun calls the `close` handler next.
    if (taken === bytes || taken < 0) return true;
    this.#rest = buffer.subarray(taken, bytes);
    return false;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  end(): void {
    this.#over = true;
    this.#socket?.end();
  }

  /** Closes the connection without sending RST, because Nginx would treat an RST as a client error. */
  destroy(): void {
    this.end();
  }

  /**
   * Handles a new connection. A connection attempt cannot be cancelled, so a connection that opens too late
   * is closed immediately.
   */
  opened(socket: Bun.Socket<BunCarrier>): void {
    if (this.#over) {
      socket.end();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    const session = this.#sessions?.take() ?? null;
    if (session !== null) socket.setSession(session);
    this.#events.connected();
  }

  secured(socket: Bun.Socket<BunCarrier>, ok: boolean, error: NodeJS.ErrnoException | null): void {
    if (this.#over) return;
    const code = error?.code ?? null;
    const failed = !ok && (this.#checked || code === null || HANDSHAKE_FAILURES.has(code));
    if (failed) this.#failed(code);
    else this.#events.secured(socket.alpnProtocol || null, socket.isSessionReused());
  }

  keep(session: Buffer): void {
    this.#sessions?.keep(session);
  }

  read(bytes: Buffer): void {
    if (!this.#over) this.#events.data(bytes, 0, bytes.length);
  }

  drained(): void {
    if (this.#over || this.#rest === null || this.#socket === null) return;
    const taken = this.#socket.write(this.#rest);
    if (taken < 0) return;
    if (taken < this.#rest.length) {
      this.#rest = this.#rest.subarray(taken);
      return;
    }
    this.#rest = null;
    this.#events.drained();
  }

  closed(error?: NodeJS.ErrnoException): void {
    if (this.#over) return;
    if (error !== undefined) {
      this.#failed(error.code ?? null);
      return;
    }
    this.#over = true;
    this.#events.closed();
  }

  #failed(code: string | null): void {
    this.#over = true;
    this.#events.error(code);
  }
}
