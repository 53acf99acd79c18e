import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Placement } from '../model/plan.ts';
import { pacingOf, placementOf } from './placement.ts';
import { SMALL_MACHINE } from './plan.test.fixture.ts';

/** A machine with this many CPUs, numbered from 10. */
function machine(cpus: number) {
  return { ...SMALL_MACHINE, cpus: Array.from({ length: cpus }, (_, cpu) => 10 + cpu) };
}

const of = (workers: number, servers: number, proxyWorkers: number) => ({ workers, servers, proxyWorkers });
const ONE = of(1, 1, 1);

test('by default, processes are pinned only on two CPUs, if one process is to be saturated', () => {
  const placed = (loop: 'closed' | 'open' | null, cpus: number, ...all: ReturnType<typeof of>[]) =>
    placementOf(null, loop, machine(cpus), all) !== null;
  for (const loop of ['closed', 'open'] as const)
    assert.deepEqual(
      [1, 2, 3].map((cpus) => placed(loop, cpus, ONE)),
      [false, true, false],
    );
  assert.equal(placed(null, 2, ONE), false);
  assert.deepEqual([placed('closed', 2, of(2, 2, 1)), placed('closed', 2, of(1, 1, 2))], [true, false]);
  assert.deepEqual([placed('closed', 2, of(2, 1, 0)), placed('closed', 2, of(1, 2, 0))], [true, false]);
  assert.deepEqual([placed('open', 2, of(1, 2, 2)), placed('open', 2, of(2, 1, 1))], [true, false]);
  // The largest of the variants counts.
  assert.equal(placed('closed', 2, ONE, of(1, 1, 2)), false);
  assert.equal(placed('closed', 2, of(1, 2, 0), ONE), true);
  assert.equal(placed('closed', 2), false);
});

test('processes are pinned as asked, if there are two CPUs', () => {
  assert.equal(placementOf(false, 'closed', machine(2), [ONE]), null);
  assert.throws(() => placementOf(true, 'closed', machine(1), [ONE]), {
    kind: 'environment',
    message: /^--pin/,
  });
  assert.notEqual(placementOf(true, 'closed', machine(2), [of(3, 3, 3)]), null);
  assert.notEqual(placementOf(true, null, machine(4), [ONE]), null);
});

test('a closed loop reserves CPUs for Nginx, then for the servers; an open loop for the generator', () => {
  const placed = (loop: 'closed' | 'open', cpus: number, processes: ReturnType<typeof of>) => {
    const { proxy, server, generator, runner } =
      placementOf(true, loop, machine(cpus), [processes]) ?? assert.fail();
    return [proxy, server, generator, runner].map((each) => each.map((cpu) => cpu - 10));
  };
  assert.deepEqual(placed('closed', 2, ONE), [[1], [0], [0], [0]]);
  assert.deepEqual(placed('closed', 3, ONE), [[2], [1], [0], [0, 1]]);
  assert.deepEqual(placed('closed', 6, of(1, 2, 1)), [[5], [3, 4], [0, 1, 2], [0, 1, 2, 3, 4]]);
  assert.deepEqual(placed('closed', 6, of(1, 1, 9)), [[3, 4, 5], [2], [0, 1], [0, 1, 2]]);
  assert.deepEqual(placed('closed', 4, of(1, 1, 0)), [[], [3], [0, 1, 2], [0, 1, 2]]);
  assert.deepEqual(placed('closed', 5, of(1, 9, 0)), [[], [3, 4], [0, 1, 2], [0, 1, 2]]);
  assert.deepEqual(placed('open', 2, ONE), [[1], [1], [0], [1]]);
  assert.deepEqual(placed('open', 3, ONE), [[2], [1], [0], [1, 2]]);
  assert.deepEqual(placed('open', 7, of(2, 1, 2)), [
    [5, 6],
    [2, 3, 4],
    [0, 1],
    [2, 3, 4, 5, 6],
  ]);
  assert.deepEqual(placed('open', 7, of(9, 1, 9)), [
    [5, 6],
    [3, 4],
    [0, 1, 2],
    [3, 4, 5, 6],
  ]);
  assert.deepEqual(placed('open', 2, of(1, 1, 0)), [[], [1], [0], [1]]);
  assert.deepEqual(placed('open', 4, of(1, 1, 0)), [[], [1, 2, 3], [0], [1, 2, 3]]);
});

test('a generator on a schedule spins only if it has CPUs to itself', () => {
  const free = (cpus: number, ...all: ReturnType<typeof of>[]) => pacingOf('open', null, machine(cpus), all);
  assert.deepEqual([free(4, ONE), free(3, ONE)], ['spin', 'sleep']);
  assert.deepEqual([free(7, of(1, 2, 3)), free(6, of(1, 2, 3))], ['spin', 'sleep']);
  assert.deepEqual([free(7, of(1, 2, 0), of(0, 0, 3)), free(6, of(1, 2, 0), of(0, 0, 3))], ['spin', 'sleep']);
  const placed = (generator: number[], workers: number, others: Partial<Placement> = {}) =>
    pacingOf('open', { proxy: [1], server: [2], generator, runner: [3], ...others }, machine(4), [
      of(workers, 1, 1),
    ]);
  assert.equal(placed([0], 1), 'spin');
  assert.equal(placed([0], 2), 'sleep');
  assert.equal(placed([0, 3], 2), 'spin');
  assert.equal(placed([0, 1], 2), 'sleep');
  assert.equal(placed([0, 2], 1), 'sleep');
  assert.deepEqual(
    [pacingOf('closed', null, machine(9), [ONE]), pacingOf(null, null, machine(9), [ONE])],
    [null, null],
  );
});
