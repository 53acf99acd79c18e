import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Component, ProcessSeries, Run } from '../model/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { figuresOf } from './figures.ts';
import {
  cpuUsByComponent,
  isProxyObserved,
  peakBytes,
  peakCores,
  processFigures,
  residentGrowthByComponent,
  residentsOf,
} from './processes.ts';

test('counters are interpolated at the bounds of the steady phase', () => {
  const run: Run = { ...makeRun({ seconds: 8 }), processes: [evenProcess('proxy', 500_000)] };
  const figures = figuresOf(run);
  const [nginx] = figures.processes;
  assert.deepEqual(nginx, {
    component: 'proxy',
    role: 'worker',
    name: 'proxy',
    pid: 1,
    cpuShare: 0.5,
    voluntarySwitchesPerSecond: 100,
    involuntarySwitchesPerSecond: 10,
    residentBytes: 3_000_000,
    // The steady phase lasts from 4 s to 12 s: 1 s at 5/20, 5 s at 10/20, 2 s at 15/20.
    loopUtilisation: (1 * 0.25 + 5 * 0.5 + 2 * 0.75) / 8,
    // Most of the intervals of the samples at 5 s and 15 s is outside the phase.
    loopDelayMaxUs: 10_000,
  });
  assert.equal(figures.cpuUsPerMessage.proxy, 4_000_000 / figures.steady.echoed);
  assert.equal(figures.cpuUsPerMessage.server, null);
  assert.equal(figures.memoryPerConnectionBytes.proxy, 2000);
  assert.equal(figures.connect.cpuUsPerConnection.proxy, 1000);
});

test('a process observed for too short a time has no CPU figure, and neither has its component', () => {
  const run = makeRun({ seconds: 8 });
  const gone = evenProcess('server', 100_000);
  run.processes = [evenProcess('server', 100_000), { ...gone, samples: gone.samples.slice(0, 2) }];
  const figures = figuresOf(run);
  assert.deepEqual(
    figures.processes.map((process) => process.cpuShare),
    [0.1, null],
  );
  assert.deepEqual(figures.processes[1], {
    component: 'server',
    role: 'server',
    name: 'server',
    pid: 1,
    cpuShare: null,
    voluntarySwitchesPerSecond: null,
    involuntarySwitchesPerSecond: null,
    residentBytes: null,
    loopUtilisation: null,
    loopDelayMaxUs: null,
  });
  assert.equal(figures.cpuUsPerMessage.server, null);
});

test('memory per connection uses the last sample if none follows the phase, and is null if memory shrank', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  const growth = (...resident: number[]) => {
    const process = evenProcess('proxy', 0);
    process.samples = resident.map((residentBytes, i) => ({
      ...(process.samples[0] ?? assert.fail()),
      atUs: i * 500_000,
      residentBytes,
    }));
    return figuresOf({ ...run, processes: [process] }).memoryPerConnectionBytes.proxy;
  };
  // The connect phase lasts from 0 s to 2 s.
  assert.equal(growth(1_000_000, 2_000_000, 3_000_000), 2000);
  assert.equal(growth(1_000_000, 2_000_000, 3_000_000, 4_000_000, 6_000_000, 9_000_000), 5000);
  assert.equal(growth(3_000_000, 2_000_000, 1_000_000), null);
  assert.equal(growth(3_000_000, 2_000_000, 3_000_000), 0);
  assert.equal(growth(3_000_000), null);
});

test('a process that started after the connect phase did not grow during it', () => {
  const run = makeRun({ seconds: 1, connections: 1000 });
  const growth = (bornUs: number | null) => {
    const { samples, ...process } = evenProcess('proxy', 0);
    const late = { ...process, bornUs, samples: samples.slice(1) };
    return figuresOf({ ...run, processes: [evenProcess('proxy', 0), late] }).memoryPerConnectionBytes.proxy;
  };
  // The connect phase lasts from 0 s to 2 s.
  assert.deepEqual([growth(2e6), growth(1_999_999), growth(null)], [2000, null, null]);
});

test('a process that started or ended during the run counts with what it used', () => {
  const run = makeRun({ seconds: 8 });
  const used = (change: Partial<ProcessSeries>) => {
    const { samples, ...process } = evenProcess('proxy', 100_000);
    const brief = { ...process, samples: samples.slice(0, 2), ...change };
    const span = { startUs: 4e6, endUs: 12e6 };
    return cpuUsByComponent({ ...run, processes: [evenProcess('proxy', 100_000), brief] }, span).proxy;
  };
  assert.deepEqual(
    [used({}), used({ endedUs: 5e6 }), used({ bornUs: 1e6 }), used({ endedUs: 5e6, samples: [] })],
    [null, 900_000, 900_000, 800_000],
  );
});

test('without a span, no figure is known; a process keeps its host', () => {
  const proxy = { ...evenProcess('proxy', 1), host: 'far' };
  const run = { ...makeRun({ seconds: 8 }), processes: [proxy] };
  const none = { proxy: null, server: null, generator: null };
  assert.deepEqual([cpuUsByComponent(run, null), residentGrowthByComponent(run, null)], [none, none]);
  assert.deepEqual(processFigures(run, null), [
    {
      ...{ component: 'proxy', role: 'worker', name: 'proxy', pid: 1, host: 'far' },
      ...{ cpuShare: null, voluntarySwitchesPerSecond: null, involuntarySwitchesPerSecond: null },
      ...{ residentBytes: null, loopUtilisation: null, loopDelayMaxUs: null },
    },
  ]);
});

test('a proxy is observed if any process is its own', () => {
  const [proxy, server] = [evenProcess('proxy', 1), evenProcess('server', 1)];
  assert.deepEqual(
    [[], [server], [server, proxy]].map((processes) => isProxyObserved({ processes })),
    [false, false, true],
  );
});

test('observing half of the phase is enough, and less is not', () => {
  const run = makeRun({ seconds: 8 });
  const from = (second: number) => {
    const process = evenProcess('server', 100_000);
    process.samples = [second, 20].map((at) => ({
      ...(process.samples[0] ?? assert.fail()),
      atUs: at * 1e6,
      cpuUs: at * 100_000,
    }));
    return figuresOf({ ...run, processes: [process] }).processes[0]?.cpuShare;
  };
  assert.deepEqual([from(8), from(8.1)], [0.1, null]);
});

test('the longest loop delay only uses samples whose intervals are mostly within the phase', () => {
  const run = makeRun({ seconds: 8 });
  const process = evenProcess('server', 100_000);
  // The steady phase lasts from 4 s to 12 s. It contains 1 s of one sample's 2 s, and 0.5 s of another's 2.5 s.
  process.samples = [3, 5, 11.5, 14].map((second) => ({
    ...(process.samples[0] ?? assert.fail()),
    atUs: second * 1e6,
    loopDelayMaxUs: { 3: 1, 5: 400, 11.5: 200, 14: 900 }[second] ?? null,
  }));
  const loop = () => {
    const [own] = figuresOf({ ...run, processes: [process] }).processes;
    return [own?.loopDelayMaxUs, own?.loopUtilisation];
  };
  assert.deepEqual(loop(), [400, 0]);
  // A sample without event loop figures does not count.
  const [, first, second] = process.samples;
  assert.ok(first && second);
  first.loopUtilisation = 0.5;
  second.loopUtilisation = null;
  first.loopDelayMaxUs = 0;
  second.loopDelayMaxUs = null;
  for (const sample of process.samples.slice(3)) sample.loopUtilisation = null;
  assert.deepEqual(loop(), [0, 0.5]);
});

test('in an interleaved run, every figure except the runner’s is per second of the run’s own time', () => {
  const run = makeRun({ seconds: 8, perSecond: 1000 });
  const alone = figuresOf({
    ...run,
    processes: [evenProcess('proxy', 250_000), evenProcess('runner', 100_000)],
  });
  const turns = { index: 0, of: 2, lengthMs: 500, pauseMs: 0, mirrored: false };
  const turning = figuresOf({
    ...run,
    plan: { ...run.plan, turns },
    processes: [evenProcess('proxy', 250_000), evenProcess('runner', 100_000)],
  });
  assert.deepEqual(
    [alone, turning].map(({ processes }) => processes.map(({ cpuShare }) => cpuShare)),
    [
      [0.25, 0.1],
      [0.5, 0.1],
    ],
  );
  const [loopAlone = 0, loopTurning] = [alone, turning].map(
    ({ processes }) => processes[0]?.loopUtilisation ?? 0,
  );
  assert.equal(loopTurning, Math.min(1, 2 * loopAlone));
  assert.equal(turning.messages.perSecond, 2 * (alone.messages.perSecond ?? 0));
  const calm = [run, { ...run, plan: { ...run.plan, turns } }].map(
    (each) => figuresOf(each).undisturbed?.perSecond,
  );
  assert.equal(calm[1], 2 * (calm[0] ?? assert.fail()));
  assert.deepEqual(turning.cpuUsPerMessage, alone.cpuUsPerMessage);
  assert.equal(turning.perCoreCapacity?.perSecond, alone.perCoreCapacity?.perSecond);
});

test('a process without a sample in a second still counts in it', () => {
  const run = makeRun({ seconds: 8 });
  const sampled = (...seconds: number[]) => {
    const process = evenProcess('proxy', 0);
    const sample = process.samples[0] ?? assert.fail();
    process.samples = seconds.map((at) => ({ ...sample, atUs: at * 1e6, residentBytes: 10 }));
    return process;
  };
  const gone = { ...sampled(1, 2), endedUs: 3e6 };
  const processes = [sampled(1, 1.9, 3, 4.1), sampled(1, 2, 3, 3.9), gone];
  assert.deepEqual(
    residentsOf({ ...run, processes }, 'proxy').map((each) => [each.second, each.processes, each.bytes]),
    [
      [1, 3, 30],
      [2, 3, 30],
      [3, 2, 20],
      [4, 2, 20],
    ],
  );
  // The last process has no sample, and those of the first second are left out.
  const [early, late] = [sampled(1, 2, 4), { ...sampled(2, 3), endedUs: 3.5e6 }];
  const listed = { ...run, processes: [late, early, sampled(), sampled(1)] };
  assert.deepEqual(
    residentsOf(listed, 'proxy', 'worker', (_, { atUs }) => atUs > 1e6),
    [
      { second: 2, processes: 2, bytes: 20 },
      { second: 3, processes: 2, bytes: 20 },
      { second: 4, processes: 1, bytes: 10 },
    ],
  );
  const seconds = (processes: ProcessSeries[]) =>
    residentsOf({ ...run, processes }, 'proxy').map(({ second }) => second);
  assert.deepEqual(seconds([late, early]), [1, 2, 3, 4]);
  assert.deepEqual(residentsOf(listed, 'proxy', 'master'), []);
});

test('the peak is that of all processes in the busiest second, without samples that are too close together', () => {
  const sampled = (
    component: Component,
    ...samples: readonly (readonly [seconds: number, cpuUs: number, bytes: number])[]
  ) => {
    const process = evenProcess(component, 0);
    const sample = process.samples[0] ?? assert.fail();
    process.samples = samples.map(([at, cpuUs, residentBytes]) => ({
      ...{ ...sample, atUs: at * 1e6 },
      ...{ cpuUs, residentBytes },
    }));
    return process;
  };
  const peaks = (...processes: readonly ProcessSeries[]) => {
    const run = { ...makeRun({ seconds: 8 }), processes: [...processes] };
    return [peakCores(run, 'proxy'), peakBytes(run, 'proxy')];
  };
  const first = sampled('proxy', [1, 0, 10], [2, 400_000, 30], [3, 500_000, 20], [3.4, 550_000, 20]);
  const second = sampled('proxy', [1, 0, 5], [2, 300_000, 5], [3, 1_100_000, 5]);
  assert.deepEqual(peaks(first), [0.4, 30]);
  assert.deepEqual(peaks(first, second, sampled('server', [1, 0, 99], [2, 1e6, 99])), [0.9, 35]);
  assert.deepEqual(peaks(sampled('proxy', [1, 0, 1], [1.4, 400_000, 1], [1.9, 450_000, 1])), [0.1, 1]);
  assert.deepEqual(peaks(sampled('proxy', [1, 0, 1], [1.4, 400_000, 2])), [null, 2]);
  // A sample belongs to the second in which it was taken.
  const [odd, even] = [
    sampled('proxy', [1.3, 0, 1], [2.3, 5e5, 1]),
    sampled('proxy', [1, 0, 1], [2, 2e5, 1]),
  ];
  assert.deepEqual(peaks(odd, even), [0.7, 2]);
  assert.deepEqual(peaks(), [null, null]);
});
