import { PROXY } from '../model/proxy.ts';
import type { Result } from '../model/result.ts';

/** Whether a result is about a server that already runs, of which neither a proxy nor a configuration is known. */
export function isExternal({ variants }: Pick<Result, 'variants'>): boolean {
  return variants.length > 0 && variants.every(({ profile }) => profile.startsWith('target:'));
}

/** What a result measures, as its title says. */
export function topicOf(result: Pick<Result, 'variants'>): string {
  return isExternal(result) ? 'WebSocket server' : `WebSocket through ${PROXY}`;
}
