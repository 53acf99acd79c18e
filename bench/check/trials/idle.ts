import { setTimeout as sleep } from 'node:timers/promises';
import { numberIn } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import { type Ending, openSocket, type Socket } from '../client.ts';
import type { LocationSeen } from '../observation.ts';
import { SHORT_SECONDS } from '../shortened.ts';

/** Time limit for the silent WebSocket to be closed, with a margin for delays on a busy machine. */
const PATIENCE_MS = SHORT_SECONDS * 5_000;
/** How long the busy WebSocket is watched after the silent one closed. */
const MARGIN_MS = SHORT_SECONDS * 300;
/**
 * Time between two messages. Several messages fit into the timeout, so the busy WebSocket stays open even if
 * one message is sent late.
 */
const BEAT_MS = SHORT_SECONDS * 200;

/** Keeps one WebSocket to a location silent and another one busy. Returns null if either cannot be opened. */
export async function tryIdle(target: Target, signal: AbortSignal): Promise<LocationSeen['idle']> {
  const [silent, busy] = await Promise.all([openSocket(target, signal), openSocket(target, signal)]);
  try {
    if (silent.socket === null || busy.socket === null) return null;
    const since = performance.now();
    const beat = setInterval(busy.socket.send, BEAT_MS);
    try {
      await endedWithin(silent.socket, PATIENCE_MS, signal);
      await sleep(MARGIN_MS, undefined, { signal });
    } finally {
      clearInterval(beat);
    }
    return {
      closed: closingOf(silent.socket.ending(), since),
      busyStayedOpen: busy.socket.ending() === null,
    };
  } finally {
    silent.socket?.drop();
    busy.socket?.drop();
  }
}

/**
 * Waits until the WebSocket has been closed, but at most `ms` milliseconds.
 *
 * @throws the signal's reason
 */
export async function endedWithin(
  { ended }: Pick<Socket, 'ended'>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const patience = sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() =>
    signal.throwIfAborted(),
  );
  await Promise.race([ended, patience]);
  over.abort();
  await patience;
}

/** Close code of a connection that ended without a close frame (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;

/** @param sinceMs a time from `performance.now` */
export function closingOf(ending: Ending | null, sinceMs: number): { code: number; seconds: number } | null {
  if (ending === null) return null;
  return {
    code: numberIn(ending.kind, 'closed') ?? ABNORMAL,
    seconds: Math.round(ending.atMs - sinceMs) / 1e3,
  };
}
