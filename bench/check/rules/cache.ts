import { inherited } from '../../nginx/located.ts';
import type { Directive } from '../../nginx/tree.ts';
import { texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf, shownPath } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding, type Severity } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { blockFor, isSound, type Rule } from '../subject.ts';

/** A handshake slower than this has waited for a cache lock, which Nginx checks every half second. */
const QUEUED_SECONDS = 0.4;

/**
 * Returns the cache that handshakes to a location pass through; null if there is none, or if they bypass it.
 */
export function careless({ levels }: Pick<Candidate, 'levels'>): Directive | null {
  const [cache] = inherited(levels, 'proxy_cache');
  if (cache === undefined || cache.args[0]?.text === 'off') return null;
  const bypass = inherited(levels, 'proxy_cache_bypass').flatMap(texts);
  return bypass.some((text) => /\$\{?(http|connection)_(upgrade|connection)\b/.test(text)) ? null : cache;
}

/**
 * A handshake is a GET. A cache answers it with a stored response, or passes on only one handshake at a time.
 */
export const cache: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const written = careless(candidate);
    if (written === null || !isSound(subject, candidate)) return [];
    const decisive = inherited(candidate.levels, 'proxy_cache_bypass')[0] ?? written;
    const tried = subject.seen?.locations.get(candidate)?.cache ?? null;
    return [
      {
        rule: 'cache',
        level: levelOf(tried),
        origin: decisive.origin,
        ...finding('handshakes-cached', {
          location: locationOf(candidate),
          isKept: tried !== null && tried.afterGet !== 'echoed',
          isLocked: inherited(candidate.levels, 'proxy_cache_lock')[0]?.args[0]?.text === 'on',
        }),
        seen: tried === null ? null : evidenceOf(shownPath(candidate), tried),
        remedies: [
          {
            block: blockFor(candidate.levels, decisive.name),
            lines: [
              `proxy_cache_bypass  ${withUpgrade(candidate, 'proxy_cache_bypass')};`,
              `proxy_no_cache      ${withUpgrade(candidate, 'proxy_no_cache')};`,
            ],
          },
        ],
      },
    ];
  });

/**
 * Returns the values for a cache directive: `$http_upgrade`, followed by the values that already apply, because
 * the suggested line replaces the existing directives.
 */
function withUpgrade({ levels }: Candidate, name: string): string {
  return ['$http_upgrade', ...inherited(levels, name).flatMap(texts)].join('  ');
}

type Tried = NonNullable<LocationSeen['cache']>;

function levelOf(tried: Tried | null): Severity {
  if (tried === null) return 'warning';
  if (tried.afterGet !== 'echoed') return 'error';
  return tried.slowestSeconds < QUEUED_SECONDS ? 'note' : 'warning';
}

function evidenceOf(path: string, { afterGet, together, reached, slowestSeconds }: Tried): Evidence {
  if (afterGet !== 'echoed')
    return evidence('cache-answered', { path, outcome: afterGet, together, reached });
  return slowestSeconds < QUEUED_SECONDS
    ? evidence('cache-not-kept', { path })
    : evidence('cache-queued', { together, seconds: slowestSeconds });
}
