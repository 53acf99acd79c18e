import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { COSTS, sizingRunOf } from '../../test/sizing.ts';
import { knownFigures } from '../measure/figures.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { type Size, sizeSchema, type Wanted } from '../model/size.ts';
import type { RunSpec } from '../model/strategy.ts';
import { finding } from '../wording/finding.ts';
import { makeSize, type SizeOptions } from './size.ts';

const BASE = makeRun({ profile: 'plain', seconds: 2 }).plan;
const WANTED: Wanted = {
  ...{ connections: 20_000, ratePerSecond: 4000, churnPerSecond: 100, payloadBytes: 64, utilisation: 0.5 },
  assumed: [],
};
const OPTIONS: SizeOptions = {
  variant: 'plain',
  wanted: WANTED,
  sample: 400,
  check: { connections: 2000, workers: 1, limit: null },
  rounds: 2,
  load: { inFlight: 1, ratePerSecond: null, arrivals: 'uniform' },
  portRange: null,
  planOf: (of) => planFor({ ...of, round: null, load: null }),
};
const SCENARIOS: Readonly<Record<string, string>> = {
  touched: 'idle',
  fastest: 'connect',
  scheduled: 'connect',
};

/** Returns the plan of a run; with fewer slots unless it has those of the check. */
function planFor({ variant, step, round, load, ...spec }: RunSpec): RunPlan {
  const workers = spec.proxyWorkers ?? 1;
  const workerConnections = spec.largest === undefined ? 1024 : 4096;
  const scenario = SCENARIOS[step] ?? 'echo';
  return {
    ...BASE,
    ...{ variant, step, round, server: 'lean', servers: 1, workers: 1 },
    connections: spec.connections ?? OPTIONS.sample,
    workload: { ...BASE.workload, scenario, load },
    proxy: { workers, workerConnections, workerFiles: 5000, reuseport: false, backlog: 511 },
  };
}

type Change = (run: Run, number: number) => Run;

/** Simulates a sizing to its end. The CPU time per message or handshake is 20 µs in Nginx and 10 µs in the server. */
function play(options: SizeOptions, change: Change = (run) => run) {
  const strategy = makeSize(options);
  const [done, specs, expected]: [Run[], RunSpec[], number[]] = [[], [], []];
  for (let [spec] = strategy.next(done); spec !== undefined; [spec] = strategy.next(done)) {
    specs.push(spec);
    expected.push(strategy.expectedRuns(done));
    done.push(change(costly(sizingRunOf(planFor(spec), done.length)), done.length));
    assert.ok(done.length < 50, 'it does not end');
  }
  return { strategy, done, specs, expected };
}

function costly(run: Run): Run {
  const { load, scenario } = run.plan.workload;
  const perSecond = load?.kind === 'open' ? load.ratePerSecond : scenario === 'idle' ? 0 : 20_000;
  const processes = run.processes.map((process) => {
    const peers = run.processes.filter(({ component }) => component === process.component).length;
    const us = process.component === 'proxy' ? 20 : 10;
    const samples = process.samples.map((sample) => ({
      ...sample,
      cpuUs: Math.round((sample.atUs / 1e6) * perSecond * (us / peers)),
    }));
    return { ...process, samples };
  });
  return { ...run, processes };
}

function sizeOf(options: SizeOptions, done: readonly Run[]): Size {
  const [size, ...others] = makeSize(options).conclude(done);
  assert.ok(size?.kind === 'size' && others.length === 0);
  return v.parse(sizeSchema, size);
}

function codes({ findings }: Size): string[] {
  return findings.map(({ code }) => code.replace('size-', ''));
}

function told(specs: readonly RunSpec[]): unknown[] {
  return specs.map(({ step, round, load, connections, proxyWorkers, largest }) => [
    ...[step, round, load?.kind === 'open' ? load.ratePerSecond : (load?.kind ?? null)],
    ...[connections, proxyWorkers, largest?.connections ?? null],
  ]);
}

test('closed loops find the rates, rounds measure the costs, and larger runs check them', () => {
  const { specs, expected } = play(OPTIONS);
  assert.deepEqual(told(specs), [
    ['throughput', null, 'closed', 400, 1, 2000],
    ['fastest', null, 'closed', 400, 1, 2000],
    ['touched', 1, null, 400, 1, 2000],
    ['latency', 1, 4000, 400, 1, 2000],
    ['scheduled', 1, 100, 400, 1, 2000],
    ['touched', 2, null, 400, 1, null],
    ['latency', 2, 4000, 400, 1, 2000],
    ['scheduled', 2, 100, 400, 1, 2000],
    ['touched', null, null, 2000, 1, 2000],
    ['latency', null, 4000, 2000, 1, 2000],
  ]);
  assert.deepEqual(expected, new Array(10).fill(10));
  assert.deepEqual(play({ ...OPTIONS, rounds: 3 }).expected, new Array(13).fill(13));
});

/** Returns the rates of messages and handshakes at which costs are measured. */
function rates(wanted: Partial<Wanted>, workers = 1): unknown[] {
  const { specs } = play({
    ...OPTIONS,
    wanted: { ...WANTED, ...wanted },
    check: { ...OPTIONS.check, workers },
  });
  return ['latency', 'scheduled'].map((name) => {
    const load = specs.find(({ step }) => step === name)?.load;
    return load?.kind === 'open' ? load.ratePerSecond : null;
  });
}

test('a cost is measured at the rate of a planned worker, within what the machine can do and what can be measured', () => {
  assert.deepEqual(rates({}), [4000, 100]);
  assert.deepEqual(rates({ ratePerSecond: 10, churnPerSecond: 1 }), [100, 20]);
  assert.deepEqual(rates({ ratePerSecond: 0 }), [null, 100]);
  assert.deepEqual(rates({ churnPerSecond: 0 }), [4000, null]);
  // 40,000 × 20 µs and 10,000 × 20 µs: one core, so two workers at half of a CPU.
  assert.deepEqual(
    rates({ ratePerSecond: 40_000, churnPerSecond: 10_000 }).map(Number).map(Math.round),
    [20_000, 5000],
  );
  assert.deepEqual(rates({ ratePerSecond: 40_000, churnPerSecond: 10_000 }, 2), [40_000, 10_000]);
  // All of 10,000 messages fit on a worker of the check, even if it has more workers than needed.
  assert.deepEqual(rates({ ratePerSecond: 10_000 }, 3), [10_000, 100]);
});

test('costs, needs and the check follow from the runs', () => {
  const { done } = play(OPTIONS);
  const { variant, wanted, costs, needs, check, findings } = sizeOf(OPTIONS, done);
  assert.deepEqual([variant, wanted], ['plain', WANTED]);
  const near = (value: number | null | undefined, digits = 4) =>
    Number((value ?? Number.NaN).toPrecision(digits));
  assert.deepEqual(
    costs.map(({ name, estimate, runs, of, load, excluded }) => [
      ...[name, near(estimate?.value, name.startsWith('cpu') ? 1 : 4), runs, of, load, excluded],
    ]),
    [
      ['memory-connection', COSTS.connection, 2, 2, null, []],
      ['memory-slot', COSTS.slot, 2, 2, null, []],
      ['memory-process', COSTS.process, 2, 2, null, []],
      ['memory-kernel', COSTS.kernel, 2, 2, null, []],
      ['files-connection', 2, 2, 2, null, []],
      ['cpu-message', 20, 2, 2, { perSecond: 4000, workers: 1 }, []],
      ['cpu-handshake', 20, 2, 2, { perSecond: 100, workers: 1 }, []],
    ],
  );
  assert.equal(needs.length, 15);
  assert.deepEqual(
    [check.connections, check.workers, check.limit, ...check.checked.map(({ excluded }) => excluded)],
    [2000, 1, null, null, null, null],
  );
  const memory = COSTS.process * 2 + COSTS.slot * 4096 + COSTS.connection * 2000;
  const { cpuUs, perSecond } = knownFigures(done.at(-1) ?? assert.fail()).work;
  const cores = ((cpuUs.proxy ?? 0) * (perSecond ?? 0)) / 1e6;
  const predictedCores = 4000e-6 * (costs[5]?.estimate?.value ?? 0);
  assert.deepEqual(
    check.checked.map(({ name, predicted, measured, error }) => [
      ...[name, near(predicted.value), near(measured), Math.round((error ?? 1) * 1e6) + 0],
    ]),
    [
      ['memory', near(memory), near(memory), 0],
      ['files', 4024, 4024, 0],
      ['cores', near(predictedCores), near(cores), Math.round((predictedCores / cores - 1) * 1e6)],
    ],
  );
  const [answer, ...others] = findings;
  const of = (name: string) => needs.find((need) => need.name === name)?.estimate ?? null;
  assert.deepEqual(
    answer,
    finding('size-answer', {
      ...{ variant: 'plain', connections: 20_000, ratePerSecond: 4000, churnPerSecond: 100 },
      ...{ workers: of('workers'), cores: of('cores'), memory: of('memory') },
      ...{
        slots: of('worker-connections')?.value ?? null,
        addresses: of('upstream-addresses')?.value ?? null,
      },
    }),
  );
  assert.deepEqual(
    others,
    check.checked.map(({ name, predicted, measured, error }) =>
      finding('size-checked', {
        name,
        connections: 2000,
        predicted,
        measured: measured ?? 0,
        error: error ?? 0,
      }),
    ),
  );
});

test('assumed values, a smaller check and a different load are reported', () => {
  const limit = finding('machine-ceiling', { reason: 'Too little memory.' });
  const found = (wanted: Partial<Wanted>) => {
    const options = {
      ...OPTIONS,
      wanted: { ...WANTED, ...wanted },
      check: { ...OPTIONS.check, limit },
    };
    return sizeOf(options, play(options).done);
  };
  const both = found({ assumed: ['rate', 'churn'] });
  assert.deepEqual(codes(both), ['answer', 'assumed', 'checked', 'checked', 'checked', 'machine-ceiling']);
  assert.deepEqual(both.findings[1], finding('size-assumed', { ratePerSecond: 4000, churnPerSecond: 100 }));
  assert.deepEqual(
    found({ assumed: ['rate'] }).findings[1],
    finding('size-assumed', { ratePerSecond: 4000, churnPerSecond: null }),
  );
  assert.deepEqual(
    found({ assumed: ['churn'] }).findings[1],
    finding('size-assumed', { ratePerSecond: null, churnPerSecond: 100 }),
  );
  // 60 messages and 10 handshakes per second are measured at no fewer than 100 and 20.
  const slow = found({ ratePerSecond: 60, churnPerSecond: 10 });
  assert.deepEqual(slow.findings.slice(-2), [
    finding('size-other-load', { of: 'cpu-message', here: 100, planned: 60 }),
    finding('size-other-load', { of: 'cpu-handshake', here: 20, planned: 10 }),
  ]);
  assert.deepEqual(codes(found({ ratePerSecond: 70, churnPerSecond: 14 })).slice(-1), ['machine-ceiling']);
});

test('a load is another one from a factor of one and a half on, in either direction', () => {
  const { done } = play(OPTIONS);
  const planned = (ratePerSecond: number) => {
    const options = { ...OPTIONS, wanted: { ...WANTED, ratePerSecond } };
    return sizeOf(options, done).findings.flatMap(({ code, data }) =>
      code === 'size-other-load' ? [data] : [],
    );
  };
  const other = (rate: number) => [{ of: 'cpu-message', here: 4000, planned: rate }];
  assert.deepEqual([2700, 5999].map(planned), [[], []]);
  assert.deepEqual([2600, 4000 * (1 / 1.5), 6000].map(planned), [2600, 4000 * (1 / 1.5), 6000].map(other));
});

test('a load that one worker can carry at the wanted utilisation is planned for one, and any more for two', () => {
  const start = play(OPTIONS).done[0] ?? assert.fail();
  const fitting = 250_000 / (knownFigures(start).work.cpuUs.proxy ?? 0);
  const measuredAt = (ratePerSecond: number) =>
    rates({ ratePerSecond, churnPerSecond: 0, utilisation: 0.25 })[0];
  assert.equal(measuredAt(fitting), fitting);
  assert.equal(measuredAt(fitting * 1.000_000_2), (fitting * 1.000_000_2) / 2);
});

const failed = { state: 'failed', reason: 'nginx died.' } as const;

test('a failed run is excluded with its reason, and the check without its run has no values', () => {
  const three = { ...OPTIONS, rounds: 3 };
  const { done } = play(three, (run) =>
    run.plan.step === 'latency' && (run.plan.round === 2 || run.plan.round === null)
      ? { ...run, outcome: failed }
      : run,
  );
  const size = sizeOf(three, done);
  const ended = finding('run-ended', failed);
  const message = size.costs.find(({ name }) => name === 'cpu-message');
  assert.deepEqual([message?.runs, message?.of, message?.excluded], [2, 3, [ended]]);
  const cores = size.check.checked.at(-1);
  assert.deepEqual(
    [cores?.name, cores?.measured, cores?.error, cores?.excluded],
    ['cores', null, null, ended],
  );
  assert.deepEqual(size.findings.slice(-2), [
    finding('size-not-checked', { name: 'cores', reason: ended.text }),
    finding('size-excluded', { of: 'cpu-message', runs: 1, all: 3, reason: ended.text }),
  ]);
});

test('with one usable run, or none, a cost is unknown; without the closed loop, it is not measured', () => {
  const without = (rounds: readonly (number | null)[]) => {
    const { done } = play(OPTIONS, (run) =>
      run.plan.step === 'touched' && rounds.includes(run.plan.round) ? { ...run, outcome: failed } : run,
    );
    return sizeOf(OPTIONS, done);
  };
  const none = without([1, 2]);
  assert.deepEqual(
    none.costs.slice(0, 5).map(({ estimate, runs, of, excluded }) => [estimate, runs, of, excluded]),
    new Array(5).fill([null, 0, 2, [finding('run-ended', failed)]]),
  );
  assert.deepEqual(
    none.check.checked.map(({ name }) => name),
    ['cores'],
  );
  assert.deepEqual(
    without([null]).check.checked.map(({ name, measured, error, excluded }) => [
      ...[name, measured, error, excluded],
    ]),
    [
      ['memory', null, null, finding('run-ended', failed)],
      ['files', null, null, finding('run-ended', failed)],
      ['cores', ...coresOf(without([null]))],
    ],
  );
  const { specs, done } = play(OPTIONS, (run) =>
    run.plan.step === 'throughput' ? { ...run, outcome: failed } : run,
  );
  assert.deepEqual(
    specs.map(({ step }) => step),
    ['throughput', 'fastest', 'touched', 'scheduled', 'touched', 'scheduled', 'touched'],
  );
  assert.deepEqual(
    sizeOf(OPTIONS, done).costs.map(({ name }) => name),
    [
      'memory-connection',
      'memory-slot',
      'memory-process',
      'memory-kernel',
      'files-connection',
      'cpu-handshake',
    ],
  );
});

function coresOf({ check }: Size): unknown[] {
  const cores = check.checked.find(({ name }) => name === 'cores');
  return [cores?.measured, cores?.error, cores?.excluded];
}

test('a sizing ends after two runs if neither finished, and an unfinished one reports how far it got', () => {
  const dead = play(OPTIONS, (run) => ({ ...run, outcome: failed }));
  assert.equal(dead.done.length, 2);
  const second = play(OPTIONS, (run, number) => (number === 0 ? { ...run, outcome: failed } : run));
  assert.ok(second.done.length > 2);
  const { done } = play(OPTIONS);
  const aborted = { state: 'aborted', reason: 'Interrupted.' } as const;
  const cut = [...done.slice(0, 5), { ...(done[5] as Run), outcome: aborted }];
  const size = sizeOf(OPTIONS, cut);
  assert.deepEqual(size.findings.at(-1), finding('size-unfinished', { done: 5, of: 10 }));
  assert.deepEqual(
    size.costs.map(({ name, runs, of }) => [name, runs, of]),
    [
      ['memory-connection', 0, 1],
      ['memory-slot', 0, 1],
      ['memory-process', 0, 1],
      ['memory-kernel', 0, 1],
      ['files-connection', 1, 1],
      ['cpu-message', 0, 1],
      ['cpu-handshake', 0, 1],
    ],
  );
  assert.deepEqual(size.check.checked, []);
});

test('every other round has the slots of the check, and a cost at the load of a planned worker needs no remark', () => {
  const { specs } = play({ ...OPTIONS, rounds: 3 });
  assert.deepEqual(
    specs.filter(({ step }) => step === 'touched').map(({ round, largest }) => [round, largest?.connections]),
    [
      [1, 2000],
      [2, undefined],
      [3, 2000],
      [null, 2000],
    ],
  );
  const two = { ...OPTIONS, wanted: { ...WANTED, ratePerSecond: 40_000, churnPerSecond: 10_000 } };
  const size = sizeOf(two, play(two).done);
  assert.equal(size.needs.find(({ name }) => name === 'workers')?.estimate?.value, 2);
  assert.ok(!codes(size).includes('other-load'), codes(size).join());
  const onTwo = { ...two, check: { ...OPTIONS.check, workers: 2 } };
  const checked = sizeOf(onTwo, play(onTwo).done);
  assert.equal(checked.costs.find(({ name }) => name === 'cpu-message')?.load?.workers, 2);
  assert.ok(!codes(checked).includes('other-load'), codes(checked).join());
});
