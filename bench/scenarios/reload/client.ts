import type { MakeClient } from '../../load/sessions/client.ts';
import { delaysOf, parseReconnect } from '../../load/sessions/reconnect.ts';
import type { Session } from '../../load/sessions/session.ts';
import { makeClient as makeEcho } from '../echo/client.ts';
import type { Exchange } from '../echo/exchange.ts';
import { reloadsAt } from './definition.ts';

/** A client without a connection. Times in µs since the run's epoch. */
interface Absent {
  cutUs: number;
  attempt: number;
  delay(attempt: number): number;
}

/**
 * Every connection echoes on a schedule, and a client whose connection is cut reconnects as its policy says.
 * Times after a reload count from when it was due, which is a few milliseconds before it happens.
 */
export const makeClient: MakeClient<Exchange> = (context, sessions) => {
  const { clock, recorder, plan, worker, callAt, connect } = context;
  const { options } = plan.workload;
  const policy = parseReconnect(String(options.reconnect));
  const echo = makeEcho(context, sessions);
  const first = new Set<Session<Exchange>>();
  /** For a connection that replaces another: its client, by the state of the connection. */
  const owners = new WeakMap<Exchange, Absent>();
  let opening: Absent | null = null;
  let absent = 0;
  let reloadsUs: number[] = [];
  let started = false;
  let stopped = false;
  recorder.level('first', () => first.size);
  recorder.level('waiting', () => absent);

  const sinceReload = (nowUs: number): number | null => {
    const last = reloadsUs.findLast((us) => us <= nowUs);
    return last === undefined ? null : nowUs - last;
  };
  const attempt = (client: Absent) => {
    const delayUs = client.delay(client.attempt);
    callAt(clock() + delayUs, () => {
      if (stopped) return;
      client.attempt++;
      recorder.at(clock());
      recorder.count('attempts');
      opening = client;
      connect();
      opening = null;
    });
  };
  return {
    ...echo,
    state() {
      const exchange = echo.state();
      if (opening !== null) owners.set(exchange, opening);
      return exchange;
    },
    start(times) {
      started = true;
      reloadsUs = reloadsAt(options).map((atMs) => times.warmUpUs + atMs * 1e3);
      echo.start(times);
    },
    open(session) {
      echo.open(session);
      if (!started) {
        first.add(session);
        return;
      }
      const client = owners.get(session.state);
      if (client === undefined) return;
      const nowUs = clock();
      absent--;
      recorder.at(nowUs);
      recorder.count('back');
      recorder.record('outage', nowUs - client.cutUs);
      const since = sinceReload(nowUs);
      if (since !== null) recorder.record('backAfter', since);
    },
    refused(session, nowUs) {
      if (!started || stopped) return;
      const client = owners.get(session.state);
      if (client === undefined) return;
      recorder.at(nowUs);
      recorder.count('attemptsFailed');
      attempt(client);
    },
    closed(session, nowUs) {
      echo.closed(session, nowUs);
      first.delete(session);
      if (!started || stopped) return;
      recorder.at(nowUs);
      recorder.count('cut');
      absent++;
      const since = sinceReload(nowUs);
      if (since !== null) recorder.record('cutAfter', since);
      if (policy === null) return;
      const seed = plan.seed + session.id * 31 + worker;
      attempt({ cutUs: nowUs, attempt: 0, delay: delaysOf(policy, seed) });
    },
    reconnects: () => policy !== null && !stopped,
    stop(nowUs) {
      stopped = true;
      echo.stop(nowUs);
    },
  };
};
