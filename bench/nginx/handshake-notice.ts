import { basename } from 'node:path';
import type { FailureCounts } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import { notice } from '../wording/finding.ts';
import { inherited } from './located.ts';
import { type Directive, directives, firstText } from './tree.ts';

/** Matches the keys of failures in the upgrade stage of a handshake, such as `upgrade/status-426`. */
const UPGRADE = /^upgrade\/(.+)$/;

/**
 * Returns the configuration line that most likely caused this kind of handshake failure (by default, the line
 * of the location); null if the bench added that line.
 */
export type LikelyLine = (kind: string) => string | null;

/**
 * @param levels the blocks around the WebSocket location, outermost first, and the location itself
 * @param keepsGuards whether access rules are kept and may therefore reject handshakes
 */
export function likelyLine(levels: readonly Directive[], keepsGuards = false): LikelyLine {
  const location = levels.at(-1);
  if (location === undefined) return () => null;
  const headers = inherited(levels, 'proxy_set_header');
  const upgrade = headers.find((each) => firstText(each).toLowerCase() === 'upgrade');
  const hidden = inherited(levels, 'proxy_hide_header').find((each) =>
    /^(upgrade|connection|sec-websocket-accept)$/i.test(firstText(each)),
  );
  const [pass] = directives(location.block, 'proxy_pass');
  // Access rules (`allow`, `deny`) in an inner block replace those of the blocks around it.
  const access = levels.findLast(({ block }) => directives(block).some(isAccessRule));
  const denial = directives(access?.block, 'deny').at(-1);
  const culpritFor = (kind: string) => {
    if (kind.startsWith('status-5')) return pass;
    if (/^status-4(00|26)$/.test(kind)) return upgrade;
    if (kind === 'status-403' && keepsGuards) return denial;
    return kind.startsWith('status-') ? undefined : hidden;
  };
  return (kind) => {
    const culprit = culpritFor(kind);
    const origin = (culprit ?? location).origin;
    return origin === null ? null : `${basename(origin.file)}:${origin.line}`;
  };
}

function isAccessRule({ name }: Directive): boolean {
  return name === 'allow' || name === 'deny';
}

/** Explains why handshakes failed, if the most frequent kind of failure occurred in the upgrade stage. */
export function handshakeNotices(
  slices: readonly { failures: FailureCounts }[],
  lineFor: LikelyLine | null,
): Notice[] {
  if (lineFor === null) return [];
  const counts = new Map<string, number>();
  for (const { failures } of slices)
    for (const [key, count] of Object.entries(failures)) counts.set(key, (counts.get(key) ?? 0) + count);
  const [[key = '', count = 0] = []] = [...counts].sort(([, a], [, b]) => b - a);
  const kind = UPGRADE.exec(key)?.[1];
  if (kind === undefined) return [];
  return [notice('warning', 'handshakes-failed', { count, kind, line: lineFor(kind) })];
}
