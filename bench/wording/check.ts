import { HANDSHAKE } from './check/handshake.ts';
import { LIMITS } from './check/limits.ts';
import { FAILED, SEEN } from './check/observation.ts';
import { OPERATION } from './check/operation.ts';
import { PASSED_ON } from './check/passed-on.ts';

/** Findings about a configuration, reported by `check`. */
const FOUND = { ...HANDSHAKE, ...PASSED_ON, ...LIMITS, ...OPERATION };

/** Codes of the findings of `check` about a configuration. */
export type FoundCode = keyof typeof FOUND;

export const CHECK = { ...FOUND, ...FAILED, ...SEEN };

/** Introduces what was observed when a finding was tested. */
export function seenSentence(text: string): string {
  return `Seen: ${text}`;
}

/**
 * Introduces the lines that a finding recommends adding.
 *
 * @param block the block to which they belong; `main` for the top level of the configuration
 */
export function remedyHeading(block: string): string {
  return `${block === 'main' ? 'Outside all blocks' : `In ${block}`}, write:`;
}
