import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../model/target.ts';
import { reload } from '../../topology/nginx.ts';
import { openSocket } from '../client.ts';
import type { Seen } from '../observation.ts';
import type { Raised } from '../raise.ts';
import { SHORT_SECONDS } from '../shortened.ts';
import { closingOf } from './idle.ts';

const WATCHED_SECONDS = SHORT_SECONDS * 2.5;
const BEAT_MS = SHORT_SECONDS * 200;

/** Reloads Nginx while a WebSocket is busy. Null where none opens. */
export async function tryReload(
  { nginx }: Pick<Raised, 'nginx'>,
  target: Target,
  signal: AbortSignal,
): Promise<Seen['reload']> {
  const { socket } = await openSocket(target, signal);
  if (socket === null) return null;
  const beat = setInterval(socket.send, BEAT_MS);
  try {
    const since = performance.now();
    reload(nginx);
    await Promise.race([socket.ended, sleep(WATCHED_SECONDS * 1e3, undefined, { signal })]);
    return { closed: closingOf(socket.ending(), since), watchedSeconds: WATCHED_SECONDS };
  } finally {
    clearInterval(beat);
    socket.drop();
  }
}
