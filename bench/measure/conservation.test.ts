import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { conservationOf } from './conservation.ts';

function runWith(...workers: [sent: number, echoed: number, outstanding: number, lost: number][]): Run {
  const books = workers.map(([sent, echoed, outstanding, lost], worker) => ({
    worker,
    asked: 1,
    opened: 1,
    failed: 0,
    due: sent,
    sent,
    echoed,
    outstanding,
    lost,
    unsent: 0,
    queued: 0,
  }));
  return { ...makeRun({ seconds: 1, connections: 2, perSecond: 10 }), workers: books };
}

test('opposite errors of two workers do not cancel out', () => {
  const { ok, total, workers } = conservationOf(runWith([10, 9, 0, 0], [10, 11, 0, 0]));
  assert.equal(total.ok, true);
  assert.deepEqual(
    workers.map((worker) => worker.ok),
    [false, false],
  );
  assert.equal(ok, false);
});

test('each equation that does not hold is listed once', () => {
  assert.deepEqual(conservationOf(runWith([10, 9, 0, 0], [10, 11, 0, 0])).broken, [
    { whole: 'sent', parts: ['echoed', 'outstanding', 'lost'] },
  ]);
  assert.deepEqual(conservationOf(runWith([10, 5, 3, 2])).broken, []);
});

test('outstanding and lost messages are counted, for one worker and for several', () => {
  assert.deepEqual(conservationOf(runWith([10, 5, 3, 2])).total, {
    counts: {
      asked: 1,
      opened: 1,
      failed: 0,
      due: 10,
      sent: 10,
      echoed: 5,
      outstanding: 3,
      lost: 2,
      unsent: 0,
      queued: 0,
    },
    ok: true,
  });
  assert.equal(conservationOf(runWith([10, 5, 3, 1])).ok, false);
  assert.equal(conservationOf(runWith([10, 5, 3, 2], [4, 4, 0, 0])).total.counts.sent, 14);
});

test('without totals, the slices are summed, and outstanding messages come from the last slice', () => {
  const run = runWith();
  for (const [i, slice] of run.slices.entries()) {
    slice.counters = { ...slice.counters, due: 12, sent: 10, echoed: 7, lost: 1, unsent: 2 };
    slice.gauges.outstanding = 2 * (i + 1);
  }
  const n = run.slices.length;
  const { ok, total, workers } = conservationOf(run);
  assert.deepEqual([ok, total.ok, workers], [true, true, []]);
  const { due, sent, echoed, outstanding, lost, unsent } = total.counts;
  assert.deepEqual(
    { due, sent, echoed, outstanding, lost, unsent },
    { due: 12 * n, sent: 10 * n, echoed: 7 * n, outstanding: 2 * n, lost: n, unsent: 2 * n },
  );
});

test('messages that were due and neither sent nor unsent are reported as missing', () => {
  const run = runWith([10, 10, 0, 0]);
  const [worker] = run.workers;
  assert.ok(worker);
  worker.due = 12;
  assert.equal(conservationOf(run).ok, false);
  worker.unsent = 2;
  assert.equal(conservationOf(run).ok, true);
  worker.due = 13;
  assert.deepEqual(conservationOf(run).broken, [{ whole: 'due', parts: ['sent', 'unsent', 'queued'] }]);
  worker.queued = 1;
  assert.equal(conservationOf(run).ok, true);
  // An older result, from before `queued` was counted.
  delete worker.queued;
  assert.equal(conservationOf(run).ok, true);
});

test('a term that only some results have counts if it was recorded', () => {
  const run = runWith([10, 7, 0, 0]);
  const [worker] = run.workers;
  assert.ok(worker);
  worker.unawaited = 3;
  assert.equal(conservationOf(run).ok, true);
  worker.unawaited = 2;
  assert.deepEqual(conservationOf(run).broken, [
    { whole: 'sent', parts: ['echoed', 'outstanding', 'lost', 'unawaited'] },
  ]);
});
