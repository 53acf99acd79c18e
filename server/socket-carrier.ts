import type { Socket } from 'node:net';
import { clientOf } from './log.ts';
import { type Carrier, Session, type SessionContext } from './session.ts';

/** A peer that broke the protocol may read its close frame for this long before it is cut off. */
export const LINGER_MS = 1000;

/** What Writable passes as the encoding of bytes; the types leave it out. */
const BUFFER = 'buffer' as string as BufferEncoding;

/** Carries a session over a socket of node:net. */
export class SocketCarrier implements Carrier {
  readonly session: Session;
  private readonly socket: Socket;
  /** Writes that the kernel has not taken yet. */
  private waiting = 0;
  private stopped = false;

  constructor(socket: Socket, context: SessionContext) {
    this.socket = socket;
    this.session = new Session(this, context);
  }

  /**
   * Hands the session what the socket has read: the first `bytes` of the chunk.
   *
   * @returns false where the socket is to stop reading, as answers wait for a peer that does not read
   */
  read(chunk: Buffer, bytes: number): boolean {
    this.session.take(chunk, bytes);
    this.stopped = this.waiting > 0;
    return !this.stopped;
  }

  /**
   * By way of the socket's _write, the documented hook below Writable: its queue and its turns of the
   * microtask queue are not needed, as libuv keeps the order of writes, and nothing is read while one waits.
   * A write that the kernel takes at once has called back when _write returns.
   */
  send(bytes: Buffer): boolean {
    this.waiting++;
    this.socket._write(bytes, BUFFER, this.written);
    return this.waiting === 0;
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
