import { finding } from '../../wording/finding.ts';
import type { LintFinding } from '../finding.ts';
import type { Subject } from '../subject.ts';

/**
 * If no WebSocket can connect through a configuration, that is an error, regardless of the other findings.
 */
export function withNowhere(
  { candidates, seen }: Subject,
  found: readonly LintFinding[],
): readonly LintFinding[] {
  if (seen === null || candidates.length === 0 || found.some(({ level }) => level === 'error')) return found;
  const isOpen = [...seen.locations.values()].some(({ handshake }) => handshake.outcome === 'echoed');
  if (isOpen) return found;
  return [
    {
      rule: 'handshake',
      level: 'error',
      origin: candidates[0]?.self.origin ?? null,
      ...finding('no-websocket', { locations: candidates.length }),
      seen: null,
      remedies: [],
    },
    ...found,
  ];
}
