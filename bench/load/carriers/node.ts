import net from 'node:net';
import tls from 'node:tls';
import type { Carrier, CarrierEvents, CarrierTls, OpenCarrier, Source } from './carrier.ts';
import type { TlsSessions } from './tls-sessions.ts';

/**
 * Carriers for Node.js. They use `net.Socket` and `tls.TLSSocket`, bypassing as much of `stream` as possible.
 */

/**
 * Disables certificate verification. The probe has already verified the listener's certificate, chain and
 * name before the load. Repeating this for every connection would cost the generator as much as the handshake
 * itself, mainly because it would create JavaScript objects for the same certificate. The server's proof that
 * it holds the private key is still checked.
 */
export const SKIP_CERTIFICATE_CHECK = { rejectUnauthorized: false } as const;

const READ_BUFFER_BYTES = 65_536;

/** Creates a function that opens TCP carriers to the ports of `host`. */
export function nodeTcp(host: string): OpenCarrier {
  const shared = makeShared(host, null, null);
  return (source, port, events) => new NodeCarrier(shared, source, port, events);
}

/** Like `nodeTcp`, with TLS on top. */
export function nodeTls(host: string, { servername, alpn, ca, sessions }: CarrierTls): OpenCarrier {
  const options = {
    secureContext: tls.createSecureContext(ca === null ? {} : { ca }),
    // Without a name, the certificate is verified against the address.
    ...(servername === '' ? {} : { servername }),
    ALPNProtocols: [...alpn],
    ...(ca === null ? SKIP_CERTIFICATE_CHECK : {}),
  };
  const shared = makeShared(host, options, sessions);
  return (source, port, events) => new NodeCarrier(shared, source, port, events);
}

/** State shared by all carriers of a worker to save memory, because there are thousands of carriers. */
interface Shared {
  host: string;
  /**
   * Buffer used for every read. Its content is consumed before the next read, so one per worker is enough.
   */
  readBuffer: Buffer;
  tls: tls.ConnectionOptions | null;
  sessions: TlsSessions | null;
}

function makeShared(host: string, options: Shared['tls'], sessions: Shared['sessions']): Shared {
  return { host, readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES), tls: options, sessions };
}

function openPlain(
  { host }: Shared,
  source: Source | null,
  port: number,
  onread: net.OnReadOpts,
): net.Socket {
  const socket = new net.Socket(socketOptions(onread));
  socket.setNoDelay(true);
  return socket.connect(addressOf(host, source, port));
}

function openSecured(
  { host, tls: options, sessions }: Shared,
  source: Source | null,
  port: number,
  onread: net.OnReadOpts,
): tls.TLSSocket {
  // Passed as a variable, because `onread` is forwarded to the socket but missing from the type definitions.
  const all = { ...addressOf(host, source, port), ...options, onread };
  return sessions === null ? tls.connect(all) : resuming(sessions, all);
}

/** Opens a connection that resumes a stored TLS session, if any, and stores the sessions that it receives. */
export function resuming(sessions: TlsSessions, options: tls.ConnectionOptions): tls.TLSSocket {
  const session = sessions.take();
  const socket = tls.connect(session === null ? options : { ...options, session });
  return socket.on('session', (received) => sessions.keep(received));
}

function addressOf(host: string, source: Source | null, port: number) {
  if (source === null) return { host, port };
  return { host, port, localAddress: source.localAddress, localPort: source.localPort };
}

/**
 * Returns socket options. `net.Socket` itself sets the last four to these values in its own copy of the
 * options. If they are present from the start, all copies have the same hidden class. Otherwise V8 in Node.js
 * 20 gives each copy its own, and looking up a stream's two dozen options costs as much as everything else.
 */
function socketOptions(onread: net.OnReadOpts): net.SocketConstructorOpts {
  // Passed as a variable, because `onread` is documented for the constructor but missing from its type
  // definition.
  const options = { onread, allowHalfOpen: false, emitClose: false, autoDestroy: true, decodeStrings: false };
  return options;
}

class NodeCarrier implements Carrier {
  readonly #events: CarrierEvents;
  readonly #socket: net.Socket;
  /** True while part of a write has not yet been accepted by the operating system. */
  #writing = false;
  /** True while `write` is running. Its return value then replaces the `drained` event. */
  #inWrite = false;
  #over = false;

  constructor(shared: Shared, source: Source | null, port: number, events: CarrierEvents) {
    this.#events = events;
    const onread = {
      buffer: shared.readBuffer,
      callback: (bytes: number, buffer: Uint8Array) => this.#read(bytes, buffer as Buffer),
    };
    if (shared.tls === null) {
      this.#socket = openPlain(shared, source, port, onread);
      this.#socket.once('connect', () => events.connected());
    } else {
      const socket = openSecured(shared, source, port, onread);
      this.#socket = socket;
      socket.once('connect', () => {
        // `tls.connect` does not pass `noDelay` to the socket that it creates.
        socket.setNoDelay(true);
        events.connected();
      });
      socket.once('secureConnect', () =>
        events.secured(socket.alpnProtocol || null, socket.isSessionReused()),
      );
    }
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#socket.on('close', () => this.#closed());
  }

  /**
   * Directly calls `_write`, the method that stream implementations override. This bypasses the stream's
   * queue, whose bookkeeping and deferred callback cost more than sending the frame. The queue ensures that
   * only one write is in progress. Callers of a `Carrier` must ensure the same.
   */
  write(buffer: Buffer, bytes: number): boolean {
    if (this.#over) return true;
    const chunk = buffer.length === bytes ? buffer : buffer.subarray(0, bytes);
    this.#writing = true;
    this.#inWrite = true;
    this.#socket._write(chunk, 'buffer' as BufferEncoding, this.#written);
    this.#inWrite = false;
    return !this.#writing;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#over = true;
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  /** Called during `write` if the operating system accepts the bytes immediately. */
  readonly #written = (error?: Error | null): void => {
    this.#writing = false;
    if (error) this.#failed(error);
    else if (!this.#inWrite && !this.#over && !this.#socket.destroyed) this.#events.drained();
  };

  #read(bytes: number, buffer: Buffer): boolean {
    if (this.#over) return false;
    this.#events.data(buffer, 0, bytes);
    return true;
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.error(error.code ?? null);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.closed();
  }
}
