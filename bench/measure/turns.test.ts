import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../test/machine.ts';
import { makeMixedRun } from '../../test/mixed.ts';
import { CLOSED, makeRun } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import type { Turns } from '../model/turns.ts';
import { figuresOf } from './figures.ts';
import { histogramOf } from './steady.ts';
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
  // The cause of a cycle is that of its first disturbed second; a cycle that is cut short does not count.
  const long: Run = { ...run, plan: { ...run.plan, turns: { ...run.plan.turns, lengthMs: 1000 } as Turns } };
  disturb(long, 3, { otherUs: 900_000 });
  long.phases = long.phases.map((each) => (each.phase === 'steady' ? { ...each, endUs: 9.9e6 } : each));
  assert.deepEqual(turnCycles(long), [
    { number: 0, startUs: 4e6, endUs: 6e6, cause: null },
    { number: 1, startUs: 6e6, endUs: 8e6, cause: 'steal' },
  ]);
  assert.deepEqual(
    turnCycles({ ...run, machine: null }).map(({ cause }) => cause),
    [null, null, null, null],
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
  const none = { proxy: null, server: null, generator: null };
  assert.deepEqual(own.connect, { ...figures.connect, cpuUsPerConnection: none });
  assert.deepEqual(own.memoryPerConnectionBytes, none);
  const [slice] = run.slices.filter(({ phase }) => phase === 'steady');
  assert.equal(own.latencies.service?.count, histogramOf(run, 'service', slice ? [slice] : []).totalCount);
  assert.ok((own.latencies.service?.p50 ?? 0) > 0);
  const rest = figuresInCycles(run, figures, others);
  assert.deepEqual(rest.latencies.handshake, figures.latencies.handshake);
  assert.equal(rest.work.done + own.work.done, figures.work.done);
  assert.equal(
    (rest.latencies.service?.count ?? 0) + (own.latencies.service?.count ?? 0),
    figures.latencies.service?.count,
  );
  // CPU time that HTTP requests also used is not that of messages.
  const { httpLoad } = makeMixedRun('plain');
  assert.deepEqual(figuresInCycles({ ...run, httpLoad }, figures, others).cpuUsPerMessage, none);
  const sends = { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, scenario: 'connect' } } };
  assert.deepEqual(figuresInCycles(sends, figures, others).cpuUsPerMessage, none);
});
