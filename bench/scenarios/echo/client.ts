import { isUtf8 } from 'node:buffer';
import type { MakeClient } from '../../load/sessions/client.ts';
import { Messages } from '../../measure/messages.ts';
import { expectationOf } from '../../model/target.ts';
import { Exchange } from './exchange.ts';
import { makeLoop } from './make-loop.ts';

/**
 * Every open connection sends messages, in a closed or an open loop. The content and order of all echoes are
 * checked, unless an external server answers with something else or not at all.
 */
export const makeClient: MakeClient<Exchange> = (context, sessions) => {
  const { payload, plan } = context;
  const echoTimeoutUs = plan.echoTimeoutMs * 1e3;
  const isText = payload.type === 'text';
  const messages = new Messages(context.recorder);
  const expected = expectationOf(plan.target);
  const loop = makeLoop(context, messages, sessions, {
    awaitsAnswers: expected !== 'none',
    outgoing: {
      size: ({ id }, sequence) => payload.size(id, sequence),
      send: (session, first, count) => session.send(first, count),
    },
  });
  let started = false;
  let stopped = false;
  const giveUpUnsent = (exchange: Exchange, nowUs: number) =>
    exchange.dropUnsent((intendedUs) => messages.unsent(nowUs, intendedUs, nowUs - intendedUs));
  return {
    state: () => new Exchange(),
    refused() {},
    reconnects: () => false,
    isReady: () => true,
    start(times) {
      started = true;
      loop.start(times);
    },
    open: (session) => loop.opened(session),
    message(session, bytes, from, to, text) {
      const exchange = session.state;
      if (expected !== 'echo') {
        // A message that is not an echo counts as the answer to the oldest unanswered message.
        if (exchange.sent === 0) {
          messages.unasked(context.clock(), to - from);
          return;
        }
        loop.echoed(exchange, to - from);
        exchange.shift();
        session.countEcho();
        return;
      }
      const asked = exchange.sent > 0 && text === isText;
      const check = asked ? payload.check(bytes, from, to, session.id, exchange.awaited) : 'mismatch';
      if (check !== 'same') {
        // Text messages must be UTF-8 (RFC 6455 section 8.1). This is only checked for echoes that differ
        // from the message sent.
        session.giveUp(text && !isUtf8(bytes.subarray(from, to)) ? 'protocol-error' : check);
        return;
      }
      loop.echoed(exchange, to - from);
      exchange.shift();
      session.countEcho();
    },
    batchEnd: (session) => loop.batchEnd(session),
    pong() {},
    closed({ state: exchange }, nowUs) {
      // Messages that are unanswered at the end are outstanding, not lost.
      if (stopped) return;
      giveUpUnsent(exchange, nowUs);
      for (; exchange.sent > 0; exchange.shift())
        messages.lost(nowUs, exchange.sentUs, loop.hasSchedule ? exchange.intendedUs : null);
    },
    tick(session, nowUs) {
      // `sentUs` is NaN if no message is unanswered; the comparison is then false.
      if (nowUs - session.state.sentUs >= echoTimeoutUs) session.giveUp('echo-timeout');
    },
    isDrained: (nowUs) => stopped || (started && loop.isDrained(nowUs)),
    stop(nowUs) {
      if (stopped) return;
      stopped = true;
      loop.stop();
      for (const { state } of sessions.allOpen()) giveUpUnsent(state, nowUs);
    },
  };
};
