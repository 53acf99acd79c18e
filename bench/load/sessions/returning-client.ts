import type { Client, ClientContext } from './client.ts';
import { makeComeback } from './comeback.ts';
import type { Session } from './session.ts';

/** What a scenario does when a connection opens or ends. */
export interface ConnectionHooks<State> {
  /** @param isBack whether the connection replaces one that was cut */
  opened(session: Session<State>, nowUs: number, isBack: boolean): void;
  /** @param isCut whether the connection ended after the client was started and before it was stopped */
  ended(session: Session<State>, nowUs: number, isCut: boolean): void;
}

/**
 * Returns a client that behaves like `client`, but replaces each lost connection according to the plan's
 * reconnect policy.
 */
export function makeReturningClient<State extends object>(
  context: ClientContext,
  client: Client<State>,
  hooks: Partial<ConnectionHooks<State>> = {},
): Client<State> {
  const comeback = makeComeback<State>(context);
  let started = false;
  let stopped = false;
  return {
    ...client,
    state: () => comeback.register(client.state()),
    start(times) {
      started = true;
      client.start(times);
    },
    open(session) {
      client.open(session);
      const nowUs = context.clock();
      const isBack = comeback.opened(session, nowUs);
      hooks.opened?.(session, nowUs, isBack);
    },
    refused: (session, nowUs) => comeback.refused(session, nowUs),
    closed(session, nowUs, isFailure) {
      client.closed(session, nowUs, isFailure);
      const isCut = started && !stopped;
      if (isCut) comeback.cut(session, nowUs);
      hooks.ended?.(session, nowUs, isCut);
    },
    reconnects: () => comeback.isActive(),
    stop(nowUs) {
      stopped = true;
      comeback.stop();
      client.stop(nowUs);
    },
  };
}
