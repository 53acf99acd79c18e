import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ThreadSums } from './threads.ts';

test('counters are summed over all threads, also over those that have ended', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'threads-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sums = new ThreadSums();
  /** Reads these threads: their CPU time, and their switches unless the system does not report them. */
  const read = (
    threads: Readonly<Record<string, readonly [number | null, number | null, number | null]>>,
  ) => {
    rmSync(folder, { recursive: true, force: true });
    for (const [id, [cpuNs, voluntary, involuntary]] of Object.entries(threads)) {
      mkdirSync(join(folder, id), { recursive: true });
      if (cpuNs !== null) writeFileSync(join(folder, id, 'schedstat'), `${cpuNs} 7 8\n`);
      const lines = [
        ...(voluntary === null ? [] : [`voluntary_ctxt_switches:\t${voluntary}\n`]),
        ...(involuntary === null ? [] : [`nonvoluntary_ctxt_switches:\t${involuntary}\n`]),
      ];
      writeFileSync(join(folder, id, 'status'), lines.join(''));
    }
    return sums.read(folder);
  };
  assert.equal(read({}), null);
  assert.equal(read({ 1: [null, 5, 5] }), null);
  assert.deepEqual(read({ 1: [10, 1, 2], 2: [20, 3, 4] }), { cpuNs: 30, voluntary: 4, involuntary: 6 });
  // The second thread has ended, and the third one has just ended.
  assert.deepEqual(read({ 1: [10, 1, 2], 3: [null, 9, 9] }), { cpuNs: 30, voluntary: 4, involuntary: 6 });
  // Another thread has the ID of the first one.
  assert.deepEqual(read({ 1: [9, null, null] }), { cpuNs: 39, voluntary: 4, involuntary: 6 });
  assert.deepEqual(read({ 1: [11, 0, 1] }), { cpuNs: 41, voluntary: 4, involuntary: 7 });
  assert.equal(read({}), null);
});
