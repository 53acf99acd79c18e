import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cost, CostName, SizeNeed, Wanted } from '../model/size.ts';
import { exactly } from '../stats/estimate.ts';
import { fitSum } from '../stats/least-squares.ts';
import type { MeasuredCosts } from './size-costs.ts';
import { coresFor, costOf, needsFor, workersFor } from './size-needs.ts';

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
  const { values } = needs({ churnPerSecond: 600.51 }, null, costs);
  assert.deepEqual([values.cores, values.backlog], [(600.51 / 1e6) * 300, 601]);
  // 36,030.6 connections are closed in a minute.
  assert.deepEqual([values['upstream-ports'], values.conntrack], [37_031, 2 * 37_031]);
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

/** A cost of this many units, give or take `reach`. */
function costing(name: CostName, value: number, reach: number): Cost {
  const estimate = { value, low: value - reach, high: value + reach };
  return { name, estimate, runs: 3, of: 3, load: null, excluded: [] };
}

const KNOWN: MeasuredCosts = {
  costs: [
    costing('memory-connection', 18_000, 10),
    costing('memory-slot', 400, 1),
    costing('memory-process', 5_000_000, 2),
    costing('memory-kernel', 9000, 100),
    costing('cpu-message', 20, 4),
    costing('cpu-handshake', 300, 100),
  ],
  memory: {
    coefficients: [],
    at: ([processes = 0, slots = 0, open = 0]) => {
      const value = 5e6 * processes + 400 * slots + 18e3 * open;
      return { value, low: -1, high: value + 1 };
    },
  },
  files: null,
};
const BUSY: Wanted = { ...WANTED, connections: 10_000, ratePerSecond: 50_000, churnPerSecond: 1000.5 };

test('every need has an interval, and the costs and counts from which it was derived', () => {
  const cores = Math.hypot(0.2, 0.10005);
  const slots = { value: 8346, low: 6350, high: 8346 };
  const files = { value: 8346 + 64, low: 6350 + 64, high: 8346 + 64 };
  const ports = 10_000 + 60_030;
  const memory = 5e6 * 4 + 400 * 3 * 8346 + 18e3 * 10_000;
  const all = needsFor(BUSY, KNOWN, [10_000, 19_999]);
  // Floating-point sums differ in their last digits.
  const rounded = all.map(({ name, estimate, derivation: { code, data } }) => [
    name,
    code.replace('size-', ''),
    estimate &&
      Object.fromEntries(Object.entries(estimate).map(([key, each]) => [key, Number(each.toFixed(6))])),
    data,
  ]);
  const six = (value: number) => Number(value.toFixed(6));
  assert.deepEqual(rounded, [
    [
      'cores',
      'cores',
      { value: 1.30015, low: six(1.30015 - cores), high: six(1.30015 + cores) },
      {
        ratePerSecond: 50_000,
        messageUs: { value: 20, low: 16, high: 24 },
        churnPerSecond: 1000.5,
        handshakeUs: { value: 300, low: 200, high: 400 },
      },
    ],
    [
      'memory',
      'memory',
      { value: memory, low: 0, high: memory + 1 },
      {
        ...{ connections: 10_000, connectionBytes: 18_000, slots: 3 * 8346, slotBytes: 400 },
        ...{ processes: 4, processBytes: 5_000_000 },
      },
    ],
    [
      'kernel-memory',
      'kernel-memory',
      { value: 90e6, low: 89e6, high: 91e6 },
      { connections: 10_000, bytes: 9000, isUncertain: false },
    ],
    ['workers', 'workers', { value: 3, low: 3, high: 4 }, { cores: 1.30015, utilisation: 0.5 }],
    ['worker-connections', 'worker-connections', slots, { workers: 3, busiest: 3623 }],
    ['worker-files', 'worker-files', files, { slots: 8346, others: 64 }],
    ['backlog', 'backlog', exactly(1001), { churnPerSecond: 1000.5, least: 511 }],
    [
      'upstream-ports',
      'upstream-ports',
      exactly(ports),
      { connections: 10_000, waiting: 60_030, seconds: 60 },
    ],
    [
      'upstream-addresses',
      'upstream-addresses',
      exactly(8),
      { ports, each: 10_000, widest: 64_512, withWidest: 2 },
    ],
    ['somaxconn', 'somaxconn', exactly(1001), {}],
    ['syn-backlog', 'syn-backlog', exactly(1001), {}],
    ['port-range', 'port-range', exactly(64_512), { ports, widest: 64_512 }],
    ['nr-open', 'nr-open', files, {}],
    ['file-max', 'file-max', exactly(20_000), { connections: 10_000, each: 2 }],
    ['conntrack', 'conntrack', exactly(2 * ports), { ports }],
  ]);
});

test('needs whose costs are unknown name the steps that would measure them', () => {
  const all = needsFor(BUSY, UNKNOWN, null);
  const cpu = ['latency', 'scheduled'];
  assert.deepEqual(
    all.flatMap(({ name, estimate, derivation: { code, data } }) =>
      code === 'size-unknown' ? [[name, estimate, data.steps]] : [],
    ),
    [
      ['cores', null, cpu],
      ['memory', null, ['touched', ...cpu]],
      ['kernel-memory', null, ['touched']],
      ['workers', null, cpu],
      ['worker-connections', null, cpu],
      ['worker-files', null, cpu],
      ['nr-open', null, cpu],
    ],
  );
  const [cores, memory] = needsFor(WANTED, { ...KNOWN, costs: [] }, null);
  assert.deepEqual(cores?.derivation.data, {
    ...{ ratePerSecond: 0, messageUs: null, churnPerSecond: 0, handshakeUs: null },
  });
  assert.deepEqual(memory?.derivation.data, {
    ...{ connections: 1000, connectionBytes: 0, slots: 2350, slotBytes: 0, processes: 2, processBytes: 0 },
  });
});

test('CPU is unknown only if a cost that the load needs is unknown', () => {
  const only = (name: CostName) => KNOWN.costs.filter((each) => each.name === name);
  const cores = (ratePerSecond: number, churnPerSecond: number, costs: readonly Cost[]) =>
    coresFor({ ratePerSecond, churnPerSecond }, costs)?.value ?? null;
  assert.deepEqual(
    [
      cores(1000, 0, only('cpu-message')),
      cores(1000, 0.1, only('cpu-message')),
      cores(0, 1000, only('cpu-handshake')),
      cores(0.1, 1000, only('cpu-handshake')),
      cores(0, 0, []),
    ],
    [0.02, null, 0.3, null, 0],
  );
  assert.equal(costOf([{ ...costing('cpu-message', 1, 0), estimate: null }], 'cpu-message'), null);
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
