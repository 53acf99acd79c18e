import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Phase } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import { BACKEND_GAUGES, backendsOf, isEven } from './backends.ts';
import { figuresOf } from './figures.ts';
import { emptyHistogram, encode, type Summary, summarise } from './histogram.ts';

/** A run with two seconds before the first server is lost, two without it, and three after its return. */
function lossRun(open: readonly (readonly number[])[], returns = true): Run {
  const run = makeRun({ seconds: 7, load: OPEN });
  run.plan.workload = { ...run.plan.workload, scenario: 'backend-loss' };
  run.plan.servers = 3;
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  for (const slice of run.slices)
    slice.gauges = { ...slice.gauges, server1: 333, server2: 333, server3: 334 };
  for (const [index, slice] of steady.entries()) {
    const [server1 = 0, server2 = 0, server3 = 0] = open[index] ?? assert.fail();
    slice.gauges = { ...slice.gauges, server1, server2, server3 };
    slice.failures = { 'open/closed-1006': 7, 'upgrade/status-502': 10 ** index };
  }
  const startUs = steady[0]?.startUs ?? assert.fail();
  run.timeline = [
    { action: { kind: 'kill-server', server: 0 }, atUs: startUs + 2.01e6, failure: null },
    ...(returns
      ? [
          {
            action: { kind: 'start-server' as const, server: 0 },
            atUs: startUs + 4.3e6,
            failure: null,
          },
        ]
      : []),
  ];
  return run;
}

/** Samples of a response time that is the same in a phase, encoded. */
function samples(phase: Phase, count: number): string {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount({ connect: 900, 'warm-up': 800, steady: 100, drain: 100 }[phase], count);
  return encode(histogram);
}

/** Summary of so many response times of the steady phase. */
function summaryOf(count: number): Summary {
  const histogram = emptyHistogram();
  if (count > 0) histogram.recordValueWithCount(100, count);
  return summarise(histogram);
}

const EVENLY = [333, 333, 334];
const WITHOUT = [0, 500, 500];

describe('after a server is lost', () => {
  test('the spread stays uneven if it gets no connections back', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, [20, 490, 490]]);
    const backends = backendsOf(run) ?? assert.fail();
    const { lost, before, atReturn, atEnd, evenAfterUs, failedWhileGone } = backends;
    assert.deepEqual(
      { lost, before, atReturn, atEnd, evenAfterUs },
      { lost: 0, before: EVENLY, atReturn: WITHOUT, atEnd: [20, 490, 490], evenAfterUs: null },
    );
    // Failures of the third and fourth second, without the ends of open connections.
    assert.equal(failedWhileGone, 100 + 1000);
    assert.deepEqual(figuresOf(run).backends, backends);
  });

  test('the spread is even again from the second after which it stays even', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, [290, 350, 360], [100, 450, 450], EVENLY]);
    assert.equal(backendsOf(run)?.evenAfterUs, 7e6 - 4.3e6);
  });

  test('nothing needs to recover if the spread stayed even', () => {
    const run = lossRun([EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY]);
    assert.equal(backendsOf(run)?.evenAfterUs, 0);
  });

  test('it counts as lost to the end if it does not return', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, WITHOUT], false);
    const { returnedUs, atReturn, evenAfterUs, failedWhileGone } = backendsOf(run) ?? assert.fail();
    assert.deepEqual([returnedUs, atReturn, evenAfterUs, failedWhileGone], [null, null, null, 1_111_100]);
  });

  test('all figures are those of the seconds before, without and after the server', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, EVENLY]);
    // The loss is in the middle of the third second, the return in that of the fifth.
    const [loss, back] = run.timeline;
    assert.ok(loss && back);
    loss.atUs = 6.5e6;
    back.atUs = 8.5e6;
    run.timeline = [
      { ...loss, atUs: 5e6, failure: 'it was gone' },
      { action: { kind: 'reload' }, atUs: 5e6, failure: null },
      loss,
      back,
      { ...loss, atUs: 9e6 },
      { ...back, atUs: 10e6 },
    ];
    // In each slice, as many samples as tell it apart from all others; the connect phase and warm-up do not count.
    const counts = { connect: 4000, 'warm-up': 2000, steady: 1, drain: 1000 };
    for (const slice of run.slices)
      slice.histograms = { response: samples(slice.phase, counts[slice.phase]++) };
    for (const [second, slice] of run.slices.filter(({ phase }) => phase === 'steady').entries())
      slice.histograms = { response: samples('steady', 2 ** second) };
    // An empty slice has no gauges that count.
    const [first] = run.slices;
    assert.ok(first);
    run.slices.splice(1, 0, { ...first, startUs: 1e6, endUs: 1e6 });
    assert.deepEqual(backendsOf(run), {
      lost: 0,
      lostUs: 6.5e6,
      returnedUs: 8.5e6,
      course: [
        ...[1e6, 2e6, 3e6, 4e6, 5e6, 6e6].map((atUs) => ({ atUs, open: EVENLY })),
        ...[7e6, 8e6, 9e6, 10e6].map((atUs) => ({ atUs, open: WITHOUT })),
        { atUs: 11e6, open: EVENLY },
      ],
      before: EVENLY,
      atReturn: WITHOUT,
      atEnd: EVENLY,
      evenAfterUs: 2.5e6,
      failedWhileGone: 1100,
      responses: {
        before: summaryOf(1 + 2),
        gone: summaryOf(4 + 8),
        after: summaryOf(16 + 32 + 64 + 1000),
      },
    });
  });

  test('the spread at the end of a second is the one at that moment', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, EVENLY]);
    const [loss, back] = run.timeline;
    assert.ok(loss && back);
    loss.atUs = 7e6;
    back.atUs = 8e6;
    const { before, atReturn } = backendsOf(run) ?? assert.fail();
    assert.deepEqual([before, atReturn], [WITHOUT, WITHOUT]);
    loss.atUs = 0.5e6;
    assert.equal(backendsOf(run)?.before, null);
  });

  test('a run in which no server is lost only has figures before a loss', () => {
    const run = lossRun([EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY, EVENLY]);
    run.timeline = [];
    for (const slice of run.slices) slice.histograms = { response: samples(slice.phase, 10) };
    const { course, ...figures } = backendsOf(run) ?? assert.fail();
    assert.equal(course.length, 11);
    assert.deepEqual(figures, {
      lost: null,
      lostUs: null,
      returnedUs: null,
      before: null,
      atReturn: null,
      atEnd: EVENLY,
      evenAfterUs: null,
      failedWhileGone: 0,
      responses: { before: summaryOf(80), gone: summaryOf(0), after: summaryOf(0) },
    });
    const late = { ...run, slices: run.slices.filter(({ phase }) => phase === 'drain') };
    const { course: none, atEnd } = backendsOf(late) ?? assert.fail();
    assert.deepEqual([none, atEnd], [[], null]);
  });

  test('a single server is recorded too, and a server without a gauge has no connections', () => {
    const run = lossRun([EVENLY, EVENLY, WITHOUT, WITHOUT, WITHOUT, WITHOUT, WITHOUT]);
    for (const slice of run.slices) slice.gauges = { open: 5, server1: 5 };
    const atEnd = (servers: number) => backendsOf({ ...run, plan: { ...run.plan, servers } })?.atEnd;
    assert.deepEqual([atEnd(1), atEnd(2)], [[5], [5, 0]]);
  });

  test('there are no figures if connections are not counted by server', () => {
    assert.equal(backendsOf(makeRun({ seconds: 2 })), null);
  });
});

test('a spread is even if each share is within a quarter of an equal share and there are connections', () => {
  const even = [[110, 100, 90], [80, 100, 120], [125, 95, 80], [1]];
  const uneven = [[126, 94, 80], [79, 101, 120], [125, 100, 80], [0, 0], []];
  assert.deepEqual(
    [even, uneven].map((lists) => lists.map((open) => isEven(open))),
    [
      [true, true, true, true],
      [false, false, false, false, false],
    ],
  );
});

test('sixteen servers are recorded separately', () => {
  assert.deepEqual(
    [BACKEND_GAUGES.length, BACKEND_GAUGES[0], BACKEND_GAUGES.at(-1)],
    [16, 'server1', 'server16'],
  );
});
