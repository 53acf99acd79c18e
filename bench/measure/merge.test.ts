import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COMMON_COUNTERS, counted, type Recording, zeroCounters } from '../model/recording.ts';
import type { WorkerTotals } from '../model/run.ts';
import { decode, emptyHistogram } from './histogram.ts';
import { makeMerger, type WorkerEnd } from './merge.ts';
import { MESSAGE_NAMES, Messages } from './messages.ts';
import { Recorder } from './recorder.ts';
import { mergeSlices } from './span.ts';

const COUNTERS = [...COMMON_COUNTERS, ...MESSAGE_NAMES.counters];

const TIMES = { connectedUs: 1_200_000, warmUpUs: 1_500_000, steadyUs: 2_500_000, drainUs: 4_700_000 };

interface Recorded {
  recordings: Recording[];
  end: WorkerEnd;
}

/** Records one worker's messages, some of which are echoed in later seconds and phases. */
function recordedBy(worker: number, latenciesUs: readonly number[], host = 'here'): Recorded {
  const recordings: Recording[] = [];
  const recorder = new Recorder(
    { host, index: worker },
    MESSAGE_NAMES,
    (recording) => recordings.push(recording),
    () => null,
  );
  const messages = new Messages(recorder);
  recorder.opened(100 + worker, { tcpUs: 5, tlsUs: null, upgradeUs: 7 });
  recorder.failed(200_000, 'tcp', 'refused');
  recorder.connected();
  recorder.schedule(TIMES);
  const events = latenciesUs.flatMap((latencyUs, i) => {
    const dueUs = 1_600_000 + i * 50_000;
    return [
      { us: dueUs, happen: () => messages.fellDue(dueUs, dueUs) },
      { us: dueUs + 1, happen: () => messages.sentOnSchedule(dueUs + 1, dueUs, 64) },
      {
        us: dueUs + 1 + latencyUs,
        happen: () => messages.echoedOnSchedule(dueUs + 1 + latencyUs, dueUs + 1, dueUs, 64),
      },
    ];
  });
  let lastUs = TIMES.drainUs;
  for (const { us, happen } of events.sort((a, b) => a.us - b.us)) {
    happen();
    lastUs = Math.max(us, lastUs);
  }
  recorder.finish(lastUs + 1);
  const totals: WorkerTotals = { ...recorder.totals, worker, asked: 2, opened: 1, failed: 1 };
  return { recordings, end: { from: { host, index: worker }, totals, recordings: recorder.recordings } };
}

const latencies = fc.array(fc.nat(3_000_000), { maxLength: 40 });
const fleets = fc.array(latencies, { minLength: 1, maxLength: 4 });

function responses(run: { histograms: { response?: string | undefined } }[]): number {
  return run.reduce(
    (sum, { histograms: { response } }) => sum + (response === undefined ? 0 : decode(response).totalCount),
    0,
  );
}

describe('slices', () => {
  test('the recordings of several workers are merged into one slice per second', () => {
    const merger = makeMerger(2);
    for (const worker of [0, 1]) for (const one of recordedBy(worker, [100]).recordings) merger.add(one);
    const slices = merger.slices();
    assert.deepEqual(
      slices.map(({ phase, startUs, endUs, counters }) => [
        phase,
        startUs,
        endUs,
        counters.sent,
        counters.echoed,
      ]),
      [
        ['connect', 0, 1_000_000, 0, 0],
        ['connect', 1_000_000, 1_200_000, 0, 0],
        ['warm-up', 1_500_000, 2_500_000, 2, 2],
        ['steady', 2_500_000, 3_500_000, 0, 0],
        ['steady', 3_500_000, 4_500_000, 0, 0],
        ['steady', 4_500_000, 4_700_000, 0, 0],
        ['drain', 4_700_000, 4_700_001, 0, 0],
      ],
    );
    assert.deepEqual(slices[0]?.failures, { 'tcp/refused': 2 });
    assert.deepEqual(
      slices.map(({ gauges }) => gauges.open),
      slices.map(() => 2),
    );
  });

  test('each second is one slice despite supplements, and the messages of a phase are in its slices', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const merger = makeMerger(fleet.length);
        fleet.forEach((each, worker) => {
          for (const one of recordedBy(worker, each).recordings) merger.add(one);
        });
        const slices = merger.slices();
        assert.equal(new Set(slices.map(({ startUs }) => startUs)).size, slices.length);
        const dueIn = (fromUs: number, toUs: number) =>
          fleet.flat().length === 0
            ? 0
            : fleet.reduce(
                (sum, each) =>
                  sum +
                  each.filter((_, i) => 1_600_000 + i * 50_000 >= fromUs && 1_600_000 + i * 50_000 < toUs)
                    .length,
                0,
              );
        const warmUp = slices.filter(({ phase }) => phase === 'warm-up');
        const steady = slices.filter(({ phase }) => phase === 'steady' || phase === 'drain');
        for (const [part, due] of [
          [warmUp, dueIn(0, TIMES.steadyUs)],
          [steady, dueIn(TIMES.steadyUs, TIMES.drainUs)],
        ] as const) {
          assert.equal(responses(part), due);
          assert.equal(
            part.reduce((sum, { counters }) => sum + counted(counters, 'due'), 0),
            due,
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the order of arrival does not matter', () => {
    const shuffled = fleets.chain((fleet) => {
      const all = fleet.flatMap((each, worker) => recordedBy(worker, each).recordings);
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
    });
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        const merged = [all, other].map((list) => {
          const merger = makeMerger(1);
          for (const one of list) merger.add(one);
          return merger.slices();
        });
        assert.deepEqual(merged[0], merged[1]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('check', () => {
  test('the slices add up to the workers’ totals, and duplicate recordings count once', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const merger = makeMerger(fleet.length);
        const recorded = fleet.map((each, worker) => recordedBy(worker, each));
        for (const { recordings } of recorded)
          for (const one of recordings) {
            assert.equal(merger.add(one), true);
            assert.equal(merger.add(one), false);
          }
        assert.deepEqual(merger.check(recorded.map(({ end }) => end)), []);
        const sums = zeroCounters(COUNTERS);
        for (const { counters } of merger.slices())
          for (const name of COUNTERS) sums[name] = counted(sums, name) + counted(counters, name);
        assert.equal(sums.echoed, fleet.flat().length);
      }),
      { numRuns: 50 },
    );
  });

  test('workers with the same number on different hosts are kept apart', () => {
    const merger = makeMerger(2);
    const both = ['here', 'there'].map((host) => recordedBy(0, [10], host));
    for (const { recordings } of both) for (const one of recordings) assert.equal(merger.add(one), true);
    assert.deepEqual(merger.check(both.map(({ end }) => end)), []);
  });

  test('over several hosts, every recording is merged once, whatever the order and number of copies', () => {
    const delivered = fleets.chain((fleet) => {
      const recorded = fleet.map((each, worker) => recordedBy(worker, each, `host ${worker % 2}`));
      const raw = recorded.flatMap(({ recordings }) => recordings);
      const twice = [...raw, ...raw];
      return fc.record({
        latencies: fc.constant(fleet.flat()),
        recorded: fc.constant(recorded),
        order: fc.shuffledSubarray(twice, { minLength: twice.length }),
        lost: fc.subarray(raw, { maxLength: 5 }),
      });
    });
    fc.assert(
      fc.property(delivered, ({ latencies, recorded, order, lost }) => {
        const ends = recorded.map(({ end }) => end);
        const merger = makeMerger(recorded.length);
        for (const one of order) merger.add(one);
        assert.deepEqual(merger.check(ends), []);
        const raw = emptyHistogram();
        for (const latencyUs of latencies) raw.recordValue(latencyUs + 1);
        const merged = mergeSlices(merger.slices(), 'response');
        assert.equal(merged.totalCount, raw.totalCount);
        for (const percentile of [0, 50, 90, 99, 100])
          assert.equal(merged.getValueAtPercentile(percentile), raw.getValueAtPercentile(percentile));
        const gaps = makeMerger(recorded.length);
        for (const one of order) if (!lost.includes(one)) gaps.add(one);
        const found = gaps.check(ends).filter(({ code }) => code === 'recordings-missing');
        const missing = recorded.flatMap(({ end: { from }, recordings }) => {
          const count = recordings.filter((one) => lost.includes(one)).length;
          return count === 0 ? [] : [[from.index + 1, from.host, count, recordings.length]];
        });
        assert.deepEqual(
          found.map(({ data: { generator, host, missing, of } }) => [generator, host, missing, of]),
          missing,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('any missing recording is reported', () => {
    const one = recordedBy(0, [100, 200_000, 900_000]);
    for (const absent of one.recordings.keys()) {
      const merger = makeMerger(1);
      one.recordings.forEach((recording, i) => {
        if (i !== absent) merger.add(recording);
      });
      const [fault] = merger.check([one.end]);
      assert.equal(fault?.code, 'recordings-missing');
      assert.match(
        fault?.text ?? '',
        new RegExp(`^1 of ${one.recordings.length} recordings of generator 1 on here `),
      );
    }
    assert.equal(makeMerger(1).check([one.end])[0]?.code, 'recordings-missing');
  });

  test('for a worker that died, only gaps are detected', () => {
    const { recordings, end } = recordedBy(0, [100]);
    const merger = makeMerger(1);
    for (const [i, recording] of recordings.slice(0, 4).entries()) if (i !== 1) merger.add(recording);
    const sums = { ...end.totals, opened: 1, failed: 1 };
    const faults = merger.check([{ ...end, totals: sums, recordings: null }]);
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['recordings-missing'],
    );
    assert.match(faults[0]?.text ?? '', /^1 of 4 /);
    assert.deepEqual(
      makeMerger(1).check([
        { from: { host: 'x', index: 0 }, totals: { ...end.totals, ...NOTHING }, recordings: null },
      ]),
      [],
    );
  });

  test('each total that differs is reported by name', () => {
    const { recordings, end } = recordedBy(0, [100, 200]);
    const merger = makeMerger(1);
    for (const recording of recordings) merger.add(recording);
    for (const name of [...COUNTERS, 'failed']) {
      const totals = { ...end.totals, [name]: counted(end.totals, name) + 1 };
      const faults = merger.check([{ ...end, totals }]);
      assert.deepEqual(
        faults.map(({ code }) => code),
        ['slices-differ'],
      );
      const counts = [{ name, slices: counted(end.totals, name), totals: counted(end.totals, name) + 1 }];
      assert.deepEqual(faults[0]?.data, { counts });
    }
  });
});

const NOTHING = {
  asked: 0,
  opened: 0,
  failed: 0,
  due: 0,
  sent: 0,
  echoed: 0,
  outstanding: 0,
  lost: 0,
  unsent: 0,
  bytesSent: 0,
  bytesReceived: 0,
};

test('latest returns the last complete second, with latencies over the last few', () => {
  const merger = makeMerger(2);
  assert.equal(merger.latest(), null);
  const [a, b] = [recordedBy(0, Array<number>(60).fill(100)), recordedBy(1, Array<number>(60).fill(700))];
  for (const one of a.recordings) merger.add(one);
  assert.equal(merger.latest(), null, 'the other worker has not reported yet');
  for (const one of b.recordings) if (one.startUs < 3_500_000) merger.add(one);
  // Two workers each send every 50 ms. Of the samples, at least 10 must be above a percentile.
  assert.deepEqual(merger.latest(), {
    duePerSecond: 40,
    echoedPerSecond: 40,
    openedPerSecond: 0,
    p50Us: 101,
    p99Us: null,
    p999Us: null,
  });
});

test('rates of a partial second are per second, and a supplement does not complete a second', () => {
  const one = recordedBy(0, [...Array<number>(60).fill(10), 1_000, 1_000]).recordings;
  const merger = makeMerger(1);
  for (const recording of one) if (recording.startUs <= 4_500_000) merger.add(recording);
  // Messages are due every 50 ms, in the 200 ms before the drain.
  assert.equal(merger.latest()?.echoedPerSecond, 20);
  const late = recordedBy(0, [900_000]).recordings;
  const supplemented = makeMerger(2);
  for (const recording of late) supplemented.add(recording);
  assert.ok(late.some(({ gauges }) => gauges === null));
  assert.equal(supplemented.latest(), null);
});
