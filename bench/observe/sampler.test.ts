import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { processSeriesSchema } from '../model/run.ts';
import { startSampler } from './sampler.ts';

/** A made-up procfs of process 7: CPU time in ns of each of its threads. */
function procfs(t: TestContext): { path: string; set: (threads: Record<string, number> | null) => void } {
  const path = mkdtempSync(join(tmpdir(), 'observe-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, 'self'));
  writeFileSync(join(path, 'self/schedstat'), '1 2 3\n');
  return {
    path,
    set(threads) {
      rmSync(join(path, '7'), { recursive: true, force: true });
      for (const [id, cpuNs] of Object.entries(threads ?? {})) {
        const folder = join(path, '7/task', id);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'schedstat'), `${cpuNs} 5 6\n`);
        const status = `VmRSS:\t100 kB\nvoluntary_ctxt_switches:\t${cpuNs / 1000}\nnonvoluntary_ctxt_switches:\t1\n`;
        writeFileSync(join(folder, 'status'), status);
        writeFileSync(join(path, '7/status'), status);
      }
    },
  };
}

const SEVEN = { component: 'server', name: 'echo server 1', pid: 7 } as const;

describe('sampler', () => {
  it('sums over threads, and never goes back when one ends or its number is used again', (t) => {
    const files = procfs(t);
    let now = 0;
    const sampler = startSampler({ nowUs: () => now, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    const seen: [number, number, number][] = [];
    for (const threads of [
      { 7: 10_000, 8: 5000 },
      { 7: 11_000 },
      { 7: 11_000, 8: 2000 },
      { 7: 12_000, 8: 1000 },
    ]) {
      files.set(threads);
      now += 1000.4;
      sampler.sampleNow();
      const last = sampler.series()[0]?.samples.at(-1);
      assert.ok(last);
      seen.push([last.atUs, last.cpuUs, last.voluntarySwitches]);
    }
    assert.deepEqual(seen, [
      [1000, 15, 15],
      [2001, 16, 16],
      [3001, 18, 18],
      [4002, 20, 20],
    ]);
  });

  it('ends the series of a process that has died, and starts another for its pid', (t) => {
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
  });

  it('puts what event loops report into the next sample, and only there', (t) => {
    const files = procfs(t);
    files.set({ 7: 1000 });
    const sampler = startSampler({ nowUs: () => 1, procfs: files.path });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    sampler.noteLoop(7, 0.2, 300);
    sampler.noteLoop(7, 0.4, 100);
    sampler.noteLoop(8, 1, 1);
    sampler.sampleNow();
    sampler.sampleNow();
    const loops = sampler.series()[0]?.samples.map((s) => [s.loopUtilisation?.toFixed(2), s.loopDelayMaxUs]);
    assert.deepEqual(loops, [
      ['0.30', 300],
      [undefined, null],
    ]);
  });

  it('says so where the system shows nothing', (t) => {
    const sampler = startSampler({ nowUs: () => 1, procfs: '/no/such/folder' });
    t.after(() => sampler.stop());
    sampler.watch([SEVEN]);
    sampler.sampleNow();
    assert.deepEqual(sampler.series(), [{ ...SEVEN, samples: [] }]);
    assert.deepEqual(
      sampler.notices().map(({ code }) => code),
      ['no-process-figures'],
    );
  });

  it('samples real processes by itself, as values that the model accepts', async (t) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    assert.ok(child.pid);
    const began = performance.now();
    const sampler = startSampler({ nowUs: () => (performance.now() - began) * 1000, intervalMs: 5 });
    t.after(() => sampler.stop());
    sampler.watch([
      { component: 'runner', name: 'runner', pid: process.pid },
      { component: 'server', name: 'child', pid: child.pid },
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
});
