import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Connection, ConnectionEvents } from '../../load/connections/connection.ts';
import type { LoadPlan } from '../../load/protocol.ts';
import { Sessions } from '../../load/sessions/sessions.ts';
import { Payload } from '../../load/wire/payload.ts';
import { Recorder } from '../../measure/recorder.ts';
import type { FailureStage } from '../../model/failure.ts';
import type { Load, ScenarioOptions } from '../../model/load.ts';
import type { Recording } from '../../model/recording.ts';
import { makeClient, type Visit } from './client.ts';
import { connect } from './definition.ts';

const TIMES = { connectedUs: 900_000, warmUpUs: 1_000_000, steadyUs: 2_000_000, drainUs: 12_000_000 };
const PLAIN = new Uint8Array(4);
const ON_SCHEDULE: Load = { kind: 'open', ratePerSecond: 10, arrivals: 'uniform' };

/** A simulated connection: the test plays the server. */
interface Wire extends Connection {
  stage: FailureStage;
  sent: number;
  /** Whether the client has begun to close it. */
  isClosing: boolean;
  over: boolean;
  open(resumed?: boolean): void;
  echo(): void;
  /** The connection has closed at the client's request. */
  end(): void;
  fail(stage: FailureStage): void;
}

interface SceneOptions {
  options?: ScenarioOptions;
  connections?: number;
  echoTimeoutMs?: number;
}

/** The client in a simulated environment: the clock advances only when the test says so. */
function scene(load: Load, { options = {}, connections = 100, echoTimeoutMs = 1e6 }: SceneOptions = {}) {
  const clock = { us: 0 };
  const wires: Wire[] = [];
  const recordings: Recording[] = [];
  const timers: { us: number; call(): void }[] = [];
  const alarm: { dueUs: number | null; wake(): void } = { dueUs: null, wake() {} };
  const payload = new Payload({ minBytes: 64, maxBytes: 64, type: 'text' }, 1);
  const recorder = new Recorder(
    { host: 'here', index: 0 },
    connect.recorded,
    (recording) => recordings.push(recording),
    () => null,
  );
  const plan = {
    step: load.kind === 'open' ? 'scheduled' : 'fastest',
    workload: { load, options },
    workers: 1,
    seed: 1,
    connections,
    echoTimeoutMs,
  } as LoadPlan;
  const sessions = new Sessions<Visit>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs: 1e9,
      connect(id, _source, _port, events) {
        const wire = makeWire(id, events, payload);
        wires.push(wire);
        return wire;
      },
      onHandshakeOver() {},
    },
    (open) =>
      makeClient(
        {
          clock: () => clock.us,
          payload,
          recorder,
          plan,
          worker: 0,
          serverOf: () => assert.fail('its server is of no interest'),
          connect: () => sessions.connect(wires.length, null, 1),
          callAt: (us, call) => timers.push({ us, call }),
          gather: () => assert.fail('there is a schedule'),
          makeWaker(wake) {
            alarm.wake = wake;
            return {
              wakeAt: (us) => {
                alarm.dueUs = us;
              },
              close: () => {
                alarm.dueUs = null;
              },
            };
          },
        },
        open,
      ),
  );
  const { client } = sessions;
  recorder.schedule(TIMES);
  client.start(TIMES);
  return {
    sessions,
    clock,
    wires,
    recordings,
    isDrained: () => client.isDrained(clock.us),
    /** Advances the clock to `us` and runs everything scheduled until then. */
    goTo(us: number) {
      for (;;) {
        const timer = timers.filter((each) => each.us <= us).sort((a, b) => a.us - b.us)[0];
        const dueUs = alarm.dueUs !== null && alarm.dueUs <= us ? alarm.dueUs : null;
        if (timer === undefined && dueUs === null) break;
        clock.us = Math.max(clock.us, Math.min(timer?.us ?? us, dueUs ?? us));
        if (timer !== undefined && timer.us <= (dueUs ?? us)) {
          timers.splice(timers.indexOf(timer), 1);
          timer.call();
        } else {
          alarm.dueUs = null;
          alarm.wake();
        }
      }
      clock.us = us;
    },
    /** Ends the run, checks that its counts add up, and returns them. */
    end(): Readonly<Record<string, number>> {
      client.stop(clock.us);
      recorder.finish(clock.us);
      const totals: Record<string, number> = { ...recorder.totals, opened: sessions.openings };
      for (const { whole, parts } of connect.conservation)
        assert.equal(
          totals[whole],
          parts.reduce((sum, part) => sum + (totals[part] ?? Number.NaN), 0),
          `${whole} ${JSON.stringify(totals)}`,
        );
      return totals;
    },
    /** Number of samples of one kind. */
    samples: (name: string) =>
      recordings
        .flatMap(({ histograms }) => [...(histograms[name] ?? [])].filter((_, index) => index % 2 === 1))
        .reduce((sum, count) => sum + count, 0),
  };
}

function makeWire(id: number, events: ConnectionEvents, payload: Payload): Wire {
  const wire: Wire = {
    stage: 'tcp',
    sent: 0,
    isClosing: false,
    over: false,
    open(resumed = false) {
      wire.stage = 'open';
      const facts = { alpn: null, proxyWorker: null, upstream: null, resumed };
      events.opened({ tcpUs: 10, tlsUs: null, upgradeUs: 20 }, facts);
    },
    echo() {
      const bytes = Buffer.from(payload.body.subarray(0, payload.size(id, 0)));
      payload.stamp(bytes, 0, bytes.length, id, 0, PLAIN);
      events.message(bytes, 0, bytes.length, true);
    },
    end() {
      wire.over = true;
      events.closed();
    },
    fail(stage) {
      wire.over = true;
      events.failed(stage, stage === 'open' ? 'closed-1006' : 'refused');
    },
    send(_sequence, count) {
      wire.sent += count;
    },
    sendBytes: () => assert.fail('only messages that can be checked are sent'),
    ping: () => assert.fail('no pings are sent'),
    pause() {},
    resume() {},
    close() {
      wire.isClosing = true;
    },
    destroy() {
      wire.over = true;
    },
  };
  return wire;
}

test('a handshake that was due in the warm-up has its times there, even if it ends later', () => {
  const made = scene(ON_SCHEDULE);
  made.goTo(1_950_000);
  assert.equal(made.wires.length, 10);
  const finish = (from: number, to: number) => {
    for (const wire of made.wires.slice(from, to)) {
      wire.open();
      wire.end();
    }
  };
  finish(0, 8);
  made.goTo(2_050_000);
  finish(8, 11);
  made.end();
  const samplesIn = (phase: string, name: string) =>
    made.recordings
      .filter((recording) => recording.phase === phase)
      .flatMap(({ histograms }) => [...(histograms[name] ?? [])].filter((_, index) => index % 2 === 1))
      .reduce((sum, count) => sum + count, 0);
  for (const name of ['tcp', 'upgrade', 'handshake', 'response', 'closing'])
    assert.deepEqual([samplesIn('warm-up', name), samplesIn('steady', name)], [10, 1], name);
  const openedIn = (phase: string) =>
    made.recordings
      .filter((recording) => recording.phase === phase)
      .reduce((sum, { counters }) => sum + (counters.opened ?? 0), 0);
  assert.deepEqual([openedIn('warm-up'), openedIn('steady')], [8, 3]);
});

describe('as fast as possible', () => {
  test('the given number of handshakes is in progress, and each that ends makes room for the next', () => {
    const made = scene({ kind: 'closed', inFlight: 3 });
    made.goTo(999_999);
    assert.equal(made.wires.length, 0);
    made.goTo(1_000_000);
    assert.equal(made.wires.length, 3);
    made.wires[0]?.open();
    assert.equal(made.wires.length, 4);
    assert.equal(made.wires[0]?.isClosing, true);
    assert.equal(made.wires[1]?.isClosing, false);
    made.wires[0]?.end();
    assert.equal(made.wires.length, 4);
    const { started, opened, closed, pending, live } = made.end();
    assert.deepEqual(
      { started, opened, closed, pending, live },
      { started: 4, opened: 1, closed: 1, pending: 3, live: 0 },
    );
  });

  test('the number of connections stays within its limit, and one that closes makes room', () => {
    const made = scene({ kind: 'closed', inFlight: 3 }, { connections: 4 });
    made.goTo(1_000_000);
    for (const wire of [...made.wires]) wire.open();
    assert.equal(made.wires.length, 4);
    made.wires[0]?.end();
    assert.equal(made.wires.length, 5);
    assert.equal(made.end().live, 2);
  });

  test('the slot of a failed handshake stays empty for a while, so that refusals are not the whole load', () => {
    const made = scene({ kind: 'closed', inFlight: 2 });
    made.goTo(1_000_000);
    made.wires[0]?.fail('tcp');
    assert.equal(made.wires.length, 2);
    made.wires[1]?.open();
    assert.equal(made.wires.length, 3);
    made.goTo(1_099_999);
    assert.equal(made.wires.length, 3);
    made.goTo(1_100_000);
    assert.equal(made.wires.length, 4);
    assert.equal(made.end().refused, 1);
    assert.deepEqual(
      [made.samples('service'), made.samples('lostWait'), made.samples('response')],
      [2, 1, 0],
    );
  });

  test('at the end of the schedule, no handshake starts, and the run waits for those in progress', () => {
    const made = scene({ kind: 'closed', inFlight: 2 });
    made.goTo(12_000_000);
    assert.equal(made.isDrained(), false);
    for (const wire of [...made.wires]) {
      wire.open();
      wire.end();
    }
    assert.equal(made.wires.length, 2);
    assert.equal(made.isDrained(), true);
  });
});

describe('on a schedule', () => {
  test('handshakes start when they are due, regardless of the others', () => {
    const made = scene(ON_SCHEDULE);
    made.goTo(1_950_000);
    assert.equal(made.wires.length, 10);
    made.goTo(11_950_000);
    assert.equal(made.wires.length, 100);
    made.goTo(13_000_000);
    const { due, started, unstarted, pending } = made.end();
    assert.deepEqual(
      { due, started, unstarted, pending },
      { due: 110, started: 100, unstarted: 10, pending: 100 },
    );
  });

  test('one that waits for room has waited since its intended time, and this is not send lag', () => {
    const made = scene(ON_SCHEDULE, { connections: 1 });
    made.goTo(2_050_000);
    assert.equal(made.wires.length, 1);
    made.goTo(3_000_000);
    made.wires[0]?.open();
    made.wires[0]?.end();
    assert.equal(made.wires.length, 2);
    made.wires[1]?.open();
    made.end();
    // Due at 1.0 s and at 1.1 s, so both belong to the warm-up, and both are opened at 3.0 s.
    const values = (name: string) =>
      made.recordings.flatMap(({ phase, histograms }) =>
        phase === 'warm-up' ? [...(histograms[name] ?? [])].filter((_, index) => index % 2 === 1) : [],
      );
    assert.deepEqual(values('response').slice(-2), [1, 1]);
    const lags = made.recordings.flatMap(({ histograms }) => [...(histograms.sendLag ?? [])]);
    assert.deepEqual(lags, [0, 1, 0, 1]);
  });

  test('handshakes that still wait at the end are unstarted, and count with the time they waited', () => {
    const made = scene(ON_SCHEDULE, { connections: 2 });
    made.goTo(12_000_000);
    made.isDrained();
    const { due, started, unstarted } = made.end();
    assert.deepEqual({ due, started, unstarted }, { due: 110, started: 2, unstarted: 108 });
    assert.deepEqual([made.samples('unsentWait'), made.samples('response')], [108, 108]);
  });
});

describe('a connection', () => {
  test('with a message is closed after the echo; if it ends first, it is broken and its message is lost', () => {
    const made = scene({ kind: 'closed', inFlight: 2 }, { options: { echo: 'on' } });
    made.goTo(1_000_000);
    const [first, second] = made.wires;
    first?.open();
    second?.open();
    assert.deepEqual([first?.sent, first?.isClosing], [1, false]);
    first?.echo();
    assert.equal(first?.isClosing, true);
    first?.end();
    second?.fail('open');
    const { sent, echoed, lost, closed, broken } = made.end();
    assert.deepEqual(
      { sent, echoed, lost, closed, broken },
      { sent: 2, echoed: 1, lost: 1, closed: 1, broken: 1 },
    );
    assert.deepEqual([made.samples('echo'), made.samples('closing')], [1, 1]);
  });

  test('is not closed by the client if the server closes it', () => {
    const made = scene({ kind: 'closed', inFlight: 1 }, { options: { close: 'server' } });
    made.goTo(1_000_000);
    made.wires[0]?.open();
    assert.equal(made.wires[0]?.isClosing, false);
    made.wires[0]?.end();
    assert.equal(made.end().closed, 1);
  });

  test('is counted if it resumed a session', () => {
    const made = scene({ kind: 'closed', inFlight: 2 });
    made.goTo(1_000_000);
    made.wires[0]?.open(true);
    made.wires[1]?.open(false);
    assert.equal(made.end().resumed, 1);
  });

  test('is abandoned if its echo or its closing takes too long', () => {
    for (const echo of ['on', 'off']) {
      const made = scene({ kind: 'closed', inFlight: 1 }, { options: { echo }, echoTimeoutMs: 500 });
      made.goTo(1_000_000);
      made.wires[0]?.open();
      made.goTo(1_499_999);
      made.sessions.tick(9);
      assert.equal(made.wires[0]?.over, false);
      made.goTo(1_500_000);
      made.sessions.tick(9);
      assert.equal(made.wires[0]?.over, true);
      assert.equal(made.end().broken, 1);
      const failures = made.recordings.flatMap(({ failures }) => Object.keys(failures));
      assert.deepEqual(failures, [echo === 'on' ? 'open/echo-timeout' : 'open/close-timeout']);
    }
  });
});

test('every handshake and connection is accounted for, whatever happens and whenever the run ends', () => {
  const happening = fc.record({
    what: fc.constantFrom('time', 'open', 'echo', 'end', 'fail'),
    which: fc.nat(200),
  });
  const load = fc.constantFrom<Load>({ kind: 'closed', inFlight: 3 }, ON_SCHEDULE);
  const options = fc.record({
    echo: fc.constantFrom('on', 'off'),
    close: fc.constantFrom('client', 'server'),
  });
  fc.assert(
    fc.property(load, options, fc.array(happening, { maxLength: 200 }), (load, options, happenings) => {
      const made = scene(load, { options, connections: 5 });
      made.goTo(1_000_000);
      for (const { what, which } of happenings) {
        const wire = made.wires.filter(({ over }) => !over)[which % 7];
        if (what === 'time' || wire === undefined) made.goTo(made.clock.us + 90_000);
        else if (what === 'fail') wire.fail(wire.stage);
        else if (what === 'open' && wire.stage === 'tcp') wire.open();
        else if (what === 'echo' && wire.stage === 'open' && wire.sent > 0 && !wire.isClosing) wire.echo();
        else if (what === 'end' && wire.isClosing) wire.end();
        made.isDrained();
        assert.ok(made.wires.filter(({ over }) => !over).length <= 5);
      }
      made.end();
    }),
  );
});
