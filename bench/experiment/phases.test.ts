import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { describe, test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { makeGate } from '../load/gate.ts';
import type { PhaseTimes } from '../measure/recorder.ts';
import type { RunPlan } from '../model/plan.ts';
import type { WorkerTotals } from '../model/run.ts';
import { load } from './phases.test.fixture.ts';
import { type PhaseContext, phasesOf, responseTimeout } from './phases.ts';

describe('the phases of a load', () => {
  test('follow each other on the clock, with a sample and a mark at each bound', async (t) => {
    const timeline: RunPlan['timeline'] = [
      { atMs: 500, action: { kind: 'reload' } },
      { atMs: 750, action: { kind: 'cut-clients' } },
      { atMs: 90_000, action: { kind: 'cut-clients' } },
    ];
    const { context, log, connect, finish, pass, outcome, ended } = load(t, { plan: { timeline } });
    await pass(100.3);
    connect(7000, 99_000);
    await pass(0);
    await pass(500);
    await pass(0.2);
    await pass(500);
    await pass(300);
    await pass(200);
    await pass(2000);
    assert.equal(outcome(), null);
    finish();
    await ended;
    assert.deepEqual(outcome(), { state: 'completed' });
    assert.deepEqual(log, [
      '0 ms: connect',
      '0 ms: connect 0',
      '100.3 ms: sample',
      '100.3 ms: elsewhere 600301 1600301 3600301',
      '100.3 ms: run 99000 600301 1600301 3600301',
      '600.5 ms: warm-up',
      '600.5 ms: sample',
      '1100.5 ms: reload',
      '1400.5 ms: cut',
      '1600.5 ms: steady',
      '1600.5 ms: sample',
      '3600.5 ms: drain',
      '3600.5 ms: sample',
    ]);
    const times = { connectedUs: 99_000, warmUpUs: 600_301, steadyUs: 1_600_301, drainUs: 3_600_301 };
    assert.deepEqual([context.times, context.handshakes], [times, { startUs: 7000, endUs: 99_000 }]);
    assert.deepEqual(context.timeline, [
      { action: { kind: 'reload' }, atUs: 1_100_500, failure: null },
      { action: { kind: 'cut-clients' }, atUs: 1_400_500, failure: null },
    ]);
  });

  for (const isAborted of [false, true])
    test(`are marked late if their bounds have passed${isAborted ? ', even at an early end' : ''}`, async (t) => {
      const { log, connect, abort, finish, pass, skip, ended } = load(t);
      connect(0, 1);
      await pass(0);
      await pass(0);
      skip(1600);
      if (isAborted) abort();
      await pass(isAborted ? 0 : 501);
      const at = isAborted ? '1600 ms' : '2101 ms';
      const late = [`${at}: warm-up`, `${at}: sample`, `${at}: steady`, `${at}: sample`];
      const marks = log.slice(5).filter((line) => !line.endsWith('stop'));
      assert.deepEqual(marks, isAborted ? late : late.slice(0, 2));
      await pass(0);
      if (!isAborted) assert.deepEqual(log.slice(5), late);
      finish();
      await ended;
    });

  test('end only once the last action has ended, which is recorded', async (t) => {
    const { open, opened } = makeGate();
    const timeline: RunPlan['timeline'] = [{ atMs: 0, action: { kind: 'upgrade', to: null } }];
    const { context, connect, finish, pass, outcome, ended } = load(t, {
      plan: { timeline },
      upgraded: opened,
    });
    connect(0, 1);
    await pass(0);
    await pass(501);
    finish();
    await pass(0);
    assert.equal(outcome(), null);
    open();
    await ended;
    assert.deepEqual(context.timeline, [
      { action: { kind: 'upgrade', to: null }, atUs: 501_000, failure: null },
    ]);
  });

  test('of interleaved runs begin together, and each is sampled in the pause before', async (t) => {
    const ready = makeGate<bigint>();
    const turns = { index: 0, of: 2, lengthMs: 550, pauseMs: 50, mirrored: false };
    const { context, log, connect, finish, pass, ended, outcome } = load(t, {
      plan: { turns, durationMs: 1000 },
      place: { ready: () => ready.opened },
    });
    connect(1000, 2000);
    await pass(40);
    t.mock.method(process.hrtime, 'bigint', () => 7_000_000_000n);
    ready.open(10_000_000_600n);
    await pass(0);
    const times = { connectedUs: 2000, warmUpUs: 3_040_001, steadyUs: 5_240_001, drainUs: 7_440_001 };
    assert.deepEqual(context.times, times);
    assert.deepEqual(log.slice(2), [
      '0 ms: sample',
      '40 ms: elsewhere 2990001 5190001 7390001',
      '40 ms: run 2000 3040001 5240001 7440001',
    ]);
    finish();
    await ended;
    assert.deepEqual(outcome(), { state: 'completed' });
  });
});

describe('a load ends early', () => {
  test('when its connections take longer than their timeouts', async (t) => {
    const { log, endsIn, context } = load(t);
    const reason = 'Opening the connections did not end within 22 s.';
    assert.deepEqual(await endsIn(400 + 2 * 3500 + 15_000), { state: 'failed', reason });
    assert.deepEqual(log, ['0 ms: connect', '0 ms: connect 0', '22400.001 ms: stop']);
    assert.equal(context.times, null);
  });

  test('when they take twice as long as their rate allows, and then their timeouts', async (t) => {
    const { endsIn } = load(t, { plan: { rampPerSecond: 10, openingStages: 1 } });
    const reason = 'Opening the connections did not end within 27 s.';
    assert.deepEqual(await endsIn(8000 + 3500 + 15_000), { state: 'failed', reason });
  });

  for (const [of, turns] of [
    [1, null],
    [3, { index: 0, of: 3, lengthMs: 550, pauseMs: 50, mirrored: false }],
  ] as const)
    test(`when ${of - 1} other runs are not ready in time`, async (t) => {
      const place = { ready: () => new Promise<bigint>(() => {}) };
      const { connect, pass, endsIn, log } = load(t, { plan: { turns }, place });
      connect(0, 1);
      await pass(0);
      const ms = of * (22_400 + 15_000);
      const reason = `The wait for the other interleaved runs did not end within ${Math.round(ms / 1e3)} s.`;
      assert.deepEqual(await endsIn(ms), { state: 'failed', reason });
      assert.deepEqual(log.slice(2), ['0 ms: sample', `${ms}.001 ms: stop`]);
    });

  for (const [scenario, timeoutsMs] of [
    ['echo', 10_000],
    ['connect', 13_000],
  ] as const)
    test(`when the workers take longer than the timeouts of ${scenario}`, async (t) => {
      const { workload } = makeRun({ seconds: 2 }).plan;
      const { connect, pass, endsIn } = load(t, { plan: { workload: { ...workload, scenario } } });
      await pass(40);
      connect(0, 1);
      await pass(0);
      const ms = 500 + 3000 + timeoutsMs + 15_000;
      const reason = `The generator did not end within ${Math.round(ms / 1e3)} s.`;
      assert.deepEqual(await endsIn(ms), { state: 'failed', reason });
    });

  test('when it is interrupted while its connections open', async (t) => {
    const { abort, ended, outcome, log, settle } = load(t);
    await settle();
    abort();
    await ended;
    assert.deepEqual(outcome(), { state: 'aborted', reason: 'it was interrupted.' });
    assert.deepEqual(log, ['0 ms: connect', '0 ms: connect 0', '0 ms: stop']);
  });

  test('when it is interrupted under load, and does nothing more', async (t) => {
    const timeline: RunPlan['timeline'] = [{ atMs: 500, action: { kind: 'reload' } }];
    const { abort, connect, pass, ended, outcome, log, context } = load(t, { plan: { timeline } });
    connect(0, 1);
    await pass(0);
    await pass(600);
    abort();
    await ended;
    assert.deepEqual(outcome(), { state: 'aborted', reason: 'it was interrupted.' });
    assert.deepEqual(log.slice(5), ['600 ms: warm-up', '600 ms: sample', '600 ms: stop']);
    assert.deepEqual(context.timeline, []);
  });

  test('when it was interrupted before it began', async (t) => {
    const { ended, outcome, log } = load(t, { isAborted: true });
    await ended;
    assert.deepEqual(outcome(), { state: 'aborted', reason: 'it was interrupted.' });
    assert.deepEqual(log.slice(1), ['0 ms: connect 0', '0 ms: stop']);
  });

  test('when a process exits', async (t) => {
    const { exit, ended, outcome, log } = load(t);
    exit('nginx exited.');
    await ended;
    assert.deepEqual(outcome(), { state: 'failed', reason: 'nginx exited.' });
    assert.deepEqual(log.at(-1), '0 ms: stop');
  });

  test('when a process has exited whose workers finished before its exit is reported', async (t) => {
    const { connect, finish, pass, exitSilently, ended, outcome } = load(t);
    connect(0, 1);
    await pass(0);
    let exit = { open(_sentence: string) {} };
    setImmediate(() => {
      exit = exitSilently();
    });
    finish();
    await pass(0);
    assert.equal(outcome(), null);
    exit.open('nginx exited.');
    await ended;
    assert.deepEqual(outcome(), { state: 'failed', reason: 'nginx exited.' });
  });

  test('although the workers do not respond', async (t) => {
    const { exit, settle, endsIn } = load(t, { stops: false });
    exit('nginx exited.');
    await settle();
    assert.deepEqual(await endsIn(5000), { state: 'failed', reason: 'nginx exited.' });
  });
});

describe('a load fails if it has lost all of its connections', () => {
  const worker = (asked: number, opened: number, failed: number): WorkerTotals => ({
    ...{ worker: 0, asked, opened, failed },
  });
  for (const [scenario, totals, reason] of [
    ['echo', [worker(2, 2, 2), worker(1, 1, 1)], 'all of its 3 connections failed.'],
    ['echo', [worker(2, 0, 2), worker(1, 0, 1)], 'none of its 3 connections opened.'],
    ['echo', [worker(2, 1, 2), worker(1, 0, 1)], 'all of its 3 connections failed.'],
    ['echo', [worker(1, 1, 1)], 'its only connection failed.'],
    ['echo', [worker(1, 0, 1)], 'its only connection did not open.'],
    ['echo', [worker(2, 2, 2), worker(1, 1, 0)], null],
    ['echo', [worker(0, 0, 0)], null],
    ['backend-loss', [worker(2, 2, 2)], null],
    ['backend-loss', [worker(2, 0, 2)], 'none of its 2 connections opened.'],
  ] as const)
    test(`${scenario}: ${JSON.stringify(totals.map(({ worker: _, ...counts }) => Object.values(counts)))}`, async (t) => {
      const { workload } = makeRun({ seconds: 2 }).plan;
      const plan = { workload: { ...workload, scenario } };
      const { connect, finish, pass, ended, outcome, log } = load(t, { plan, totals });
      connect(0, 1);
      await pass(0);
      finish();
      await ended;
      assert.deepEqual(outcome(), reason === null ? { state: 'completed' } : { state: 'failed', reason });
      assert.equal(log.at(-1) === '0 ms: stop', reason !== null);
    });
});

describe('the phases of a run', () => {
  const times: PhaseTimes = { connectedUs: 50, warmUpUs: 100, steadyUs: 200, drainUs: 300 };
  const phases = (of: PhaseTimes | null, endUs: number) =>
    phasesOf({ times: of, handshakes: { startUs: 10, endUs: 50 } } as PhaseContext, endUs);

  test('are those that it reached', () => {
    const whole = [
      { phase: 'connect', startUs: 10, endUs: 50 },
      { phase: 'warm-up', startUs: 100, endUs: 200 },
      { phase: 'steady', startUs: 200, endUs: 300 },
      { phase: 'drain', startUs: 300, endUs: 350 },
    ];
    assert.deepEqual(phases(times, 350), whole);
    assert.deepEqual(phases(times, 300), whole.slice(0, 3));
    assert.deepEqual(phases(times, 250), [
      ...whole.slice(0, 2),
      { phase: 'steady', startUs: 200, endUs: 250 },
    ]);
    assert.deepEqual(phases(null, 40), [{ phase: 'connect', startUs: 0, endUs: 40 }]);
    assert.deepEqual(phases(null, 0), []);
  });
});

test('a response may take five seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.timers.reset();
    syncBuiltinESMExports();
  });
  let isOver = false;
  const over = responseTimeout().then(() => {
    isOver = true;
  });
  t.mock.timers.tick(4999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isOver, false);
  t.mock.timers.tick(1);
  await over;
});
