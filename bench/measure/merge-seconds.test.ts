import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Recording } from '../model/recording.ts';
import { Counts } from './counts.ts';
import { encodePairs } from './histogram.ts';
import { makeMerger } from './merge.ts';

/** One second's recording of a worker, with 10 samples of each latency in µs. */
function second(startUs: number, change: Partial<Recording> = {}, ...latenciesUs: number[]): Recording {
  const counts = new Counts();
  for (const us of latenciesUs) for (let i = 0; i < 10; i++) counts.record(us);
  return {
    from: { host: 'here', index: 0 },
    sequence: startUs / 1e6,
    startUs,
    endUs: startUs + 1e6,
    phase: 'steady',
    counters: { due: 30, echoed: 20, unawaited: 4, opened: 3 },
    failures: {},
    gauges: { open: 1 },
    histograms: { service: counts.drain() },
    fanOuts: [],
    loop: null,
    ...change,
  };
}

describe('live figures', () => {
  const latest = (...recordings: Recording[]) => {
    const merger = makeMerger(1);
    for (const one of recordings) merger.add(one);
    return merger.latest();
  };
  const RATES = { duePerSecond: 30, echoedPerSecond: 24, openedPerSecond: 3 };

  test('are the rates of the newest second, and the latencies of five seconds of its phase', () => {
    const figures = latest(
      second(1e6, {}, 1),
      second(2e6, {}, 1, 1, 1, 1),
      second(3e6, { phase: 'warm-up', sequence: 9 }, 1, 1, 1, 1),
      second(3e6, { counters: { due: 1, echoed: 2, opened: 3 } }, 100),
      second(4e6, {}, 200),
      second(5e6, { histograms: {} }),
      second(7e6, {}, 300),
      // A second with response times, which arrives before an earlier one, and one that is not complete.
      second(6e6, { histograms: { response: second(0, {}, 400).histograms.service ?? assert.fail() } }),
      second(8e6, { gauges: null }, 1, 1, 1, 1),
    );
    // Of 40 samples, the second lowest latency is the median.
    assert.deepEqual(figures, { ...RATES, p50Us: 200, p99Us: null, p999Us: null });
  });

  test('include a percentile only if ten samples are above it', () => {
    const many = (...counts: [us: number, count: number][]) =>
      second(0, { histograms: { service: Uint32Array.from(counts.flat()) } });
    assert.deepEqual(latest(many([7, 10])), { ...RATES, p50Us: null, p99Us: null, p999Us: null });
    assert.deepEqual(latest(many([7, 10], [8, 10])), { ...RATES, p50Us: 7, p99Us: null, p999Us: null });
    assert.deepEqual(latest(many([7, 990], [8, 10])), { ...RATES, p50Us: 7, p99Us: 7, p999Us: null });
    assert.deepEqual(latest(many([7, 980], [8, 9010], [9, 10])), { ...RATES, p50Us: 8, p99Us: 8, p999Us: 8 });
  });

  test('are those of a complete second, which has a length', () => {
    assert.equal(latest(second(0, { endUs: 0 })), null);
    assert.deepEqual(latest(second(0, { endUs: 500_000 })), {
      duePerSecond: 60,
      echoedPerSecond: 48,
      openedPerSecond: 6,
      p50Us: null,
      p99Us: null,
      p999Us: null,
    });
    const again = second(0, { phase: 'drain', counters: { echoed: 5 }, sequence: 9 });
    assert.equal(latest(second(0), again)?.echoedPerSecond, 5, 'the newest if two start together');
  });
});

test('a slice read before is renewed by a later recording, and lasts until the end of its longest', () => {
  const merger = makeMerger(2);
  merger.add(second(0, { endUs: 9e5, gauges: { open: 2, queued: 4 } }, 5));
  const first = merger.slices();
  assert.equal(merger.slices()[0], first[0]);
  assert.deepEqual(first[0]?.gauges, { open: 2, queued: 4 });
  merger.add(
    second(0, { from: { host: 'there', index: 0 }, failures: { 'tcp/refused': 2 }, gauges: { open: 3 } }, 6),
  );
  assert.deepEqual(merger.slices(), [
    {
      startUs: 0,
      endUs: 1e6,
      phase: 'steady',
      counters: { due: 60, echoed: 40, unawaited: 8, opened: 6 },
      failures: { 'tcp/refused': 2 },
      gauges: { open: 5, queued: 4 },
      histograms: { service: encodePairs(Uint32Array.from([5, 10, 6, 10])) },
    },
  ]);
  assert.deepEqual(first[0]?.counters, { due: 30, echoed: 20, unawaited: 4, opened: 3 });
});

test('slices that start together are in the order of their ends, and have the receivers of publications', () => {
  const merger = makeMerger(1);
  const fanOuts = [{ number: 0, intendedUs: 1e6, members: 1, delays: Uint32Array.from([7, 1]) }];
  merger.add(second(2e6));
  merger.add(second(1e6, { phase: 'drain', sequence: 7 }));
  merger.add(second(1e6, { endUs: 1.5e6, fanOuts }));
  const one = encodePairs(Uint32Array.from([7, 1]));
  assert.deepEqual(
    merger
      .slices()
      .map(({ startUs, endUs, phase, histograms }) => [startUs, endUs, phase, histograms.lastReceiver]),
    [
      [1e6, 1.5e6, 'steady', undefined],
      [1e6, 2e6, 'drain', one],
      [2e6, 3e6, 'steady', undefined],
    ],
  );
});
