import type { MakeClient } from '../../load/sessions/client.ts';
import { makeReturningClient } from '../../load/sessions/returning-client.ts';
import type { Session } from '../../load/sessions/session.ts';
import { BACKEND_GAUGES } from '../../measure/backends.ts';
import { makeClient as makeEcho } from '../echo/client.ts';
import type { Exchange } from '../echo/exchange.ts';

/**
 * Every connection sends messages on a schedule, and is counted under the echo server that serves it. A
 * client that loses its connection reconnects according to its policy.
 */
export const makeClient: MakeClient<Exchange> = (context, sessions) => {
  const { recorder, serverOf } = context;
  const open = BACKEND_GAUGES.map(() => 0);
  let unplaced = 0;
  for (const [index, name] of BACKEND_GAUGES.entries()) recorder.level(name, () => open[index] ?? 0);
  recorder.level('unplaced', () => unplaced);

  const count = (session: Session<Exchange>, by: 1 | -1) => {
    const { index } = serverOf(session);
    if (index === null) unplaced += by;
    else open[index] = (open[index] ?? 0) + by;
  };
  return makeReturningClient(context, makeEcho(context, sessions), {
    opened(session) {
      count(session, 1);
      if (serverOf(session).tried > 1) recorder.count('retried');
    },
    ended(session, nowUs) {
      recorder.at(nowUs);
      recorder.count('ended');
      count(session, -1);
    },
  });
};
