import type { MakeClient } from '../../load/sessions/client.ts';
import { makeComeback } from '../../load/sessions/comeback.ts';
import type { Session } from '../../load/sessions/session.ts';
import { makeClient as makeEcho } from '../echo/client.ts';
import type { Exchange } from '../echo/exchange.ts';
import { reloadsAt } from './definition.ts';

/**
 * Every connection sends messages on a schedule. A client that loses its connection reconnects according to
 * its policy. Times after a reload are measured from when it was due, a few milliseconds before it takes
 * place.
 */
export const makeClient: MakeClient<Exchange> = (context, sessions) => {
  const { clock, recorder, plan } = context;
  const echo = makeEcho(context, sessions);
  const comeback = makeComeback<Exchange>(context);
  /** Connections opened before the first reload. */
  const first = new Set<Session<Exchange>>();
  let reloadsUs: number[] = [];
  let started = false;
  let stopped = false;
  recorder.level('first', () => first.size);

  /** Records the time since the last reload before `nowUs`, if there was one. */
  const recordSince = (name: string, nowUs: number) => {
    const last = reloadsUs.findLast((us) => us <= nowUs);
    if (last !== undefined) recorder.record(name, nowUs - last);
  };
  return {
    ...echo,
    state: () => comeback.register(echo.state()),
    start(times) {
      started = true;
      reloadsUs = reloadsAt(plan.workload.options).map((atMs) => times.warmUpUs + atMs * 1e3);
      echo.start(times);
    },
    open(session) {
      echo.open(session);
      if (!started) first.add(session);
      const nowUs = clock();
      if (comeback.opened(session, nowUs)) recordSince('backAfter', nowUs);
    },
    refused: (session, nowUs) => comeback.refused(session, nowUs),
    closed(session, nowUs, isFailure) {
      echo.closed(session, nowUs, isFailure);
      first.delete(session);
      if (!started || stopped) return;
      comeback.cut(session, nowUs);
      recordSince('cutAfter', nowUs);
    },
    reconnects: () => comeback.isActive(),
    stop(nowUs) {
      stopped = true;
      comeback.stop();
      echo.stop(nowUs);
    },
  };
};
