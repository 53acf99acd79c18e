import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COUNTERS, type LoopFigures, type Recording, zeroCounters } from '../model/recording.ts';
import { bucketIndex } from './counts.ts';
import { Recorder } from './recorder.ts';

const SOURCE = { host: 'here', index: 3 };

function record(readLoop: () => LoopFigures | null = () => null) {
  const recordings: Recording[] = [];
  return { recorder: new Recorder(SOURCE, (recording) => recordings.push(recording), readLoop), recordings };
}

const TIMES = { connectedUs: 1_200_000, warmUpUs: 1_500_000, steadyUs: 2_500_000, drainUs: 4_700_000 };

function bounds(recordings: Recording[]): [string, number, number][] {
  return recordings.map(({ phase, startUs, endUs }) => [phase, startUs, endUs]);
}

/** Bounds and samples of each recording that has some of this kind. */
function samples(recordings: Recording[], name: keyof Recording['histograms']) {
  return recordings
    .filter(({ histograms }) => histograms[name] !== undefined)
    .map(({ phase, startUs, histograms }) => [phase, startUs, [...(histograms[name] ?? [])]]);
}

/** (bucket, count) pairs of values that all differ. */
function buckets(...us: number[]): number[] {
  return us.sort((a, b) => a - b).flatMap((value) => [bucketIndex(value), 1]);
}

describe('phases', () => {
  test('slices are seconds that begin anew with each phase; after the last handshake comes nothing until warm-up', () => {
    const { recorder, recordings } = record();
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

  test('the connect phase ends where the last handshake did, though that is known late', () => {
    const { recorder, recordings } = record();
    recorder.opened(900_000, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
    recorder.connected();
    // The word of the other workers comes when the second is over.
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

  test('what fails between the last handshake and warm-up is a supplement to the last second of connect', () => {
    const { recorder, recordings } = record();
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

  test('a run that is stopped while it connects hands out what it has', () => {
    const { recorder, recordings } = record();
    recorder.connected();
    recorder.finish(1_700_000.5);
    assert.deepEqual(bounds(recordings), [['connect', 0, 1_700_001]]);
  });

  test('after the end nothing is handed out', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    recorder.finish(1_600_000);
    const { length } = recordings;
    recorder.failed(9_000_000, 'open', 'closed-1006');
    recorder.advance(10_000_000);
    assert.equal(recordings.length, length);
  });
});

describe('what belongs to which phase', () => {
  test('a latency is filed under the phase in which its message was due, not sent or echoed', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    // Due in the warm-up and sent in the steady phase; due in the steady phase.
    recorder.fellDue(2_520_000, 2_498_000);
    recorder.sentOnSchedule(2_520_000, 2_498_000, 64);
    recorder.fellDue(2_600_000, 2_599_000);
    recorder.sentOnSchedule(2_600_000, 2_599_000, 64);
    recorder.echoedOnSchedule(2_700_000, 2_520_000, 2_498_000, 64);
    recorder.echoedOnSchedule(2_700_100, 2_600_000, 2_599_000, 64);
    recorder.finish(4_800_000);
    for (const [name, warmUp, steady] of [
      ['response', 202_000, 101_100],
      ['service', 180_000, 100_100],
      ['sendLag', 22_000, 1_000],
    ] as const)
      assert.deepEqual(
        samples(recordings, name),
        [
          ['steady', 2_500_000, buckets(steady)],
          ['warm-up', 1_500_000, buckets(warmUp)],
        ],
        name,
      );
  });

  test('in a closed loop by its send', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    recorder.sent(2_499_999, 64);
    recorder.sent(2_500_000, 64);
    recorder.echoed(2_510_000, 2_499_999, 64);
    recorder.echoed(2_520_000, 2_500_000, 64);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'service'), [
      ['steady', 2_500_000, buckets(20_000)],
      ['warm-up', 1_500_000, buckets(10_001)],
    ]);
    assert.deepEqual(samples(recordings, 'response'), []);
  });

  test('messages due are counted under the phase of their intended time, all else when it happens', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    recorder.fellDue(2_000_000, 1_999_000);
    recorder.fellDue(2_600_000, 2_499_999);
    recorder.fellDue(2_600_000, 2_500_000);
    recorder.sentOnSchedule(2_600_000, 2_499_999, 10);
    recorder.fellDue(4_750_000, 4_699_000);
    recorder.unsent(4_750_000, 4_699_000, 51_000);
    recorder.finish(4_800_000);
    const counted = recordings
      .map(({ phase, counters }) => [phase, counters.due, counters.sent, counters.unsent] as const)
      .filter(([, ...counts]) => counts.some((count) => count > 0));
    assert.deepEqual(counted, [
      ['warm-up', 1, 0, 0],
      ['steady', 1, 1, 0],
      ['warm-up', 1, 0, 0],
      ['drain', 1, 0, 1],
    ]);
  });

  test('what is told late comes as a supplement to the last second of the warm-up', () => {
    const { recorder, recordings } = record(() => ({ startUs: 0, endUs: 1, utilisation: 1, delayMaxUs: 1 }));
    const times = { ...TIMES, steadyUs: 3_000_000 };
    recorder.schedule(times);
    for (const us of [1_600_000, 2_990_000]) recorder.sentOnSchedule(us, us, 64);
    recorder.echoedOnSchedule(3_100_000, 1_600_000, 1_600_000, 64);
    recorder.echoedOnSchedule(4_800_000, 2_990_000, 2_990_000, 64);
    recorder.finish(4_900_000);
    const supplements = recordings.filter(({ gauges }) => gauges === null);
    assert.deepEqual(bounds(supplements), [
      ['warm-up', 2_500_000, 3_000_000],
      ['warm-up', 2_500_000, 3_000_000],
    ]);
    for (const { counters, loop } of supplements) {
      assert.deepEqual(counters, zeroCounters());
      assert.equal(loop, null);
    }
    assert.deepEqual(
      supplements.map(({ histograms }) => [...(histograms.response ?? [])]),
      [buckets(1_500_000), buckets(1_810_000)],
    );
    // Every second is there once, and none is empty beside another.
    const seconds = recordings.filter(({ gauges }) => gauges !== null);
    assert.equal(new Set(seconds.map(({ startUs }) => startUs)).size, seconds.length);
    assert.ok(seconds.every(({ loop }) => loop !== null));
  });
});

describe('messages that are given up', () => {
  test('a lost one is a sample of what it has waited, since it was due and since it was sent', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    recorder.fellDue(2_650_000, 2_600_000);
    recorder.sentOnSchedule(2_650_000, 2_600_000, 64);
    recorder.lost(3_700_000, 2_650_000, 2_600_000);
    recorder.finish(4_800_000);
    const second = 3_500_000;
    assert.deepEqual(samples(recordings, 'response'), [['steady', second, buckets(1_100_000)]]);
    assert.deepEqual(samples(recordings, 'service'), [['steady', second, buckets(1_050_000)]]);
    assert.deepEqual(samples(recordings, 'lostWait'), [['steady', second, buckets(1_100_000)]]);
    assert.deepEqual(recorder.totals, { due: 1, sent: 1, echoed: 0, lost: 1, unsent: 0, outstanding: 0 });
  });

  test('an unsent one has a response time and nothing else', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    recorder.fellDue(2_600_000, 2_600_000);
    recorder.unsent(2_700_000, 2_600_000, 5_000_000);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'response'), [['steady', 2_500_000, buckets(5_000_000)]]);
    assert.deepEqual(samples(recordings, 'unsentWait'), samples(recordings, 'response'));
    for (const name of ['service', 'sendLag', 'lostWait'] as const)
      assert.deepEqual(samples(recordings, name), []);
    assert.deepEqual(recorder.totals, { due: 1, sent: 0, echoed: 0, lost: 0, unsent: 1, outstanding: 0 });
  });

  test('of a warm-up message, in the warm-up', () => {
    const { recorder, recordings } = record();
    recorder.schedule(TIMES);
    // Due in it, and sent in the steady phase.
    recorder.sentOnSchedule(2_600_000, 2_000_000, 64);
    recorder.lost(3_000_000, 2_600_000, 2_000_000);
    recorder.unsent(3_000_000, 2_400_000, 600_000);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'response'), [['warm-up', 1_500_000, buckets(1_000_000, 600_000)]]);
    const steady = recordings.find(({ phase }) => phase === 'steady');
    assert.deepEqual(
      [steady?.counters.lost, steady?.counters.unsent],
      [1, 1],
      'counted when it was given up',
    );
  });
});

test('handshakes: the whole is the sum of its parts', () => {
  const { recorder, recordings } = record();
  recorder.opened(100, { tcpUs: 30, tlsUs: 500, upgradeUs: 200 });
  recorder.opened(100, { tcpUs: 40, tlsUs: null, upgradeUs: 300 });
  recorder.finish(900_000);
  const of = (name: keyof Recording['histograms']) => [...(recordings[0]?.histograms[name] ?? [])];
  assert.deepEqual(of('tcp'), buckets(30, 40));
  assert.deepEqual(of('tls'), buckets(500));
  assert.deepEqual(of('upgrade'), buckets(200, 300));
  assert.deepEqual(of('handshake'), buckets(730, 340));
  assert.deepEqual(recordings[0]?.gauges, { outstanding: 0, open: 2 });
});

test('bytes and gauges', () => {
  const { recorder, recordings } = record();
  recorder.schedule(TIMES);
  recorder.opened(1, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
  recorder.sent(1_600_000, 100);
  recorder.sentOnSchedule(1_600_000, 1_600_000, 20);
  recorder.echoed(1_600_001, 1_600_000, 3);
  recorder.finish(1_700_000);
  recorder.closed();
  const { counters, gauges } = recordings.at(-1) ?? assert.fail();
  assert.deepEqual([counters.bytesSent, counters.bytesReceived], [120, 3]);
  assert.deepEqual(gauges, { outstanding: 1, open: 1 });
  assert.equal(recorder.open, 0);
});

test('conservation holds whatever happens, per recording and in total', () => {
  const events = fc.array(
    fc.record({ kind: fc.constantFrom('send', 'echo', 'lose', 'due', 'unsent'), afterUs: fc.nat(400_000) }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(events, (list) => {
      const { recorder, recordings } = record();
      recorder.schedule(TIMES);
      let nowUs = 1_500_000;
      let waiting = 0;
      for (const { kind, afterUs } of list) {
        const beforeUs = nowUs;
        nowUs += afterUs;
        if (kind === 'send') recorder.sent(nowUs, 10);
        else if (kind === 'due') {
          recorder.fellDue(nowUs, beforeUs);
          waiting++;
        } else if (kind === 'unsent') {
          if (waiting === 0) continue;
          waiting--;
          recorder.unsent(nowUs, beforeUs, afterUs);
        } else if (recorder.outstanding === 0) continue;
        else if (kind === 'echo') recorder.echoed(nowUs, beforeUs, 10);
        else recorder.lost(nowUs, beforeUs, null);
      }
      recorder.finish(nowUs);
      const sums = zeroCounters();
      let outstanding = 0;
      for (const recording of recordings) {
        for (const name of COUNTERS) sums[name] += recording.counters[name];
        if (recording.gauges === null) continue;
        outstanding = recording.gauges.outstanding;
        assert.equal(sums.sent, sums.echoed + sums.lost + outstanding);
      }
      const { due, sent, echoed, lost, unsent } = sums;
      assert.equal(due, sent + unsent + waiting);
      assert.deepEqual(recorder.totals, { due, sent, echoed, lost, unsent, outstanding });
    }),
  );
});
