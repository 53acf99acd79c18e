import { ERRNO, errorCode } from './errno.ts';
import { SHUT } from './kernel.ts';
import { OPERATION, type Operation, type Ring, type RingUser } from './ring.ts';

/** Events that a connection reports to its owner. After `closed` or `error`, there are no further events. */
export interface RingConnectionEvents {
  connected(): void;
  /** Bytes have arrived, at indexes `from` ≤ index < `to`. They are valid only during the call. */
  data(buffer: Buffer, from: number, to: number): void;
  /** The rest of a write has been accepted. */
  drained(): void;
  /** The peer has ended the connection. */
  closed(): void;
  /** The connection has failed. `code` is a name such as `ECONNRESET`. */
  error(code: string): void;
}

/** The part of `RingLoop` that a connection uses. */
export interface RingHost {
  readonly ring: Ring;
  submitLater(user: RingUser): void;
  wake(): void;
}

/**
 * `leaving`: our side has ended the connection, but still sends the data that it has already accepted. `shut`: nothing
 * more is sent, and the connection waits for its last request to complete.
 */
type State = 'connecting' | 'open' | 'leaving' | 'shut' | 'closed';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * One connected socket on a ring. Its descriptor is closed only after all requests for it have completed, so
 * that no request can affect the descriptor's next owner.
 */
export class RingConnection implements RingUser {
  readonly id: number;
  readonly fd: number;
  readonly #loop: RingHost;
  readonly #events: RingConnectionEvents;
  #state: State = 'connecting';
  #receiving = false;
  #isPaused = false;
  /** Bytes that arrived while the connection was paused; null if none have. */
  #held: Buffer | null = null;
  /**
   * How the connection ended while it was paused: 0 for a normal end, or an error number. Null if it did not
   * end.
   */
  #heldEnd: number | null = null;
  /** The slot that is being filled or sent; −1 if there is none. */
  #slot = -1;
  #filled = 0;
  #isSending = false;
  #polling = false;
  /** Data to be sent after the contents of the slot. */
  #rest: Buffer = NOTHING;
  /** Whether the owner is waiting for `drained`. */
  #isOwed = false;
  /**
   * Error number of a failed write that has not been reported yet. Data that has already arrived is reported
   * before this error.
   */
  #writeError: number | null = null;
  /** Whether to end writing once everything has been sent. */
  #endsWriting = false;

  constructor(loop: RingHost, fd: number, events: RingConnectionEvents) {
    this.#loop = loop;
    this.fd = fd;
    this.#events = events;
    this.id = loop.ring.attach(this);
  }

  /** Connects to a peer. `address` is the same as for `Ring.connect`. */
  connect(address: number, bytes: number): void {
    this.#loop.ring.connect(this.id, this.fd, address, bytes);
    this.#loop.wake();
  }

  /** Starts receiving on an accepted socket. */
  open(): void {
    this.#state = 'open';
    this.#receive();
  }

  /**
   * Sends the first `bytes` of `buffer`. Returns true if all of them were copied or accepted. Otherwise the
   * buffer must not be modified, and nothing more may be written, until `drained`.
   */
  write(buffer: Buffer, bytes: number): boolean {
    if (this.#state !== 'open') return true;
    const { slots } = this.#loop.ring;
    const isBusy = this.#isSending || this.#rest.length > 0;
    if (this.#slot >= 0 && !isBusy && this.#filled + bytes <= slots.size) {
      slots.fill(this.#slot, this.#filled, buffer, bytes);
      this.#filled += bytes;
      return true;
    }
    if (this.#slot < 0 && !isBusy) return this.#send(buffer, bytes);
    const chunk = buffer.subarray(0, bytes);
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#isOwed = true;
    return false;
  }

  /** Number of bytes that the system has not accepted yet. */
  queuedBytes(): number {
    return (this.#slot < 0 ? 0 : this.#filled) + this.#rest.length;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (!this.#receiving) return;
    this.#loop.ring.cancel(this.id, OPERATION.receive);
    this.#loop.wake();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#held !== null || this.#heldEnd !== null) queueMicrotask(() => this.#deliver());
    else this.#receive();
  }

  /** Ends writing as soon as everything has been sent, and continues to receive. */
  endWriting(): void {
    this.#endsWriting = true;
    this.#afterSend();
  }

  /** Closes the connection as soon as everything has been sent. No further events are emitted. */
  end(): void {
    if (this.#state === 'connecting') this.destroy();
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#isOwed = false;
    this.#afterSend();
  }

  /**
   * Closes the connection and discards unsent data, except for the data in a slot, which is sent within this
   * turn. No further events are emitted.
   */
  destroy(): void {
    if (this.#state === 'shut' || this.#state === 'closed') return;
    if (this.#state === 'connecting') {
      this.#state = 'shut';
      this.#loop.ring.cancel(this.id, OPERATION.connect);
      this.#loop.wake();
      return;
    }
    this.#state = 'leaving';
    this.#rest = NOTHING;
    this.#isOwed = false;
    this.#held = null;
    if (this.#slot < 0) this.#shut();
  }

  /** Implements RingUser. */
  submit(): void {
    if (this.#slot < 0 || this.#isSending) return;
    this.#isSending = true;
    this.#loop.ring.send(this.id, this.fd, this.#slot, this.#filled);
  }

  /** Implements RingUser. */
  completed(operation: Operation, result: number, from: number, more: boolean): void {
    if (operation === OPERATION.receive) {
      if (!more) this.#receiving = false;
      this.#received(result, from);
    } else if (operation === OPERATION.send) this.#sent(result);
    else if (operation === OPERATION.poll) {
      this.#polling = false;
      if (this.#state === 'open' || this.#state === 'leaving') this.#sendRest();
    } else if (operation === OPERATION.connect) this.#connected(result);
    if (this.#state === 'shut') this.#closeIfIdle();
  }

  #connected(result: number): void {
    if (this.#state === 'shut') return;
    this.#state = 'open';
    if (result < 0) {
      this.#fail(-result);
      return;
    }
    this.#receive();
    this.#events.connected();
  }

  #receive(): void {
    if (this.#receiving || this.#isPaused || (this.#state !== 'open' && this.#state !== 'leaving')) return;
    this.#receiving = true;
    this.#loop.ring.receive(this.id, this.fd);
    this.#loop.wake();
  }

  #received(result: number, from: number): void {
    if (result > 0) {
      if (this.#state === 'open') this.#take(from, from + result);
      this.#receive();
    } else if (result === -ERRNO.ENOBUFS || result === -ERRNO.ECANCELED || result === -ERRNO.EINTR) {
      // ENOBUFS: the kernel ran out of receive buffers, because completions arrived faster than buffers were
      // returned. By now, the buffers have been returned.
      this.#receive();
    } else if (this.#isPaused || this.#held !== null) this.#heldEnd = -result;
    else this.#fail(result === 0 ? this.#writeError : -result);
  }

  #take(from: number, to: number): void {
    const { received } = this.#loop.ring;
    if (!this.#isPaused && this.#held === null) {
      this.#events.data(received, from, to);
      return;
    }
    const bytes = received.subarray(from, to);
    this.#held = this.#held === null ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
  }

  /** Emits the events that were held back until `resume`. */
  #deliver(): void {
    if (this.#isPaused) return;
    const held = this.#held;
    this.#held = null;
    if (held !== null && this.#state === 'open') this.#events.data(held, 0, held.length);
    if (this.#isPaused) return;
    const end = this.#heldEnd;
    if (end === null) this.#receive();
    else this.#fail(end === 0 ? this.#writeError : end);
  }

  /**
   * Sends from a slot, or without the ring if the data does not fit into a slot or no slot is free. Call this
   * only while nothing else is being sent.
   */
  #send(buffer: Buffer, bytes: number): boolean {
    const { slots, kernel } = this.#loop.ring;
    const slot = bytes <= slots.size ? slots.take() : -1;
    if (slot >= 0) {
      slots.fill(slot, 0, buffer, bytes);
      this.#slot = slot;
      this.#filled = bytes;
      this.#loop.submitLater(this);
      return true;
    }
    const accepted = kernel.send(this.fd, buffer, 0, bytes);
    if (accepted === bytes) return true;
    if (accepted < 0 && accepted !== -ERRNO.EAGAIN) {
      // The owner must not receive an event while it is calling `write`.
      queueMicrotask(() => this.#writeFailed(-accepted));
      return true;
    }
    this.#rest = buffer.subarray(Math.max(0, accepted), bytes);
    this.#isOwed = true;
    this.#poll();
    return false;
  }

  #sent(result: number): void {
    const { slots } = this.#loop.ring;
    const slot = this.#slot;
    const accepted = result === -ERRNO.EAGAIN ? 0 : result;
    if (accepted >= 0 && accepted < this.#filled) {
      const left = slots.copy(slot, accepted, this.#filled);
      this.#rest = this.#rest.length === 0 ? left : Buffer.concat([left, this.#rest]);
    }
    this.#slot = -1;
    this.#isSending = false;
    slots.release(slot);
    if (accepted < 0) this.#writeFailed(-accepted);
    else if (accepted < this.#filled) this.#poll();
    else this.#sendRest();
  }

  #sendRest(): void {
    const { kernel } = this.#loop.ring;
    const rest = this.#rest;
    if (rest.length > 0) {
      const accepted = kernel.send(this.fd, rest, 0, rest.length);
      if (accepted < 0 && accepted !== -ERRNO.EAGAIN) {
        this.#writeFailed(-accepted);
        return;
      }
      if (accepted < rest.length) {
        this.#rest = rest.subarray(Math.max(0, accepted));
        this.#poll();
        return;
      }
      this.#rest = NOTHING;
    }
    if (this.#isOwed) {
      this.#isOwed = false;
      this.#events.drained();
    }
    this.#afterSend();
  }

  #poll(): void {
    if (this.#polling) return;
    this.#polling = true;
    this.#loop.ring.pollWritable(this.id, this.fd);
    this.#loop.wake();
  }

  #afterSend(): void {
    if (this.#slot >= 0 || this.#rest.length > 0) return;
    if (this.#state === 'leaving') this.#shut();
    else if (this.#endsWriting && this.#state === 'open') {
      this.#endsWriting = false;
      this.#loop.ring.kernel.shutdown(this.fd, SHUT.WRITING);
    }
  }

  /** The peer may have sent data before it closed, so the connection stays open until receiving ends. */
  #writeFailed(error: number): void {
    this.#writeError = error;
    this.#rest = NOTHING;
    if (this.#state === 'leaving') this.#afterSend();
    else if (this.#state === 'open' && !this.#receiving) this.#fail(error);
  }

  #fail(error: number | null): void {
    const isTold = this.#state === 'open';
    this.destroy();
    if (!isTold) return;
    if (error === null) this.#events.closed();
    else this.#events.error(errorCode(error));
  }

  /** Ends both directions, which also completes the requests that are waiting. */
  #shut(): void {
    this.#state = 'shut';
    if (this.#receiving || this.#polling) this.#loop.ring.kernel.shutdown(this.fd, SHUT.BOTH);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#receiving || this.#polling) return;
    this.#state = 'closed';
    this.#loop.ring.detach(this.id);
    this.#loop.ring.kernel.close(this.fd);
  }
}
