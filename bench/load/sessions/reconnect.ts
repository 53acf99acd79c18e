import { randomFrom } from '../../model/random.ts';

/**
 * Determines when a client reconnects after losing its connection. The maximum delay doubles with each failed
 * attempt, up to a limit. With `jitter`, the actual delay is a random fraction of this maximum (exponential
 * backoff with full jitter). Times are in µs.
 */
export interface ReconnectPolicy {
  firstUs: number;
  longestUs: number;
  jitter: boolean;
}

/** Valid reconnect policies, such as `none`, `immediate`, `500ms` or `100ms..10s`. */
export const RECONNECT = /^(none|immediate|\d+(ms|s)(\.\.\d+(ms|s))?)$/;

/**
 * @returns null for `none`
 * @throws TypeError if the text does not match RECONNECT
 */
export function parseReconnect(text: string): ReconnectPolicy | null {
  if (!RECONNECT.test(text)) throw new TypeError(`${text} is not a reconnect policy`);
  if (text === 'none') return null;
  if (text === 'immediate') return { firstUs: 0, longestUs: 0, jitter: false };
  const [first = '', longest] = text.split('..');
  const firstUs = microseconds(first);
  return longest === undefined
    ? { firstUs, longestUs: firstUs, jitter: false }
    : { firstUs, longestUs: microseconds(longest), jitter: true };
}

function microseconds(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('ms') ? 1e3 : 1e6);
}

/**
 * Creates a function that returns the delay before each attempt, in µs.
 *
 * @param seed the same seed gives the same delays
 * @returns a function that takes the attempt number, from 0
 */
export function delaysOf(policy: ReconnectPolicy, seed: number): (attempt: number) => number {
  const random = randomFrom(seed);
  return (attempt) => {
    const most = Math.min(policy.longestUs, policy.firstUs * 2 ** Math.min(attempt, 40));
    return policy.jitter ? most * random() : most;
  };
}
