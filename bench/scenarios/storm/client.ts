import type { MakeClient } from '../../load/sessions/client.ts';
import { makeComeback } from '../../load/sessions/comeback.ts';

/** Silent connections. A client whose connection is cut reconnects according to its policy. */
export const makeClient: MakeClient<object> = (context) => {
  const comeback = makeComeback<object>(context);
  let drainUs = Number.POSITIVE_INFINITY;
  let started = false;
  let stopped = false;
  return {
    state: () => comeback.register({}),
    isReady: () => true,
    start(times) {
      started = true;
      ({ drainUs } = times);
    },
    open(session) {
      comeback.opened(session, context.clock());
    },
    message: (session) => session.giveUp('mismatch'),
    batchEnd() {},
    pong() {},
    refused: (session, nowUs) => comeback.refused(session, nowUs),
    closed(session, nowUs) {
      if (started) comeback.cut(session, nowUs);
    },
    reconnects: () => comeback.isActive(),
    tick() {},
    isDrained: (nowUs) => stopped || nowUs >= drainUs,
    stop() {
      stopped = true;
      comeback.stop();
    },
  };
};
