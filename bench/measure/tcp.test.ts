import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { tcpOf } from './tcp.ts';

test('TCP figures are the peak of TIME_WAIT over all samples, and the counts of dropped connections', () => {
  const { machine } = makeRun({ seconds: 1 });
  assert.ok(machine);
  const samples = machine.samples.map((sample, i) => ({ ...sample, timeWait: [3, null, 9, 5][i] ?? null }));
  assert.deepEqual(tcpOf({ machine: { ...machine, samples }, listenDrops: { overflows: 1, drops: 4 } }), {
    listenOverflows: 1,
    listenDrops: 4,
    timeWaitPeak: 9,
  });
});

test('TCP figures are null if the system does not provide them', () => {
  const unknown = { listenOverflows: null, listenDrops: null, timeWaitPeak: null };
  assert.deepEqual(tcpOf({ machine: null, listenDrops: null }), unknown);
  assert.deepEqual(tcpOf({ machine: makeRun({ seconds: 1 }).machine, listenDrops: null }), unknown);
});
