import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun } from '../../../test/run.ts';
import type { BenchEvent } from '../../model/event.ts';
import type { RunPlan } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import { makePlainLines } from './plain.ts';
import { after, BUSY, compared, ended, planned, underWay } from './progress.test.fixture.ts';
import { progressRows } from './rows.ts';
import { advanced, begun, shareDone, timeLeftMs } from './state.ts';

test('the time left is based on the plan, and on how much longer the runs so far took', () => {
  assert.equal(timeLeftMs(begun(0), 1000), null);
  // The plan takes 14 s, plus 2 s that are assumed until the first run has shown the actual overhead.
  assert.equal(timeLeftMs(after([0, planned(1, 6)]), 6000), 10_000 + 5 * 16_000);
  // The first run took 20 s, so each run is expected to take 6 s more than planned.
  assert.equal(timeLeftMs(underWay(), 27_000), 13_000 + 4 * 20_000);
  // If a run takes longer than expected, its own remaining time is 0 and never negative.
  assert.equal(timeLeftMs(underWay(), 60_000), 4 * 20_000);
});

test('before the first run, nothing is known but the time', () => {
  const progress = begun(7);
  assert.deepEqual(progress, {
    ...{ startedMs: 7, run: null, expectedRuns: 0, conclusions: [] },
    ended: { runs: 0, lastMs: 7, meanExtraMs: 0 },
  });
  assert.equal(shareDone(progress, 1000), 0);
});

test('a run without HTTP requests takes its warm-up and its steady phase', () => {
  const event = planned(1, 1);
  assert.ok(event.type === 'run-planned');
  const { plan } = event;
  assert.deepEqual([plan.warmupMs, plan.durationMs, plan.http?.durationMs], [2000, 10_000, 2000]);
  assert.equal(timeLeftMs(after([0, { ...event, plan: { ...plan, http: null } }]), 0), 14_000);
});

test('the share that is done is the time since the start, and runs that took no time leave none', () => {
  const started = (startedMs: number) => advanced(begun(startedMs), planned(1, 1), startedMs);
  assert.equal(shareDone(started(5000), 5000), 0);
  assert.equal(shareDone(started(5000), 5001), 1 / 16_000);
  assert.equal(shareDone(started(5000), 13_000), 0.5);
  // Both ended at once, long before their plan would have.
  const quick = after([0, planned(1, 3)], [0, ended()], [0, planned(2, 3)]);
  const { ended: before } = quick;
  const negative = { ...quick, ended: { ...before, meanExtraMs: -20_000 } };
  assert.equal(timeLeftMs(negative, 0), 0);
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
  assert.equal(advanced(early, ended(), 5), early);
});

test('the rows depend on the work of the scenario, the kind of load, and whether there is Nginx', () => {
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

test('when interleaved runs end, each line names its own run, although all were planned before', () => {
  const plainLine = makePlainLines();
  const events = [planned(1, 2, 'tls'), planned(2, 2, 'plain'), ended(1, 'tls'), ended(2, 'plain')];
  let progress = begun(0);
  const named = events.map((event) => {
    progress = advanced(progress, event, 1000);
    return plainLine(progress, event, 1000)?.split(',')[0];
  });
  assert.deepEqual(named, ['[1/2] tls', '[2/2] plain', '[1/2] tls', '[2/2] plain']);
});

test('there is no line before the first run, and that of a comparison begins with its effects so far', () => {
  const live = { type: 'live', figures: BUSY } as const;
  assert.equal(makePlainLines()(begun(0), live, 20_000), null);
  const progress = compared();
  assert.ok(progress.run);
  const event = { ...planned(13, 44), plan: progress.run.plan } as BenchEvent;
  assert.equal(
    makePlainLines()(progress, event, 5000),
    '[13/44] plain+buf-16k, latency, round 4 of 10 · 10,000 connections · ~8:27 left · ' +
      '+25 % (+20 % to +30 %), Nginx CPU per message, plain+buf-16k · ' +
      '+0.3 % (−1 % to +1 %), response time p50, plain+buf-16k',
  );
});

test('the line at the end of a run has its verdict or outcome, and its losses', () => {
  const event = ended();
  assert.ok(event.type === 'run-ended');
  const lineOf = (change: (run: Run) => void) => {
    const run = structuredClone(event.run);
    change(run);
    return makePlainLines()(after([0, planned(1, 1)]), { ...event, run }, 0);
  };
  const done = '19.6k/s echoed · p50 3.05 ms · p99 6.39 ms';
  assert.equal(
    lineOf(() => {}),
    `[1/1] tls, throughput · valid · ${done}`,
  );
  const books = (counts: Record<string, number>) => (run: Run) =>
    Object.assign(run.workers[0] ?? assert.fail(), counts);
  assert.equal(lineOf(books({ lost: 1 })), `[1/1] tls, throughput · valid · ${done} · 1 messages lost`);
  assert.equal(
    lineOf(books({ failed: 1 })),
    `[1/1] tls, throughput · valid · ${done} · 1 connections failed`,
  );
  const notice = (code: string) => ({ level: 'warning' as const, code, data: {}, text: `It is ${code}.` });
  assert.equal(
    lineOf((run) => {
      run.notices = [notice('other'), notice('handshakes-failed')] as typeof run.notices;
      run.outcome = { state: 'failed', reason: 'It died.' };
    }),
    `[1/1] tls, throughput · failed · ${done} · It is handshakes-failed.`,
  );
  // Without a load there is no rate, and without a message no time.
  assert.equal(
    lineOf((run) => {
      run.plan.workload.load = null;
    }),
    `[1/1] tls, throughput · valid · p50 3.05 ms · p99 6.39 ms`,
  );
  assert.equal(
    lineOf((run) => {
      run.phases = [];
      run.slices = [];
    }),
    '[1/1] tls, throughput · valid',
  );
});

test('the effects so far are rows below the others, of which the first has a label', () => {
  const rows = progressRows(compared(), 5000).map(({ label, short, clauses }) => [label, short, clauses[1]]);
  assert.deepEqual(rows.slice(-3), [
    ['Generator CPU', 'gen', '0.40 of 2 cores'],
    ['So far', 'sofar', 'Nginx CPU per message'],
    ['', '', 'response time p50'],
  ]);
});

test('when all is done, the share is 100 %', () => {
  const [overall] = progressRows(after([0, planned(1, 1)], [20_000, ended()]), 20_000);
  assert.deepEqual(overall, {
    ...{ label: 'Overall', short: 'all', share: 1, clauses: ['100 %', '~0:00 left', '0:20 elapsed'] },
  });
});

test('plain lines report the start of a run, its progress every ten seconds, and its end', () => {
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
