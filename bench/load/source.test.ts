import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sourceOf, sourcePorts } from './source.ts';

test('the ports are the odd ones in the range that are not in use', () => {
  assert.deepEqual(sourcePorts([10, 17], new Set([13])), [11, 15, 17]);
  assert.deepEqual(sourcePorts([11, 16], new Set()), [11, 13, 15]);
  assert.deepEqual(sourcePorts([0, 3], new Set()), [1, 3]);
  assert.deepEqual(sourcePorts([12, 12], new Set()), []);
  assert.equal(sourcePorts([32_768, 60_999], new Set()).length, 14_116);
});

test('the addresses are used in turn, each with one port after another', () => {
  const sources = [0, 1, 2, 3, 4].map((id) => sourceOf(id, ['a', 'b'], [11, 13]));
  assert.deepEqual(
    sources.map((source) => [source?.localAddress, source?.localPort]),
    [
      ['a', 11],
      ['b', 11],
      ['a', 13],
      ['b', 13],
      ['a', 0],
    ],
  );
});

test('no two connections of a run have the same address and port', () => {
  const shape = fc.record({
    addresses: fc.integer({ min: 1, max: 6 }),
    ports: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(shape, ({ addresses, ports }) => {
      const hosts = Array.from({ length: addresses }, (_, i) => `127.0.0.${i + 2}`);
      const numbers = Array.from({ length: ports }, (_, i) => 1_001 + 2 * i);
      const sources = Array.from({ length: addresses * ports }, (_, id) => sourceOf(id, hosts, numbers));
      const pairs = sources.map((source) => JSON.stringify(source));
      assert.equal(new Set(pairs).size, pairs.length);
      assert.equal(sourceOf(addresses * ports, hosts, numbers)?.localPort, 0);
    }),
  );
});

test('without addresses, the system chooses', () => {
  assert.equal(sourceOf(0, [], []), null);
});
