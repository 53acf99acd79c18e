import type { Socket } from 'node:net';
import { clientOf } from './log.ts';
import { type Carrier, Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/** How long a peer that violated the protocol may take to read its close frame before it is disconnected. */
export const LINGER_MS = 1000;

/** The encoding that Writable passes along with bytes; the type definitions omit it. */
const BUFFER = 'buffer' as string as BufferEncoding;

/** Carries a session over a node:net socket. */
export class SocketCarrier implements Carrier {
  readonly session: Session;
  private readonly socket: Socket;
  /** Number of writes that the kernel has not accepted yet. */
  private waiting = 0;
  private stopped = false;

  constructor(socket: Socket, context: SessionContext) {
    this.socket = socket;
    this.session = new Session(this, context);
  }

  /**
   * Passes the first `bytes` of a chunk, which were read from the socket, to the session.
   *
   * @returns false if the socket should stop reading, because replies are queued and the peer does not read
   */
  read(chunk: Buffer, bytes: number): boolean {
    this.session.take(chunk, 0, bytes);
    this.stopped = this.waiting > 0;
    return !this.stopped;
  }

  /**
   * Calls the socket's _write directly, which is the documented hook below Writable. Writable's queue and its
   * microtasks are not needed: libuv preserves the order of writes, and nothing is read while a write is
   * pending. If the kernel accepts a write at once, its callback has run by the time _write returns.
   */
  send(bytes: Buffer): boolean {
    this.waiting++;
    this.socket._write(bytes, BUFFER, this.written);
    return this.waiting === 0;
  }

  /** Reads the number of queued bytes from the handle, because Writable does not track these writes. */
  queuedBytes(): number {
    if (this.waiting === 0) return 0;
    return (this.socket as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
  }

  close(): void {
    this.socket.destroySoon();
  }

  linger(): void {
    this.socket.end();
    setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }

  peer(): string {
    return clientOf(this.socket);
  }

  private readonly written = (error?: Error | null): void => {
    this.waiting--;
    if (error) this.socket.destroy();
    else if (this.stopped && this.waiting === 0) {
      this.stopped = false;
      this.socket._read(0);
    }
  };
}
