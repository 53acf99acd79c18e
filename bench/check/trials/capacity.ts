import type { FailureKind } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import { openSocket, type Socket } from '../client.ts';
import type { Seen } from '../observation.ts';

/** What says that the limit was one of ours, and not one of Nginx. */
const OWN_LIMITS: readonly FailureKind[] = ['no-files', 'no-ports'];

/**
 * Opens WebSockets until one is refused, but no more than `most`; one after the other, because those that are on
 * their way take connections as well. Null where all of them opened, or where a
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
      const { socket, ...opening } = await openSocket(target, signal);
      if (socket !== null) sockets.push(socket);
      else if ('kind' in opening && !OWN_LIMITS.includes(opening.kind))
        return { opened: sockets.length, kind: opening.kind };
      else return null;
    }
    return null;
  } finally {
    for (const socket of sockets) socket.drop();
  }
}
