import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COMMON_COUNTERS, zeroCounters } from '../model/recording.ts';
import { bounds, buckets, record, SOURCE, samples, TIMES } from './recorder.test.fixture.ts';

/** Names that a scenario might declare. */
const NAMES = { counters: ['pings', 'strays'], gauges: ['depth'], histograms: ['pong'] };

describe('phases', () => {
  test('slices are seconds that restart with each phase; nothing is emitted between the last handshake and the warm-up', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.finish(5_000_000);
    assert.deepEqual(bounds(recordings), [
      ['connect', 0, 1_000_000],
      ['connect', 1_000_000, 1_200_000],
      ['warm-up', 1_500_000, 2_500_000],
      ['steady', 2_500_000, 3_500_000],
      ['steady', 3_500_000, 4_500_000],
      ['steady', 4_500_000, 4_700_000],
      ['drain', 4_700_000, 5_000_000],
    ]);
    assert.deepEqual(
      recordings.map(({ from, sequence }) => [from, sequence]),
      recordings.map((_, i) => [SOURCE, i]),
    );
    assert.equal(recorder.recordings, recordings.length);
  });

  test('the connect phase ends with the last handshake, although that time is known late', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.opened(900_000, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
    recorder.connected();
    // The end of the connect phase is only known after the second is over.
    recorder.advance(1_350_000);
    assert.equal(recordings.length, 0);
    recorder.schedule({ ...TIMES, connectedUs: 950_000 });
    recorder.finish(1_600_000);
    assert.deepEqual(bounds(recordings), [
      ['connect', 0, 950_000],
      ['warm-up', 1_500_000, 1_600_000],
    ]);
    assert.equal(recordings[0]?.counters.opened, 1);
  });

  test('failures between the last handshake and the warm-up are a supplement to the last second of the connect phase', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.failed(1_300_000, 'open', 'closed-1006');
    recorder.finish(1_600_000);
    assert.deepEqual(bounds(recordings).slice(1), [
      ['connect', 1_000_000, 1_200_000],
      ['connect', 1_000_000, 1_200_000],
      ['warm-up', 1_500_000, 1_600_000],
    ]);
    assert.deepEqual(
      recordings.map(({ gauges, failures }) => [gauges === null, failures]),
      [
        [false, {}],
        [false, {}],
        [true, { 'open/closed-1006': 1 }],
        [false, {}],
      ],
    );
  });

  test('a run stopped while it connects emits its data', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.connected();
    recorder.finish(1_700_000.5);
    assert.deepEqual(bounds(recordings), [['connect', 0, 1_700_001]]);
  });

  test('while the schedule is unknown, a recording is emitted every second', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.opened(1_000_000, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
    recorder.opened(2_300_000, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
    assert.equal(recorder.of(2_300_000, 0), recorder.now);
    recorder.finish(2_400_000);
    assert.deepEqual(bounds(recordings), [
      ['connect', 0, 1_000_000],
      ['connect', 1_000_000, 2_000_000],
      ['connect', 2_000_000, 2_400_000],
    ]);
    assert.deepEqual(
      recordings.map(({ counters, gauges }) => [counters.opened, gauges?.open]),
      [
        [0, 0],
        [1, 1],
        [1, 2],
      ],
    );
  });

  test('the slices of an interleaved run are as short as its turns require', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule({ ...TIMES, drainUs: 3_000_000 }, 400_000);
    recorder.finish(3_900_000);
    assert.deepEqual(bounds(recordings), [
      ['connect', 0, 400_000],
      ['connect', 400_000, 800_000],
      ['connect', 800_000, 1_200_000],
      ['warm-up', 1_500_000, 1_900_000],
      ['warm-up', 1_900_000, 2_300_000],
      ['warm-up', 2_300_000, 2_500_000],
      ['steady', 2_500_000, 2_900_000],
      ['steady', 2_900_000, 3_000_000],
      ['drain', 3_000_000, 3_400_000],
      ['drain', 3_400_000, 3_800_000],
      ['drain', 3_800_000, 3_900_000],
    ]);
  });

  test('without a warm-up, what was due before the steady phase is a supplement at the start of the run', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule({ ...TIMES, warmUpUs: 2_500_000 });
    recorder.at(2_500_000);
    const { counters } = recorder.of(2_500_000, 2_499_999);
    counters.pings = 1;
    recorder.finish(2_600_000);
    assert.deepEqual(bounds(recordings).slice(-2), [
      ['steady', 2_500_000, 2_600_000],
      ['warm-up', 0, 0],
    ]);
    assert.deepEqual(recordings.at(-1)?.counters, {
      ...zeroCounters([...COMMON_COUNTERS, ...NAMES.counters]),
      pings: 1,
    });
  });

  test('nothing is emitted after the end', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.finish(1_600_000);
    const { length } = recordings;
    recorder.failed(9_000_000, 'open', 'closed-1006');
    recorder.advance(10_000_000);
    assert.equal(recordings.length, length);
  });
});

test('the handshake time is the sum of its parts', () => {
  const { recorder, recordings } = record(NAMES);
  recorder.opened(100, { tcpUs: 30, tlsUs: 500, upgradeUs: 200 });
  recorder.opened(100, { tcpUs: 40, tlsUs: null, upgradeUs: 300 });
  recorder.finish(900_000);
  const of = (name: string) => [...(recordings[0]?.histograms[name] ?? [])];
  assert.deepEqual(of('tcp'), buckets(30, 40));
  assert.deepEqual(of('tls'), buckets(500));
  assert.deepEqual(of('upgrade'), buckets(200, 300));
  assert.deepEqual(of('handshake'), buckets(730, 340));
  assert.deepEqual(recordings[0]?.gauges, { depth: 0, open: 2 });
});

describe('names that a scenario declares', () => {
  test('are counted and timed in addition to those of every run', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.at(1_600_000);
    recorder.count('pings');
    recorder.count('pings', 3);
    recorder.count('bytesSent', 20);
    recorder.record('pong', 700);
    recorder.finish(1_700_000);
    const { counters } = recordings.at(-1) ?? assert.fail();
    assert.deepEqual(counters, { opened: 0, bytesSent: 20, bytesReceived: 0, pings: 4, strays: 0 });
    assert.deepEqual(samples(recordings, 'pong'), [['warm-up', 1_500_000, buckets(700)]]);
    assert.deepEqual(recorder.totals, { ...counters, depth: 0 });
  });

  test('counters without events are 0 in every recording', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.finish(4_800_000);
    for (const { counters, histograms, fanOuts, loop } of recordings) {
      assert.deepEqual([fanOuts, loop], [[], null]);
      assert.deepEqual(counters, zeroCounters([...COMMON_COUNTERS, ...NAMES.counters]));
      assert.deepEqual(histograms, {});
    }
  });

  test('a gauge is read at the end of each second, and is 0 until its function is registered', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.advance(1_200_000);
    let depth = 0;
    recorder.level('depth', () => depth);
    depth = 7;
    recorder.advance(2_500_000);
    depth = 2;
    recorder.finish(2_600_000);
    depth = 5;
    assert.deepEqual(
      recordings.map(({ gauges }) => gauges?.depth),
      [0, 0, 7, 2],
    );
    assert.equal(recorder.totals.depth, 5, 'the current value');
  });

  test('messages due in the warm-up belong to it even if they are counted later', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.at(2_600_000);
    recorder.of(2_600_000, 2_500_000).histograms.pong?.record(100_000);
    const late = recorder.of(2_600_000, 2_400_000);
    late.histograms.pong?.record(200_000);
    late.counters.strays = (late.counters.strays ?? 0) + 1;
    recorder.finish(3_600_000);
    assert.deepEqual(samples(recordings, 'pong'), [
      ['steady', 2_500_000, buckets(100_000)],
      ['warm-up', 1_500_000, buckets(200_000)],
    ]);
    assert.deepEqual(
      recordings.filter(({ counters }) => counters.strays === 1).map(({ phase, gauges }) => [phase, gauges]),
      [['warm-up', null]],
    );
    assert.equal(recorder.totals.strays, 1);
    assert.deepEqual(bounds(recordings).slice(2), [
      ['warm-up', 1_500_000, 2_500_000],
      ['steady', 2_500_000, 3_500_000],
      ['warm-up', 1_500_000, 2_500_000],
      ['steady', 3_500_000, 3_600_000],
    ]);
  });

  test('counts and times of a connection that fails before the warm-up are a supplement to the connect phase', () => {
    const { recorder, recordings } = record(NAMES);
    recorder.schedule(TIMES);
    recorder.at(1_300_000);
    recorder.count('pings');
    recorder.finish(1_600_000);
    assert.deepEqual(
      recordings.map(({ phase, gauges, counters }) => [phase, gauges === null, counters.pings]),
      [
        ['connect', false, 0],
        ['connect', false, 0],
        ['connect', true, 1],
        ['warm-up', false, 0],
      ],
    );
  });
});

test('deliveries are recorded by publication, in the second in which they arrive', () => {
  const { recorder, recordings } = record(NAMES);
  const publication = { number: 4, intendedUs: 10, members: 3, ignored: 1 };
  recorder.delivered(publication, 5);
  recorder.delivered(publication, 7);
  recorder.at(1_000_000);
  recorder.delivered(publication, 9);
  recorder.finish(1_100_000);
  assert.deepEqual(
    recordings.map(({ fanOuts }) => fanOuts),
    [
      [{ number: 4, intendedUs: 10, members: 3, delays: Uint32Array.from(buckets(5, 7)) }],
      [{ number: 4, intendedUs: 10, members: 3, delays: Uint32Array.from(buckets(9)) }],
    ],
  );
});

test('every run has a gauge of open connections', () => {
  const { recorder, recordings } = record({ counters: [], gauges: [], histograms: [] });
  recorder.opened(1, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
  recorder.opened(2, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
  // The first event of its second does not change the second before it.
  recorder.closed(1_000_000);
  recorder.finish(1_900_000);
  assert.deepEqual(
    recordings.map(({ gauges }) => gauges),
    [{ open: 2 }, { open: 1 }],
  );
  assert.deepEqual(recorder.totals, { opened: 2, bytesSent: 0, bytesReceived: 0 });
  assert.equal(recorder.open, 1);
});
