import assert from 'node:assert/strict';
import type { Connection, ConnectionEvents } from '../../load/connections/connection.ts';
import type { LoadPlan } from '../../load/protocol.ts';
import type { Client } from '../../load/sessions/client.ts';
import { Sessions } from '../../load/sessions/sessions.ts';
import { Payload } from '../../load/wire/payload.ts';
import { bucketValue } from '../../measure/counts.ts';
import { MESSAGE_NAMES } from '../../measure/messages.ts';
import { type PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Load, Payload as PayloadPlan } from '../../model/load.ts';
import { COMMON_COUNTERS, counted, type Recording, zeroCounters } from '../../model/recording.ts';
import type { PlannedTarget } from '../../model/target.ts';
import type { Turns } from '../../model/turns.ts';
import { makeClient } from './client.ts';
import { echo } from './definition.ts';
import type { Exchange } from './exchange.ts';

/** Phase times that most tests use, in µs: a second of warm-up, then a steady phase of ten seconds. */
export const TIMES: PhaseTimes = {
  connectedUs: 900_000,
  warmUpUs: 1_000_000,
  steadyUs: 2_000_000,
  drainUs: 12_000_000,
};

/** A simulated connection: the test plays the server. */
export interface Wire extends Connection {
  stage: FailureStage;
  /** Sequence numbers in the order sent, and the number of messages in each write. */
  readonly sent: number[];
  readonly writes: number[];
  echoed: number;
  over: boolean;
  /** Called at the next `send`, after it has been recorded. */
  onSend: (() => void) | null;
  open(route?: string): void;
  /** Echoes the next `count` messages in one read. */
  echo(count: number): void;
  /** Sends message `sequence` of this connection to the client, even if unrequested. */
  say(sequence: number, change?: (bytes: Buffer) => Buffer, text?: boolean): void;
  fail(stage: FailureStage, kind: FailureKind): void;
}

/** The scenario in a simulated environment: the clock advances only when the test says so. */
export interface Scene {
  sessions: Sessions<Exchange>;
  client: Client<Exchange>;
  recorder: Recorder;
  /** Messages sent and neither echoed nor lost, as reported to the recorder. */
  outstanding(): number;
  payload: Payload;
  clock: { us: number };
  wires: Wire[];
  recordings: Recording[];
  /** When the open loop's waker is due to call back; null if it is not set. */
  alarm: { dueUs: number | null };
  /** Handshakes that have ended, whether they succeeded or failed. */
  handshakes: { over: number };
  /** The numbers of unanswered messages that the client has announced. */
  gathered: number[];
  start(times: PhaseTimes): void;
  stop(): void;
  isDrained(): boolean;
  /** Starts handshakes and, by default, completes them. */
  connect(count: number, open?: boolean): void;
  /**
   * Advances the clock to `us` and calls every waker due by then, in as many event loop iterations as it
   * needs.
   */
  wakeAt(us: number): void;
  /** One iteration of the event loop, whether or not one was requested. */
  wake(): void;
  /** Ends recording. */
  finish(): void;
}

const SMALL: PayloadPlan = { minBytes: 64, maxBytes: 64, type: 'text' };

export interface SceneOptions {
  load: Load;
  payload?: PayloadPlan;
  echoTimeoutUs?: number;
  connectTimeoutUs?: number;
  worker?: number;
  workers?: number;
  seed?: number;
  turns?: Turns;
  target?: PlannedTarget;
}

function planOf(options: SceneOptions): LoadPlan {
  const payload = options.payload ?? SMALL;
  return {
    target: options.target ?? { kind: 'sandbox' },
    workload: { scenario: 'echo', load: options.load, payload, options: {} },
    connections: 1000,
    workers: options.workers ?? 1,
    step: options.load.kind === 'open' ? 'latency' : 'throughput',
    timeline: [],
    openingStages: 1,
    client: 'lean',
    carrier: 'sockets',
    pacing: null,
    turns: options.turns ?? null,
    sourceAddresses: [],
    echoTimeoutMs: (options.echoTimeoutUs ?? 1e9) / 1e3,
    connectTimeoutMs: (options.connectTimeoutUs ?? 1e9) / 1e3,
    seed: options.seed ?? 1,
  };
}

export function makeScene(options: SceneOptions): Scene {
  const clock = { us: 0 };
  const wires: Wire[] = [];
  const recordings: Recording[] = [];
  const alarm: { dueUs: number | null } = { dueUs: null };
  const handshakes = { over: 0 };
  const gathered: number[] = [];
  const payload = new Payload(options.payload ?? SMALL, 1);
  const recorder = new Recorder(
    { host: 'here', index: options.worker ?? 0 },
    echo.recorded,
    (recording) => recordings.push(recording),
    () => null,
  );
  let wake = () => {};
  const timers: { us: number; call(): void }[] = [];
  const sessions = new Sessions<Exchange>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs: options.connectTimeoutUs ?? 1e9,
      connect: (id, _source, _port, events) => {
        const wire = makeWire(id, events, payload);
        wires.push(wire);
        return wire;
      },
      onHandshakeOver: () => {
        handshakes.over++;
      },
    },
    (open) =>
      makeClient(
        {
          clock: () => clock.us,
          payload,
          recorder,
          plan: planOf(options),
          worker: options.worker ?? 0,
          connect: () => assert.fail('echo opens no more connections'),
          callAt: (us, call) => timers.push({ us, call }),
          serverOf: () => assert.fail('its server is of no interest'),
          makeWaker(call) {
            wake = call;
            return {
              wakeAt: (dueUs) => {
                alarm.dueUs = dueUs;
              },
              close: () => {
                alarm.dueUs = null;
              },
            };
          },
          gather: (unanswered) => gathered.push(unanswered),
        },
        open,
      ),
  );
  const { client } = sessions;
  return {
    sessions,
    client,
    recorder,
    outstanding: () => counted(recorder.totals, 'outstanding'),
    payload,
    clock,
    wires,
    recordings,
    alarm,
    handshakes,
    gathered,
    start(times) {
      recorder.schedule(times);
      client.start(times);
    },
    stop: () => client.stop(clock.us),
    isDrained: () => client.isDrained(clock.us),
    connect(count, open = true) {
      for (let i = 0; i < count; i++) {
        sessions.connect(wires.length, null, 1);
        if (open) wires.at(-1)?.open();
      }
    },
    wakeAt(us) {
      clock.us = us;
      while ((timers[0]?.us ?? Number.POSITIVE_INFINITY) <= us) timers.shift()?.call();
      while (alarm.dueUs !== null && alarm.dueUs <= us) {
        alarm.dueUs = null;
        wake();
      }
    },
    wake: () => wake(),
    finish: () => recorder.finish(clock.us),
  };
}

const PLAIN = new Uint8Array(4);

function makeWire(id: number, events: ConnectionEvents, payload: Payload): Wire {
  const message = (sequence: number) => {
    const bytes = Buffer.from(payload.body.subarray(0, payload.size(id, sequence)));
    payload.stamp(bytes, 0, bytes.length, id, sequence, PLAIN);
    return bytes;
  };
  const wire: Wire = {
    stage: 'tcp',
    sent: [],
    writes: [],
    echoed: 0,
    over: false,
    onSend: null,
    open(route = 'a') {
      wire.stage = 'open';
      const facts = { alpn: null, proxyWorker: route, upstream: null };
      events.opened({ tcpUs: 10, tlsUs: null, upgradeUs: 20 }, facts);
    },
    echo(count) {
      for (let i = 0; i < count && !wire.over; i++) {
        // The message is at some offset in a buffer, as when frames are read.
        const bytes = message(wire.echoed++);
        const buffer = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(3, 0xff)]);
        events.message(buffer, 5, 5 + bytes.length, payload.type === 'text');
      }
      if (!wire.over) events.batchEnd();
    },
    say(sequence, change = (bytes) => bytes, text = payload.type === 'text') {
      const bytes = change(message(sequence));
      events.message(bytes, 0, bytes.length, text);
    },
    fail(stage, kind) {
      wire.over = true;
      events.failed(stage, kind);
    },
    send(sequence, count) {
      for (let i = 0; i < count; i++) wire.sent.push(sequence + i);
      wire.writes.push(count);
      wire.onSend?.();
    },
    sendBytes() {
      throw new Error('echo sends what it can check');
    },
    ping() {
      throw new Error('echo sends no pings');
    },
    pause() {
      throw new Error('echo reads all the time');
    },
    resume() {
      throw new Error('echo reads all the time');
    },
    close() {
      wire.over = true;
      events.closed();
    },
    destroy() {
      wire.over = true;
    },
  };
  return wire;
}

const COUNTERS = [...COMMON_COUNTERS, ...MESSAGE_NAMES.counters] as const;

export interface Sums extends Record<(typeof COUNTERS)[number] | 'outstanding', number> {
  failures: Record<string, number>;
}

/** Totals over all recordings; outstanding is that of the last one. */
export function sumsOf(recordings: readonly Recording[]): Sums {
  const zero = zeroCounters(COUNTERS) as Record<(typeof COUNTERS)[number], number>;
  const sums: Sums = { ...zero, outstanding: 0, failures: {} };
  for (const recording of recordings) {
    for (const name of COUNTERS) sums[name] += counted(recording.counters, name);
    if (recording.gauges !== null) sums.outstanding = counted(recording.gauges, 'outstanding');
    for (const [key, count] of Object.entries(recording.failures))
      sums.failures[key] = (sums.failures[key] ?? 0) + count;
  }
  return sums;
}

/** Returns the samples of one kind in all recordings, as counts by value in µs. */
export function samplesOf(recordings: readonly Recording[], name: string): Map<number, number> {
  const samples = new Map<number, number>();
  for (const { histograms } of recordings) {
    const pairs = histograms[name] ?? [];
    for (let i = 0; i < pairs.length; i += 2) {
      const value = bucketValue(pairs[i] ?? 0);
      samples.set(value, (samples.get(value) ?? 0) + (pairs[i + 1] ?? 0));
    }
  }
  return samples;
}

export function countOf(samples: Map<number, number>): number {
  return [...samples.values()].reduce((sum, count) => sum + count, 0);
}
