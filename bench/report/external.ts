import { PROXY } from '../model/proxy.ts';
import type { Result } from '../model/result.ts';

/**
 * Whether a result is for a server that was already running. Neither the server's proxy nor its configuration is
 * known.
 */
export function isExternal({ variants }: Pick<Result, 'variants'>): boolean {
  return variants.length > 0 && variants.every(({ profile }) => profile.startsWith('target:'));
}

/** The subject of a result, as used in its title. */
export function topicOf(result: Pick<Result, 'variants'>): string {
  return isExternal(result) ? 'WebSocket server' : `WebSocket through ${PROXY}`;
}
