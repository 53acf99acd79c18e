import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isPublication,
  joinMessage,
  NUMBERS,
  PUBLICATION_BYTES,
  type Publication,
  placePublication,
  readJoin,
  readPublication,
  writePublication,
} from './publication.ts';

const EMPTY: Publication = { number: 0, intendedUs: 0, place: 0, members: 0 };

/** Reads a publication behind two other bytes; null if there is none. */
function readBehind(bytes: Buffer, length = bytes.length): Publication | null {
  const into = { ...EMPTY };
  const found = readPublication(Buffer.concat([Buffer.from('ab'), bytes]), 2, 2 + length, into);
  if (!found) assert.deepEqual(into, EMPTY);
  return found ? into : null;
}

test('a publication is read with the number, time, place and members that were written, at any offset', () => {
  const bytes = Buffer.alloc(PUBLICATION_BYTES + 9, 'x');
  writePublication(bytes, NUMBERS + 5, 2 ** 40 + 0.6);
  assert.equal(bytes.toString('latin1'), 'P50000100000@0000000000xxxxxxxxx');
  assert.deepEqual(readBehind(bytes), { number: 5, intendedUs: 2 ** 40 + 1, place: 0, members: 0 });
  placePublication(bytes, NUMBERS + 77, 70_000);
  assert.equal(bytes.toString('latin1'), 'P50000100000@0=1000`5A0xxxxxxxxx');
  assert.deepEqual(readBehind(bytes), { number: 5, intendedUs: 2 ** 40 + 1, place: 77, members: 70_000 });
});

test('the largest values fill every digit', () => {
  const bytes = Buffer.alloc(PUBLICATION_BYTES);
  const most = { number: NUMBERS - 1, intendedUs: 2 ** 48 - 1, place: NUMBERS - 1, members: 2 ** 24 - 1 };
  writePublication(bytes, most.number, most.intendedUs);
  placePublication(bytes, most.place, most.members);
  assert.equal(bytes.toString('latin1'), `P${'o'.repeat(22)}`);
  assert.deepEqual(readBehind(bytes), most);
  assert.equal(NUMBERS, 64 ** 5);
});

test('a publication has at least 23 bytes, and starts with its letter', () => {
  const bytes = Buffer.alloc(23, '0');
  assert.deepEqual([isPublication(bytes), readBehind(bytes)], [false, null]);
  bytes.write('0P');
  assert.deepEqual([isPublication(bytes), readBehind(bytes)], [false, null]);
  bytes.write('P0');
  assert.deepEqual([isPublication(bytes), readBehind(bytes)], [true, EMPTY]);
  assert.deepEqual([isPublication(bytes.subarray(0, 22)), readBehind(bytes, 22)], [false, null]);
  assert.equal(PUBLICATION_BYTES, 23);
});

test('a join message names its room, and no other message is mistaken for one', () => {
  assert.equal(joinMessage(4097).toString(), 'J1010');
  for (const room of [0, 1, 4097, 2 ** 24 - 1]) assert.equal(readJoin(joinMessage(room)), room);
  for (const other of ['', 'J', 'J00000', 'P0000', '0J000']) assert.equal(readJoin(Buffer.from(other)), null);
  assert.equal(readBehind(joinMessage(1)), null);
});
