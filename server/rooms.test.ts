import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Member, MOST_QUEUED_BYTES, Rooms } from './rooms.ts';
import {
  joinMessage,
  PUBLICATION_BYTES,
  type Publication,
  readPublication,
  writePublication,
} from './wire/publication.ts';

class Listener implements Member<Buffer> {
  queued = 0;
  readonly got: number[] = [];

  queuedBytes(): number {
    return this.queued;
  }

  deliver(frame: Buffer): void {
    const read: Publication = { number: 0, intendedUs: 0, place: 0, members: 0 };
    assert.ok(readPublication(frame, 0, frame.length, read));
    this.got.push(read.number, read.place, read.members);
  }
}

function publication(number: number): Buffer {
  const bytes = Buffer.alloc(PUBLICATION_BYTES);
  writePublication(bytes, number, 0);
  return bytes;
}

function makeRooms(...rooms: number[]) {
  const all = new Rooms<Buffer, Listener>();
  const members = rooms.map((room) => {
    const member = new Listener();
    assert.equal(
      all.take(member, joinMessage(room), () => assert.fail()),
      null,
    );
    return member;
  });
  const publish = (from: Listener | undefined, number: number) =>
    all.take(from ?? assert.fail(), publication(number), (payload) => payload);
  return { all, members, publish };
}

test('a publication goes to every member of its room, including its sender, and to no other client', () => {
  const { members, publish } = makeRooms(1, 1, 2);
  assert.equal(publish(members[1], 8), 2);
  assert.equal(publish(members[2], 9), 1);
  assert.equal(publish(members[0], 10), 2);
  assert.deepEqual(
    members.map(({ got }) => got),
    [
      [8, 1, 2, 10, 2, 2],
      [8, 1, 2, 10, 2, 2],
      [9, 1, 1],
    ],
  );
});

test('a client that joins another room leaves the one before', () => {
  const { all, members, publish } = makeRooms(1, 1);
  const [moves = assert.fail(), stays] = members;
  all.take(moves, joinMessage(2), () => assert.fail());
  assert.equal(publish(stays, 1), 1);
  assert.equal(publish(moves, 2), 1);
  assert.deepEqual(
    [moves.got, stays?.got],
    [
      [2, 1, 1],
      [1, 1, 1],
    ],
  );
});

test('a member that does not read is skipped until its queue is shorter, and can detect the gap', () => {
  const { members, publish } = makeRooms(1, 1);
  const [reader, slow = assert.fail()] = members;
  assert.equal(MOST_QUEUED_BYTES, 1_048_576);
  slow.queued = MOST_QUEUED_BYTES + 1;
  assert.equal(publish(reader, 1), 1);
  slow.queued = MOST_QUEUED_BYTES;
  assert.equal(publish(reader, 2), 2);
  assert.deepEqual(slow.got, [2, 2, 2]);
});

test('a client that has left receives nothing, and the messages of one without a room reach no other client', () => {
  const { all, members, publish } = makeRooms(1, 1);
  const [gone = assert.fail(), other] = members;
  all.leave(gone);
  assert.equal(publish(other, 1), 1);
  assert.equal(publish(gone, 2), null);
  assert.equal(
    all.take(gone, Buffer.from('hello'), () => assert.fail()),
    null,
  );
  assert.deepEqual(gone.got, []);
});
