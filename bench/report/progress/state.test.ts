import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun } from '../../../test/run.ts';
import type { RunPlan } from '../../model/plan.ts';
import { formatClock } from './clauses.ts';
import { makePlainLines } from './plain.ts';
import { after, BUSY, ended, planned, underWay } from './progress.test.fixture.ts';
import { progressRows } from './rows.ts';
import { advanced, begun, shareDone, timeLeftMs } from './state.ts';

test('the time left goes by the plan, and by how much longer the runs so far have taken', () => {
  assert.equal(timeLeftMs(begun(0), 1000), null);
  // 14 s in the plan, and 2 s that come on top before a run has shown how much it is.
  assert.equal(timeLeftMs(after([0, planned(1, 6)]), 6000), 10_000 + 5 * 16_000);
  // The first took 20 s, so each takes 6 s more than its plan says.
  assert.equal(timeLeftMs(underWay(), 27_000), 13_000 + 4 * 20_000);
  // One that takes longer than any before is never owed time.
  assert.equal(timeLeftMs(underWay(), 60_000), 4 * 20_000);
});

test('a run that has ended has no time left, even before the next is planned', () => {
  const progress = after([0, planned(1, 2)], [20_000, ended()]);
  assert.equal(timeLeftMs(progress, 20_000), 20_000);
  assert.equal(shareDone(progress, 20_000), 0.5);
  assert.equal(shareDone(after([0, planned(1, 1)], [20_000, ended()]), 20_000), 1);
});

test('runs that take turns are under way together, and have the time of all of them', () => {
  const first = after([0, planned(1, 4)], [1000, planned(2, 4, 'plain')]);
  assert.equal(timeLeftMs(first, 6000), 4 * 16_000 - 6000);
  const second = [ended(), ended(2), planned(3, 4), planned(4, 4, 'plain')].reduce(
    (progress, event) => advanced(progress, event, 40_000),
    first,
  );
  // Both together took 40 s.
  assert.equal(timeLeftMs(second, 50_000), 30_000);
});

test('every run begins without the figures of the one before; what tells nothing changes nothing', () => {
  const first = after([0, planned(1, 2)], [1000, { type: 'live', figures: BUSY }]);
  assert.equal(first.run?.figures, BUSY);
  assert.equal(advanced(first, planned(2, 2), 2000).run?.figures, null);
  assert.equal(advanced(first, { type: 'checkpoint', number: 1, run: makeRun({ seconds: 1 }) }, 2000), first);
  const early = begun(0);
  assert.equal(advanced(early, { type: 'phase', phase: 'steady' }, 5), early);
  assert.equal(advanced(early, { type: 'live', figures: BUSY }, 5), early);
});

test('rows go by the work of the scenario, the kind of load, and whether there is Nginx', () => {
  const rowsOf = (change: (plan: RunPlan) => void) => {
    const event = planned(1, 2);
    assert.ok(event.type === 'run-planned');
    change(event.plan);
    const figures = { ...BUSY, openedPerSecond: 500, cpu: BUSY.cpu.slice(0, 2) };
    return progressRows(after([0, event], [0, { type: 'live', figures }]), 1000);
  };
  const echo = rowsOf(() => {});
  assert.deepEqual(
    echo.map(({ short, label }) => [short, label]),
    [
      ['all', 'Overall'],
      ['1/2', 'Run 1 of 2'],
      ['phase', 'Phase'],
      ['conn', 'Connections'],
      ['msgs', 'Messages'],
      ['time', 'Response time'],
      ['fail', 'Failures'],
      ['nginx', 'Nginx CPU'],
      ['serv', 'Server CPU'],
      ['gen', 'Generator CPU'],
    ],
  );
  assert.deepEqual(
    echo.slice(7).map(({ share, clauses }) => [share, clauses.length]),
    [
      [0.71, 3],
      [0.512, 1],
      [null, 1],
    ],
  );
  const closed = rowsOf((plan) => {
    plan.workload.load = CLOSED;
    plan.proxy = null;
  });
  assert.deepEqual(
    closed.slice(5).map(({ label }) => label),
    ['Service time', 'Failures', 'Server CPU', 'Generator CPU'],
  );
  const connect = rowsOf((plan) => {
    plan.workload.scenario = 'connect';
  });
  assert.deepEqual(
    connect.slice(3, 5).map(({ label, short }) => [label, short]),
    [
      ['Connections', 'conn'],
      ['Handshakes', 'hand'],
    ],
  );
  assert.equal(connect[4]?.clauses[0], '500/s opened');
  const sends = rowsOf((plan) => {
    plan.target = { kind: 'external', url: 'ws://127.0.0.1:1/', isRemote: false, expect: 'none' } as never;
  });
  assert.deepEqual([sends[4]?.label, sends[4]?.short], ['Messages', 'msgs']);
});

test('hours, minutes and seconds', () => {
  assert.deepEqual([0, 5400, 59_600, 3_599_000, 3_725_000, -5].map(formatClock), [
    '0:00',
    '0:05',
    '1:00',
    '59:59',
    '1:02:05',
    '0:00',
  ]);
});

test('of runs that take turns each end names its own run, though all of them were planned before', () => {
  const plainLine = makePlainLines();
  const events = [planned(1, 2, 'tls'), planned(2, 2, 'plain'), ended(1, 'tls'), ended(2, 'plain')];
  let progress = begun(0);
  const named = events.map((event) => {
    progress = advanced(progress, event, 1000);
    return plainLine(progress, event, 1000)?.split(',')[0];
  });
  assert.deepEqual(named, ['[1/2] tls', '[2/2] plain', '[1/2] tls', '[2/2] plain']);
});

test('in plain lines a run tells its beginning, every ten seconds of it, and its end', () => {
  const plainLine = makePlainLines();
  let progress = begun(0);
  const lines = (
    [
      [0, { type: 'phase', phase: 'set-up' }],
      [0, planned(2, 6, 'tls\u001b[2J')],
      [500, { type: 'phase', phase: 'steady' }],
      [9_000, { type: 'live', figures: BUSY }],
      [10_000, { type: 'live', figures: BUSY }],
      [10_500, { type: 'live', figures: BUSY }],
      [14_000, ended(2, 'tls\u001b[2J')],
    ] as const
  ).map(([ms, event]) => {
    progress = advanced(progress, event, ms);
    return plainLine(progress, event, ms);
  });
  assert.deepEqual(lines, [
    null,
    '[2/6] tls [2J, latency · 10,000 connections · ~1:20 left',
    null,
    null,
    '[2/6] tls [2J, latency · steady, 9 of 10 s · 9,998 of 10,000 open · 19.9k/s echoed · 20k/s offered · ' +
      'p50 2.88 ms · p99 6.44 ms · p99.9 12.1 ms · 2 connections failed · 3 messages lost · 2 upgrade/status-503',
    null,
    '[2/6] tls [2J, throughput · valid · 19.6k/s echoed · p50 3.05 ms · p99 6.39 ms',
  ]);
});
