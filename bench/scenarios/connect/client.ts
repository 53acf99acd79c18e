import type { MakeClient } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import { closedLoop } from './closed-loop.ts';
import { type Attempt, Handshakes } from './handshakes.ts';
import { openLoop } from './open-loop.ts';
import type { StarterContext } from './starter.ts';

/** One connection's state. Times are in µs since the run's epoch. */
export interface Visit extends Attempt {
  /** What the connection waits for once it is open. */
  awaits: 'echo' | 'close';
  /** When the connection began to wait for its echo or its close. */
  sinceUs: number;
}

/**
 * Opens connections, in a closed or an open loop, and closes each as soon as it is open or, if requested, as
 * soon as a message has been echoed.
 */
export const makeClient: MakeClient<Visit> = (context, sessions) => {
  const { clock, recorder, payload, plan, worker } = context;
  const { workload, workers, echoTimeoutMs } = plan;
  const echoes = workload.options.echo === 'on';
  const serverCloses = workload.options.close === 'server';
  const timeoutUs = echoTimeoutMs * 1e3;
  const handshakes = new Handshakes(recorder);
  let outstanding = 0;
  let stopped = false;
  let opening: Attempt = { intendedUs: null, startUs: 0 };
  recorder.level('live', () => sessions.openConnections);
  recorder.level('outstanding', () => outstanding);

  const limits: StarterContext = {
    existing: () => handshakes.pending + sessions.openConnections,
    mostExisting: shareOf(plan.connections, worker, workers),
    connect(startUs, intendedUs, possibleUs) {
      opening = { startUs, intendedUs };
      handshakes.started(opening, possibleUs);
      context.connect();
    },
  };
  const { load } = workload;
  if (load === null) throw new TypeError('connect has no load');
  const starter =
    load.kind === 'closed'
      ? closedLoop(context, limits, handshakes, shareOf(load.inFlight, worker, workers))
      : openLoop(context, limits, handshakes, load);

  /** The client closes the connection, or waits until the server has closed it. */
  const close = (session: Session<Visit>, nowUs: number) => {
    session.state.awaits = 'close';
    session.state.sinceUs = nowUs;
    if (!serverCloses) session.close();
  };
  const send = (session: Session<Visit>, nowUs: number) => {
    session.state.sinceUs = nowUs;
    recorder.count('sent');
    recorder.count('bytesSent', payload.size(session.id, 0));
    outstanding++;
    session.send(0, 1);
  };
  return {
    state: () => ({ ...opening, awaits: echoes ? 'echo' : 'close', sinceUs: opening.startUs }),
    isReady: () => true,
    start: (times) => starter.start(times),
    dueUs: ({ state }) => dueOf(state),
    open(session) {
      const nowUs = clock();
      if (stopped) return;
      handshakes.opened(session.state, nowUs, session.facts?.resumed ?? false);
      if (echoes) send(session, nowUs);
      else close(session, nowUs);
      starter.opened(nowUs);
    },
    refused(session, nowUs) {
      if (stopped) return;
      handshakes.refused(session.state, nowUs);
      starter.ended(nowUs, true);
    },
    message(session, bytes, from, to, text) {
      const asked = session.state.awaits === 'echo' && text === (payload.type === 'text');
      const check = asked ? payload.check(bytes, from, to, session.id, 0) : 'mismatch';
      if (check !== 'same') {
        session.giveUp(check);
        return;
      }
      const nowUs = clock();
      recorder.at(nowUs);
      outstanding--;
      recorder.count('echoed');
      recorder.count('bytesReceived', to - from);
      recorder.of(nowUs, dueOf(session.state)).histograms.echo?.record(nowUs - session.state.sinceUs);
      session.countEcho();
      close(session, nowUs);
    },
    batchEnd() {},
    pong() {},
    closed({ state }, nowUs, isFailure) {
      if (stopped) return;
      recorder.at(nowUs);
      recorder.count(isFailure ? 'broken' : 'closed');
      if (state.awaits === 'echo') {
        outstanding--;
        recorder.count('lost');
      } else if (!isFailure)
        recorder.of(nowUs, dueOf(state)).histograms.closing?.record(nowUs - state.sinceUs);
      starter.ended(nowUs, false);
    },
    reconnects: () => !stopped,
    tick(session, nowUs) {
      const { awaits, sinceUs } = session.state;
      if (nowUs - sinceUs >= timeoutUs) session.giveUp(`${awaits}-timeout`);
    },
    isDrained: (nowUs) => stopped || (starter.isDone(nowUs) && limits.existing() === 0),
    stop(nowUs) {
      if (stopped) return;
      stopped = true;
      starter.stop(nowUs);
    },
  };
};

/** Returns when a connection was due: its intended time or, without a schedule, its start. */
function dueOf({ intendedUs, startUs }: Attempt): number {
  return intendedUs ?? startUs;
}

/** Returns this worker's share of a total, at least 1. */
function shareOf(total: number, worker: number, workers: number): number {
  return Math.max(1, Math.floor(total / workers) + (worker < total % workers ? 1 : 0));
}
