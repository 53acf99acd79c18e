import type { RecordedNames } from '../../model/recording.ts';
import type { ClientContext } from './client.ts';
import { delaysOf, parseReconnect } from './reconnect.ts';
import type { Session } from './session.ts';

/**
 * Names used to record clients that lose their connection. `cut`: connections that ended during the run.
 * `back`: clients that have reconnected. `waiting`: clients that have not reconnected yet. `outage`: time in
 * µs from the end of a client's connection until the handshake of its next connection has ended.
 */
export const COMEBACK_NAMES = {
  counters: ['cut', 'back', 'attempts', 'attemptsFailed'],
  gauges: ['waiting'],
  histograms: ['outage'],
} as const satisfies RecordedNames;

/**
 * Maximum number of handshakes started per iteration of the event loop. Starting this many takes about a
 * millisecond. Without this limit, a thousand clients that return at the same time would keep this process
 * from sending the messages that are due, and from reading the answers to the handshakes.
 */
const STARTS_A_TURN = 16;

/** A client that has lost its connection. */
interface Absent {
  cutUs: number;
  attempt: number;
  delay(attempt: number): number;
}

/** Reconnects clients according to the plan's `reconnect` option. A state object identifies a connection. */
export interface Comeback<State extends object> {
  /** Registers the state of a connection that is about to open, and returns that state. */
  register(state: State): State;
  /** @returns whether the connection replaces one that was cut */
  opened(session: Session<State>, nowUs: number): boolean;
  refused(session: Session<State>, nowUs: number): void;
  cut(session: Session<State>, nowUs: number): void;
  /** Reports whether clients may still reconnect. */
  isActive(): boolean;
  stop(): void;
}

/** @param attempted called when a client starts an attempt to reconnect */
export function makeComeback<State extends object>(
  context: ClientContext,
  attempted: (nowUs: number) => void = () => {},
): Comeback<State> {
  const { clock, recorder, plan, worker, callAt, connect } = context;
  const policy = parseReconnect(String(plan.workload.options.reconnect));
  /** Maps the state of each replacement connection to the client that opens it. */
  const owners = new WeakMap<State, Absent>();
  let opening: Absent | null = null;
  let absent = 0;
  let stopped = false;
  /** Clients whose delay is over, in the order in which they will reconnect. */
  const due: Absent[] = [];
  recorder.level('waiting', () => absent);

  const startDue = () => {
    if (stopped) return;
    for (const client of due.splice(0, STARTS_A_TURN)) {
      client.attempt++;
      const nowUs = clock();
      recorder.at(nowUs);
      recorder.count('attempts');
      attempted(nowUs);
      opening = client;
      connect();
      opening = null;
    }
    if (due.length > 0) setImmediate(startDue);
  };
  const attempt = (client: Absent) =>
    callAt(clock() + client.delay(client.attempt), () => {
      due.push(client);
      if (due.length === 1) setImmediate(startDue);
    });
  return {
    register(state) {
      if (opening !== null) owners.set(state, opening);
      return state;
    },
    opened(session, nowUs) {
      const client = owners.get(session.state);
      if (client === undefined) return false;
      absent--;
      recorder.at(nowUs);
      recorder.count('back');
      recorder.record('outage', nowUs - client.cutUs);
      return true;
    },
    refused(session, nowUs) {
      const client = owners.get(session.state);
      if (client === undefined || stopped) return;
      recorder.at(nowUs);
      recorder.count('attemptsFailed');
      attempt(client);
    },
    cut(session, nowUs) {
      if (stopped) return;
      recorder.at(nowUs);
      recorder.count('cut');
      absent++;
      if (policy === null) return;
      const delay = delaysOf(policy, plan.seed + session.id * 31 + worker);
      attempt({ cutUs: nowUs, attempt: 0, delay });
    },
    isActive: () => policy !== null && !stopped,
    stop() {
      stopped = true;
    },
  };
}
