import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { makePacer } from '../../load/pacing/pacer.ts';
import type { Load } from '../../model/load.ts';
import { countOf, makeScene, type Scene, samplesOf, sumsOf, TIMES, type Wire } from './echo.test.fixture.ts';

type OpenLoad = Extract<Load, { kind: 'open' }>;

function closed(inFlight = 1): Load {
  return { kind: 'closed', inFlight };
}
function rate(ratePerSecond: number, arrivals: OpenLoad['arrivals'] = 'uniform'): OpenLoad {
  return { kind: 'open', ratePerSecond, arrivals };
}

/** Unanswered messages on open connections, which the recorder must report as outstanding. */
function unanswered(wires: readonly Wire[]): number {
  return wires.reduce((sum, wire) => sum + (wire.over ? 0 : wire.sent.length - wire.echoed), 0);
}

function total(wires: readonly Wire[]): number {
  return wires.reduce((sum, wire) => sum + wire.sent.length, 0);
}

/**
 * Checks the counts at any moment: nothing is counted twice or missed, and every connection sends 0, 1, 2, …
 */
function assertBooks({ outstanding, wires }: Scene): void {
  assert.equal(outstanding(), unanswered(wires));
  for (const { sent } of wires)
    assert.deepEqual(
      sent,
      sent.map((_, i) => i),
    );
}

function assertConserved(scene: Scene): void {
  scene.stop();
  scene.finish();
  const sums = sumsOf(scene.recordings);
  assert.equal(sums.sent, sums.echoed + sums.outstanding + sums.lost);
  assert.equal(sums.due, sums.sent + sums.unsent);
  assert.equal(sums.sent, total(scene.wires));
  assert.equal(
    sums.echoed,
    scene.sessions.routes.reduce((sum, route) => sum + route.messages, 0),
  );
}

/** An event on one connection, or an advance of the clock. */
const happening = fc.record({
  what: fc.constantFrom('echo', 'echo', 'echo', 'time', 'die', 'mismatch', 'out-of-order', 'unasked'),
  which: fc.nat(1000),
  howMuch: fc.nat(400),
});

/** Applies events to the connections of a scene, and returns the failures that must have been counted. */
function play(scene: Scene, happenings: readonly { what: string; which: number; howMuch: number }[]) {
  const failures: Record<string, number> = {};
  const failed = (kind: string) => {
    failures[`open/${kind}`] = (failures[`open/${kind}`] ?? 0) + 1;
  };
  for (const { what, which, howMuch } of happenings) {
    const living = scene.wires.filter((wire) => !wire.over);
    const wire = living[which % Math.max(1, living.length)];
    if (what === 'time') {
      scene.wakeAt(scene.clock.us + howMuch * 1000);
    } else if (wire === undefined) {
      continue;
    } else if (what === 'echo') {
      wire.echo(Math.min(1 + (howMuch % 4), wire.sent.length - wire.echoed));
    } else if (what === 'die') {
      wire.fail('open', 'closed-1006');
      failed('closed-1006');
    } else if (what === 'unasked' && wire.sent.length === wire.echoed) {
      wire.say(wire.echoed);
      failed('mismatch');
    } else if (what === 'mismatch') {
      wire.say(wire.echoed, (bytes) => bytes.fill(0x7a, 30));
      failed('mismatch');
    } else if (what === 'out-of-order' && wire.sent.length > wire.echoed) {
      wire.say(wire.echoed + 1);
      failed('out-of-order');
    }
    assertBooks(scene);
  }
  return failures;
}

for (const load of [closed(2), rate(1000)])
  test(`${load.kind} loop: what is unanswered at the end is outstanding, whenever its connection closes`, () => {
    const scene = makeScene({ load });
    scene.connect(2);
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs + 10_000);
    const sent = total(scene.wires);
    assert.ok(sent > 0);
    scene.stop();
    for (const wire of scene.wires) wire.fail('open', 'closed-1006');
    scene.finish();
    const { outstanding, lost, unsent } = sumsOf(scene.recordings);
    assert.deepEqual({ outstanding, lost, unsent }, { outstanding: sent, lost: 0, unsent: 0 });
  });

describe('closed loop', () => {
  test('sends nothing before warm-up and nothing after the steady phase', () => {
    const scene = makeScene({ load: closed(2) });
    scene.connect(3);
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs - 1);
    assert.equal(total(scene.wires), 0);
    scene.wakeAt(TIMES.warmUpUs);
    assert.equal(total(scene.wires), 6);
    assert.deepEqual(scene.gathered, [6]);
    scene.wakeAt(TIMES.drainUs);
    assert.equal(scene.isDrained(), false);
    for (const wire of scene.wires) wire.echo(2);
    assert.equal(total(scene.wires), 6);
    assert.equal(scene.isDrained(), true);
    assertConserved(scene);
  });

  test('messages released by the echoes of one read are sent in one write', () => {
    const scene = makeScene({ load: closed(16) });
    scene.connect(1);
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs);
    for (const count of [16, 5, 1]) scene.wires[0]?.echo(count);
    assert.deepEqual(scene.wires[0]?.writes, [16, 16, 5, 1]);
  });

  test('keeps exactly --in-flight messages on every open connection, and its counts add up, whatever happens', () => {
    const shape = fc.record({
      inFlight: fc.integer({ min: 1, max: 9 }),
      connections: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(shape, fc.array(happening, { maxLength: 80 }), ({ inFlight, connections }, happenings) => {
        const scene = makeScene({ load: closed(inFlight) });
        scene.connect(connections);
        scene.start(TIMES);
        scene.wakeAt(TIMES.warmUpUs);
        const failures: Record<string, number> = {};
        for (const one of happenings) {
          for (const [key, count] of Object.entries(play(scene, [one])))
            failures[key] = (failures[key] ?? 0) + count;
          if (scene.clock.us >= TIMES.drainUs) continue;
          for (const wire of scene.wires)
            if (!wire.over) assert.equal(wire.sent.length - wire.echoed, inFlight);
        }
        scene.wakeAt(Math.max(scene.clock.us, TIMES.drainUs));
        for (const wire of scene.wires) wire.echo(wire.sent.length - wire.echoed);
        assert.equal(scene.isDrained(), true);
        assertConserved(scene);
        assert.deepEqual(sumsOf(scene.recordings).failures, failures);
        assert.equal(sumsOf(scene.recordings).outstanding, 0);
      }),
    );
  });

  test('has service time and no response time or send lag', () => {
    const scene = makeScene({ load: closed() });
    scene.connect(1);
    scene.start(TIMES);
    scene.wakeAt(TIMES.steadyUs);
    scene.wakeAt(scene.clock.us + 700);
    scene.wires[0]?.echo(1);
    scene.finish();
    assert.deepEqual([...samplesOf(scene.recordings, 'service')], [[700, 1]]);
    assert.equal(countOf(samplesOf(scene.recordings, 'response')), 0);
    assert.equal(countOf(samplesOf(scene.recordings, 'sendLag')), 0);
  });
});

/** When the messages of a schedule are due, calculated from the schedule alone. */
function dueTimes(load: OpenLoad, worker: number, workers: number, seed: number): number[] {
  const pacer = makePacer(load, TIMES.warmUpUs, worker, workers, seed);
  const due: number[] = [];
  for (; pacer.dueUs < TIMES.drainUs; pacer.advance()) due.push(pacer.dueUs);
  return due;
}

/** Wakes the scene until its schedule is over, each time late by `lateness` µs. */
function runSchedule(scene: Scene, lateness: (wake: number) => number, between: () => void = () => {}): void {
  for (let wake = 0; scene.alarm.dueUs !== null; wake++) {
    scene.wakeAt(Math.max(scene.clock.us, scene.alarm.dueUs) + lateness(wake));
    between();
  }
}

describe('open loop', () => {
  const shape = fc.record({
    load: fc.record({
      kind: fc.constant('open' as const),
      ratePerSecond: fc.double({ min: 0.5, max: 150, noNaN: true }),
      arrivals: fc.constantFrom('uniform' as const, 'poisson' as const),
    }),
    connections: fc.integer({ min: 1, max: 7 }),
    workers: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(1000),
    lateUs: fc.array(fc.oneof(fc.constant(0), fc.nat(1500), fc.nat(3_000_000)), { minLength: 1 }),
    answers: fc.boolean(),
  });

  test('sends exactly what the schedule offers, round-robin, whatever stalls', () => {
    fc.assert(
      fc.property(shape, ({ load, connections, workers, seed, lateUs, answers }) => {
        const worker = seed % workers;
        const scene = makeScene({ load, worker, workers, seed });
        scene.connect(connections);
        scene.start(TIMES);
        runSchedule(
          scene,
          (wake) => lateUs[wake % lateUs.length] ?? 0,
          () => answers && play(scene, [{ what: 'echo', which: scene.clock.us, howMuch: 3 }]),
        );
        const due = dueTimes(load, worker, workers, seed);
        assert.equal(total(scene.wires), due.length);
        assert.deepEqual(scene.gathered, []);
        const counts = scene.wires.map((wire) => wire.sent.length);
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
        for (const wire of scene.wires) wire.echo(wire.sent.length - wire.echoed);
        scene.wakeAt(Math.max(scene.clock.us, TIMES.drainUs));
        assert.equal(scene.isDrained(), true);
        assertConserved(scene);
        for (const name of ['sendLag', 'response', 'service'] as const)
          assert.equal(countOf(samplesOf(scene.recordings, name)), due.length);
      }),
      { numRuns: 60 },
    );
  });

  test('the offered count does not change while one connection is open, and the counts add up', () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(happening, { maxLength: 60 }),
        ({ load, connections, seed }, happenings) => {
          const scene = makeScene({ load, seed });
          scene.connect(connections + 1);
          scene.start(TIMES);
          let at = 0;
          const failures: Record<string, number> = {};
          runSchedule(
            scene,
            () => 100,
            () => {
              const one = happenings[at++];
              const living = scene.wires.filter((wire) => !wire.over).length;
              if (one === undefined || one.what === 'time' || living === 1) return;
              for (const [key, count] of Object.entries(play(scene, [one])))
                failures[key] = (failures[key] ?? 0) + count;
            },
          );
          assert.equal(total(scene.wires), dueTimes(load, 0, 1, seed).length);
          assertBooks(scene);
          assertConserved(scene);
          assert.deepEqual(sumsOf(scene.recordings).failures, failures);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a generator that stalls for a second sends everything late, in one write per connection, and send lag shows it', () => {
    const scene = makeScene({ load: rate(1000) });
    scene.connect(10);
    scene.start(TIMES);
    // The generator is on time to the microsecond for 3 s of the schedule, then stalls for one second.
    while (scene.alarm.dueUs !== null && scene.alarm.dueUs < 4_000_000) scene.wakeAt(scene.alarm.dueUs);
    assert.equal(total(scene.wires), 3000);
    const writes = scene.wires.map((wire) => wire.writes.length);
    scene.wakeAt(5_000_000);
    assert.equal(total(scene.wires), 4001);
    assert.deepEqual(
      scene.wires.map((wire) => wire.writes.length),
      writes.map((count) => count + 1),
    );
    for (const wire of scene.wires) wire.echo(wire.sent.length - wire.echoed);
    scene.finish();
    const lag = samplesOf(scene.recordings, 'sendLag');
    assert.equal(lag.get(0), 3001);
    assert.equal(countOf(lag), 4001);
    const late = [...lag].filter(([us]) => us >= 500_000).reduce((sum, [, count]) => sum + count, 0);
    assert.ok(Math.abs(late - 501) <= 1, `${late} messages were half a second late or more`);
    assert.ok(Math.max(...lag.keys()) >= 999_000);
    // Response time starts when a message was due, service time when it was sent.
    assert.ok(Math.max(...samplesOf(scene.recordings, 'response').keys()) >= 999_000);
    assert.equal(samplesOf(scene.recordings, 'service').get(0), 1001);
  });

  test('a server that stalls for a second shows in response and service time, not in send lag', () => {
    const scene = makeScene({ load: rate(100) });
    scene.connect(4);
    scene.start({ ...TIMES, warmUpUs: 2_000_000 });
    while (scene.clock.us < 3_000_000 && scene.alarm.dueUs !== null) scene.wakeAt(scene.alarm.dueUs);
    for (const wire of scene.wires) wire.echo(wire.sent.length);
    scene.finish();
    assert.deepEqual([...samplesOf(scene.recordings, 'sendLag').keys()], [0]);
    for (const name of ['response', 'service'] as const) {
      const samples = samplesOf(scene.recordings, name);
      assert.equal(countOf(samples), 101);
      assert.ok(Math.max(...samples.keys()) >= 999_000);
      assert.equal(Math.min(...samples.keys()), 0);
    }
  });

  test('writes beyond the limit of an iteration wait for later ones, and messages that fall due join them', () => {
    const scene = makeScene({ load: rate(1000) });
    scene.connect(600);
    scene.start(TIMES);
    scene.clock.us = TIMES.warmUpUs + 599_000;
    scene.wake();
    assert.equal(total(scene.wires), 256);
    // At the next read, the iteration's limit is used up and the waker is set.
    scene.wires.find((wire) => wire.sent.length > 0)?.echo(1);
    assert.equal(total(scene.wires), 256);
    assert.ok((scene.alarm.dueUs ?? Number.POSITIVE_INFINITY) <= scene.clock.us);
    // In the next second, every connection has another message due, so those still waiting have two.
    scene.clock.us += 600_000;
    scene.wake();
    const writes = scene.wires.flatMap((wire) => wire.writes);
    assert.equal(writes.length, 512);
    assert.deepEqual([...new Set(writes)].sort(), [1, 2]);
    scene.wakeAt(scene.clock.us);
    assert.equal(total(scene.wires), 1200);
    assertBooks(scene);
    assertConserved(scene);
    assert.equal(countOf(samplesOf(scene.recordings, 'sendLag')), 1200);
  });

  test('a message that waits on a connection that fails counts as offered, and is never sent', () => {
    const scene = makeScene({ load: rate(1000) });
    scene.connect(300);
    scene.start(TIMES);
    scene.clock.us = TIMES.warmUpUs + 299_000;
    scene.wake();
    const waiting = scene.wires.filter((wire) => wire.sent.length === 0);
    assert.equal(waiting.length, 300 - 256);
    waiting[0]?.fail('open', 'closed-1006');
    scene.wakeAt(scene.clock.us);
    assert.equal(total(scene.wires), 299);
    scene.finish();
    const { due, sent, unsent, lost, outstanding } = sumsOf(scene.recordings);
    assert.deepEqual(
      { due, sent, unsent, lost, outstanding },
      { due: 300, sent: 299, unsent: 1, lost: 0, outstanding: 299 },
    );
  });

  test('an echo that finds messages overdue sends them without waiting for the waker', () => {
    const scene = makeScene({ load: rate(10) });
    scene.connect(1);
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs);
    assert.equal(total(scene.wires), 1);
    scene.clock.us += 250_000;
    scene.wires[0]?.echo(1);
    assert.equal(total(scene.wires), 3);
  });
});

describe('failures', () => {
  for (const load of [closed(3), rate(30)]) {
    /** Three connections with unanswered messages, 100 ms into the steady phase. */
    const scene = (options = {}) => {
      const made = makeScene({ load, ...options });
      made.connect(3);
      made.start({ ...TIMES, warmUpUs: 1_900_000 });
      made.wakeAt(1_900_000);
      made.wakeAt(2_100_000);
      return made;
    };
    const outcome = (made: Scene) => {
      assertBooks(made);
      assertConserved(made);
      const { failures, lost } = sumsOf(made.recordings);
      return { failures, lost, living: made.sessions.openConnections };
    };

    describe(`in a ${load.kind} loop`, () => {
      const replies: [kind: string, reply: (wire: Wire) => void][] = [
        ['mismatch', (wire) => wire.say(0, (bytes) => bytes.fill(0, 40))],
        ['mismatch', (wire) => wire.say(0, (bytes) => bytes.subarray(1))],
        ['mismatch', (wire) => wire.say(0, (bytes) => bytes, false)],
        ['protocol-error', (wire) => wire.say(0, (bytes) => bytes.fill(0xff, 40))],
        ['out-of-order', (wire) => wire.say(1)],
        ['closed-1001', (wire) => wire.fail('open', 'closed-1001')],
      ];
      replies.forEach(([kind, reply], i) => {
        test(`${kind} (${i + 1}) is counted once, ends the connection, and its messages are lost`, () => {
          const made = scene();
          const wire = made.wires[1] ?? assert.fail();
          const out = wire.sent.length;
          reply(wire);
          assert.ok(wire.over);
          assert.deepEqual(outcome(made), { failures: { [`open/${kind}`]: 1 }, lost: out, living: 2 });
        });
      });

      test('a duplicate echo is out of order', () => {
        const made = scene();
        const wire = made.wires[0] ?? assert.fail();
        wire.say(0);
        wire.echoed++;
        wire.say(0);
        assert.deepEqual(outcome(made).failures, { 'open/out-of-order': 1 });
      });

      test('an echo timeout is recorded in the histogram with the time waited, and the messages are lost', () => {
        const made = scene({ echoTimeoutUs: 500_000 });
        const [silent, ...others] = made.wires;
        made.wakeAt(2_399_000);
        for (const wire of others) wire.echo(wire.sent.length);
        made.sessions.tick(100);
        assert.equal(silent?.over, false);
        const out = silent?.sent.length ?? 0;
        made.clock.us = 2_800_000;
        made.sessions.tick(100);
        made.sessions.tick(100);
        const { failures, lost, living } = outcome(made);
        assert.ok(silent?.over);
        assert.equal(failures['open/echo-timeout'], 3 - living);
        assert.ok(lost >= out);
        const waited = Math.max(...samplesOf(made.recordings, 'service').keys());
        assert.ok(waited >= 500_000 * 0.999);
        assert.equal(made.handshakes.over, 3);
      });

      test('the counts add up if a connection fails during a write', () => {
        const made = scene();
        const wire = made.wires[0] ?? assert.fail();
        wire.onSend = () => wire.fail('open', 'closed-1006');
        for (const one of made.wires) one.echo(one.sent.length - one.echoed);
        if (load.kind === 'open') runSchedule(made, () => 50_000);
        assert.ok(wire.over);
        assert.deepEqual(outcome(made).failures, { 'open/closed-1006': 1 });
      });
    });
  }

  test('a handshake that takes too long is abandoned in its current stage', () => {
    const scene = makeScene({ load: closed(), connectTimeoutUs: 3_000_000 });
    scene.connect(4, false);
    const [tcp, secured, upgrading, opened] = scene.wires;
    if (secured !== undefined) secured.stage = 'tls';
    if (upgrading !== undefined) upgrading.stage = 'upgrade';
    scene.clock.us = 2_999_999;
    opened?.open();
    scene.sessions.tick(10);
    assert.equal(scene.handshakes.over, 1);
    scene.clock.us = 3_000_000;
    for (let i = 0; i < 3; i++) scene.sessions.tick(10);
    assert.deepEqual(
      [tcp, secured, upgrading, opened].map((wire) => wire?.over),
      [true, true, true, false],
    );
    assert.equal(scene.handshakes.over, 4);
    assert.deepEqual([scene.sessions.openings, scene.sessions.failures, scene.sessions.size], [1, 3, 1]);
    scene.finish();
    assert.deepEqual(sumsOf(scene.recordings).failures, {
      'tcp/connect-timeout': 1,
      'tls/connect-timeout': 1,
      'upgrade/connect-timeout': 1,
    });
  });

  test('every session is checked in turn, however few at a time', () => {
    const scene = makeScene({ load: closed(), connectTimeoutUs: 1 });
    scene.connect(20, false);
    scene.clock.us = 5;
    for (let i = 0; i < 30; i++) scene.sessions.tick(1);
    assert.equal(scene.sessions.failures, 20);
  });

  test('failed handshakes are counted by stage and kind', () => {
    const scene = makeScene({ load: closed() });
    scene.connect(3, false);
    scene.wires[0]?.fail('tcp', 'refused');
    scene.wires[1]?.fail('upgrade', 'status-503');
    scene.wires[2]?.open();
    scene.finish();
    assert.deepEqual(sumsOf(scene.recordings).failures, { 'tcp/refused': 1, 'upgrade/status-503': 1 });
    assert.equal(scene.handshakes.over, 3);
  });

  test('a closed loop without connections is over; an open loop continues to the end of its schedule', () => {
    for (const load of [closed(), rate(100)]) {
      const scene = makeScene({ load });
      scene.connect(2);
      scene.start(TIMES);
      scene.wakeAt(TIMES.warmUpUs);
      assert.equal(scene.isDrained(), false);
      for (const wire of scene.wires) wire.fail('open', 'closed-1006');
      assert.equal(scene.isDrained(), load.kind === 'closed');
      scene.wakeAt(5_000_000);
      assert.equal(scene.isDrained(), load.kind === 'closed');
      scene.wakeAt(TIMES.drainUs);
      assert.equal(scene.isDrained(), true);
      assertConserved(scene);
    }
  });
});

describe('the end', () => {
  test('after stop, nothing more is sent, and unanswered messages stay outstanding', () => {
    for (const load of [closed(2), rate(100)]) {
      const scene = makeScene({ load });
      scene.connect(2);
      scene.start(TIMES);
      scene.wakeAt(TIMES.warmUpUs);
      const out = total(scene.wires);
      assert.ok(out > 0);
      scene.stop();
      scene.wakeAt(3_000_000);
      scene.wake();
      assert.equal(total(scene.wires), out);
      assert.equal(scene.alarm.dueUs, null);
      assertConserved(scene);
      assert.equal(sumsOf(scene.recordings).outstanding, out);
    }
  });

  test('closeAll closes every connection and none is counted as failed', () => {
    const scene = makeScene({ load: closed() });
    scene.connect(5);
    scene.sessions.closeAll();
    assert.ok(scene.wires.every((wire) => wire.over));
    assert.deepEqual(
      [scene.sessions.openConnections, scene.sessions.size, scene.sessions.failures],
      [0, 0, 0],
    );
    scene.finish();
    assert.equal(scene.recordings.at(-1)?.gauges?.open, 0);
  });

  test('destroyAll drops open connections and those in their handshake', () => {
    const scene = makeScene({ load: closed() });
    scene.connect(2);
    scene.connect(2, false);
    scene.sessions.destroyAll();
    assert.ok(scene.wires.every((wire) => wire.over));
  });
});

test('byte counts are the sum of the message sizes', () => {
  const payload = { minBytes: 9, maxBytes: 500, type: 'binary' } as const;
  for (const load of [closed(4), rate(100)]) {
    const scene = makeScene({ load, payload });
    scene.connect(3);
    scene.start(TIMES);
    scene.wakeAt(TIMES.warmUpUs);
    for (const us of [1_100_000, 1_500_000, 1_900_000]) {
      scene.wakeAt(us);
      for (const wire of scene.wires) wire.echo(Math.min(3, wire.sent.length - wire.echoed));
    }
    scene.finish();
    const sizes = (count: (wire: Wire) => number) =>
      scene.wires.reduce((sum, wire, id) => {
        const messages = Array.from({ length: count(wire) }, (_, sequence) =>
          scene.payload.size(id, sequence),
        );
        return sum + messages.reduce((bytes, size) => bytes + size, 0);
      }, 0);
    const { bytesSent, bytesReceived } = sumsOf(scene.recordings);
    assert.equal(
      bytesSent,
      sizes((wire) => wire.sent.length),
    );
    assert.equal(
      bytesReceived,
      sizes((wire) => wire.echoed),
    );
    assert.ok(bytesReceived > 0);
  }
});

test('connections and messages are counted by route', () => {
  const scene = makeScene({ load: closed() });
  scene.connect(3, false);
  scene.wires[0]?.open('17');
  scene.wires[1]?.open('18');
  scene.wires[2]?.open('17');
  scene.start(TIMES);
  scene.wakeAt(TIMES.warmUpUs);
  assert.equal(scene.sessions.openings, 3);
  [4, 2, 1].forEach((count, i) => {
    for (let n = 0; n < count; n++) scene.wires[i]?.echo(1);
  });
  assert.deepEqual(scene.sessions.routes, [
    { proxyWorker: '17', upstream: null, alpn: null, connections: 2, messages: 5 },
    { proxyWorker: '18', upstream: null, alpn: null, connections: 1, messages: 2 },
  ]);
});

describe('an interleaved closed loop', () => {
  /** The second of two runs. Its turns of 100 ms start 100 ms after the warm-up, and then every 200 ms. */
  const turns = { index: 1, of: 2, lengthMs: 100, pauseMs: 0, mirrored: false };
  const turnUs = (number: number) => TIMES.warmUpUs + 100_000 + number * 200_000;

  function turning(): Scene {
    const scene = makeScene({ load: closed(), turns });
    scene.connect(1);
    scene.start(TIMES);
    return scene;
  }

  /** Echoes every message `afterUs` after it was sent, until this time. */
  function echoUntil(scene: Scene, untilUs: number, afterUs: number): void {
    for (let us = scene.clock.us; us < untilUs; us += afterUs) {
      const waiting = scene.wires.filter(({ sent, echoed }) => sent.length > echoed);
      scene.wakeAt(us);
      for (const wire of waiting) wire.echo(1);
    }
  }

  test('sends nothing before its turn', () => {
    const scene = turning();
    scene.wakeAt(turnUs(0) - 1);
    assert.equal(total(scene.wires), 0);
    scene.wakeAt(turnUs(0));
    assert.equal(total(scene.wires), 1);
    assertConserved(scene);
  });

  test('stops before the end of a turn by the time that the last echoes took in the previous one, and continues in the next', () => {
    const scene = turning();
    const [wire] = scene.wires;
    const sentAt: number[] = [];
    if (wire !== undefined) wire.onSend = () => sentAt.push(scene.clock.us);
    scene.clock.us = turnUs(0);
    echoUntil(scene, turnUs(2), 40_000);
    const within = (number: number) =>
      sentAt
        .filter((us) => us >= turnUs(number) && us < turnUs(number + 1))
        .map((us) => (us - turnUs(number)) / 1e3);
    // Half of the first turn is kept free. The last echo arrives 30 ms into that half, so nothing is sent at 80 ms.
    assert.deepEqual(within(0), [0, 40]);
    assert.deepEqual(within(1), [0, 40]);
    assert.deepEqual(wire?.echoed, 4);
    assertConserved(scene);
  });

  test('skips turns that begin in the drain', () => {
    const scene = turning();
    scene.clock.us = turnUs(0);
    echoUntil(scene, TIMES.drainUs + 1_000_000, 10_000);
    assert.ok(scene.isDrained());
    const sent = total(scene.wires);
    echoUntil(scene, TIMES.drainUs + 2_000_000, 10_000);
    assert.equal(total(scene.wires), sent);
    assertConserved(scene);
  });
});
