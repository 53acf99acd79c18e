import type { Target } from '../../model/target.ts';
import type { Backend } from '../backend.ts';
import { openSocket } from '../client.ts';
import type { LocationSeen, Outcome } from '../observation.ts';

/** Number of simultaneous handshakes. With a cache lock, the last one waits three times, half a second each time. */
const TOGETHER = 4;

/**
 * Tries several handshakes at once after an ordinary GET of the same path. A cache may answer them with the
 * cached response or make them wait for one another.
 */
export async function tryCache(
  target: Target,
  backends: readonly Backend[],
  signal: AbortSignal,
): Promise<LocationSeen['cache']> {
  const before = countOf(backends);
  const begun = performance.now();
  const all = await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      const { socket, ...opening } = await openSocket(target, signal);
      socket?.drop();
      const outcome: Outcome = 'kind' in opening ? opening.kind : 'echoed';
      return { outcome, seconds: Math.round(performance.now() - begun) / 1e3 };
    }),
  );
  const failed = all.find(({ outcome }) => outcome !== 'echoed');
  return {
    afterGet: failed?.outcome ?? 'echoed',
    together: TOGETHER,
    reached: countOf(backends) - before,
    slowestSeconds: Math.max(...all.map(({ seconds }) => seconds)),
  };
}

function countOf(backends: readonly Backend[]): number {
  return backends.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
}
