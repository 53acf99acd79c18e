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

test('a publication is read with the number, time, place and members that were written, at any offset', () => {
  const bytes = Buffer.alloc(PUBLICATION_BYTES + 9, 'x');
  writePublication(bytes, NUMBERS + 5, 2 ** 40 + 1);
  placePublication(bytes, 77, 70_000);
  const into = { ...EMPTY };
  assert.ok(readPublication(Buffer.concat([Buffer.from('ab'), bytes]), 2, 2 + bytes.length, into));
  assert.deepEqual(into, { number: 5, intendedUs: 2 ** 40 + 1, place: 77, members: 70_000 });
  assert.equal(bytes.subarray(PUBLICATION_BYTES).toString(), 'xxxxxxxxx');
  assert.match(bytes.toString('latin1'), /^[\x20-\x7e]+$/);
});

test('a join message names its room, and no other message is mistaken for one', () => {
  assert.equal(readJoin(joinMessage(4097)), 4097);
  for (const other of ['', 'J', 'J00000', 'P0000']) assert.equal(readJoin(Buffer.from(other)), null);
  const into = { ...EMPTY };
  assert.equal(readPublication(joinMessage(1), 0, 5, into), false);
  assert.equal(isPublication(Buffer.from('P')), false);
  assert.equal(isPublication(Buffer.alloc(PUBLICATION_BYTES, 'P')), true);
});
