import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  COMMON_COUNTERS,
  counted,
  type LoopFigures,
  type Recording,
  zeroCounters,
} from '../model/recording.ts';
import { MESSAGE_NAMES, Messages, timesOf } from './messages.ts';
import { bounds, buckets, record, samples, TIMES } from './recorder.test.fixture.ts';
import type { Recorder } from './recorder.ts';

const COUNTERS = [...COMMON_COUNTERS, ...MESSAGE_NAMES.counters];

function recordMessages(readLoop: () => LoopFigures | null = () => null): {
  recorder: Recorder;
  messages: Messages;
  recordings: Recording[];
} {
  const { recorder, recordings } = record(MESSAGE_NAMES, readLoop);
  return { recorder, messages: new Messages(recorder), recordings };
}

describe('assignment to phases', () => {
  test('a latency counts in the phase in which its message was due, not in which it was sent or echoed', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    // The first was due in the warm-up and sent in the steady phase, the second was due in the steady phase.
    messages.fellDue(2_520_000, 2_498_000);
    messages.sentOnSchedule(2_520_000, 2_498_000, 64);
    messages.fellDue(2_600_000, 2_599_000);
    messages.sentOnSchedule(2_600_000, 2_599_000, 64);
    messages.echoedOnSchedule(2_700_000, 2_520_000, 2_498_000, 64);
    messages.echoedOnSchedule(2_700_100, 2_600_000, 2_599_000, 64);
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

  test('in a closed loop, a latency counts in the phase in which its message was sent', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    messages.sent(2_499_999, 64);
    messages.sent(2_500_000, 64);
    messages.echoed(2_510_000, 2_499_999, 64);
    messages.echoed(2_520_000, 2_500_000, 64);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'service'), [
      ['steady', 2_500_000, buckets(20_000)],
      ['warm-up', 1_500_000, buckets(10_001)],
    ]);
    assert.deepEqual(samples(recordings, 'response'), []);
  });

  test('messages due are counted in the phase of their intended time, all other events when they happen', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    messages.fellDue(2_000_000, 1_999_000);
    messages.fellDue(2_600_000, 2_499_999);
    messages.fellDue(2_600_000, 2_500_000);
    messages.sentOnSchedule(2_600_000, 2_499_999, 10);
    messages.fellDue(4_750_000, 4_699_000);
    messages.unsent(4_750_000, 4_699_000, 51_000);
    recorder.finish(4_800_000);
    const counts = recordings
      .map(({ phase, counters: { due = 0, sent = 0, unsent = 0 } }) => [phase, due, sent, unsent] as const)
      .filter(([, ...some]) => some.some((count) => count > 0));
    assert.deepEqual(counts, [
      ['warm-up', 1, 0, 0],
      ['steady', 1, 1, 0],
      ['warm-up', 1, 0, 0],
      ['drain', 1, 0, 1],
    ]);
  });

  test('late data is emitted as a supplement to the last second of the warm-up', () => {
    const { recorder, messages, recordings } = recordMessages(() => ({
      startUs: 0,
      endUs: 1,
      utilisation: 1,
      delayMaxUs: 1,
    }));
    const times = { ...TIMES, steadyUs: 3_000_000 };
    recorder.schedule(times);
    for (const us of [1_600_000, 2_990_000]) messages.sentOnSchedule(us, us, 64);
    messages.echoedOnSchedule(3_100_000, 1_600_000, 1_600_000, 64);
    messages.echoedOnSchedule(4_800_000, 2_990_000, 2_990_000, 64);
    recorder.finish(4_900_000);
    const supplements = recordings.filter(({ gauges }) => gauges === null);
    assert.deepEqual(bounds(supplements), [
      ['warm-up', 2_500_000, 3_000_000],
      ['warm-up', 2_500_000, 3_000_000],
    ]);
    for (const { counters, loop } of supplements) {
      assert.deepEqual(counters, zeroCounters(COUNTERS));
      assert.equal(loop, null);
    }
    assert.deepEqual(
      supplements.map(({ histograms }) => [...(histograms.response ?? [])]),
      [buckets(1_500_000), buckets(1_810_000)],
    );
    // Every second occurs once, apart from supplements.
    const seconds = recordings.filter(({ gauges }) => gauges !== null);
    assert.equal(new Set(seconds.map(({ startUs }) => startUs)).size, seconds.length);
    assert.ok(seconds.every(({ loop }) => loop !== null));
  });
});

describe('abandoned messages', () => {
  test('a lost message is recorded with its wait since its intended time and since its send time', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    messages.fellDue(2_650_000, 2_600_000);
    messages.sentOnSchedule(2_650_000, 2_600_000, 64);
    messages.lost(3_700_000, 2_650_000, 2_600_000);
    recorder.finish(4_800_000);
    const second = 3_500_000;
    assert.deepEqual(samples(recordings, 'response'), [['steady', second, buckets(1_100_000)]]);
    assert.deepEqual(samples(recordings, 'service'), [['steady', second, buckets(1_050_000)]]);
    assert.deepEqual(samples(recordings, 'lostWait'), [['steady', second, buckets(1_100_000)]]);
    assert.deepEqual(recorder.totals, {
      ...zeroCounters(COUNTERS),
      due: 1,
      sent: 1,
      lost: 1,
      bytesSent: 64,
      outstanding: 0,
      queued: 0,
    });
  });

  test('an unsent message only has a response time', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    messages.fellDue(2_600_000, 2_600_000);
    messages.unsent(2_700_000, 2_600_000, 5_000_000);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'response'), [['steady', 2_500_000, buckets(5_000_000)]]);
    assert.deepEqual(samples(recordings, 'unsentWait'), samples(recordings, 'response'));
    for (const name of ['service', 'sendLag', 'lostWait'] as const)
      assert.deepEqual(samples(recordings, name), []);
    assert.deepEqual(recorder.totals, {
      ...zeroCounters(COUNTERS),
      due: 1,
      unsent: 1,
      outstanding: 0,
      queued: 0,
    });
  });

  test('an abandoned warm-up message counts in the warm-up', () => {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    // The message was due in the warm-up and sent in the steady phase.
    messages.sentOnSchedule(2_600_000, 2_000_000, 64);
    messages.lost(3_000_000, 2_600_000, 2_000_000);
    messages.unsent(3_000_000, 2_400_000, 600_000);
    recorder.finish(4_800_000);
    assert.deepEqual(samples(recordings, 'response'), [['warm-up', 1_500_000, buckets(1_000_000, 600_000)]]);
    const steady = recordings.find(({ phase }) => phase === 'steady');
    assert.deepEqual(
      [steady?.counters.lost, steady?.counters.unsent],
      [1, 1],
      'counted when it was abandoned',
    );
  });
});

test('in a closed loop, a lost message is recorded with its wait since it was sent', () => {
  const { recorder, messages, recordings } = recordMessages();
  recorder.schedule(TIMES);
  messages.sent(2_400_000, 64);
  messages.sent(2_600_000, 64);
  messages.lost(3_600_000, 2_600_000, null);
  messages.lost(3_700_000, 2_400_000, null);
  recorder.finish(4_800_000);
  const waits = [
    ['steady', 3_500_000, buckets(1_000_000)],
    ['warm-up', 1_500_000, buckets(1_300_000)],
  ];
  assert.deepEqual(samples(recordings, 'service'), waits);
  assert.deepEqual(samples(recordings, 'lostWait'), waits);
  assert.deepEqual(samples(recordings, 'response'), []);
  assert.equal(recorder.totals.lost, 2);
});

test('an event ends the seconds before it, and counts in its own', () => {
  const events: [counts: Record<string, number>, happen: (messages: Messages, us: number) => void][] = [
    [{ due: 1, sent: 1, bytesSent: 10 }, (messages, us) => messages.sent(us, 10)],
    [{ echoed: 1, bytesReceived: 10 }, (messages, us) => messages.echoed(us, us, 10)],
    [{ due: 1 }, (messages, us) => messages.fellDue(us, us)],
    [{ sent: 1, bytesSent: 10 }, (messages, us) => messages.sentOnSchedule(us, us, 10)],
    [{ echoed: 1, bytesReceived: 10 }, (messages, us) => messages.echoedOnSchedule(us, us, us, 10)],
    [{ lost: 1 }, (messages, us) => messages.lost(us, us, us)],
    [{ unsent: 1 }, (messages, us) => messages.unsent(us, us, 1)],
    [{ unawaited: 1 }, (messages, us) => messages.unawaited(us)],
    [{ unasked: 1, bytesReceived: 10 }, (messages, us) => messages.unasked(us, 10)],
  ];
  for (const [counts, happen] of events) {
    const { recorder, messages, recordings } = recordMessages();
    recorder.schedule(TIMES);
    happen(messages, 3_500_000);
    assert.deepEqual(bounds(recordings).at(-1), ['steady', 2_500_000, 3_500_000]);
    recorder.finish(3_600_000);
    for (const recording of recordings.slice(0, -1))
      assert.deepEqual(recording.counters, zeroCounters(COUNTERS));
    assert.deepEqual(recordings.at(-1)?.counters, { ...zeroCounters(COUNTERS), ...counts });
  }
});

test('a message to which no answer is expected is not outstanding', () => {
  const { recorder, messages } = recordMessages();
  messages.sent(1, 10);
  messages.sent(2, 10);
  messages.unawaited(3);
  messages.unasked(4, 7);
  assert.equal(messages.outstanding, 1);
  recorder.finish(5);
  assert.deepEqual(recorder.totals, {
    ...zeroCounters(COUNTERS),
    due: 2,
    sent: 2,
    unawaited: 1,
    unasked: 1,
    bytesSent: 20,
    bytesReceived: 7,
    outstanding: 1,
    queued: 0,
  });
});

test('the waits of abandoned messages are not figures of their own', () => {
  assert.deepEqual(timesOf({ histograms: [...MESSAGE_NAMES.histograms, 'delivery'] }), [
    'response',
    'service',
    'sendLag',
    'delivery',
  ]);
});

test('bytes and gauges are recorded', () => {
  const { recorder, messages, recordings } = recordMessages();
  recorder.schedule(TIMES);
  recorder.opened(1, { tcpUs: 1, tlsUs: null, upgradeUs: 1 });
  messages.sent(1_600_000, 100);
  messages.fellDue(1_600_000, 1_600_000);
  messages.fellDue(1_600_000, 1_600_000);
  messages.sentOnSchedule(1_600_000, 1_600_000, 20);
  messages.echoed(1_600_001, 1_600_000, 3);
  recorder.finish(1_700_000);
  recorder.closed(1_700_000);
  const { counters, gauges } = recordings.at(-1) ?? assert.fail();
  assert.deepEqual([counters.bytesSent, counters.bytesReceived], [120, 3]);
  assert.deepEqual(gauges, { outstanding: 1, queued: 1, open: 1 });
  assert.equal(recorder.open, 0);
});

test('conservation always holds, per recording and in total', () => {
  const events = fc.array(
    fc.record({ kind: fc.constantFrom('send', 'echo', 'lose', 'due', 'unsent'), afterUs: fc.nat(400_000) }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(events, (list) => {
      const { recorder, messages, recordings } = recordMessages();
      recorder.schedule(TIMES);
      let nowUs = 1_500_000;
      let waiting = 0;
      for (const { kind, afterUs } of list) {
        const beforeUs = nowUs;
        nowUs += afterUs;
        if (kind === 'send') messages.sent(nowUs, 10);
        else if (kind === 'due') {
          messages.fellDue(nowUs, beforeUs);
          waiting++;
        } else if (kind === 'unsent') {
          if (waiting === 0) continue;
          waiting--;
          messages.unsent(nowUs, beforeUs, afterUs);
        } else if (messages.outstanding === 0) continue;
        else if (kind === 'echo') messages.echoed(nowUs, beforeUs, 10);
        else messages.lost(nowUs, beforeUs, null);
      }
      recorder.finish(nowUs);
      const sums = zeroCounters(COUNTERS);
      let outstanding = 0;
      let queued = 0;
      for (const [at, recording] of recordings.entries()) {
        for (const name of COUNTERS) sums[name] = counted(sums, name) + counted(recording.counters, name);
        if (recording.gauges !== null) {
          outstanding = recording.gauges.outstanding ?? assert.fail();
          queued = recording.gauges.queued ?? assert.fail();
          assert.equal(sums.sent, counted(sums, 'echoed') + counted(sums, 'lost') + outstanding);
        }
        // Messages due in the warm-up may follow in a supplement.
        if (recordings[at + 1]?.gauges === null) continue;
        assert.equal(sums.due, counted(sums, 'sent') + counted(sums, 'unsent') + queued);
      }
      assert.equal(sums.due, counted(sums, 'sent') + counted(sums, 'unsent') + waiting);
      assert.deepEqual(recorder.totals, { ...sums, outstanding, queued: waiting });
    }),
  );
});
