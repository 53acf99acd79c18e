import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SHUT } from './kernel.ts';
import {
  complete,
  type Host,
  makeHost,
  SMALL,
  Subject,
  settle,
  takeTurns,
} from './ring-connection.test.fixture.ts';

const { EPIPE, ECONNRESET } = constants.errno;

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
    socket.peerEnd ??= what === 'ends' ? 0 : ECONNRESET;
    subject.isGraceful = false;
  } else if (what === 'pause' && !subject.isOver) subject.pause();
  else if (what === 'resume' && !subject.isOver) subject.resume();
  else if (what === 'end' && !subject.isOwed && !subject.isOver) {
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
    takeTurns(host);
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
    takeTurns(host);
    assert.deepEqual([subject.socket.outgoing.toString(), subject.socket.shut], ['late', SHUT.WRITING]);
    subject.peerSends(Buffer.from('more'));
    takeTurns(host);
    assert.equal(subject.received.toString(), 'more');
  });

  it('a connection that has closed does not end the writing of its successor', () => {
    const host = makeHost(SMALL);
    const first = new Subject(host, 100, 'accepted');
    host.ring.turn(0);
    first.connection.destroy();
    takeTurns(host);
    assert.ok(first.socket.isClosed);
    const second = new Subject(host, 100, 'accepted');
    assert.equal(second.connection.fd, first.connection.fd);
    first.connection.endWriting();
    second.write(Buffer.from('whole'));
    takeTurns(host);
    assert.deepEqual([second.socket.outgoing.toString(), second.socket.shut], ['whole', null]);
  });

  for (const ending of ['end', 'endWriting'] as const)
    it(`${ending}: waits until the rest of a partly accepted write has been sent, and what was written after it`, () => {
      const host = makeHost(SMALL);
      const subject = new Subject(host, 3, 'accepted');
      const { connection, socket } = subject;
      connection.write(Buffer.from('one two '), 8);
      assert.equal(connection.queuedBytes(), 8);
      host.ring.turn(0);
      assert.equal(connection.queuedBytes(), 5);
      subject.write(Buffer.from('three'));
      assert.ok(subject.isOwed);
      connection[ending]();
      takeTurns(host);
      assert.deepEqual([socket.outgoing.toString(), socket.shut, socket.isClosed], ['one', null, false]);
      socket.room = 100;
      takeTurns(host);
      assert.equal(socket.outgoing.toString(), 'one two three');
      assert.equal(connection.queuedBytes(), 0);
      const expected = ending === 'end' ? [SHUT.BOTH, true, []] : [SHUT.WRITING, false, ['drained']];
      assert.deepEqual([socket.shut, socket.isClosed, subject.events], expected);
    });

  it('destroy sends what is in a slot and discards the rest, without an event', () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 100, 'accepted');
    subject.write(Buffer.from('in a slot '));
    subject.write(Buffer.from('not any more'));
    assert.ok(subject.isOwed);
    subject.connection.destroy();
    takeTurns(host);
    assert.equal(subject.socket.outgoing.toString(), 'in a slot ');
    assert.deepEqual([subject.socket.isClosed, subject.events], [true, []]);
  });

  it('destroy closes a connection that waits for room to send, even if it does not receive', () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 0, 'accepted');
    subject.pause();
    subject.write(Buffer.alloc(100));
    takeTurns(host);
    subject.connection.destroy();
    takeTurns(host);
    assert.ok(subject.socket.isClosed);
  });

  it('reports a failed write after the data that arrived before it, also if that was held back', async () => {
    for (const isPaused of [false, true]) {
      const host = makeHost(SMALL);
      const subject = new Subject(host, 100, 'accepted');
      host.ring.turn(0);
      subject.socket.sendError = EPIPE;
      subject.write(Buffer.from('lost'));
      subject.peerSends(Buffer.from('last'));
      subject.socket.peerEnd = 0;
      complete(host);
      if (isPaused) subject.pause();
      takeTurns(host);
      if (isPaused) assert.deepEqual(subject.events, []);
      subject.resume();
      await settle();
      assert.deepEqual(subject.events, ['data', 'error EPIPE']);
    }
  });

  it('a write that fails at once reports this after the call', async () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 100, 'accepted');
    subject.pause();
    takeTurns(host);
    subject.socket.sendError = EPIPE;
    subject.write(Buffer.alloc(100));
    assert.deepEqual([subject.isOwed, subject.events], [false, []]);
    await settle();
    assert.deepEqual(subject.events, ['error EPIPE']);
  });

  it('an error that arrives while it is paused is reported on resume', async () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 100, 'accepted');
    host.ring.turn(0);
    subject.socket.peerEnd = ECONNRESET;
    complete(host);
    subject.pause();
    takeTurns(host);
    assert.deepEqual(subject.events, []);
    // A socket returns its error only once.
    subject.socket.peerEnd = 0;
    subject.resume();
    await settle();
    takeTurns(host);
    assert.deepEqual(subject.events, ['error ECONNRESET']);
  });

  it('what arrives right after resume follows what was held back', async () => {
    const host = makeHost(SMALL);
    const subject = new Subject(host, 100, 'accepted');
    const other = new Subject(host, 100, 'accepted');
    other.onData = () => subject.resume();
    host.ring.turn(0);
    subject.peerSends(Buffer.from('held, '));
    other.peerSends(Buffer.from('resume'));
    complete(host);
    subject.peerSends(Buffer.from('late'));
    subject.socket.peerEnd = 0;
    complete(host);
    subject.pause();
    host.ring.turn(0);
    await settle();
    assert.deepEqual([subject.received.toString(), subject.events], ['held, late', ['data', 'closed']]);
  });
});
