import type { MakeClient } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import { TOUCH_BYTES } from './definition.ts';

/** One connection's state. Times are in µs since the run's epoch. */
export interface Idle {
  openUs: number;
  /** When the unanswered ping was sent; null if there is none. */
  pingUs: number | null;
  /** Whether the connection's only message is still in flight. */
  isTouching: boolean;
}

/**
 * Connections that remain silent, with two exceptions: in the `touched` step, each connection sends one
 * message as soon as it is open, and then waits for the echo; in the `hold` step, pings may be sent. All
 * connections that end before the end of the run are counted.
 */
export const makeClient: MakeClient<Idle> = ({ clock, recorder, plan, callAt }, sessions) => {
  const touches = plan.step === 'touched';
  const { ping, 'ping-every': everyMs = 0, touch = TOUCH_BYTES } = plan.workload.options;
  const everyUs = Number(everyMs) * 1e3;
  const touchBytes = Number(touch);
  const message = Buffer.alloc(touchBytes, 'x');
  let touching = 0;
  let pingsOutstanding = 0;
  let drainUs = Number.POSITIVE_INFINITY;
  let stopped = false;
  recorder.level('held', () => sessions.openConnections);
  recorder.level('pingsOutstanding', () => pingsOutstanding);

  const touched = (session: Session<Idle>) => {
    if (!session.state.isTouching) return;
    session.state.isTouching = false;
    touching--;
  };
  const pingOne = (session: Session<Idle>) => {
    const nowUs = clock();
    // A connection is not pinged again while a ping is unanswered.
    if (session.state.pingUs !== null) return;
    session.state.pingUs = nowUs;
    // `at` may emit a recording of an earlier second, so the gauge changes afterwards.
    recorder.at(nowUs);
    pingsOutstanding++;
    recorder.count('pings');
    session.ping();
  };
  const pingAll = (atUs: number) => {
    callAt(atUs, () => {
      if (stopped || atUs >= drainUs) return;
      for (const session of sessions.allOpen()) pingOne(session);
      pingAll(atUs + everyUs);
    });
  };
  return {
    state: () => ({ openUs: 0, pingUs: null, isTouching: false }),
    refused() {},
    reconnects: () => false,
    isReady: () => touching === 0,
    start(times) {
      ({ drainUs } = times);
      if (ping === 'client') pingAll(times.warmUpUs + everyUs);
    },
    open(session) {
      const nowUs = clock();
      session.state.openUs = nowUs;
      if (!touches) return;
      session.state.isTouching = true;
      touching++;
      recorder.count('bytesSent', touchBytes);
      session.sendBytes(message, true);
    },
    message(session, _bytes, from, to) {
      if (!session.state.isTouching || to - from !== touchBytes) {
        session.giveUp('mismatch');
        return;
      }
      touched(session);
      recorder.at(clock());
      recorder.count('touched');
      recorder.count('bytesReceived', touchBytes);
      session.countEcho();
    },
    batchEnd() {},
    pong(session) {
      const { pingUs } = session.state;
      if (pingUs === null) return;
      const nowUs = clock();
      session.state.pingUs = null;
      recorder.at(nowUs);
      pingsOutstanding--;
      recorder.count('pongs');
      recorder.record('pong', nowUs - pingUs);
    },
    closed(session, nowUs) {
      touched(session);
      if (stopped) return;
      recorder.at(nowUs);
      recorder.count('ended');
      recorder.record('lifetime', nowUs - session.state.openUs);
      if (session.state.pingUs === null) return;
      pingsOutstanding--;
      recorder.count('pingsLost');
    },
    tick() {},
    isDrained: (nowUs) => stopped || nowUs >= drainUs,
    stop() {
      stopped = true;
    },
  };
};
