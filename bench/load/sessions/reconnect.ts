import { randomFrom } from '../../model/random.ts';

/**
 * When a client comes back after its connection ended: after a delay that doubles with each attempt that fails, up to a
 * longest one, and of which a random share is waited (exponential backoff with full jitter). Times in µs.
 */
export interface ReconnectPolicy {
  firstUs: number;
  longestUs: number;
  jitter: boolean;
}

/** `none`, `immediate`, `500ms`, `100ms..10s`. */
export const RECONNECT = /^(none|immediate|\d+(ms|s)(\.\.\d+(ms|s))?)$/;

/** @returns null for `none`  @throws TypeError for a text that RECONNECT does not match */
export function parseReconnect(text: string): ReconnectPolicy | null {
  if (!RECONNECT.test(text)) throw new TypeError(`${text} is no policy`);
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
 * Delays before attempts, in µs.
 *
 * @param seed the same seed gives the same delays
 * @returns the delay before attempt `attempt`, from 0
 */
export function delaysOf(policy: ReconnectPolicy, seed: number): (attempt: number) => number {
  const random = randomFrom(seed);
  return (attempt) => {
    const most = Math.min(policy.longestUs, policy.firstUs * 2 ** Math.min(attempt, 40));
    return policy.jitter ? most * random() : most;
  };
}
