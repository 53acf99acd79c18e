import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { processSeriesSchema, type RunProcess } from '../model/run.ts';
import { procfs, SEVEN } from './sampler.test.fixture.ts';
import { startSampler } from './sampler.ts';

describe('sampler', () => {
  it('sums over threads, and never decreases when a thread ends or its ID is reused', (t) => {
    const files = procfs(t);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    const seen: [number, number, number, number][] = [];
    for (const threads of [
      { 7: 10_000, 8: 5000 },
      { 7: 11_000 },
      { 7: 11_000, 8: 2000 },
      { 7: 12_000, 8: 1999 },
    ]) {
      files.set(threads);
      now += 1000.4;
      sampler.sampleNow();
      const last = sampler.series()[0]?.samples.at(-1);
      assert.ok(last);
      seen.push([last.atUs, last.cpuUs, last.voluntarySwitches, last.involuntarySwitches]);
    }
    assert.deepEqual(seen, [
      [1000, 15, 15, 2],
      [2001, 16, 16, 2],
      [3001, 18, 18, 3],
      [4002, 20, 20, 4],
    ]);
  });

  it('reports a running process’s usage over its last second, however close its samples are', (t) => {
    const files = procfs(t);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    const used: number[][] = [];
    for (const [us, cpuUs] of [
      [0, 0],
      [400_000, 100_000],
      [1_000_000, 250_000],
      [1_000_100, 250_100],
      [2_000_100, 1_000_100],
    ] as const) {
      now = us;
      files.set({ 7: cpuUs * 1000 });
      sampler.sampleNow();
      used.push(sampler.usage().map(({ cores }) => Number(cores.toFixed(3))));
    }
    assert.deepEqual(used, [[], [], [0.25], [0.25], [0.75]]);
    files.set(null);
    sampler.sampleNow();
    assert.deepEqual(sampler.usage(), []);
  });

  it('ends the series of a process that has exited, and starts a new one if its PID is reused', (t) => {
    const files = procfs(t);
    const sampler = startSampler({ nowUs: () => 1, procfs: files.path });
    t.after(() => sampler.stop());
    files.set({ 7: 1000 });
    sampler.watch([SEVEN]);
    sampler.watch([SEVEN]);
    sampler.sampleNow();
    files.set(null);
    sampler.sampleNow();
    files.set({ 7: 500 });
    sampler.sampleNow();
    assert.deepEqual(
      sampler.series().map(({ samples }) => samples.length),
      [1],
    );
    sampler.watch([{ ...SEVEN, name: 'echo server 1 again' }]);
    sampler.sampleNow();
    assert.deepEqual(
      sampler.series().map(({ name, samples }) => [name, samples.map(({ cpuUs }) => cpuUs)]),
      [
        ['echo server 1', [1]],
        ['echo server 1 again', [0]],
      ],
    );
    files.set(null);
    sampler.sampleNow();
    sampler.watch([{ ...SEVEN, name: 'echo server 1 once more' }]);
    assert.deepEqual(
      sampler.series().map(({ name }) => name),
      ['echo server 1', 'echo server 1 again', 'echo server 1 once more'],
    );
  });

  it('watches a process once it is seen, and records when it was first seen and when it was found missing', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const files = procfs(t);
    let now = -1000;
    let there: RunProcess[] = [];
    const sampler = startSampler({ nowUs: () => now, procfs: files.path, follow: async () => there });
    t.after(() => sampler.stop());
    const worker = (pid: number) =>
      ({ component: 'proxy', role: 'worker', name: `nginx worker ${pid}`, pid }) as const;
    const second = async () => {
      now = Math.round(now / 1e6 + 1) * 1e6;
      t.mock.timers.tick(1000);
      await new Promise((done) => setImmediate(done));
    };
    files.set({ 7: 1000 }, 7);
    there = [worker(7)];
    sampler.watch(there);
    sampler.sampleNow();
    now = 0;
    await second();
    // Process 8 replaces process 7, which exits later.
    files.set({ 8: 5000 }, 8);
    there = [worker(7), worker(8)];
    await second();
    await second();
    files.set(null, 7);
    // A process that has exited may still be listed, but is not watched again.
    await second();
    await second();
    assert.deepEqual(
      sampler
        .series()
        .map(({ name, bornUs, endedUs, samples }) => [
          name,
          bornUs,
          endedUs,
          samples.map(({ atUs }) => atUs / 1e6),
        ]),
      [
        ['nginx worker 7', null, 4e6, [0, 1, 2, 3]],
        ['nginx worker 8', 2e6, null, [3, 4, 5]],
      ],
    );
    for (const series of sampler.series()) v.parse(processSeriesSchema, series);
    assert.deepEqual(
      sampler.usage().map(({ name }) => name),
      ['nginx worker 8'],
    );
  });

  it('continues if the processes cannot be listed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const files = procfs(t);
    files.set({ 7: 1000 });
    let now = 0;
    const follow = async () => Promise.reject(new Error('Nginx is gone.'));
    const sampler = startSampler({ nowUs: () => now, procfs: files.path, follow });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    for (let i = 0; i < 2; i++) {
      now += 1e6;
      t.mock.timers.tick(1000);
      await new Promise((done) => setImmediate(done));
    }
    assert.deepEqual(
      sampler.series().map(({ bornUs, samples }) => [bornUs, samples.length]),
      [[null, 2]],
    );
  });

  it('adds event loop figures to the sample of their time, however late they arrive', (t) => {
    const files = procfs(t);
    files.set({ 7: 1000 });
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    for (now = 0; now <= 3e6; now += 1e6) sampler.sampleNow();
    sampler.noteLoop(7, { startUs: 1e6, endUs: 2e6, utilisation: 0.8, delayMaxUs: 300.4 });
    sampler.noteLoop(8, { startUs: 1e6, endUs: 2e6, utilisation: 1, delayMaxUs: 1 });
    now = 3e6;
    sampler.noteLoop(7, { utilisation: 0.4, delayMaxUs: 100 });
    const loops = sampler.series()[0]?.samples.map((s) => [s.loopUtilisation, s.loopDelayMaxUs]);
    assert.deepEqual(loops, [
      [null, null],
      [null, null],
      [0.8, 300],
      [0.4, 100],
    ]);
  });

  it('adds the busy time of servers that report no figures, and of no other process', (t) => {
    const files = procfs(t);
    for (const pid of [7, 8]) files.set({ [pid]: 1000 }, pid);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN, { component: 'proxy', role: 'worker', name: 'nginx worker 1', pid: 8 }]);
    for (const busyNs of [5, 250_000_005, 350_000_005]) {
      for (const pid of [7, 8]) writeFileSync(join(files.path, `${pid}/schedstat`), `${busyNs - 5} 5 1\n`);
      sampler.sampleNow();
      now += 1e6;
    }
    assert.deepEqual(
      sampler.series().map(({ samples }) => samples.map(({ loopUtilisation }) => loopUtilisation)),
      [
        [null, 0.25, 0.1],
        [null, null, null],
      ],
    );
    sampler.noteLoop(7, { utilisation: 0.5, delayMaxUs: 1 });
    assert.deepEqual(
      sampler.series()[0]?.samples.map(({ loopUtilisation }) => loopUtilisation),
      [null, null, null],
    );
  });

  it('ends the series of a process without memory, which is a zombie, and of one without threads', (t) => {
    const files = procfs(t);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    for (const pid of [7, 8]) files.set({ [pid]: 1000 }, pid);
    sampler.watch([SEVEN, { ...SEVEN, name: 'echo server 2', pid: 8 }]);
    now = 5;
    writeFileSync(join(files.path, '7/status'), 'State:\tZ (zombie)\n');
    rmSync(join(files.path, '8/task'), { recursive: true });
    sampler.sampleNow();
    assert.deepEqual(sampler.series(), [
      { ...SEVEN, bornUs: null, endedUs: 5, samples: [] },
      { ...SEVEN, name: 'echo server 2', pid: 8, bornUs: null, endedUs: 5, samples: [] },
    ]);
    assert.deepEqual(sampler.usage(), []);
  });

  it('does not count the rest of an interval as another one if its timer fires early', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const files = procfs(t);
    files.set({ 7: 1000 });
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    const at: number[] = [];
    for (const [us, ms] of [
      [990_050, 1000],
      [1_000_000, 10],
      [1_989_950, 1000],
      [2_000_000, 11],
    ] as const) {
      now = us;
      t.mock.timers.tick(ms);
      at.push(sampler.series()[0]?.samples.length ?? 0);
    }
    assert.deepEqual(at, [1, 1, 2, 3]);
  });

  it('samples the CPUs that its processes may use, as of the first sample, and sockets in TIME_WAIT', (t) => {
    const files = procfs(t);
    files.set({ 7: 1000 });
    writeFileSync(join(files.path, 'self/status'), 'Cpus_allowed_list:\t0-2\n');
    const status = 'VmRSS:\t100 kB\nCpus_allowed_list:\t2\n';
    writeFileSync(join(files.path, '7/status'), status);
    files.set({ 8: 1000 }, 8);
    writeFileSync(join(files.path, '8/status'), status.replace('2', '1-2'));
    const stat = (idle: number) => [
      'cpu 9 0 9 9 9 9 9 9',
      'cpu0 9 0 9 9 9 9 9 9',
      `cpu1 1 0 1 ${idle} 1 1 1 1`,
      'cpu2 1 0 1 5 0 0 0 1',
    ];
    writeFileSync(join(files.path, 'stat'), stat(10).join('\n'));
    writeFileSync(join(files.path, 'uptime'), '0.00 0.00\n');
    let now = -5000;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN, { ...SEVEN, pid: 8 }]);
    assert.equal(sampler.machine(), null);
    sampler.sampleNow();
    now = 1e6;
    writeFileSync(join(files.path, 'uptime'), '8.50 0.00\n');
    writeFileSync(join(files.path, 'stat'), stat(20).join('\n'));
    mkdirSync(join(files.path, 'net'));
    writeFileSync(join(files.path, 'net/sockstat'), 'TCP: inuse 1 orphan 0 tw 1366 alloc 1 mem 0\n');
    writeFileSync(join(files.path, '7/status'), status.replace('2', '0'));
    sampler.sampleNow();
    assert.deepEqual(sampler.machine(), {
      cpus: [1, 2],
      samples: [
        {
          atUs: 0,
          idleUs: 160_000,
          stolenUs: 20_000,
          interruptUs: 20_000,
          besideUs: 0,
          suspendedUs: 5_000,
          timeWait: null,
        },
        {
          atUs: 1e6,
          idleUs: 260_000,
          stolenUs: 20_000,
          interruptUs: 20_000,
          besideUs: 0,
          suspendedUs: 7_500_000,
          timeWait: 1366,
        },
      ],
    });
  });

  it('counts seconds from the last sample that was requested', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const files = procfs(t);
    files.set({ 7: 1000 });
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    const pass = (ms: number) => {
      now += ms * 1e3;
      t.mock.timers.tick(ms);
    };
    pass(1000);
    pass(400);
    sampler.sampleNow();
    pass(999);
    pass(1);
    // This sample is 300 ms late, but the next is still due at the whole second.
    now += 1_300_000;
    t.mock.timers.tick(1000);
    pass(700);
    const times = sampler.series()[0]?.samples.map(({ atUs }) => atUs / 1e3);
    assert.deepEqual(times, [1000, 1400, 2400, 3700, 4400]);
  });

  it('reports that the system provides nothing', (t) => {
    const sampler = startSampler({ nowUs: () => 1, procfs: '/no/such/folder' });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    sampler.sampleNow();
    assert.deepEqual(sampler.series(), [{ ...SEVEN, bornUs: 1, endedUs: null, samples: [] }]);
    assert.deepEqual(
      sampler.notices().map(({ code }) => code),
      ['no-process-figures'],
    );
  });

  it('samples real processes periodically, with values that the model accepts', async (t) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    assert.ok(child.pid);
    const began = performance.now();
    const sampler = startSampler({ nowUs: () => (performance.now() - began) * 1000, intervalMs: 5 });
    t.after(() => sampler.stop());
    sampler.watch([
      { component: 'runner', role: 'runner', name: 'runner', pid: process.pid },
      { component: 'server', role: 'server', name: 'child', pid: child.pid },
    ]);
    if (process.platform !== 'linux') return;
    const count = (i: number) => sampler.series()[i]?.samples.length ?? 0;
    while (count(1) < 3) await new Promise((done) => setTimeout(done, 5));
    child.kill('SIGKILL');
    await once(child, 'exit');
    sampler.sampleNow();
    const atDeath = count(1);
    const runnerThen = count(0);
    while (count(0) < runnerThen + 3) await new Promise((done) => setTimeout(done, 5));
    assert.equal(count(1), atDeath);
    for (const series of sampler.series()) {
      v.parse(processSeriesSchema, series);
      for (const [i, sample] of series.samples.entries()) {
        const before = series.samples[i - 1];
        assert.ok(sample.residentBytes > 1_000_000);
        assert.ok(before === undefined || sample.cpuUs >= before.cpuUs);
        assert.ok(before === undefined || sample.voluntarySwitches >= before.voluntarySwitches);
      }
    }
  });

  it('sums the CPU time of the other runs’ processes, including that of a process that has ended', (t) => {
    const files = procfs(t);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    files.set({ 7: 10_000 });
    writeFileSync(join(files.path, '7/status'), 'VmRSS:\t100 kB\nCpus_allowed_list:\t1\n');
    writeFileSync(join(files.path, 'stat'), 'cpu1 1 0 1 10 1 1 1 1');
    sampler.watchBeside([{ pid: 7 }, { pid: 8 }]);
    now = 1e6;
    sampler.sampleNow();
    files.set(null);
    now = 2e6;
    sampler.sampleNow();
    assert.deepEqual(
      sampler.machine()?.samples.map(({ besideUs }) => besideUs),
      [10, 10],
    );
  });
});
