import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureKind } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import { type Ending, openSocket } from '../client.ts';
import type { LocationSeen } from '../observation.ts';
import { SHORT_SECONDS } from '../shortened.ts';

const WATCHED_MS = SHORT_SECONDS * 2_500;
/** Several messages fit into the timeout, so that a late timer of ours does not look like its end. */
const BEAT_MS = SHORT_SECONDS * 200;

/** Leaves one WebSocket of a location silent, and keeps another one busy. Null where it does not open. */
export async function tryIdle(target: Target, signal: AbortSignal): Promise<LocationSeen['idle']> {
  const [silent, busy] = await Promise.all([openSocket(target, signal), openSocket(target, signal)]);
  try {
    if (silent.socket === null || busy.socket === null) return null;
    const since = performance.now();
    const beat = setInterval(busy.socket.send, BEAT_MS);
    try {
      await sleep(WATCHED_MS, undefined, { signal });
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

/** @param sinceMs Of `performance.now` */
export function closingOf(ending: Ending | null, sinceMs: number): { code: number; seconds: number } | null {
  if (ending === null) return null;
  return { code: codeOf(ending.kind), seconds: (ending.atMs - sinceMs) / 1e3 };
}

const ABNORMAL = 1006;

function codeOf(kind: FailureKind): number {
  return Number(/^closed-(\d+)$/.exec(kind)?.[1] ?? ABNORMAL);
}
