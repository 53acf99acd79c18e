import type { ClientContext, OpenSessions } from '../../load/sessions/client.ts';
import type { Messages } from '../../measure/messages.ts';
import { closedLoop } from './closed-loop.ts';
import type { Exchange } from './exchange.ts';
import type { Loop } from './loop.ts';
import { OpenLoop } from './open-loop.ts';
import type { Outgoing } from './outgoing.ts';

/**
 * Creates the loop that the plan specifies.
 *
 * @throws TypeError if the step has no load
 */
export function makeLoop(
  { clock, plan, worker, callAt, makeWaker, gather }: ClientContext,
  messages: Messages,
  sessions: OpenSessions<Exchange>,
  { outgoing, awaitsAnswers }: { outgoing: Outgoing; awaitsAnswers: boolean },
): Loop {
  const { workload, workers, seed, turns, echoTimeoutMs } = plan;
  const { load } = workload;
  if (load === null) throw new TypeError(`the step ${plan.step} has no load`);
  if (load.kind === 'closed')
    return closedLoop({
      clock,
      outgoing,
      messages,
      sessions,
      turns,
      callAt,
      gather,
      inFlight: load.inFlight,
    });
  const echoTimeoutUs = echoTimeoutMs * 1e3;
  const schedule = { load, worker, workers, seed, turns, echoTimeoutUs, awaitsAnswers };
  return new OpenLoop({ clock, outgoing, messages, sessions, makeWaker, ...schedule });
}
