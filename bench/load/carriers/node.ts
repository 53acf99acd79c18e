import net from 'node:net';
import tls from 'node:tls';
import type { Carrier, CarrierEvents, CarrierTls, OpenCarrier, Source } from './carrier.ts';

/** Carriers of Node: `net.Socket` and `tls.TLSSocket`, with as little of `stream` in the way as possible. */

/**
 * The probe has verified the listener's certificate before the load, chain and name. Doing it again for
 * every connection would cost the generator as much as the handshake itself, nearly all of it in making
 * JavaScript objects of one and the same certificate. The server's proof that it holds the key is checked.
 */
export const SKIP_CERTIFICATE_CHECK = { rejectUnauthorized: false } as const;

const READ_BUFFER_BYTES = 65_536;

/** Carriers over TCP to the ports of `host`. */
export function nodeTcp(host: string): OpenCarrier {
  const shared = makeShared(host, null);
  return (source, port, events) => new NodeCarrier(shared, source, port, events);
}

/** As `nodeTcp`, with TLS on top. */
export function nodeTls(host: string, { servername, alpn, ca, session }: CarrierTls): OpenCarrier {
  const shared = makeShared(host, {
    secureContext: tls.createSecureContext(ca === null ? {} : { ca }),
    servername,
    ALPNProtocols: [...alpn],
    ...(ca === null ? SKIP_CERTIFICATE_CHECK : {}),
    ...(session === null ? {} : { session }),
  });
  return (source, port, events) => new NodeCarrier(shared, source, port, events);
}

/** What the carriers of a worker have in common: of what each has one of its own there are thousands. */
interface Shared {
  host: string;
  /** Each read lands here and is used up before the next: one for the worker, not one for each connection. */
  readBuffer: Buffer;
  tls: tls.ConnectionOptions | null;
}

function makeShared(host: string, options: Shared['tls']): Shared {
  return { host, readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES), tls: options };
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
  { host, tls: options }: Shared,
  source: Source | null,
  port: number,
  onread: net.OnReadOpts,
): tls.TLSSocket {
  // In a variable: `onread` is handed on to the socket, but missing in the types.
  const all = { ...addressOf(host, source, port), ...options, onread };
  return tls.connect(all);
}

function addressOf(host: string, source: Source | null, port: number) {
  if (source === null) return { host, port };
  return { host, port, localAddress: source.localAddress, localPort: source.localPort };
}

/**
 * What a socket is made with. The last four `net.Socket` sets itself, to these values, in its own copy of
 * the options. Where they are there from the start all copies have one shape; else V8 of Node 20 gives
 * every copy a shape of its own, and looking up the two dozen options of a stream costs as much as all else.
 */
function socketOptions(onread: net.OnReadOpts): net.SocketConstructorOpts {
  // In a variable: `onread` is documented for the constructor, but missing in its types.
  const options = { onread, allowHalfOpen: false, emitClose: false, autoDestroy: true, decodeStrings: false };
  return options;
}

class NodeCarrier implements Carrier {
  readonly #events: CarrierEvents;
  readonly #socket: net.Socket;
  /** A write that the system has not taken whole yet. */
  #writing = false;
  /** Within `write`: whether all was taken is its return value, not an event. */
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
        // `tls.connect` does not pass `noDelay` on to the socket that it makes.
        socket.setNoDelay(true);
        events.connected();
      });
      socket.once('secureConnect', () => events.secured(socket.alpnProtocol || null));
    }
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#socket.on('close', () => this.#closed());
  }

  /**
   * `_write` is the hook that the implementer of a stream provides: called here without the queue in front of
   * it, whose bookkeeping and deferred callback cost more than the frame. One write at a time, which is what
   * the queue is for, is the rule of this interface.
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

  end(): void {
    this.#over = true;
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  /** Called within `write` where the system takes the bytes at once. */
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
