import type { Target } from '../../model/target.ts';
import { reload } from '../../nginx/start.ts';
import { openSocket } from '../client.ts';
import type { Seen } from '../observation.ts';
import type { Raised } from '../raise.ts';
import { SHORT_SECONDS } from '../shortened.ts';
import { closingOf, endedWithin } from './idle.ts';

/** Long enough to see whether a WebSocket stays open or is cut as configured. */
const WATCHED_SECONDS = { stays: SHORT_SECONDS * 1.5, cut: SHORT_SECONDS * 5 };
const BEAT_MS = SHORT_SECONDS * 200;

/** Reloads Nginx while a WebSocket is exchanging messages. Returns null if no WebSocket could be opened. */
export async function tryReload(
  { nginx }: Pick<Raised, 'nginx'>,
  target: Target,
  expected: keyof typeof WATCHED_SECONDS,
  signal: AbortSignal,
): Promise<Seen['reload']> {
  const { socket } = await openSocket(target, signal);
  if (socket === null) return null;
  const beat = setInterval(socket.send, BEAT_MS);
  const watchedSeconds = WATCHED_SECONDS[expected];
  try {
    const since = performance.now();
    reload(nginx);
    await endedWithin(socket, watchedSeconds * 1e3, signal);
    return { closed: closingOf(socket.ending(), since), watchedSeconds };
  } finally {
    clearInterval(beat);
    socket.drop();
  }
}
