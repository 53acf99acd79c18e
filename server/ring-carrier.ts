import { peerOf } from './ring/address.ts';
import { RingConnection, type RingConnectionEvents } from './ring/ring-connection.ts';
import type { RingLoop } from './ring/ring-loop.ts';
import { type Carrier, Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { LINGER_MS } from './socket-carrier.ts';

/** Carries a session over a connection on a ring. */
export class RingCarrier implements Carrier, RingConnectionEvents {
  readonly session: Session;
  readonly connection: RingConnection;
  private readonly onEnd: (carrier: RingCarrier) => void;
  /** Replies, in order, that wait until the connection accepts more; almost always empty. */
  private waiting: Buffer[] = [];
  /** Whether the connection still holds a reply that the system has not accepted completely. */
  private isWriting = false;
  /** How to end the connection once no replies are waiting. */
  private ending: 'end' | 'endWriting' | null = null;

  /** @param onEnd called when either side has ended the connection */
  constructor(loop: RingLoop, fd: number, context: SessionContext, onEnd: (carrier: RingCarrier) => void) {
    this.connection = new RingConnection(loop, fd, this);
    this.session = new Session(this, context);
    this.onEnd = onEnd;
    this.connection.open();
  }

  /** Sends bytes. If the connection has already ended, the bytes are discarded and count as sent. */
  send(bytes: Buffer): boolean {
    if (this.isWriting) {
      this.waiting.push(bytes);
      return false;
    }
    if (this.connection.write(bytes, bytes.length)) return true;
    this.isWriting = true;
    return false;
  }

  queuedBytes(): number {
    return this.waiting.reduce((sum, bytes) => sum + bytes.length, this.connection.queuedBytes());
  }

  close(): void {
    if (this.isWriting) this.ending = 'end';
    else this.end();
  }

  linger(): void {
    if (this.isWriting) this.ending = 'endWriting';
    else this.connection.endWriting();
    setTimeout(() => this.end(), LINGER_MS).unref();
  }

  peer(): string {
    return peerOf(this.connection.fd);
  }

  /** Closes the connection once it has sent everything that it has accepted. */
  end(): void {
    this.connection.end();
    this.onEnd(this);
  }

  /** Closes at once. */
  destroy(): void {
    this.connection.destroy();
    this.onEnd(this);
  }

  /** Implements RingConnectionEvents. Does nothing, because an accepted connection is already connected. */
  connected(): void {}

  /** Implements RingConnectionEvents. Stops reading while replies wait for a peer that does not read. */
  data(buffer: Buffer, from: number, to: number): void {
    this.session.take(buffer, from, to);
    if (this.isWriting) this.connection.pause();
  }

  /** Implements RingConnectionEvents. */
  drained(): void {
    this.isWriting = false;
    while (!this.isWriting) {
      const next = this.waiting.shift();
      if (next === undefined) break;
      this.isWriting = !this.connection.write(next, next.length);
    }
    if (this.isWriting) return;
    if (this.ending === 'end') {
      this.end();
      return;
    }
    if (this.ending === 'endWriting') this.connection.endWriting();
    this.connection.resume();
  }

  /** Implements RingConnectionEvents. */
  closed(): void {
    this.onEnd(this);
  }

  /** Implements RingConnectionEvents. */
  error(): void {
    this.onEnd(this);
  }
}
