import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SizeNeed, Wanted } from '../model/size.ts';
import { exactly } from '../stats/estimate.ts';
import { fitSum } from '../stats/least-squares.ts';
import type { MeasuredCosts } from './size-costs.ts';
import { needsFor, workersFor } from './size-needs.ts';

const WANTED: Wanted = {
  ...{ connections: 1000, ratePerSecond: 0, churnPerSecond: 0, payloadBytes: 64, utilisation: 0.5 },
  assumed: [],
};
const UNKNOWN: MeasuredCosts = { costs: [], memory: null, files: null };

/** Returns what a load needs, by name: the estimated value, and the data from which it was derived. */
function needs(
  changes: Partial<Wanted>,
  portRange: readonly [number, number] | null = null,
  costs: MeasuredCosts = UNKNOWN,
) {
  const all = needsFor({ ...WANTED, ...changes }, costs, portRange);
  const byName = <T>(of: (need: SizeNeed) => T) =>
    Object.fromEntries(all.map((need) => [need.name, of(need)]));
  return {
    values: byName(({ estimate }) => estimate?.value ?? null),
    data: byName(({ derivation }) => derivation.data),
  };
}

test('what a thousand idle connections need follows from their number and from the least values', () => {
  assert.deepEqual(needs({}).values, {
    ...{ cores: 0, memory: null, 'kernel-memory': null, workers: 1 },
    // A worker can use 7/8 of its connections, of which each WebSocket needs two, and has 64 other files open.
    ...{ 'worker-connections': 2286 + 64, 'worker-files': 2286 + 2 * 64, 'nr-open': 2286 + 2 * 64 },
    ...{ backlog: 511, somaxconn: 511, 'syn-backlog': 511 },
    ...{ 'upstream-ports': 1000, 'upstream-addresses': 1, 'port-range': 1000 },
    ...{ 'file-max': 2000, conntrack: 2000 },
  });
  assert.equal(needs({ connections: 1 }).values['worker-connections'], 512);
});

test('ports beyond the widest range take further upstream addresses', () => {
  const widest = 65_535 - 1023;
  for (const [connections, withWidest] of [
    [widest, 1],
    [widest + 1, 2],
  ] as const) {
    const { values, data } = needs({ connections }, [10_000, 10_999]);
    const { 'port-range': range, 'upstream-addresses': addresses } = data;
    assert.deepEqual([values['port-range'], range], [widest, { ports: connections, widest }]);
    assert.deepEqual(addresses, { ports: connections, each: 1000, widest, withWidest });
  }
  const addresses = (connections: number) =>
    needs({ connections }, [10_000, 10_999]).values['upstream-addresses'];
  assert.deepEqual([addresses(1000), addresses(1001)], [1, 2]);
});

test('a closed connection keeps its port for a minute, and the backlog holds the connections of a second', () => {
  const handshake = { runs: 3, of: 3, load: null, excluded: [] };
  const costs = {
    ...UNKNOWN,
    costs: [{ name: 'cpu-handshake' as const, estimate: exactly(300), ...handshake }],
  };
  const { values } = needs({ churnPerSecond: 600.5 }, null, costs);
  assert.deepEqual([values.cores, values.backlog], [0.18015, 601]);
  assert.deepEqual([values['upstream-ports'], values.conntrack], [37_030, 2 * 37_030]);
  assert.equal(needs({ churnPerSecond: 1 }).values['worker-connections'], null);
});

test('memory is that of the master, the workers, their slots and the connections', () => {
  const sizes = [
    [2, 1000, 10],
    [2, 2000, 100],
    [3, 2000, 10],
    [3, 4000, 500],
  ] as const;
  const memory = fitSum(
    sizes.map(([processes, slots, open]) => ({
      x: [processes, slots, open],
      y: 5e6 * processes + 400 * slots + 18e3 * open,
    })),
  );
  const { values } = needs({}, null, { ...UNKNOWN, memory });
  assert.equal(Math.round(Number(values.memory)), 5e6 * 2 + 400 * 2350 + 18e3 * 1000);
});

test('workers that are used exactly as much as wanted are enough, and there is at least one', () => {
  const workers = [0, 0.5, 0.51, 1.5].map((cores) => workersFor(exactly(cores), 0.5).value);
  assert.deepEqual(workers, [1, 1, 2, 3]);
  // With floating-point numbers, 2.1 ÷ 0.7 is a little more than 3.
  assert.equal(workersFor(exactly(2.1), 0.7).value, 3);
});

test('memory of the kernel whose interval includes zero is uncertain', () => {
  const isUncertain = (low: number) => {
    const estimate = { value: 9000, low, high: 18_000 };
    const cost = { name: 'memory-kernel' as const, estimate, runs: 3, of: 3, load: null, excluded: [] };
    const { values, data } = needs({}, null, { ...UNKNOWN, costs: [cost] });
    assert.equal(values['kernel-memory'], 9_000_000);
    return data['kernel-memory']?.isUncertain;
  };
  assert.deepEqual([-1, 0, 1].map(isUncertain), [true, true, false]);
});
