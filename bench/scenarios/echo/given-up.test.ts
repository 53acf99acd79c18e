import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bucketIndex, bucketValue } from '../../measure/counts.ts';
import type { Recording } from '../../model/recording.ts';
import { makeScene, type Scene, samplesOf, sumsOf, TIMES, type Wire } from './echo.test.fixture.ts';

/** Tests how messages that are never answered are recorded. */

const TIMEOUT_US = 5_000_000;
const RATE = { kind: 'open', ratePerSecond: 10, arrivals: 'uniform' } as const;

/** Returns all samples of one kind, at the histogram's resolution. */
function values(recordings: readonly Recording[], name: string): number[] {
  const samples = [...samplesOf(recordings, name)];
  return samples.flatMap(([us, count]) => Array<number>(count).fill(us)).sort((a, b) => a - b);
}

function buckets(...us: number[]): number[] {
  return us.map((value) => bucketValue(bucketIndex(value))).sort((a, b) => a - b);
}

const ENDS: [what: string, kind: string, end: (scene: Scene, wire: Wire) => void][] = [
  ['closed by the peer', 'closed-1001', (_, wire) => wire.fail('open', 'closed-1001')],
  ['reset', 'closed-1006', (_, wire) => wire.fail('open', 'closed-1006')],
  ['ended by a wrong echo', 'mismatch', (_, wire) => wire.say(0, (bytes) => bytes.fill(0, 40))],
];

describe('an abandoned connection', () => {
  for (const [what, kind, end] of ENDS) {
    test(`open loop, ${what}: every message on it is lost, with the time it has waited`, () => {
      const scene = makeScene({ load: RATE });
      scene.connect(1);
      scene.start(TIMES);
      // Due at 2.0 and 2.1 s, sent 30 ms late and on time, and abandoned 700 ms after the first was due.
      scene.clock.us = 1_950_000;
      scene.wakeAt(1_950_000);
      scene.wires[0]?.echo(10);
      const warm = values(scene.recordings, 'response').length;
      assert.equal(warm, 0);
      scene.wakeAt(2_030_000);
      scene.wakeAt(2_100_000);
      scene.clock.us = 2_700_000;
      scene.client.stop = () => {};
      const wire = scene.wires[0] ?? assert.fail();
      end(scene, wire);
      scene.finish();
      const { lost, unsent, failures, outstanding } = sumsOf(scene.recordings);
      assert.deepEqual(
        { lost, unsent, outstanding, failures },
        { lost: 2, unsent: 0, outstanding: 0, failures: { [`open/${kind}`]: 1 } },
      );
      const steady = scene.recordings.filter(({ phase }) => phase === 'steady');
      assert.deepEqual(values(steady, 'response'), buckets(700_000, 600_000));
      assert.deepEqual(values(steady, 'lostWait'), buckets(700_000, 600_000));
      assert.deepEqual(values(steady, 'service'), buckets(670_000, 600_000));
      assert.deepEqual(values(steady, 'sendLag'), buckets(0, 30_000));
      assert.deepEqual(values(steady, 'unsentWait'), []);
    });

    test(`closed loop, ${what}: its messages have waited since they were sent`, () => {
      const scene = makeScene({ load: { kind: 'closed', inFlight: 3 } });
      scene.connect(1);
      scene.start(TIMES);
      scene.wakeAt(2_000_000);
      scene.clock.us = 2_400_000;
      const wire = scene.wires[0] ?? assert.fail();
      end(scene, wire);
      scene.finish();
      assert.equal(sumsOf(scene.recordings).lost, 3);
      for (const name of ['service', 'lostWait'] as const)
        assert.deepEqual(values(scene.recordings, name), buckets(400_000, 400_000, 400_000));
      assert.deepEqual(values(scene.recordings, 'response'), []);
    });
  }

  test('an echo timeout also abandons messages younger than the timeout, with the time they have waited', () => {
    const scene = makeScene({ load: RATE, echoTimeoutUs: 400_000 });
    scene.connect(1);
    scene.start({ ...TIMES, warmUpUs: 2_000_000 });
    // Due at 2.0 s and sent 50 ms late, so that it times out at 2.45 s, not at 2.4 s.
    scene.wakeAt(2_050_000);
    for (const us of [2_100_000, 2_200_000, 2_300_000, 2_400_000]) scene.wakeAt(us);
    scene.clock.us = 2_449_999;
    scene.sessions.tick(9);
    scene.sessions.tick(9);
    assert.equal(scene.sessions.failures, 0);
    scene.clock.us = 2_450_000;
    scene.sessions.tick(9);
    scene.sessions.tick(9);
    scene.stop();
    scene.finish();
    assert.deepEqual(sumsOf(scene.recordings).failures, { 'open/echo-timeout': 1 });
    const waits = buckets(450_000, 350_000, 250_000, 150_000, 50_000);
    assert.deepEqual(values(scene.recordings, 'response'), waits);
    assert.deepEqual(
      values(scene.recordings, 'service'),
      buckets(400_000, 350_000, 250_000, 150_000, 50_000),
    );
    assert.equal(sumsOf(scene.recordings).lost, 5);
  });

  test('a message that was due on it but not sent has a response time, but no service time and no send lag', () => {
    const scene = makeScene({ load: { ...RATE, ratePerSecond: 1000 } });
    scene.connect(300);
    scene.start({ ...TIMES, warmUpUs: 2_000_000 });
    scene.clock.us = 2_299_000;
    scene.wake();
    const waiting = scene.wires.filter((wire) => wire.sent.length === 0);
    assert.equal(waiting.length, 300 - 256);
    scene.clock.us = 2_500_000;
    waiting.at(-1)?.fail('open', 'closed-1006');
    scene.stop();
    scene.finish();
    assert.equal(sumsOf(scene.recordings).unsent, 44);
    // Those due 256 to 299 ms after the first, which was due at 2 s.
    const waits = buckets(...Array.from({ length: 44 }, (_, index) => 244_000 - index * 1000));
    for (const name of ['unsentWait', 'response'])
      assert.deepEqual(values(scene.recordings, name), waits, name);
    assert.deepEqual(values(scene.recordings, 'service'), []);
    assert.equal(values(scene.recordings, 'sendLag').length, 256);
  });

  test('a message due in the warm-up and abandoned in the steady phase belongs to the warm-up', () => {
    const scene = makeScene({ load: { ...RATE, ratePerSecond: 1000 } });
    scene.connect(300);
    scene.start({ ...TIMES, warmUpUs: 1_700_000 });
    scene.clock.us = 1_999_000;
    scene.wake();
    const [waiting] = scene.wires.filter((wire) => wire.sent.length === 0);
    scene.clock.us = 2_100_000;
    waiting?.fail('open', 'closed-1006');
    scene.finish();
    const told = scene.recordings.filter(({ histograms }) => histograms.unsentWait !== undefined);
    assert.deepEqual(
      told.map(({ phase }) => phase),
      ['warm-up'],
    );
  });

  test('an echo of a message that is due but not sent yet is a mismatch', () => {
    const scene = makeScene({ load: { ...RATE, ratePerSecond: 1000 } });
    scene.connect(300);
    scene.start(TIMES);
    scene.clock.us = TIMES.warmUpUs + 299_000;
    scene.wake();
    const early = scene.wires.find((wire) => wire.sent.length === 0) ?? assert.fail();
    early.say(0);
    scene.finish();
    assert.deepEqual(sumsOf(scene.recordings).failures, { 'open/mismatch': 1 });
    assert.deepEqual(values(scene.recordings, 'response').length, 1);
  });
});

describe('a worker without connections', () => {
  test('continues its schedule: messages that fall due are unsent, and recorded with the echo timeout', () => {
    const scene = makeScene({ load: RATE, echoTimeoutUs: TIMEOUT_US });
    scene.connect(2);
    scene.start(TIMES);
    while (scene.alarm.dueUs !== null && scene.alarm.dueUs < 3_000_000) {
      scene.wakeAt(scene.alarm.dueUs);
      for (const wire of scene.wires) wire.echo(wire.sent.length - wire.echoed);
    }
    for (const wire of scene.wires) wire.fail('open', 'closed-1006');
    while (scene.alarm.dueUs !== null) scene.wakeAt(scene.alarm.dueUs);
    scene.wakeAt(TIMES.drainUs);
    assert.equal(scene.isDrained(), true);
    scene.stop();
    scene.finish();
    // 11 s at 10 messages per second: 20 before the connections were lost, 90 after.
    const { due, sent, echoed, lost, unsent } = sumsOf(scene.recordings);
    assert.deepEqual(
      { due, sent, echoed, lost, unsent },
      { due: 110, sent: 20, echoed: 20, lost: 0, unsent: 90 },
    );
    const steady = scene.recordings.filter(({ phase }) => phase === 'steady');
    assert.equal(sumsOf(steady).due, 100);
    assert.deepEqual(values(steady, 'unsentWait'), buckets(...Array<number>(90).fill(TIMEOUT_US)));
    assert.equal(values(steady, 'response').length, 100);
    assert.deepEqual(values(steady, 'service').length, 10);
  });

  test('offers its share even if it had none from the beginning', () => {
    const scene = makeScene({ load: RATE, worker: 1, workers: 2 });
    scene.start(TIMES);
    scene.wakeAt(TIMES.drainUs);
    assert.equal(scene.isDrained(), true);
    scene.finish();
    assert.equal(sumsOf(scene.recordings).unsent, 55);
  });

  test('a message that is recorded later than the timeout has waited that long', () => {
    const scene = makeScene({ load: { ...RATE, ratePerSecond: 1 }, echoTimeoutUs: 1_000_000 });
    scene.start({ ...TIMES, warmUpUs: 2_000_000 });
    scene.wakeAt(4_500_000);
    scene.finish();
    assert.deepEqual(values(scene.recordings, 'unsentWait'), buckets(2_500_000, 1_500_000, 1_000_000));
  });
});

describe('a closed loop starts', () => {
  test('however late its timer is; otherwise it would report that nothing was echoed', () => {
    for (const lateUs of [0, 500_000, 20_000_000]) {
      const scene = makeScene({ load: { kind: 'closed', inFlight: 2 } });
      scene.connect(3);
      scene.start(TIMES);
      scene.clock.us = TIMES.warmUpUs + lateUs;
      assert.equal(scene.isDrained(), false, 'not before it has begun');
      scene.wakeAt(scene.clock.us);
      for (const wire of scene.wires) assert.equal(wire.sent.length, 2);
      assert.equal(scene.isDrained(), false);
      for (const wire of scene.wires) wire.echo(2);
      scene.clock.us = Math.max(scene.clock.us, TIMES.drainUs);
      for (const wire of scene.wires) wire.echo(wire.sent.length - wire.echoed);
      assert.equal(scene.isDrained(), true);
    }
  });

  test('on a connection that opens after it has begun', () => {
    const scene = makeScene({ load: { kind: 'closed', inFlight: 2 } });
    scene.connect(2, false);
    scene.wires[0]?.open();
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs);
    scene.wires[1]?.open();
    assert.deepEqual(
      scene.wires.map(({ sent }) => sent.length),
      [2, 2],
    );
  });

  test('not after it was stopped', () => {
    const scene = makeScene({ load: { kind: 'closed', inFlight: 1 } });
    scene.connect(1);
    scene.start(TIMES);
    scene.stop();
    scene.wakeAt(TIMES.warmUpUs);
    assert.deepEqual(scene.wires[0]?.sent, []);
  });
});
