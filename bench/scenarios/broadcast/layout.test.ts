import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOf, leastMembers, publisherOf, roomOf } from './layout.ts';

const range = (length: number) => Array.from({ length }, (_, index) => index);

test('without rooms, all connections are in one, and its publishers take turns', () => {
  const layout = layoutOf(10, { room: 0, publishers: 3 });
  assert.deepEqual([layout.rooms, leastMembers(10, layout)], [1, 10]);
  assert.deepEqual(new Set(range(10).map((id) => roomOf(layout, id))), new Set([0]));
  assert.deepEqual(
    range(5).map((publication) => publisherOf(layout, publication)),
    [0, 1, 2, 0, 1],
  );
});

test('rooms do not exceed the requested size, and differ by at most one member', () => {
  const layout = layoutOf(10, { room: 4, publishers: 1 });
  const sizes = [0, 0, 0];
  for (const id of range(10)) sizes[roomOf(layout, id)] = (sizes[roomOf(layout, id)] ?? 0) + 1;
  assert.deepEqual([layout.rooms, sizes, leastMembers(10, layout)], [3, [4, 3, 3], 3]);
});

test('rooms take turns, and each publication is sent by a member of its room', () => {
  const layout = layoutOf(12, { room: 4, publishers: 2 });
  assert.deepEqual(
    range(8).map((publication) => [roomOf(layout, publication), publisherOf(layout, publication)]),
    [
      [0, 0],
      [1, 1],
      [2, 2],
      [0, 3],
      [1, 4],
      [2, 5],
      [0, 0],
      [1, 1],
    ],
  );
  for (const id of range(6)) assert.equal(roomOf(layout, id), id % 3);
});
