import type { MakeClient } from '../../load/sessions/client.ts';
import { makeComeback } from '../../load/sessions/comeback.ts';
import { BEFORE_MS } from './definition.ts';

/**
 * Silent connections. A client whose connection is cut reconnects according to its policy. Times after the cut are
 * measured from the moment when the cut is due, which is a few milliseconds before it takes place.
 */
export const makeClient: MakeClient<object> = (context) => {
  const { recorder } = context;
  let cutUs = Number.POSITIVE_INFINITY;
  /**
   * Records the time since the cut. Nothing is recorded for connections that end by themselves before the
   * cut.
   */
  const recordSince = (name: string, nowUs: number) => {
    if (nowUs >= cutUs) recorder.record(name, nowUs - cutUs);
  };
  const comeback = makeComeback<object>(context, (nowUs) => recordSince('attemptAfter', nowUs));
  let drainUs = Number.POSITIVE_INFINITY;
  let started = false;
  let stopped = false;
  return {
    state: () => comeback.register({}),
    isReady: () => true,
    start(times) {
      started = true;
      ({ drainUs } = times);
      cutUs = times.warmUpUs + BEFORE_MS * 1e3;
    },
    open(session) {
      const nowUs = context.clock();
      if (comeback.opened(session, nowUs)) recordSince('backAfter', nowUs);
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
