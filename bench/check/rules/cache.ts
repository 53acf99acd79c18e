import type { Directive } from '../../nginx/tree.ts';
import { texts } from '../../nginx/tree.ts';
import { inherited } from '../../nginx/websocket.ts';
import { type Candidate, nameOf, shownPath } from '../candidate.ts';
import type { Evidence, Finding, Level } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { blockFor, isSound, type Rule } from '../subject.ts';
import { outcomeWords, secondsWords, statusIn } from '../words.ts';

/** A handshake that waits at a lock for one turn takes half a second. */
const QUEUED_SECONDS = 0.4;

/** The cache that handshakes of a location go through; null where there is none, or they pass it by. */
export function careless({ levels }: Pick<Candidate, 'levels'>): Directive | null {
  const [cache] = inherited(levels, 'proxy_cache');
  if (cache === undefined || cache.args[0]?.text === 'off') return null;
  const bypass = inherited(levels, 'proxy_cache_bypass').flatMap(texts);
  return bypass.some((text) => /\$\{?(http|connection)_(upgrade|connection)\b/.test(text)) ? null : cache;
}

/** A handshake is a GET: a cache answers it with what it kept of others, or lets one through at a time. */
export const cache: Rule = (subject) =>
  subject.candidates.flatMap((candidate): Finding[] => {
    const written = careless(candidate);
    if (written === null || !isSound(subject, candidate)) return [];
    const decisive = inherited(candidate.levels, 'proxy_cache_bypass')[0] ?? written;
    const tried = subject.seen?.locations.get(candidate)?.cache ?? null;
    return [
      {
        rule: 'cache',
        level: levelOf(tried),
        origin: decisive.origin,
        text: `Handshakes of ${nameOf(candidate)} go through proxy_cache. ${consequence(candidate, tried)}`,
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

/** Each of the two may stand once on a level. */
function withUpgrade({ levels }: Candidate, name: string): string {
  return ['$http_upgrade', ...inherited(levels, name).flatMap(texts)].join('  ');
}

type Tried = NonNullable<LocationSeen['cache']>;

function isKept({ afterGet }: Tried): boolean {
  return afterGet !== 'echoed';
}

function levelOf(tried: Tried | null): Level {
  if (tried === null) return 'warning';
  if (isKept(tried)) return 'error';
  return tried.slowestSeconds < QUEUED_SECONDS ? 'note' : 'warning';
}

function consequence({ levels }: Candidate, tried: Tried | null): string {
  if (tried !== null && isKept(tried))
    return 'An ordinary GET of the same path is kept, and its answer fails every handshake until it expires.';
  const isLocked = inherited(levels, 'proxy_cache_lock')[0]?.args[0]?.text === 'on';
  const queue = isLocked ? ', and proxy_cache_lock lets them through one after the other' : '';
  return `An answer of the same path that may be kept would fail them until it expires${queue}.`;
}

function evidenceOf(path: string, tried: Tried): Evidence {
  const { afterGet, together, reached, slowestSeconds } = tried;
  if (isKept(tried)) {
    const status = statusIn(afterGet);
    return {
      text: `After one ordinary GET of ${path} a WebSocket on it ${outcomeWords(afterGet)}; of ${together} handshakes ${reached} reached the server behind Nginx.`,
      ...(status === null ? {} : { status }),
    };
  }
  if (slowestSeconds < QUEUED_SECONDS)
    return {
      text: `After one ordinary GET of ${path} WebSockets still opened: its 426, which says nothing of caches, was not kept.`,
    };
  return {
    text: `Of ${together} handshakes at once the last was through after ${secondsWords(slowestSeconds)}.`,
    seconds: Math.round(slowestSeconds * 1000) / 1000,
  };
}
