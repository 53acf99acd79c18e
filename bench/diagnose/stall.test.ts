import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN, type RunOptions } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { judge } from './busy.test.fixture.ts';
import { stall } from './stall.ts';

/** A steady phase of ten seconds. Nothing was echoed in the given ones, counted from 1. */
function still(seconds: readonly number[], options: RunOptions = {}): Run {
  const run = makeRun(options);
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  for (const second of seconds) (steady[second - 1] ?? assert.fail()).counters.echoed = 0;
  return run;
}
const found = (run: Run) => stall(run, figuresOf(run));

test('the median service time must be known and up to 250 ms, and a second must be nearly whole', () => {
  const usual = (p50: number | null) => {
    const run = still([3]);
    const figures = figuresOf(run);
    const service = p50 === null ? null : { ...(figures.latencies.service ?? assert.fail()), p50 };
    return stall(run, { ...figures, latencies: { ...figures.latencies, service } })?.data ?? null;
  };
  const facts = { count: 1, seconds: [3], of: 10 };
  assert.deepEqual([null, 250_001, 250_000].map(usual), [null, null, { ...facts, usualUs: 250_000 }]);
  const short = (lengthUs: number) => {
    const run = still([3, 5]);
    const slice = run.slices.filter(({ phase }) => phase === 'steady')[2] ?? assert.fail();
    slice.endUs = slice.startUs + lengthUs;
    const { seconds, of } = found(run)?.data ?? {};
    return [seconds, of];
  };
  assert.deepEqual([899_999, 900_000].map(short), [
    [[4], 9],
    [[3, 5], 10],
  ]);
});

test('a closed loop that echoed nothing for seconds is suspect, and the seconds are listed', () => {
  const run = still([3, 4, 5, 9]);
  const { code, data } = found(run) ?? assert.fail();
  const { usualUs, ...facts } = data;
  assert.deepEqual([code, facts], ['stalled', { count: 4, seconds: [3, 4, 5, 9], of: 10 }]);
  assert.ok(Number(usualUs) < 10_000);
  assert.ok(judge(run).reasons.some((reason) => reason.code === 'stalled'));
});

test('there is no finding with echoes in every second, slow answers, an open loop, or interleaved runs', () => {
  const inTurns = still([3]);
  inTurns.plan.turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 10, mirrored: false };
  for (const run of [
    still([]),
    still([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    still([3], { medianUs: 400_000 }),
    still([3], { load: OPEN }),
    inTurns,
  ])
    assert.equal(found(run), null);
});
