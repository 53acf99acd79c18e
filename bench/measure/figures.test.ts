import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { PHASES } from '../model/load.ts';
import { zeroCounters } from '../model/recording.ts';
import { resultIndexSchema } from '../model/result.ts';
import { type ProcessSeries, type Run, runSchema } from '../model/run.ts';
import { logBins, percentileCurve } from './distribution.ts';
import { figuresOf, histogramOf } from './figures.ts';
import { emptyHistogram, encode } from './histogram.ts';
import { seriesOf } from './series.ts';

function sum(list: readonly number[]): number {
  return list.reduce((total, next) => total + next, 0);
}

/** Every number in a value, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

test('the fixture is a valid result', () => {
  const { runs, ...index } = makeResult([makeRun(), makeRun({ profile: 'direct', load: OPEN })]);
  v.parse(resultIndexSchema, { ...index, runs: [] });
  for (const run of runs) v.parse(runSchema, run);
});

test('messages, rates and bytes are read from the books and the steady phase', () => {
  const run = makeRun({ seconds: 4 });
  const figures = figuresOf(run);
  const steady = run.slices.filter((slice) => slice.phase === 'steady');
  assert.deepEqual(figures.connections, { asked: 1000, opened: 1000, failed: 0 });
  assert.equal(figures.messages.sent, sum(run.slices.map((slice) => slice.counters.sent)));
  assert.equal(figures.messages.perSecond, sum(steady.map((slice) => slice.counters.echoed)) / 4);
  assert.equal(figures.bytes.receivedPerSecond, sum(steady.map((slice) => slice.counters.bytesReceived)) / 4);
  assert.equal(figures.connect.timeToOpenUs, 2_000_000);
  assert.equal(figures.connect.perSecond, 500);
  assert.equal(figures.conservation.ok, true);
});

test('a late echo of the steady phase counts, an echo of the warm-up does not', () => {
  const run = makeRun({ seconds: 3 });
  const counted = run.slices.filter((slice) => slice.phase === 'steady' || slice.phase === 'drain');
  assert.equal(figuresOf(run).latencies.service?.count, sum(counted.map((slice) => slice.counters.echoed)));
});

test('only an open loop has response time, send lag and an offered rate', () => {
  const closed = figuresOf(makeRun({ load: CLOSED, seconds: 2 }));
  assert.equal(closed.latencyName, 'service');
  assert.equal(closed.latencies.response, null);
  assert.equal(closed.latencies.sendLag, null);
  assert.equal(closed.offered, null);
  const open = figuresOf(makeRun({ load: OPEN, seconds: 2 }));
  assert.equal(open.latencyName, 'response');
  assert.ok((open.latencies.response?.p50 ?? 0) > 0);
  assert.equal(open.offered?.perSecond, 20_000);
  assert.equal(open.offered?.ratio, (open.messages.perSecond ?? 0) / 20_000);
});

/** A process whose counters grow evenly by `perSecond` from second 0 to 20. */
function evenProcess(component: ProcessSeries['component'], cpuUsPerSecond: number): ProcessSeries {
  return {
    component,
    name: component,
    pid: 1,
    samples: [0, 5, 10, 15, 20].map((second) => ({
      atUs: second * 1e6,
      cpuUs: second * cpuUsPerSecond,
      residentBytes: second <= 0 ? 1_000_000 : 3_000_000,
      voluntarySwitches: second * 100,
      involuntarySwitches: second * 10,
      loopUtilisation: second / 20,
      loopDelayMaxUs: second * 1000,
    })),
  };
}

test('counters are interpolated at the bounds of the steady phase', () => {
  const run: Run = { ...makeRun({ seconds: 8 }), processes: [evenProcess('proxy', 500_000)] };
  const figures = figuresOf(run);
  const [nginx] = figures.processes;
  assert.equal(nginx?.cpuShare, 0.5);
  assert.equal(nginx?.voluntarySwitchesPerSecond, 100);
  assert.equal(nginx?.involuntarySwitchesPerSecond, 10);
  // Steady is 4 s to 12 s: 1 s at 5/20, 5 s at 10/20, 2 s at 15/20.
  assert.equal(nginx?.loopUtilisation, (1 * 0.25 + 5 * 0.5 + 2 * 0.75) / 8);
  // Most of what the samples at 5 s and at 15 s tell lies outside.
  assert.equal(nginx?.loopDelayMaxUs, 10_000);
  assert.equal(figures.cpuUsPerMessage.proxy, 4_000_000 / figures.steady.echoed);
  assert.equal(figures.cpuUsPerMessage.server, null);
  assert.equal(figures.memoryPerConnectionBytes.proxy, 2000);
  assert.equal(figures.connect.cpuUsPerConnection.proxy, 1000);
});

test('a process that was hardly watched has no CPU figure, and neither has its component', () => {
  const run = makeRun({ seconds: 8 });
  const gone = evenProcess('server', 100_000);
  run.processes = [evenProcess('server', 100_000), { ...gone, samples: gone.samples.slice(0, 2) }];
  const figures = figuresOf(run);
  assert.deepEqual(
    figures.processes.map((process) => process.cpuShare),
    [0.1, null],
  );
  assert.equal(figures.cpuUsPerMessage.server, null);
});

test('the longest delay of a loop is told of samples that lie in the phase for the most part', () => {
  const run = makeRun({ seconds: 8 });
  const process = evenProcess('server', 100_000);
  // Steady is 4 s to 12 s; one sample has 1 s of its 2 in it, one 0.5 s of 2.5.
  process.samples = [3, 5, 11.5, 14].map((second) => ({
    ...(process.samples[0] ?? assert.fail()),
    atUs: second * 1e6,
    loopDelayMaxUs: { 3: 1, 5: 400, 11.5: 200, 14: 900 }[second] ?? null,
  }));
  assert.equal(figuresOf({ ...run, processes: [process] }).processes[0]?.loopDelayMaxUs, 400);
});

test('failures are summed by kind and by stage', () => {
  const run = makeRun({ seconds: 2 });
  for (const slice of run.slices.slice(0, 2)) {
    slice.failures = { 'upgrade/status-503': 2, 'tcp/reset': 1, 'open/reset': 4 };
  }
  const { failures } = figuresOf(run);
  assert.deepEqual(failures, {
    total: 14,
    byKind: { 'status-503': 4, reset: 10 },
    byStage: { tcp: { reset: 2 }, tls: {}, upgrade: { 'status-503': 4 }, open: { reset: 8 } },
  });
});

test('books that do not balance are found, per worker', () => {
  const run = makeRun({ seconds: 2 });
  const [first] = run.workers;
  assert.ok(first);
  first.echoed -= 3;
  const { conservation } = figuresOf(run);
  assert.equal(conservation.ok, false);
  assert.deepEqual(
    conservation.workers.map((worker) => worker.ok),
    [false, true],
  );
});

test('a run that was cut off at any phase, or lost its books, gives nulls and never NaN', () => {
  const cut = fc.record({
    phases: fc.subarray([...PHASES]),
    instant: fc.boolean(),
    workers: fc.boolean(),
    processes: fc.integer({ min: 0, max: 8 }),
    samples: fc.integer({ min: 0, max: 8 }),
    connections: fc.integer({ min: 1, max: 50 }),
    open: fc.boolean(),
  });
  fc.assert(
    fc.property(cut, (how) => {
      const whole = makeRun({
        seconds: 1,
        connections: how.connections,
        perSecond: 40,
        load: how.open ? OPEN : CLOSED,
      });
      const run: Run = {
        ...whole,
        phases: whole.phases
          .filter(({ phase }) => how.phases.includes(phase))
          .map((phase) => (how.instant ? { ...phase, endUs: phase.startUs } : phase)),
        slices: whole.slices.filter(({ phase }) => how.phases.includes(phase)),
        workers: how.workers ? whole.workers : [],
        processes: whole.processes
          .slice(0, how.processes)
          .map((series) => ({ ...series, samples: series.samples.slice(0, how.samples) })),
      };
      const figures = figuresOf(run);
      for (const number of numbersIn(figures)) assert.ok(Number.isFinite(number) && number >= 0);
      for (const number of numbersIn(seriesOf(run))) assert.ok(Number.isFinite(number));
      if (!run.phases.some(({ phase }) => phase === 'steady') || how.instant) {
        assert.equal(figures.messages.perSecond, null);
        assert.deepEqual(figures.cpuUsPerMessage, { proxy: null, server: null, generator: null });
      }
      const { sent, echoed, outstanding, lost, ok } = figures.conservation.total;
      assert.equal(ok, sent === echoed + outstanding + lost);
    }),
    { numRuns: 60 },
  );
});

test('a series keeps every message, however far it is thinned out', () => {
  const run = makeRun({ seconds: 50 });
  for (const limit of [1000, 20, 3]) {
    const points = seriesOf(run, limit);
    assert.ok(points.length <= limit + PHASES.length);
    assert.deepEqual(
      points.map((point) => point.atUs),
      points.map((point) => point.atUs).toSorted((a, b) => a - b),
    );
  }
  const steady = seriesOf(run, 10).filter((point) => point.phase === 'steady');
  const mean = sum(steady.map((point) => point.echoedPerSecond ?? 0)) / steady.length;
  assert.ok(Math.abs(mean - (figuresOf(run).messages.perSecond ?? 0)) / mean < 0.05);
});

test('a point holds what its seconds recorded', () => {
  const run = makeRun({ load: OPEN, seconds: 4 });
  const histogram = (...values: number[]) => {
    const recorded = emptyHistogram();
    for (const value of values) recorded.recordValueWithCount(value, 1000);
    return encode(recorded);
  };
  const steady = run.slices.filter((slice) => slice.phase === 'steady');
  for (const [i, slice] of steady.entries()) {
    slice.counters = {
      ...zeroCounters(),
      sent: 10 + i,
      echoed: 20 + i,
      bytesSent: 30 + i,
      bytesReceived: 40 + i,
    };
    slice.gauges.open = 9 - i;
    slice.histograms = { response: histogram(100, 100, i === 0 ? 900 : 100) };
  }
  // Two seconds to a point, for connect, warm-up and steady phase alike.
  const points = seriesOf(run, 5);
  assert.deepEqual(
    points.map(({ phase, atUs }) => [phase, atUs / 1e6]),
    [
      ['connect', 1],
      ['warm-up', 3],
      ['steady', 5],
      ['steady', 7],
      ['drain', 8.25],
    ],
  );
  assert.deepEqual(points[2], {
    atUs: 5e6,
    phase: 'steady',
    sentPerSecond: 10.5,
    echoedPerSecond: 20.5,
    bytesSentPerSecond: 30.5,
    bytesReceivedPerSecond: 40.5,
    open: 8,
    p50Us: 100,
    p99Us: 900,
    maxUs: 900,
  });
});

test('late echoes of a second that came in a longer slice make its point longer, under its own phase', () => {
  const run = makeRun({ seconds: 1 });
  const at = run.slices.findIndex((slice) => slice.phase === 'steady');
  const slice = run.slices[at];
  assert.ok(slice);
  const tail = { ...slice, phase: 'warm-up' as const, endUs: slice.endUs };
  slice.endUs -= 400_000;
  run.slices.splice(at, 0, tail);
  const point = seriesOf(run).find(({ phase }) => phase === 'steady');
  assert.equal(point?.atUs, (tail.startUs + tail.endUs) / 2);
  assert.equal(point?.echoedPerSecond, slice.counters.echoed * 2);
});

test('a slice too short for a rate has none', () => {
  const run = makeRun({ seconds: 1 });
  const drain = run.slices.at(-1);
  assert.ok(drain);
  drain.endUs = drain.startUs + 60_000;
  const last = seriesOf(run).at(-1);
  assert.equal(last?.phase, 'drain');
  assert.equal(last?.echoedPerSecond, null);
  assert.notEqual(last?.maxUs, null);
});

test('late echoes of the warm-up do not make a second point for their second', () => {
  const run = makeRun({ seconds: 3 });
  const steady = run.slices.findIndex((slice) => slice.phase === 'steady');
  const slice = run.slices[steady];
  assert.ok(slice);
  const tail = {
    ...slice,
    phase: 'warm-up' as const,
    counters: { ...slice.counters, sent: 0, echoed: 0, bytesSent: 0, bytesReceived: 0 },
  };
  const before = seriesOf(run);
  run.slices.splice(steady + 1, 0, tail);
  const after = seriesOf(run);
  assert.deepEqual(
    after.map(({ phase, echoedPerSecond }) => ({ phase, echoedPerSecond })),
    before.map(({ phase, echoedPerSecond }) => ({ phase, echoedPerSecond })),
  );
});

test('the percentile curve ascends, and ends where the samples do', () => {
  const histogram = histogramOf(makeRun({ seconds: 2 }), 'service');
  const curve = percentileCurve(histogram);
  assert.deepEqual(
    curve.map((point) => point.valueUs),
    curve.map((point) => point.valueUs).toSorted((a, b) => a - b),
  );
  assert.ok((curve.at(-1)?.x ?? 0) <= histogram.totalCount / 10 + 1e-6);
  assert.deepEqual(logBins(emptyHistogram()), []);
  assert.deepEqual(percentileCurve(emptyHistogram()), []);
});

/** A closed loop of 1,000 messages a second whose Nginx workers use these shares of a core. */
function proxied(...shares: number[]): Run {
  const run = makeRun({ seconds: 8 });
  for (const slice of run.slices) slice.counters.echoed = 1000;
  run.processes = shares.map((share, i) => ({
    ...evenProcess('proxy', share * 1e6),
    name: `nginx worker ${i + 1}`,
  }));
  run.processes.push({ ...evenProcess('proxy', 90_000), name: 'nginx master' });
  run.validity.limit.component = 'none';
  return run;
}

test('per-core capacity: what one core of all workers together carries, and whether that was measured', () => {
  const run = proxied(0.5, 0.3);
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 1250, bound: 'at-least' });
  run.validity.limit.component = 'proxy';
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 1250, bound: 'measured' });
});

test('per-core capacity in an open loop only where Nginx was its limit', () => {
  const run = proxied(0.5);
  run.plan.workload.load = OPEN;
  assert.equal(figuresOf(run).perCoreCapacity, null);
  run.validity.limit.component = 'proxy';
  assert.deepEqual(figuresOf(run).perCoreCapacity, { perSecond: 2000, bound: 'measured' });
});

test('no per-core capacity without Nginx, its CPU time, or an echo', () => {
  const without = (change: (run: Run) => void) => {
    const run = proxied(0.5, 0.5);
    change(run);
    return figuresOf(run).perCoreCapacity;
  };
  assert.equal(
    without((run) => {
      run.proxy = null;
    }),
    null,
  );
  assert.equal(
    without((run) => {
      run.processes[1]?.samples.splice(1);
    }),
    null,
  );
  assert.equal(
    without((run) => {
      for (const process of run.processes) for (const sample of process.samples) sample.cpuUs = 0;
    }),
    null,
  );
  assert.equal(
    without((run) => {
      for (const slice of run.slices) slice.counters.echoed = 0;
    }),
    null,
  );
});

test('in time is what came back within 1 s of when it was due, of all that was due in the steady phase', () => {
  const run = makeRun({ load: OPEN, seconds: 2 });
  const responses = (...samples: [us: number, count: number][]) => {
    const histogram = emptyHistogram();
    for (const [us, count] of samples) histogram.recordValueWithCount(us, count);
    return encode(histogram);
  };
  for (const slice of run.slices) slice.histograms = {};
  const [warmUp, first, second, drain] = run.slices.slice(-4);
  assert.ok(warmUp && first && second && drain);
  warmUp.histograms.response = responses([5_000_000, 100]);
  first.histograms.response = responses([900, 500], [990_000, 10]);
  second.histograms.response = responses([1_010_000, 30]);
  drain.histograms.response = responses([2_000_000, 40], [400_000, 20]);
  assert.equal(figuresOf(run).offered?.inTime, 530 / 600);
  for (const worker of run.workers) worker.outstanding = 10;
  assert.equal(figuresOf(run).offered?.inTime, 530 / 620);
  second.counters.lost = 5;
  warmUp.counters.lost = 7;
  assert.equal(figuresOf(run).offered?.inTime, 525 / 620);
});

test('what was outstanding when the steady phase began, and when it ended', () => {
  const run = makeRun({ seconds: 3 });
  for (const [i, slice] of run.slices.entries()) slice.gauges.outstanding = 10 + i;
  // Latencies of the warm-up that came late have a slice beside that of their second.
  run.slices.splice(5, 0, { ...(run.slices[4] ?? assert.fail()), phase: 'warm-up' });
  assert.deepEqual(figuresOf(run).steady.outstanding, { atStart: 13, atEnd: 16 });
  run.slices = [];
  assert.deepEqual(figuresOf(run).steady.outstanding, { atStart: null, atEnd: null });
});
