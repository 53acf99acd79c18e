import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection, ConnectionEvents } from '../load/connections/connection.ts';
import type { LoadPlan } from '../load/protocol.ts';
import type { MakeClient, ServerOfConnection } from '../load/sessions/client.ts';
import { Sessions } from '../load/sessions/sessions.ts';
import { Payload } from '../load/wire/payload.ts';
import { bucketValue } from '../measure/counts.ts';
import { Recorder } from '../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../model/failure.ts';
import type { RecordedNames, Recording } from '../model/recording.ts';

/** A second of warm-up, a second later the steady phase of three seconds. */
const TIMES = { connectedUs: 900_000, warmUpUs: 1_000_000, steadyUs: 2_000_000, drainUs: 5_000_000 };

/** A simulated connection: the test plays the server. */
export interface Wire extends Connection {
  stage: Connection['stage'];
  /** Everything that the client did with the connection, in order. */
  readonly did: string[];
  open(facts?: { resumed?: boolean }): void;
  /** Sends these bytes to the client, in the middle of a larger buffer, as frames are read. */
  say(message: string | Buffer, isText?: boolean): void;
  batchEnd(): void;
  pong(): void;
  end(): void;
  fail(stage: FailureStage, kind: FailureKind): void;
}

/**
 * Any scenario's client in a simulated environment: the clock advances only when the test says so.
 *
 * @param plan the members of the plan that the client reads
 */
export function makeScene<State>(
  recorded: RecordedNames,
  makeClient: MakeClient<State>,
  plan: Record<string, unknown>,
  {
    worker = 0,
    serverOf = () => ({ index: 0, tried: 1 }),
  }: {
    worker?: number;
    serverOf?(id: number): ServerOfConnection;
  } = {},
) {
  const clock = { us: 0 };
  const wires: Wire[] = [];
  const recordings: Recording[] = [];
  const timers: { us: number; call(): void }[] = [];
  const alarm: { dueUs: number | null; isClosed: boolean; wake(): void } = {
    dueUs: null,
    isClosed: false,
    wake() {},
  };
  const gathered: number[] = [];
  const payload = new Payload({ minBytes: 64, maxBytes: 64, type: 'text' }, 1);
  const names = { host: 'here', index: worker };
  const recorder = new Recorder(
    names,
    recorded,
    (recording) => recordings.push(recording),
    () => null,
  );
  const sessions: Sessions<State> = new Sessions<State>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs: 1e9,
      connect(_id, _source, _port, events) {
        const wire = makeWire(events);
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
          plan: {
            target: { kind: 'sandbox' },
            workers: 1,
            turns: null,
            seed: 1,
            echoTimeoutMs: 400,
            ...plan,
          } as unknown as LoadPlan,
          worker,
          serverOf: ({ id }) => serverOf(id),
          connect: () => sessions.connect(wires.length, null, 1),
          callAt: (us, call) => timers.push({ us, call }),
          gather: (unanswered) => gathered.push(unanswered),
          makeWaker(wake) {
            alarm.wake = wake;
            return {
              wakeAt: (us) => {
                alarm.dueUs = us;
              },
              close: () => {
                alarm.dueUs = null;
                alarm.isClosed = true;
              },
            };
          },
        },
        open,
      ),
  );
  const { client } = sessions;
  return {
    sessions,
    client,
    clock,
    wires,
    timers,
    alarm,
    payload,
    gathered,
    recordings,
    /** Starts handshakes and completes them. */
    connect(count: number, open = true) {
      for (let i = 0; i < count; i++) {
        sessions.connect(wires.length, null, 1);
        if (open) wires.at(-1)?.open();
      }
    },
    start() {
      recorder.schedule(TIMES);
      client.start(TIMES);
    },
    /** Advances the clock to `us` and calls everything that is due until then, in order. */
    async goTo(us: number) {
      for (;;) {
        const timer = timers.filter((each) => each.us <= us).sort((a, b) => a.us - b.us)[0];
        const dueUs = alarm.dueUs !== null && alarm.dueUs <= us ? alarm.dueUs : null;
        if (timer === undefined && dueUs === null) break;
        clock.us = Math.max(clock.us, Math.min(timer?.us ?? us, dueUs ?? us));
        if (timer !== undefined && timer.us <= (dueUs ?? us)) {
          timers.splice(timers.indexOf(timer), 1);
          timer.call();
          await nextTurn();
        } else {
          alarm.dueUs = null;
          alarm.wake();
        }
      }
      clock.us = us;
    },
    /** Ends the run, and returns what was recorded, in order, and the final counters and gauges. */
    end() {
      client.stop(clock.us);
      return this.finish();
    },
    finish() {
      recorder.finish(clock.us);
      return { lines: ledgerOf(recordings), totals: withoutZeros(recorder.totals) };
    },
  };
}

function makeWire(events: ConnectionEvents): Wire {
  const did: string[] = [];
  const wire: Wire = {
    stage: 'tcp',
    did,
    open({ resumed = false } = {}) {
      wire.stage = 'open';
      const facts = { alpn: null, proxyWorker: null, upstream: null, resumed };
      events.opened({ tcpUs: 10, tlsUs: null, upgradeUs: 20 }, facts);
    },
    say(message, isText = typeof message === 'string') {
      const bytes = Buffer.concat([Buffer.from('<<<'), Buffer.from(message as string), Buffer.from('>>')]);
      events.message(bytes, 3, bytes.length - 2, isText);
    },
    batchEnd: () => events.batchEnd(),
    pong: () => events.pong(),
    end() {
      events.closed();
    },
    fail(stage, kind) {
      events.failed(stage, kind);
    },
    send: (sequence, count) => void did.push(`send ${sequence}+${count}`),
    sendBytes: (bytes, isText) => void did.push(`${isText ? 'text' : 'binary'} ${bytes}`),
    ping: () => void did.push('ping'),
    pause: () => void did.push('pause'),
    resume: () => void did.push('resume'),
    close: () => void did.push('close'),
    destroy: () => void did.push('destroy'),
  };
  return wire;
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** What was recorded, one line for each recording that contains anything: counts, gauges, failures and times. */
function ledgerOf(recordings: readonly Recording[]): string[] {
  return recordings.flatMap(({ phase, startUs, endUs, counters, gauges, failures, histograms }) => {
    const counts = Object.entries(withoutZeros({ ...counters, ...failures }));
    const levels = Object.entries(withoutZeros(gauges ?? {}));
    const times = Object.entries(histograms)
      .filter(([name, pairs]) => pairs.length > 0 && !['tcp', 'upgrade', 'handshake'].includes(name))
      .map(([name, pairs]) => `${name} ${timesOf(pairs)}`);
    const told = [
      ...counts.map(([name, count]) => `${name} ${count}`),
      ...levels.map(([name, level]) => `${name} =${level}`),
      ...times,
    ];
    return told.length === 0 ? [] : `${phase} ${startUs / 1e6}-${endUs / 1e6}: ${told.join(', ')}`;
  });
}

/** Times in ms, at the histogram's resolution, and how often each occurred. */
function timesOf(pairs: Uint32Array): string {
  const times: string[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const ms = Math.round(bucketValue(pairs[at] ?? 0) / 1000);
    times.push(`${ms}×${pairs[at + 1]}`);
  }
  return times.join(' ');
}
