import type { MakeClient } from '../../load/sessions/client.ts';
import { makeReturningClient } from '../../load/sessions/returning-client.ts';
import type { Session } from '../../load/sessions/session.ts';
import { makeClient as makeEcho } from '../echo/client.ts';
import type { Exchange } from '../echo/exchange.ts';
import { reloadsAt } from './definition.ts';

/**
 * Every connection sends messages on a schedule. A client that loses its connection reconnects according to
 * its policy. Times after a reload are measured from the moment when the reload is due, which is a few
 * milliseconds before it takes place.
 */
export const makeClient: MakeClient<Exchange> = (context, sessions) => {
  const { recorder, plan } = context;
  /** Connections opened before the first reload. */
  const first = new Set<Session<Exchange>>();
  let reloadsUs: number[] | null = null;
  recorder.level('first', () => first.size);

  /** Records the time since the last reload before `nowUs`, if there was one. */
  const recordSince = (name: string, nowUs: number) => {
    const last = reloadsUs?.findLast((us) => us <= nowUs);
    if (last !== undefined) recorder.record(name, nowUs - last);
  };
  const client = makeReturningClient(context, makeEcho(context, sessions), {
    opened(session, nowUs, isBack) {
      if (reloadsUs === null) first.add(session);
      if (isBack) recordSince('backAfter', nowUs);
    },
    ended(session, nowUs, isCut) {
      first.delete(session);
      if (isCut) recordSince('cutAfter', nowUs);
    },
  });
  return {
    ...client,
    start(times) {
      reloadsUs = reloadsAt(plan.workload.options).map((atMs) => times.warmUpUs + atMs * 1e3);
      client.start(times);
    },
  };
};
