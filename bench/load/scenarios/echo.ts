import { isUtf8 } from 'node:buffer';
import type { Recorder } from '../../measure/recorder.ts';
import type { Load } from '../../model/load.ts';
import type { Turns } from '../../model/turns.ts';
import type { Clock } from '../clock.ts';
import type { Waker } from '../pacing/waker.ts';
import type { Payload } from '../wire/payload.ts';
import { closedLoop } from './closed-loop.ts';
import { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import { OpenLoop } from './open-loop.ts';
import type { OpenSessions, Scenario } from './scenario.ts';

export interface EchoOptions {
  clock: Clock;
  payload: Payload;
  recorder: Recorder;
  load: Load;
  /**
   * If the echo has not arrived this long after its message was sent, it is lost and its connection is given up.
   */
  echoTimeoutUs: number;
  /** This worker's number, the number of workers, and the run's seed determine the schedule of an open loop. */
  worker: number;
  workers: number;
  seed: number;
  /** Null if it may send all the time. */
  turns: Turns | null;
  /** Calls back once, at this time or later but never earlier; used by a closed loop. */
  callAt(us: number, call: () => void): void;
  /** Calls back when the next message is due; used by an open loop. */
  makeWaker(wake: () => void): Waker;
}

/**
 * The scenario `echo`: every open connection sends messages, in a closed or an open loop, and every echo is checked
 * for content and order.
 */
export function makeEcho(options: EchoOptions, sessions: OpenSessions<Exchange>): Scenario<Exchange> {
  const { payload, recorder, echoTimeoutUs } = options;
  const isText = payload.type === 'text';
  const loop = makeLoop(options, sessions);
  let started = false;
  let stopped = false;
  const giveUpUnsent = (exchange: Exchange, nowUs: number) =>
    exchange.dropUnsent((intendedUs) => recorder.unsent(nowUs, intendedUs, nowUs - intendedUs));
  return {
    state: () => new Exchange(),
    start(times) {
      started = true;
      loop.start(times);
    },
    open: (session) => loop.opened(session),
    message(session, bytes, from, to, text) {
      const exchange = session.state;
      const asked = exchange.sent > 0 && text === isText;
      const check = asked ? payload.check(bytes, from, to, session.id, exchange.awaited) : 'mismatch';
      if (check !== 'same') {
        // Text must be UTF-8 (RFC 6455 section 8.1). This is only checked for echoes that differ from what was
        // sent.
        session.giveUp(text && !isUtf8(bytes.subarray(from, to)) ? 'protocol-error' : check);
        return;
      }
      loop.echoed(exchange, to - from);
      exchange.shift();
      session.countEcho();
    },
    batchEnd: (session) => loop.batchEnd(session),
    closed({ state: exchange }, nowUs) {
      // Messages unanswered at the end are outstanding, not lost.
      if (stopped) return;
      giveUpUnsent(exchange, nowUs);
      for (; exchange.sent > 0; exchange.shift())
        recorder.lost(nowUs, exchange.sentUs, loop.hasSchedule ? exchange.intendedUs : null);
    },
    tick(session, nowUs) {
      // NaN if nothing is unanswered, so the comparison is false.
      if (nowUs - session.state.sentUs >= echoTimeoutUs) session.giveUp('echo-timeout');
    },
    isDrained: (nowUs) => stopped || (started && loop.isDrained(nowUs)),
    stop(nowUs) {
      if (stopped) return;
      stopped = true;
      loop.stop();
      for (const { state } of sessions.allOpen()) giveUpUnsent(state, nowUs);
    },
  };
}

function makeLoop(options: EchoOptions, sessions: OpenSessions<Exchange>): Loop {
  const { load } = options;
  return load.kind === 'closed'
    ? closedLoop({ ...options, sessions, inFlight: load.inFlight })
    : new OpenLoop({ ...options, sessions, load });
}
