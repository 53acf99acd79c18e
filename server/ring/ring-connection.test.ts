import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ring } from './ring.ts';
import { RingConnection } from './ring-connection.ts';
import { SimulatedKernel, type SimulatedSocket, type Sizes } from './simulated-kernel.test.fixture.ts';

/** Small sizes, so that all resources run out. */
const SMALL: Sizes = {
  sqEntries: 8,
  cqEntries: 8,
  received: { count: 4, size: 8 },
  sent: { count: 3, size: 16 },
};

function makeHost(sizes: Sizes) {
  const kernel = new SimulatedKernel(sizes);
  const ring = new Ring(kernel);
  return { kernel, ring, submitLater: ring.submitLater.bind(ring), wake() {} };
}

type Host = ReturnType<typeof makeHost>;

/** A connection, and what the test expects of it. */
class Subject {
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

  peerSends(bytes: Buffer): void {
    if (this.socket.isClosed || this.socket.peerEnd !== null) return;
    this.socket.incoming = Buffer.concat([this.socket.incoming, bytes]);
    this.sent = Buffer.concat([this.sent, bytes]);
  }
}

/** Runs microtasks, in which a connection emits the events that it held back. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const ACTIONS = [
  'write',
  'sends',
  'reads',
  'pause',
  'resume',
  'turn',
  'turn',
  'settle',
  'ends',
  'resets',
  'end',
  'destroy',
  'new',
] as const;

const action = fc.record({
  what: fc.constantFrom(...ACTIONS),
  who: fc.nat(5),
  size: fc.integer({ min: 1, max: 60 }),
});

/** Creates bytes whose values reveal their position. */
function bytesFrom(at: number, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (at + i) % 251));
}

async function act(
  host: Host,
  subjects: Subject[],
  { what, who, size }: { what: string; who: number; size: number },
) {
  if (what === 'turn') host.ring.turn(0);
  if (what === 'settle') await settle();
  if (what === 'new' && subjects.length < 60)
    subjects.push(new Subject(host, size - 1, size % 2 === 0 ? 'accepted' : 'connects'));
  const subject = subjects.at(-1 - (who % Math.max(1, subjects.length)));
  if (subject === undefined) return;
  const { connection, socket } = subject;
  if (what === 'write') subject.write(bytesFrom(subject.written.length, size));
  else if (what === 'sends') subject.peerSends(bytesFrom(subject.sent.length, size));
  else if (what === 'reads') socket.room += size;
  else if (what === 'ends' || what === 'resets') {
    socket.peerEnd ??= what === 'ends' ? 0 : 104;
    subject.isGraceful = false;
  } else if (what === 'pause' && !subject.isOver) {
    subject.isPaused = true;
    connection.pause();
  } else if (what === 'resume' && !subject.isOver) {
    subject.isPaused = false;
    connection.resume();
  } else if (what === 'end' && !subject.isOwed && !subject.isOver) {
    subject.isOver = true;
    connection.end();
  } else if (what === 'destroy' && !subject.isOver) {
    subject.isOver = true;
    subject.isGraceful = false;
    connection.destroy();
  }
}

/** Lets all pending work complete, then closes every connection. */
async function finish(host: Host, subjects: Subject[]): Promise<void> {
  const turns = async () => {
    for (let turn = 0; turn < 60; turn++) {
      for (const { socket } of subjects) if (!socket.isClosed) socket.room += 100;
      host.ring.turn(0);
      await settle();
    }
  };
  for (const subject of subjects) {
    subject.isPaused = false;
    if (!subject.isOver) subject.connection.resume();
  }
  await turns();
  for (const subject of subjects) {
    const { received, sent, written, socket, isGraceful, events } = subject;
    assert.ok(sent.subarray(0, received.length).equals(received), 'received in order');
    assert.ok(written.subarray(0, socket.outgoing.length).equals(socket.outgoing), 'sent in order');
    if (isGraceful) assert.deepEqual(socket.outgoing, written, 'sent whole');
    if (!subject.isOver) assert.deepEqual(received, sent, 'received whole');
    if (events.includes('closed')) assert.deepEqual(received, sent, 'everything received before the end');
    if (!subject.isOver) subject.connection.destroy();
  }
  for (const subject of subjects) subject.isOver = true;
  await turns();
}

describe('connections on io_uring', () => {
  it('whatever happens, bytes stay complete and in order, and an ended connection leaves nothing behind', async () => {
    const seen = { overflows: 0, shortages: 0 };
    const script = fc.array(action, { minLength: 20, maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(script, async (actions) => {
        const host = makeHost(SMALL);
        const subjects = [new Subject(host, 20, 'accepted'), new Subject(host, 0, 'connects')];
        for (const each of actions) await act(host, subjects, each);
        await finish(host, subjects);
        const { kernel, ring } = host;
        assert.ok(
          subjects.every(({ socket }) => socket.isClosed),
          'all are closed',
        );
        assert.deepEqual(
          [ring.users, kernel.waiting, kernel.buffers, ring.slots.free],
          [0, 0, SMALL.received.count, SMALL.sent.count],
        );
        seen.overflows += kernel.overflows;
        seen.shortages += kernel.shortages;
      }),
      { numRuns: 120 },
    );
    assert.ok(seen.overflows > 0 && seen.shortages > 0, 'completions and buffers ran out');
  });

  it('returns more buffers than the index of their ring can count', async () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 0, 'accepted');
    const chunk = bytesFrom(0, 251 * 4);
    for (let sent = 0; sent < 70_000 * 8; sent += chunk.length) {
      subject.socket.incoming = Buffer.concat([subject.socket.incoming, chunk]);
      for (let turn = 0; turn < 40; turn++) host.ring.turn(0);
      assert.equal(subject.received.length, chunk.length);
      assert.ok(subject.received.equals(chunk));
      subject.received = Buffer.alloc(0);
    }
    assert.equal(host.kernel.buffers, SMALL.received.count);
  });

  it('a completion for a closed connection is not mistaken for one of its successor', () => {
    const host = makeHost(SMALL);
    const first = new Subject(host, 100, 'accepted');
    host.ring.turn(0);
    host.ring.cancel(first.connection.id, 3);
    first.connection.destroy();
    host.ring.turn(0);
    assert.ok(first.socket.isClosed);
    const second = new Subject(host, 100, 'accepted');
    assert.equal(second.connection.id, first.connection.id);
    assert.equal(second.connection.fd, first.connection.fd);
    second.peerSends(Buffer.from('for the second'));
    for (let turn = 0; turn < 4; turn++) host.ring.turn(0);
    assert.equal(second.received.toString(), 'for the second');
    assert.deepEqual(first.events, []);
  });

  it('sends all writes of a turn together, and without the ring those that do not fit into a slot', () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 1000, 'accepted');
    assert.ok(subject.connection.write(Buffer.from('one, '), 5));
    assert.ok(subject.connection.write(Buffer.from('two'), 3));
    assert.equal(subject.socket.outgoing.length, 0);
    host.ring.turn(0);
    assert.equal(subject.socket.outgoing.toString(), 'one, two');
    host.ring.turn(0);
    assert.ok(subject.connection.write(Buffer.alloc(100), 100));
    assert.equal(subject.socket.outgoing.length, 108);
  });

  it('ends writing after the last byte, and continues to receive', () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 0, 'accepted');
    subject.connection.write(Buffer.from('late'), 4);
    subject.connection.endWriting();
    host.ring.turn(0);
    assert.equal(subject.socket.shut, null);
    subject.socket.room = 10;
    for (let turn = 0; turn < 3; turn++) host.ring.turn(0);
    assert.deepEqual([subject.socket.outgoing.toString(), subject.socket.shut], ['late', 1]);
    subject.peerSends(Buffer.from('more'));
    for (let turn = 0; turn < 3; turn++) host.ring.turn(0);
    assert.equal(subject.received.toString(), 'more');
  });
});
