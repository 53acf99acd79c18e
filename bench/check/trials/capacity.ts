import type { FailureKind } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import { openSocket, type Socket } from '../client.ts';
import type { Seen } from '../observation.ts';

/** Limits of the check itself, not of Nginx. */
const OWN_LIMITS: readonly FailureKind[] = ['no-files', 'no-ports'];

/**
 * Opens WebSockets one by one until one is refused, up to `most`. Opening several at once would use up
 * connections for WebSockets that are not yet open. Returns null if `most` WebSockets opened, or if a limit of
 * the check itself was reached first.
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
