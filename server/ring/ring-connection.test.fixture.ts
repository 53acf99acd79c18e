import assert from 'node:assert/strict';
import { Ring } from './ring.ts';
import { RingConnection } from './ring-connection.ts';
import { SimulatedKernel, type SimulatedSocket, type Sizes } from './simulated-kernel.test.fixture.ts';

/** Small sizes, so that all resources run out. */
export const SMALL: Sizes = {
  sqEntries: 8,
  cqEntries: 8,
  received: { count: 4, size: 8 },
  sent: { count: 3, size: 16 },
};

export function makeHost(sizes: Sizes) {
  const kernel = new SimulatedKernel(sizes);
  const ring = new Ring(kernel);
  return { kernel, ring, submitLater: ring.submitLater.bind(ring), wake() {} };
}

export type Host = ReturnType<typeof makeHost>;

/** A connection, and what the test expects of it. */
export class Subject {
  readonly events: string[] = [];
  readonly socket: SimulatedSocket;
  readonly connection: RingConnection;
  received = Buffer.alloc(0);
  sent = Buffer.alloc(0);
  written = Buffer.alloc(0);
  isOwed = false;
  isPaused = false;
  isOver = false;
  /** Whether everything that was written must arrive. */
  isGraceful = true;
  isConnected: boolean;
  /** Called after each `data`. */
  onData = () => {};
  #kept: { buffer: Buffer; copy: Buffer } | null = null;

  constructor(host: Host, room: number, opens: 'accepted' | 'connects') {
    this.isConnected = opens === 'accepted';
    const fd = host.kernel.socket(room);
    this.socket = host.kernel.at(fd);
    this.connection = new RingConnection(host, fd, {
      connected: () => {
        this.isConnected = true;
        this.#note('connected');
      },
      data: (buffer, from, to) => {
        assert.ok(!this.isPaused, 'no event while it is paused');
        this.received = Buffer.concat([this.received, buffer.subarray(from, to)]);
        this.#note('data');
        this.onData();
      },
      drained: () => {
        assert.ok(this.isOwed);
        this.isOwed = false;
        assert.deepEqual(this.#kept?.buffer, this.#kept?.copy);
        this.#note('drained');
      },
      closed: () => this.#over('closed'),
      error: (code) => this.#over(`error ${code}`),
    });
    if (opens === 'accepted') this.connection.open();
    else this.connection.connect(0x7f00_0000_1000, 16);
  }

  #note(event: string): void {
    assert.ok(!this.isOver, `${event} after the end`);
    this.events.push(event);
  }

  #over(event: string): void {
    this.#note(event);
    this.isOver = true;
    this.isGraceful = false;
  }

  write(bytes: Buffer): void {
    if (this.isOwed || this.isOver || !this.isConnected) return;
    this.written = Buffer.concat([this.written, bytes]);
    this.#kept = { buffer: bytes, copy: Buffer.from(bytes) };
    this.isOwed = !this.connection.write(bytes, bytes.length);
    // A buffer that was accepted may be reused at once.
    if (!this.isOwed) bytes.fill(0xee);
  }

  pause(): void {
    this.isPaused = true;
    this.connection.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.connection.resume();
  }

  peerSends(bytes: Buffer): void {
    if (this.socket.isClosed || this.socket.peerEnd !== null) return;
    this.socket.incoming = Buffer.concat([this.socket.incoming, bytes]);
    this.sent = Buffer.concat([this.sent, bytes]);
  }
}

/** Runs microtasks, in which a connection emits the events that it held back. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export function takeTurns({ ring }: Host): void {
  for (let turn = 0; turn < 4; turn++) ring.turn(0);
}

/** Lets the kernel work without handling the completions, so that the next turn handles them all. */
export function complete({ kernel, ring }: Host): void {
  ring.flush();
  kernel.enter(0, 0, 1);
}
