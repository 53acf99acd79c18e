import type { Target } from '../../model/target.ts';
import { locationsOf, patternOf } from '../../nginx/location.ts';
import type { Backend } from '../backend.ts';
import { browserHandshake } from '../browser.ts';
import type { Candidate } from '../candidate.ts';
import type { Trace } from '../observation.ts';
import { countsOf, receivedSince } from './handshake.ts';

/** Added to the path and the query of a location, to see whether both arrive. */
const BELOW = 'check-below';
const QUERY = 'check=1';

/**
 * Sends a handshake like a browser's to a path below the location. The rules compare what was sent with what
 * was received.
 */
export async function tryTrace(
  candidate: Candidate,
  target: Target,
  backends: readonly Backend[],
  signal: AbortSignal,
): Promise<Trace> {
  const before = countsOf(backends);
  const asked = { ...target, path: pathBelow(candidate, target.path) };
  const answered = await browserHandshake(asked, signal);
  return { ...answered, received: receivedSince(backends, before) };
}

/**
 * Returns a path below a location if that path still leads to the same location, otherwise the location's own
 * path; both with a query.
 */
function pathBelow({ server, sign }: Candidate, written: string): string {
  const [path = written, query] = written.split('?');
  const whole = query === undefined ? `?${QUERY}` : `?${query}&${QUERY}`;
  const below = path.endsWith('/') ? `${path}${BELOW}` : `${path}/${BELOW}`;
  const answering = locationsOf(server, path).at(-1);
  const isPrefix = answering !== undefined && ['', '^~'].includes(patternOf(answering)?.modifier ?? '=');
  const leadsThere = isPrefix && locationsOf(server, below).at(-1) === answering;
  return `${sign !== 'stream' && sign !== 'asked' && sign !== 'hop' && leadsThere ? below : path}${whole}`;
}
