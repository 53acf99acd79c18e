import type { FailureKind } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import { openSocket, type Socket } from '../client.ts';
import type { Seen } from '../observation.ts';

/** Opened at a time: few enough for any backlog. */
const BATCH = 32;

/** What says that the limit was one of ours, and not one of Nginx. */
const OWN_LIMITS: readonly FailureKind[] = ['no-files', 'no-ports'];

/**
 * Opens WebSockets until one is refused, but no more than `most`. Null where all of them opened, or where a
 * limit of the bench's own came first.
 */
export async function tryCapacity(
  target: Target,
  most: number,
  signal: AbortSignal,
): Promise<Seen['capacity']> {
  const sockets: Socket[] = [];
  try {
    while (sockets.length < most) {
      const openings = await Promise.all(Array.from({ length: BATCH }, () => openSocket(target, signal)));
      for (const { socket } of openings) if (socket !== null) sockets.push(socket);
      const refused = openings.find(({ socket }) => socket === null);
      if (refused === undefined || !('kind' in refused)) continue;
      return OWN_LIMITS.includes(refused.kind) ? null : { opened: sockets.length, kind: refused.kind };
    }
    return null;
  } finally {
    for (const socket of sockets) socket.drop();
  }
}
