import type { TLSSocket } from 'node:tls';
import { clientOf } from './log.ts';
import { type Carrier, Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import { LINGER_MS } from './socket-carrier.ts';

/**
 * Carries a session over TLS on Node. Node's TLS never completes a write synchronously (TLSWrap::EncOut in
 * src/crypto/crypto_tls.cc simulates an asynchronous end), so each reply is copied, and the stream queues the
 * copies.
 */
export class TlsCarrier implements Carrier {
  readonly session: Session;
  private readonly socket: TLSSocket;

  constructor(socket: TLSSocket, context: SessionContext) {
    this.socket = socket;
    this.session = new Session(this, context);
    socket.on('data', (chunk: Buffer) => {
      this.session.take(chunk);
      if (socket.writableNeedDrain) socket.pause();
    });
    socket.on('drain', () => socket.resume());
  }

  send(bytes: Buffer): boolean {
    this.socket.write(Buffer.from(bytes));
    return true;
  }

  queuedBytes(): number {
    return this.socket.writableLength;
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
}
