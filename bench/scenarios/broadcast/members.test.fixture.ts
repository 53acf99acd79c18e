import assert from 'node:assert/strict';
import { Rooms } from '../../../server/rooms.ts';
import type { Connection, ConnectionEvents } from '../../load/connections/connection.ts';
import type { LoadPlan } from '../../load/protocol.ts';
import type { MakeClient } from '../../load/sessions/client.ts';
import { Sessions } from '../../load/sessions/sessions.ts';
import { Payload } from '../../load/wire/payload.ts';
import { Recorder } from '../../measure/recorder.ts';
import type { ScenarioOptions } from '../../model/load.ts';
import type { Recording } from '../../model/recording.ts';
import type { ScenarioDefinition } from '../definition.ts';
import type { Member } from './members.ts';

const TIMES = { connectedUs: 1000, warmUpUs: 1_000_000, steadyUs: 1_000_000, drainUs: 11_000_000 };

/** A simulated connection: the client's end, and the end of a simulated server. */
export interface Wire extends Connection {
  events: ConnectionEvents;
  isPaused: boolean;
  /** Data that the server sent while the client did not read. */
  held: Buffer[];
  /** Number of bytes that the server considers queued. */
  queued: number;
  queuedBytes(): number;
  deliver(frame: Buffer): void;
}

/**
 * Workers whose clients are members of rooms of one simulated server. Messages take no time, and the clock
 * advances only when the test says so. One publication per second.
 */
export function makeScene(
  scenario: ScenarioDefinition,
  makeClient: MakeClient<Member>,
  { connections, workers, options }: { connections: number; workers: number; options: ScenarioOptions },
) {
  const clock = { us: 0 };
  const rooms = new Rooms<Buffer, Wire>();
  const wires: Wire[] = [];
  const recordings: Recording[] = [];
  const wakes: { us: number; wake(): void }[] = [];
  const plan = {
    step: scenario.steps[0]?.name,
    connections,
    workers,
    seed: 1,
    echoTimeoutMs: 10_000,
    workload: { options, load: { kind: 'open', ratePerSecond: 1, arrivals: 'uniform' } },
  } as LoadPlan;
  const payload = new Payload({ minBytes: 64, maxBytes: 64, type: 'text' }, 1);

  const wireOf = (events: ConnectionEvents): Wire => {
    const wire: Wire = {
      events,
      stage: 'open',
      isPaused: false,
      held: [],
      queued: 0,
      send: () => assert.fail('members send no numbered messages'),
      sendBytes(bytes) {
        const copy = Buffer.from(bytes);
        if (rooms.take(wire, copy, (published) => published) === null) wire.deliver(copy);
      },
      ping() {},
      pause() {
        wire.isPaused = true;
      },
      resume() {
        wire.isPaused = false;
        for (const bytes of wire.held.splice(0)) wire.deliver(bytes);
      },
      close() {},
      destroy: () => rooms.leave(wire),
      queuedBytes: () => wire.queued,
      deliver(frame) {
        if (wire.isPaused) wire.held.push(frame);
        else events.message(frame, 0, frame.length, true);
      },
    };
    return wire;
  };
  const fleet = Array.from({ length: workers }, (_, worker) => {
    const recorder = new Recorder(
      { host: 'here', index: worker },
      scenario.recorded,
      (recording) => recordings.push(recording),
      () => null,
    );
    const sessions = new Sessions<Member>(
      {
        clock: () => clock.us,
        recorder,
        connectTimeoutUs: 1e9,
        connect(id, _source, _port, events) {
          const wire = wireOf(events);
          wires[id] = wire;
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
            worker,
            connect: () => assert.fail('members do not come back'),
            callAt: (us, call) => wakes.push({ us, wake: call }),
            serverOf: () => assert.fail('its server is of no interest'),
            makeWaker: (wake) => ({ wakeAt: (us) => void wakes.push({ us, wake }), close() {} }),
            gather: () => assert.fail('there is a schedule'),
          },
          open,
        ),
    );
    return { recorder, sessions };
  });
  return {
    wires,
    clients: fleet.map(({ sessions }) => sessions.client),
    recordings,
    /** Opens all connections, and starts. */
    start() {
      for (let id = 0; id < connections; id++) {
        const { sessions } = fleet[id % workers] ?? assert.fail();
        sessions.connect(id, null, 0);
        wires[id]?.events.opened(
          { tcpUs: 1, tlsUs: null, upgradeUs: 1 },
          { alpn: null, proxyWorker: null, upstream: null },
        );
      }
      for (const { recorder, sessions } of fleet) {
        assert.ok(sessions.client.isReady());
        recorder.connected();
        recorder.schedule(TIMES);
        sessions.client.start(TIMES);
      }
    },
    /** Advances the clock to this time and runs everything due by then, in order. */
    passTo(us: number) {
      for (;;) {
        wakes.sort((a, b) => a.us - b.us);
        const [next] = wakes;
        if (next === undefined || next.us > us) break;
        wakes.shift();
        clock.us = Math.max(clock.us, next.us);
        next.wake();
      }
      clock.us = us;
      for (const { sessions } of fleet) sessions.tick(connections);
    },
    /**
     * Ends the run, checks that each worker's totals satisfy the equations of the scenario, and returns them.
     */
    finish(): Record<string, number>[] {
      const totals = fleet.map(({ recorder, sessions }) => {
        sessions.client.stop(clock.us);
        recorder.finish(clock.us + 1);
        return recorder.totals;
      });
      for (const counts of totals)
        for (const { whole, parts } of scenario.conservation)
          assert.equal(
            counts[whole],
            parts.reduce((sum, part) => sum + (counts[part] ?? Number.NaN), 0),
            whole,
          );
      return totals;
    },
  };
}

/** The counts of all workers together. */
export function sumOf(totals: readonly Record<string, number>[], name: string): number {
  return totals.reduce((sum, counts) => sum + (counts[name] ?? 0), 0);
}
