import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Connection, ConnectionEvents } from '../../load/connections/connection.ts';
import type { LoadPlan } from '../../load/protocol.ts';
import { Sessions } from '../../load/sessions/sessions.ts';
import { Payload } from '../../load/wire/payload.ts';
import { Recorder } from '../../measure/recorder.ts';
import type { Recording } from '../../model/recording.ts';
import { makeScene } from '../client.test.fixture.ts';
import { type Idle, makeClient } from './client.ts';
import { idle, TOUCH_BYTES } from './definition.ts';

/** A simulated connection: the test plays the server. */
interface Wire extends Connection {
  events: ConnectionEvents;
  pings: number;
  sent: number[];
  over: boolean;
}

/** The client in a simulated environment: the clock advances only when the test says so. */
function scene(step: 'hold' | 'touched', options: LoadPlan['workload']['options'] = {}) {
  const clock = { us: 0 };
  const wires: Wire[] = [];
  const recordings: Recording[] = [];
  const timers: { us: number; call(): void }[] = [];
  const payload = new Payload({ minBytes: 64, maxBytes: 64, type: 'text' }, 1);
  const recorder = new Recorder(
    { host: 'here', index: 0 },
    idle.recorded,
    (recording) => recordings.push(recording),
    () => null,
  );
  const plan = { step, workload: { options } } as LoadPlan;
  const connect = (events: ConnectionEvents): Wire => {
    const wire: Wire = {
      events,
      stage: 'open',
      pings: 0,
      sent: [],
      over: false,
      send: () => assert.fail('a silent connection sends no numbered messages'),
      sendBytes: ({ length }) => wire.sent.push(length),
      ping: () => wire.pings++,
      pause() {},
      resume() {},
      close() {},
      destroy() {
        wire.over = true;
      },
    };
    wires.push(wire);
    return wire;
  };
  const sessions = new Sessions<Idle>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs: 1e9,
      connect: (_id, _source, _port, events) => connect(events),
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
          connect: () => assert.fail('silent connections do not come back'),
          callAt: (us, call) => timers.push({ us, call }),
          serverOf: () => assert.fail('its server is of no interest'),
          makeWaker: () => assert.fail('there is no schedule'),
          gather: () => assert.fail('no message is unanswered for long'),
        },
        open,
      ),
  );
  return {
    sessions,
    client: sessions.client,
    clock,
    wires,
    open(count: number) {
      for (let i = 0; i < count; i++) {
        sessions.connect(wires.length, null, 1);
        const facts = { alpn: null, proxyWorker: null, upstream: null };
        wires.at(-1)?.events.opened({ tcpUs: 1, tlsUs: null, upgradeUs: 1 }, facts);
      }
    },
    start(steadyMs: number) {
      const warmUpUs = 1_000_000;
      const times = {
        connectedUs: 900_000,
        warmUpUs,
        steadyUs: warmUpUs,
        drainUs: warmUpUs + steadyMs * 1000,
      };
      recorder.schedule(times);
      this.client.start(times);
    },
    goTo(us: number) {
      for (;;) {
        const next = timers.findIndex((timer) => timer.us <= us);
        if (next < 0) break;
        const [timer] = timers.splice(next, 1);
        clock.us = Math.max(clock.us, timer?.us ?? 0);
        timer?.call();
      }
      clock.us = us;
    },
    end(): Readonly<Record<string, number>> {
      sessions.client.stop(clock.us);
      recorder.finish(clock.us);
      return recorder.totals;
    },
    recordings,
  };
}

test('silent connections send nothing, and connections that end are recorded with their lifetime', () => {
  const made = scene('hold', { ping: 'none' });
  made.open(3);
  assert.equal(made.client.isReady(), true);
  made.start(10_000);
  made.goTo(6_000_000);
  made.wires[1]?.events.failed('open', 'closed-1006');
  assert.equal(made.client.isDrained(10_999_999), false);
  assert.equal(made.client.isDrained(11_000_000), true);
  const { opened, held, ended, pings } = made.end();
  assert.deepEqual({ opened, held, ended, pings }, { opened: 3, held: 2, ended: 1, pings: 0 });
  assert.deepEqual(
    made.wires.map(({ sent }) => sent),
    [[], [], []],
  );
  const lifetimes = made.recordings.flatMap(({ histograms }) => [...(histograms.lifetime ?? [])]);
  assert.equal(lifetimes[1], 1);
});

test('a touched connection sends one large message, and is ready once it is echoed or the connection is gone', () => {
  const made = scene('touched');
  made.open(2);
  assert.deepEqual(
    made.wires.map(({ sent }) => sent),
    [[TOUCH_BYTES], [TOUCH_BYTES]],
  );
  assert.equal(made.client.isReady(), false);
  const [first, second] = made.wires;
  first?.events.message(Buffer.alloc(TOUCH_BYTES), 0, TOUCH_BYTES, true);
  assert.equal(made.client.isReady(), false);
  second?.events.failed('open', 'closed-1009');
  assert.equal(made.client.isReady(), true);
  const { touched, ended } = made.end();
  assert.deepEqual({ touched, ended }, { touched: 1, ended: 1 });
});

test('an unsolicited message of any size ends its connection', () => {
  const made = scene('hold', { ping: 'none' });
  made.open(2);
  for (const [at, bytes] of [5, TOUCH_BYTES].entries()) {
    made.wires[at]?.events.message(Buffer.alloc(bytes), 0, bytes, true);
    assert.equal(made.wires[at]?.over, true);
    assert.equal(made.client.isReady(), true);
  }
  const { held, ended } = made.end();
  assert.deepEqual({ held, ended }, { held: 0, ended: 2 });
});

test('pings are sent on time to all that answered the last one, and every ping is accounted for', () => {
  const happening = fc.record({ what: fc.constantFrom('time', 'pong', 'end'), which: fc.nat(20) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(happening, { maxLength: 60 }),
      (count, happenings) => {
        const made = scene('hold', { ping: 'client', 'ping-every': 1000 });
        made.open(count);
        made.start(60_000);
        for (const { what, which } of happenings) {
          const wire = made.wires[which % count];
          if (what === 'time') made.goTo(made.clock.us + 700_000);
          else if (wire === undefined || wire.over) continue;
          else if (what === 'pong') wire.events.pong();
          else {
            wire.over = true;
            wire.events.failed('open', 'closed-1006');
          }
        }
        const totals = made.end();
        const pings = made.wires.reduce((sum, wire) => sum + wire.pings, 0);
        assert.equal(totals.pings, pings);
        for (const { whole, parts } of idle.conservation)
          assert.equal(
            totals[whole],
            parts.reduce((sum, part) => sum + (totals[part] ?? Number.NaN), 0),
          );
      },
    ),
  );
});

describe('what is recorded', () => {
  const sceneOf = (step: 'hold' | 'touched', options: LoadPlan['workload']['options']) =>
    makeScene(idle.recorded, makeClient, { step, workload: { load: null, options } });

  test('pings that are answered, ignored and lost, and the lifetimes of connections', async () => {
    const made = sceneOf('hold', { ping: 'client', 'ping-every': 1000 });
    await made.goTo(100_000);
    made.connect(4);
    made.start();
    await made.goTo(2_500_000);
    made.wires[0]?.pong();
    made.wires[0]?.pong();
    made.wires[3]?.fail('open', 'closed-1006');
    await made.goTo(3_400_000);
    made.wires[1]?.pong();
    made.wires[1]?.fail('open', 'closed-1001');
    await made.goTo(6_500_000);
    assert.deepEqual(
      made.wires.map(({ did }) => did.length),
      [2, 1, 1, 1],
    );
    assert.equal(made.timers.length, 0);
    made.client.stop(6_500_000);
    made.wires[2]?.fail('open', 'closed-1006');
    assert.deepEqual(made.finish().lines, [
      'connect 0-0.9: opened 4, held =4, open =4',
      'warm-up 1-2: held =4, open =4',
      'steady 2-3: ended 1, pings 4, pongs 1, pingsLost 1, open/closed-1006 1, held =3, pingsOutstanding =2, open =3, lifetime 2398×1, pong 500×1',
      'steady 3-4: ended 1, pings 1, pongs 1, open/closed-1001 1, held =2, pingsOutstanding =2, open =2, lifetime 3299×1, pong 1400×1',
      'steady 4-5: held =2, pingsOutstanding =2, open =2',
      'drain 5-6: held =2, pingsOutstanding =2, open =2',
      'drain 6-6.5: open/closed-1006 1, held =1, pingsOutstanding =2, open =1',
    ]);
  });

  test('a connection that was closed in order counts in the second in which it ended', async () => {
    const made = sceneOf('hold', { ping: 'none' });
    made.connect(1);
    made.start();
    await made.goTo(4_300_000);
    made.wires[0]?.end();
    assert.equal(made.client.reconnects(), false);
    made.end();
    const { phase, startUs, counters } = made.recordings.at(-1) ?? assert.fail();
    assert.deepEqual([phase, startUs, counters.ended], ['steady', 4_000_000, 1]);
  });

  test('no pings after the end, and none if the server sends them', async () => {
    const made = sceneOf('hold', { ping: 'client', 'ping-every': 1000 });
    made.connect(1);
    made.start();
    assert.equal(made.client.isDrained(2_500_000), false);
    await made.goTo(2_500_000);
    made.client.stop(2_500_000);
    assert.equal(made.client.isDrained(2_500_000), true);
    await made.goTo(4_500_000);
    assert.deepEqual(made.wires[0]?.did, ['ping']);
    const last = sceneOf('hold', { ping: 'client', 'ping-every': 2000 });
    last.connect(1);
    last.start();
    await last.goTo(4_000_000);
    last.wires[0]?.pong();
    await last.goTo(6_000_000);
    assert.deepEqual([last.timers, last.wires[0]?.did], [[], ['ping']]);
    assert.deepEqual(last.end().lines.slice(-4), [
      'steady 3-4: pings 1, held =1, pingsOutstanding =1, open =1',
      'steady 4-5: pongs 1, held =1, open =1, pong 1000×1',
      'drain 5-6: held =1, open =1',
      'drain 6-6: held =1, open =1',
    ]);
    const other = sceneOf('hold', { ping: 'server', 'ping-every': 1000 });
    other.connect(1);
    other.start();
    assert.deepEqual([other.timers, other.wires[0]?.did], [[], []]);
  });

  test('a message of the given size, and its echo if it has the same size; another one ends the connection', async () => {
    const made = sceneOf('touched', { touch: 3 });
    made.connect(4);
    assert.deepEqual(made.wires[0]?.did, ['text xxx']);
    await made.goTo(1_500_000);
    made.wires[0]?.say('xxx');
    made.wires[0]?.fail('open', 'closed-1006');
    made.wires[1]?.say('xx');
    made.wires[2]?.say('xxx');
    made.wires[2]?.say('xxx');
    assert.equal(made.client.isReady(), false);
    made.wires[3]?.say('xxx');
    assert.equal(made.client.isReady(), true);
    assert.deepEqual(
      made.sessions.routes.map(({ messages }) => messages),
      [3],
    );
    assert.deepEqual(
      made.wires.map(({ did }) => did),
      [['text xxx'], ['text xxx', 'destroy'], ['text xxx', 'destroy'], ['text xxx']],
    );
    assert.deepEqual(made.end().lines, [
      'connect 0-1: opened 4, bytesSent 12, held =4, open =4',
      'connect 1-1.5: bytesReceived 9, ended 3, touched 3, open/closed-1006 1, open/mismatch 2, held =1, open =1, lifetime 1499×3',
    ]);
  });
});
