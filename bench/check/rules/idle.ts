import { inherited, isTelling } from '../../nginx/located.ts';
import { directives } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding, type Remedy } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { SHORT_SECONDS } from '../shortened.ts';
import { blockFor, isSound, type Rule, type Subject, settingSeconds } from '../subject.ts';

/** Default timeouts of the http and stream proxy modules. */
const HTTP = { name: 'proxy_read_timeout', seconds: 60 };
const STREAM = { name: 'proxy_timeout', seconds: 600 };

/** Longer timeouts are safe for applications that send pings, because such applications send one every 25 to 60 s. */
const PINGS_SECONDS = 120;
const LONG_SECONDS = 3600;

/** Reports how long a WebSocket may be silent in both directions before Nginx closes it without a close frame. */
export const idle: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    if (!isSound(subject, candidate) || isHandedOver(candidate)) return [];
    const { name: directive, seconds: usual } = candidate.sign === 'stream' ? STREAM : HTTP;
    const [written = null] = inherited(candidate.levels, directive);
    const seconds = written === null ? usual : settingSeconds(written);
    if (seconds === null || seconds >= LONG_SECONDS) return [];
    const seen = subject.seen?.locations.get(candidate);
    if (seen?.idle?.closed === null) return [];
    const isDefault = written === null;
    return [
      {
        rule: 'idle-timeout',
        level:
          seconds <= PINGS_SECONDS && !(isDefault && isForPages(subject, candidate)) ? 'warning' : 'note',
        origin: (written ?? candidate.self).origin,
        ...finding('idle-timeout', { directive, seconds, isDefault, location: locationOf(candidate) }),
        seen: evidenceOf(directive, seen),
        remedies: [remedyOf(candidate, directive)],
      },
    ];
  });

/**
 * Whether a `stream` server uses `pass` to hand its connections to another listener. The `stream` server then
 * no longer handles them, and the timeouts of the other server apply.
 */
function isHandedOver({ sign, self }: Candidate): boolean {
  return sign === 'stream' && directives(self.block, 'proxy_pass').length === 0;
}

/**
 * Whether the server has another location for WebSockets, with a longer timeout. A location that keeps the
 * default is then considered to serve pages, although it could carry WebSockets.
 */
function isForPages({ candidates }: Subject, candidate: Candidate): boolean {
  if (isTelling(candidate.self)) return false;
  return candidates.some(({ server, self }) => {
    const [written] = directives(self.block, HTTP.name);
    const isLong = written !== undefined && (settingSeconds(written) ?? 0) > PINGS_SECONDS;
    return server === candidate.server && self !== candidate.self && isLong;
  });
}

function remedyOf({ sign, levels }: Candidate, directive: string): Remedy {
  const names = sign === 'stream' ? [directive] : [directive, 'proxy_send_timeout'];
  const short = names.filter((name) => {
    const [written] = inherited(levels, name);
    return written === undefined || (settingSeconds(written) ?? 0) < LONG_SECONDS;
  });
  return { block: blockFor(levels, directive), lines: short.map((name) => `${name}  1h;`) };
}

function evidenceOf(directive: string, seen: LocationSeen | undefined): Evidence | null {
  if (!seen?.idle?.closed) return null;
  const { closed, busyStayedOpen } = seen.idle;
  return evidence('silent-closed', {
    directive,
    setSeconds: SHORT_SECONDS,
    closeCode: closed.code,
    seconds: closed.seconds,
    busyStayedOpen,
  });
}
