import type { Client, ClientContext, OpenSessions } from '../../load/sessions/client.ts';
import { makeComeback } from '../../load/sessions/comeback.ts';
import type { Session } from '../../load/sessions/session.ts';
import { makeClient as makeEcho } from './client.ts';
import type { Exchange } from './exchange.ts';

/** Callbacks of a scenario for connections that open or end. */
export interface ConnectionHooks {
  /** @param isBack whether the connection replaces one that was cut */
  opened(session: Session<Exchange>, nowUs: number, isBack: boolean): void;
  /** @param isCut whether the connection ended during the run, and not before or after it */
  ended(session: Session<Exchange>, nowUs: number, isCut: boolean): void;
}

/** Connections echo messages. A client that loses its connection reconnects according to its policy. */
export function makeReturningClient(
  context: ClientContext,
  sessions: OpenSessions<Exchange>,
  hooks: ConnectionHooks,
): Client<Exchange> {
  const echo = makeEcho(context, sessions) as Client<Exchange>;
  const comeback = makeComeback<Exchange>(context);
  let started = false;
  let stopped = false;
  return {
    ...echo,
    state: () => comeback.register(echo.state()),
    start(times) {
      started = true;
      echo.start(times);
    },
    open(session) {
      echo.open(session);
      const nowUs = context.clock();
      hooks.opened(session, nowUs, comeback.opened(session, nowUs));
    },
    refused: (session, nowUs) => comeback.refused(session, nowUs),
    closed(session, nowUs, isFailure) {
      echo.closed(session, nowUs, isFailure);
      const isCut = started && !stopped;
      if (isCut) comeback.cut(session, nowUs);
      hooks.ended(session, nowUs, isCut);
    },
    reconnects: () => comeback.isActive(),
    stop(nowUs) {
      stopped = true;
      comeback.stop();
      echo.stop(nowUs);
    },
  };
}
