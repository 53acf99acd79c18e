import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { COSTS, sizingRunOf } from '../../test/sizing.ts';
import { knownFacts } from '../metrics/metrics.ts';
import type { Run } from '../model/run.ts';
import { meanOf } from '../stats/estimate.ts';
import { finding } from '../wording/finding.ts';
import { checkedOf } from './size-check.ts';
import { costsOf, exclusionOf, type MeasuredCosts, processesOf, slotsOf } from './size-costs.ts';

const BASE = makeRun({ profile: 'plain', seconds: 2 }).plan;
const PROXY = { workers: 2, workerConnections: 1024, workerFiles: 5000, reuseport: false, backlog: 511 };
const OPEN = { kind: 'open', ratePerSecond: 4000, arrivals: 'uniform' } as const;
const FAILED = { state: 'failed', reason: 'Nginx died.' } as const;
const STOPPED = { state: 'failed', reason: 'Stopped.' } as const;

/** A run that measures memory, with this many slots a worker. */
function memoryRun(workerConnections: number, connections = 400): Run {
  const workload = { ...BASE.workload, scenario: 'idle', load: null };
  const proxy = { ...PROXY, workerConnections };
  return sizingRunOf({ ...BASE, step: 'touched', round: 1, connections, workload, proxy }, 1);
}

/** A run that measures the CPU time of messages. */
function messageRun(change: Partial<Run> = {}): Run {
  const workload = { ...BASE.workload, scenario: 'echo', load: OPEN };
  const run = sizingRunOf({ ...BASE, step: 'latency', round: 1, workload, proxy: PROXY }, 2);
  return { ...run, ...change };
}

const NONE = { estimate: null, runs: 0, of: 0, load: null, excluded: [] };
const NAMES = [
  ...['memory-connection', 'memory-slot', 'memory-process', 'memory-kernel', 'files-connection'],
  ...['cpu-message', 'cpu-handshake'],
];

test('without runs, no cost is known', () => {
  assert.deepEqual(costsOf([]), {
    ...{ memory: null, files: null },
    costs: NAMES.map((name) => ({ name, ...NONE })),
  });
});

test('memory follows from runs with different slots and workers, without samples that have no value', () => {
  const [few, many] = [memoryRun(1024), memoryRun(4096)];
  const [first, ...samples] = many.memory;
  assert.ok(first);
  const partial = {
    ...many,
    memory: [{ ...first, proxyBytes: null, proxyFiles: null, kernelBytes: null }, ...samples],
  };
  const more = { ...few, plan: { ...few.plan, proxy: { ...PROXY, workers: 3 } } };
  const grown = sizingRunOf(more.plan, 3);
  const { costs, memory, files } = costsOf([few, partial, grown, messageRun()]);
  assert.deepEqual(
    costs.slice(0, 5).map(({ name, estimate, ...rest }) => [name, Math.round(estimate?.value ?? 0), rest]),
    [COSTS.connection, COSTS.slot, COSTS.process, COSTS.kernel, 2].map((value, index) => [
      ...[NAMES[index], value, { runs: 3, of: 3, load: null, excluded: [] }],
    ]),
  );
  assert.equal(Math.round(memory?.at([1, 0, 0]).value ?? 0), COSTS.process);
  assert.equal(Math.round(files?.at([1, 0]).value ?? 0), COSTS.files);
});

test('the CPU time of a message is the mean over the runs that completed, and each reason is given once', () => {
  const runs = [messageRun(), messageRun({ outcome: FAILED }), messageRun({ outcome: FAILED })];
  const [message] = costsOf([...runs, messageRun({ outcome: STOPPED }), messageRun()]).costs.slice(5);
  const us = knownFacts(messageRun()).metrics['cpuPerMessage.proxy'] ?? assert.fail();
  assert.deepEqual(message, {
    ...{ name: 'cpu-message', estimate: meanOf([us, us]), runs: 2, of: 5 },
    load: { perSecond: 4000, workers: 2 },
    excluded: [finding('run-ended', FAILED), finding('run-ended', STOPPED)],
  });
  const one = costsOf(runs.slice(0, 2)).costs.find(({ name }) => name === 'cpu-message');
  assert.deepEqual([one?.estimate, one?.runs, one?.of], [null, 0, 2]);
});

test('Nginx has a master beside its workers, and slots in each of them', () => {
  const of = (proxy: typeof PROXY | null) => {
    const run = { plan: { ...BASE, proxy } };
    return [processesOf(run), slotsOf(run)];
  };
  assert.deepEqual(
    [of(PROXY), of(null)],
    [
      [3, 2048],
      [1, 0],
    ],
  );
  assert.equal(exclusionOf(messageRun(), 'cpuPerMessage.proxy'), null);
});

const exactly = (value: number) => ({ value, low: value, high: value });
const MEASURED: MeasuredCosts = {
  costs: [{ ...NONE, name: 'cpu-message', estimate: exactly(20) }],
  memory: {
    coefficients: [],
    at: ([a = 0, b = 0, c = 0]) => ({ ...exactly(a + 10 * b + 100 * c), low: -1 }),
  },
  files: { coefficients: [], at: ([a = 0, b = 0]) => exactly(a + 10 * b) },
};

test('a check compares what was predicted for its processes, slots and connections with the last sample', () => {
  const run = memoryRun(1024, 2000);
  const last = run.memory.at(-1) ?? assert.fail();
  const memory = { ...exactly(3 + 20_480 + 200_000), low: 0 };
  const files = exactly(3 + 20_000);
  const check = (change: Partial<Run>, costs: Partial<MeasuredCosts> = {}) =>
    checkedOf({ memory: { ...run, ...change }, messages: undefined }, { ...MEASURED, ...costs });
  const checked = (predicted: typeof memory, measured: number | null) => ({
    ...{ predicted, measured, excluded: null },
    error: measured === null ? null : (predicted.value - measured) / measured,
  });
  assert.deepEqual(check({}), [
    { name: 'memory', ...checked(memory, last.proxyBytes) },
    { name: 'files', ...checked(files, last.proxyFiles) },
  ]);
  const unknown = { ...last, proxyBytes: null, proxyFiles: 0 };
  assert.deepEqual(check({ memory: [last, unknown] }), [
    { name: 'memory', ...checked(memory, null) },
    { name: 'files', ...checked(files, null), measured: 0 },
  ]);
  const excluded = finding('run-ended', FAILED);
  assert.deepEqual(check({ outcome: FAILED }), [
    { name: 'memory', ...checked(memory, null), excluded },
    { name: 'files', ...checked(files, null), excluded },
  ]);
  assert.deepEqual(
    [check({}, { memory: null }), check({}, { files: null })].map((all) => all.map(({ name }) => name)),
    [['files'], ['memory']],
  );
  assert.deepEqual(checkedOf({ memory: undefined, messages: undefined }, MEASURED), []);
});

test('the check of CPU time needs its cost and a rate', () => {
  const check = (run: Run, costs = MEASURED) => checkedOf({ memory: undefined, messages: run }, costs);
  const { metrics } = knownFacts(messageRun());
  const [cores] = check(messageRun());
  const measured = ((metrics['cpuPerMessage.proxy'] ?? 0) * (metrics['messages.perSecond'] ?? 0)) / 1e6;
  assert.deepEqual(cores, {
    ...{ name: 'cores', predicted: exactly(0.08), measured, excluded: null },
    error: (0.08 - measured) / measured,
  });
  const [unmeasured] = check(messageRun({ processes: [] }));
  assert.deepEqual([unmeasured?.measured, unmeasured?.error], [null, null]);
  const [ended] = check(messageRun({ outcome: FAILED }));
  assert.deepEqual([ended?.measured, ended?.excluded], [null, finding('run-ended', FAILED)]);
  assert.deepEqual(check(messageRun(), { ...MEASURED, costs: [] }), []);
  assert.deepEqual(check(memoryRun(1024)), []);
});
