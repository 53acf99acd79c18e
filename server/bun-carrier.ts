import { clientOf } from './log.ts';
import { type Carrier, Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { LINGER_MS } from './socket-carrier.ts';

/** Carries a session over a Bun.listen socket. */
export class BunCarrier implements Carrier {
  readonly session: Session;
  private readonly socket: Bun.Socket<BunCarrier>;
  /** Bytes that the kernel has not accepted yet, in order; almost always empty. */
  private waiting: Buffer[] = [];
  /** How to close the socket once nothing is waiting to be sent. */
  private ending: 'end' | 'shutdown' | null = null;

  constructor(socket: Bun.Socket<BunCarrier>, context: SessionContext) {
    this.socket = socket;
    this.session = new Session(this, context);
  }

  /**
   * Passes received bytes to the session. Stops reading while replies are queued for a peer that does not
   * read.
   */
  read(chunk: Buffer): void {
    this.session.take(chunk);
    if (this.waiting.length > 0) this.socket.pause();
  }

  /**
   * Sends bytes. If the connection is closed (−1), all bytes count as accepted, because the close handler
   * reports the end of the connection.
   */
  send(bytes: Buffer): boolean {
    if (this.waiting.length === 0) {
      const taken = this.socket.write(bytes);
      if (taken === bytes.length || taken < 0) return true;
      this.waiting.push(bytes.subarray(taken));
    } else this.waiting.push(bytes);
    return false;
  }

  queuedBytes(): number {
    return this.waiting.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Called when the kernel accepts more data, even if no data is waiting. */
  drained(): void {
    if (this.waiting.length === 0) return;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const taken = this.socket.write(next);
      if (taken < 0) return;
      if (taken < next.length) {
        this.waiting[0] = next.subarray(taken);
        return;
      }
      this.waiting.shift();
    }
    if (this.ending === 'end') {
      this.socket.end();
      return;
    }
    if (this.ending === 'shutdown') this.socket.shutdown();
    this.socket.resume();
  }

  close(): void {
    if (this.waiting.length === 0) this.socket.end();
    else this.ending = 'end';
  }

  linger(): void {
    if (this.waiting.length === 0) this.socket.shutdown();
    else this.ending = 'shutdown';
    setTimeout(() => this.socket.end(), LINGER_MS).unref();
  }

  peer(): string {
    return clientOf(this.socket);
  }
}
