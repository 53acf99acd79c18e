import { finding } from '../../wording/finding.ts';
import type { LintFinding } from '../finding.ts';
import type { Subject } from '../subject.ts';

/** A configuration through which no WebSocket gets is an error, whatever is found in it. */
export function withNowhere({ candidates, seen }: Subject, found: readonly LintFinding[]): LintFinding[] {
  if (seen === null || candidates.length === 0 || found.some(({ level }) => level === 'error'))
    return [...found];
  const isOpen = [...seen.locations.values()].some(({ handshake }) => handshake.outcome === 'echoed');
  if (isOpen) return [...found];
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
