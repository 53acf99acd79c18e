import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Kernel, RingMemory } from './kernel.ts';
import { OPERATION, Ring } from './ring.ts';

/** Start of the queues' indexes, so that they soon wrap around. */
const FIRST = 0xffff_fffe;
const RECEIVED_AT = 0x7f12_3456_7000;
const SENT_AT = 0x7f12_fffe_f000;
/** What the memory of the queues contains before it is written. */
const JUNK = 0x1111_1111;

/** A kernel that only records calls, and accepts at most `accepts` requests in each. */
function makeKernel({ completions = 4, buffers = 2 } = {}) {
  const at = { sqTail: 1, sqFlags: 2, cqHead: 3, cqTail: 4, cqFlags: 5 };
  const queues = new Uint32Array(6).fill(JUNK);
  for (const index of [at.sqTail, at.cqHead, at.cqTail]) queues[index] = FIRST;
  queues[at.sqFlags] = 0;
  const memory: RingMemory = {
    queues,
    at,
    sqes: new Uint32Array(4 * 16).fill(JUNK),
    cqes: new Int32Array(completions * 4),
    bufferRing: new Uint16Array(buffers * 8),
    received: { address: RECEIVED_AT, bytes: Buffer.alloc(buffers * 8), count: buffers, size: 8 },
    sent: { address: SENT_AT, bytes: Buffer.alloc(3 * 16), count: 3, size: 16 },
  };
  const calls: { count: number; waitNs: number | null; together: number; tail: number | undefined }[] = [];
  const limits = { accepts: Number.POSITIVE_INFINITY };
  const kernel: Kernel = {
    memory,
    enter(count, waitNs, together) {
      calls.push({ count, waitNs, together, tail: queues[at.sqTail] });
      return Math.min(count, limits.accepts);
    },
    send: () => assert.fail(),
    shutdown: () => assert.fail(),
    close: () => assert.fail(),
  };
  let cqTail = FIRST;
  /** Adds a completion, as the kernel does. */
  const complete = (id: number, tag: number, result: number, flags: number) => {
    memory.cqes.set([id, tag, result, flags], (cqTail % completions) * 4);
    cqTail = (cqTail + 1) >>> 0;
    queues[at.cqTail] = cqTail;
  };
  return { kernel, memory, at, calls, limits, complete };
}

/** A ring with one user, which records what it is told. */
function makeRing(sizes: Parameters<typeof makeKernel>[0] = {}) {
  const made = makeKernel(sizes);
  const ring = new Ring(made.kernel);
  const heard: unknown[][] = [];
  const makeUser = (name: string) => ({
    id: -1,
    completed: (...completion: unknown[]) => void heard.push([name, ...completion]),
    submit: () => void heard.push([name, 'submit']),
  });
  const user = makeUser('user');
  const id = ring.attach(user);
  return { ...made, ring, heard, makeUser, user, id };
}

describe('a ring', () => {
  it('passes all receive buffers to the kernel at the start', () => {
    const { kernel, memory } = makeKernel();
    const ring = new Ring(kernel);
    assert.deepEqual(
      [...new Uint32Array(memory.bufferRing.buffer)],
      [0x3456_7000, 0x7f12, 8, 0x0002_0000, 0x3456_7008, 0x7f12, 8, 1],
    );
    assert.equal(ring.received, memory.received.bytes);
    assert.deepEqual([ring.slots.size, ring.slots.free, ring.users], [16, 3, 0]);
    assert.deepEqual([ring.isDirty, ring.isReady], [false, false]);
  });

  it('uses its part of the memory if that starts later', () => {
    const { kernel, memory } = makeKernel();
    const all = new Uint16Array(3 * 8);
    memory.bufferRing = all.subarray(8);
    new Ring(kernel);
    assert.deepEqual([...all.subarray(0, 8)], [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(all[8 + 7], 2);
  });

  it('writes every request in the form of io_uring_enter(2), over what its entry contained before', () => {
    const { ring, memory, calls, id } = makeRing();
    const requests: [request: () => void, words: number[]][] = [
      [() => ring.connect(id, 5, 0x7f12_0000_1008, 28), [16, 5, 28, 0, 0x1008, 0x7f12, 0, 0, 0, 1]],
      [() => ring.accept(id, 6), [13 | 0x10000, 6, 0, 0, 0, 0, 0, 0, 0, 2]],
      [() => ring.receive(id, 7), [27 | 0x2000 | 0x20000, 7, 0, 0, 0, 0, 0, 0, 0, 3]],
      [() => ring.send(id, 8, 2, 11), [26, 8, 0, 0, 0xfffe_f020, 0x7f12, 11, 0x40, 0, 4]],
      [() => ring.pollWritable(id, 9), [6, 9, 0, 0, 0, 0, 0, 4, 0, 5]],
      [() => ring.cancel(id, OPERATION.poll), [14, 0xffff_ffff, 0, 0, 0, 5, 0, 0, 0, 6]],
    ];
    for (const [index, [request, words]] of requests.entries()) {
      memory.sqes.fill(JUNK);
      request();
      const position = (FIRST + index) % 4;
      const expected = new Uint32Array(64).fill(JUNK);
      expected.set(words, position * 16);
      assert.deepEqual([...memory.sqes], [...expected], `request ${index}`);
      assert.equal(ring.isDirty, true);
      ring.flush();
      assert.equal(ring.isDirty, false);
      const tail = (FIRST + index + 1) >>> 0;
      assert.deepEqual(calls.pop(), { count: 1, waitNs: null, together: 1, tail });
    }
    ring.flush();
    assert.deepEqual(calls, []);
  });

  it('names the user and its generation in each request', () => {
    const { ring, memory, heard, makeUser, complete } = makeRing();
    assert.deepEqual(
      [1, 2].map((name) => ring.attach(makeUser(`${name}`))),
      [1, 2],
    );
    assert.equal(ring.users, 3);
    for (const id of [1, 2]) ring.detach(id);
    assert.equal(ring.users, 1);
    // The number that became free last is used again first.
    assert.equal(ring.attach(makeUser('next')), 2);
    assert.equal(ring.users, 2);
    ring.receive(2, 4);
    ring.cancel(2, OPERATION.receive);
    const words = [...memory.sqes];
    assert.deepEqual(words.slice(32 + 8, 32 + 10), [2, 0b1011]);
    assert.deepEqual(words.slice(48 + 4, 48 + 10), [2, 0b1011, 0, 0, 2, 0b1110]);
    complete(2, 0b0011, 1, 0);
    complete(2, 0b1011, 2, 0);
    complete(1, 0b0011, 3, 0);
    complete(1, 0b1011, 4, 0);
    assert.equal(ring.turn(0), 4);
    assert.deepEqual(heard, [['next', 3, 2, 0, false]]);
  });

  it('reports completions in order, and returns their buffers to the kernel', () => {
    const { ring, memory, at, calls, heard, complete } = makeRing();
    complete(0, OPERATION.receive, 5, (1 << 16) | 3);
    complete(0, OPERATION.receive, 8, 1);
    complete(0, OPERATION.connect, -111, 0);
    complete(0, OPERATION.cancel, 0, 2);
    assert.equal(ring.isReady, true);
    assert.equal(ring.turn(1000, 7), 4);
    assert.deepEqual(heard, [
      ['user', 3, 5, 8, true],
      ['user', 3, 8, 0, false],
      ['user', 1, -111, 0, false],
      ['user', 6, 0, 0, true],
    ]);
    assert.deepEqual([ring.isReady, memory.queues[at.cqHead]], [false, 2]);
    // The kernel learns of returned buffers before the next system call.
    assert.deepEqual(
      [...new Uint32Array(memory.bufferRing.buffer)],
      [0x3456_7008, 0x7f12, 8, 0x0002_0001, 0x3456_7000, 0x7f12, 8, 0],
    );
    assert.equal(ring.turn(0), 0);
    assert.equal(memory.bufferRing[7], 4);
    assert.deepEqual(calls, [
      { count: 0, waitNs: 1000, together: 7, tail: FIRST },
      { count: 0, waitNs: 0, together: 1, tail: FIRST },
    ]);
  });

  it('handles at most 64 completions in a turn', () => {
    const { ring, heard, complete } = makeRing({ completions: 128 });
    for (let index = 0; index < 100; index++) complete(0, OPERATION.send, index, 0);
    assert.deepEqual([ring.turn(0), heard.length, ring.isReady], [64, 64, true]);
    assert.deepEqual([ring.turn(0), heard.length, ring.isReady], [36, 100, false]);
    assert.deepEqual(
      heard.map(([, , result]) => result),
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it('is ready if a system call would produce completions', () => {
    const { ring, memory, at } = makeRing();
    const ready = [0, 1, 2, 4, 6, 8].filter((flags) => {
      memory.queues[at.sqFlags] = flags;
      return ring.isReady;
    });
    assert.deepEqual(ready, [2, 4, 6]);
  });

  it('switches the signal of the eventfd on and off', () => {
    const { ring, memory, at } = makeRing();
    ring.signals(true);
    assert.equal(memory.queues[at.cqFlags], 0);
    ring.signals(false);
    assert.equal(memory.queues[at.cqFlags], 1);
  });

  it('calls those that submit later once, before the next system call, or when 32 are waiting', () => {
    const { ring, calls, heard, makeUser, user, id } = makeRing();
    ring.submitLater({
      ...user,
      submit() {
        heard.push(['submits', calls.length]);
        ring.send(id, 5, 0, 1);
      },
    });
    assert.deepEqual([ring.isDirty, heard], [true, []]);
    ring.turn(9, 2);
    assert.deepEqual([ring.isDirty, heard.splice(0)], [false, [['submits', 0]]]);
    assert.deepEqual(calls.splice(0), [{ count: 1, waitNs: 9, together: 2, tail: 0xffff_ffff }]);
    for (let index = 0; index < 31; index++) ring.submitLater(makeUser(`${index}`));
    assert.deepEqual(heard, []);
    ring.submitLater(makeUser('31'));
    assert.deepEqual(
      heard,
      Array.from({ length: 32 }, (_, index) => [`${index}`, 'submit']),
    );
    assert.deepEqual([ring.isDirty, calls], [false, []]);
    ring.submitLater(user);
    ring.flush();
    assert.deepEqual([heard.length, calls], [33, []]);
  });

  it('submits when its queue is full, and later what the kernel has not accepted', () => {
    const { ring, calls, limits, id } = makeRing();
    for (let fd = 1; fd <= 4; fd++) ring.receive(id, fd);
    assert.deepEqual(calls, []);
    limits.accepts = 3;
    ring.receive(id, 5);
    assert.deepEqual(calls.splice(0), [{ count: 4, waitNs: null, together: 1, tail: 2 }]);
    limits.accepts = -11;
    ring.flush();
    assert.deepEqual(
      [calls.splice(0), ring.isDirty],
      [[{ count: 2, waitNs: null, together: 1, tail: 3 }], true],
    );
    for (let fd = 6; fd <= 7; fd++) ring.receive(id, fd);
    limits.accepts = 0;
    assert.throws(() => ring.receive(id, 8), Error);
    assert.deepEqual(calls.splice(0), [{ count: 4, waitNs: null, together: 1, tail: 5 }]);
    limits.accepts = 4;
    ring.turn(0);
    assert.deepEqual([calls, ring.isDirty], [[{ count: 4, waitNs: 0, together: 1, tail: 5 }], false]);
  });
});
