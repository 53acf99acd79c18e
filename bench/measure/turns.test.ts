import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../test/machine.ts';
import { CLOSED, makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { figuresOf } from './figures.ts';
import { figuresInCycles, figuresOfCycle, turnCycles } from './turns.ts';

/** A run with alternate turns of half a second, so that each second is a cycle. */
function turned(): Run {
  const run = makeRun({ load: CLOSED, seconds: 4, connections: 100, perSecond: 1000 });
  run.plan.turns = { index: 0, of: 2, lengthMs: 500, pauseMs: 0, mirrored: true };
  return run;
}

test('an interleaved run has one cycle for each of its turns, with the cause of any disturbance', () => {
  const run = turned();
  disturb(run, 2, { stolenUs: 400_000 });
  assert.deepEqual(
    turnCycles(run).map(({ number, cause, endUs, startUs }) => [number, cause, endUs - startUs]),
    [
      [0, null, 1e6],
      [1, null, 1e6],
      [2, 'steal', 1e6],
      [3, null, 1e6],
    ],
  );
  assert.deepEqual(turnCycles(makeRun({ seconds: 4 })), []);
  assert.deepEqual(turnCycles({ ...run, outcome: { state: 'aborted', reason: 'it was interrupted.' } }), []);
});

test('the figures over all cycles equal those of the run', () => {
  const run = turned();
  const figures = figuresOf(run);
  const { work, cpuUsPerMessage, ...all } = figuresInCycles(run, figures, turnCycles(run));
  const { work: whole, cpuUsPerMessage: _, ...others } = figures;
  assert.deepEqual(all, others);
  assert.deepEqual({ ...work, cpuUs: null }, { ...whole, cpuUs: null });
  assert.deepEqual(cpuUsPerMessage, work.cpuUs);
  for (const part of ['proxy', 'server', 'generator'] as const)
    assert.ok(Math.abs((work.cpuUs[part] ?? 0) - (whole.cpuUs[part] ?? 1)) < 1e-6);
});

test('the messages and the CPU time of the cycles add up to those of the run', () => {
  const run = turned();
  const figures = figuresOf(run);
  const each = turnCycles(run).map((cycle) => figuresOfCycle(run, figures, cycle));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  assert.equal(sum(each.map(({ work }) => work.done)), figures.work.done);
  for (const part of ['proxy', 'server', 'generator'] as const) {
    const us = sum(each.map(({ work }) => (work.cpuUs[part] ?? 0) * work.done));
    assert.ok(Math.abs(us - (figures.work.cpuUs[part] ?? 0) * figures.work.done) < 1);
  }
});

test('figures not measured in a turn are null for it, and other figures remain', () => {
  const run = turned();
  const figures = figuresOf(run);
  const [first, ...others] = turnCycles(run);
  assert.ok(first);
  const own = figuresOfCycle(run, figures, first);
  assert.equal(own.latencies.handshake?.p50 ?? null, null);
  assert.equal(own.connect.cpuUsPerConnection.proxy, null);
  assert.equal(own.memoryPerConnectionBytes.proxy, null);
  assert.ok((own.latencies.service?.p50 ?? 0) > 0);
  const rest = figuresInCycles(run, figures, others);
  assert.deepEqual(rest.latencies.handshake, figures.latencies.handshake);
  assert.equal(rest.work.done + own.work.done, figures.work.done);
});
