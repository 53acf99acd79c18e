import { inherited } from '../../nginx/websocket.ts';
import { type Candidate, nameOf } from '../candidate.ts';
import type { Evidence, Finding, Level, Remedy } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { SHORT_SECONDS } from '../shortened.ts';
import { blockFor, isSound, type Rule } from '../subject.ts';
import { secondsIn } from '../time.ts';
import { secondsWords } from '../words.ts';

/** Defaults of the two modules. */
const HTTP = { name: 'proxy_read_timeout', seconds: 60 };
const STREAM = { name: 'proxy_timeout', seconds: 600 };

/** Applications that send pings do so every 25 to 60 s. */
const PINGS_SECONDS = 120;
const LONG_SECONDS = 3600;

/** After so long without a byte from either side Nginx cuts a WebSocket, without a close frame. */
export const idle: Rule = (subject) =>
  subject.candidates.flatMap((candidate): Finding[] => {
    if (!isSound(subject, candidate)) return [];
    const { name, seconds: usual } = candidate.sign === 'stream' ? STREAM : HTTP;
    const [written = null] = inherited(candidate.levels, name);
    const seconds = written === null ? usual : secondsIn(written.args.map(({ text }) => text).join(' '));
    if (seconds === null || seconds >= LONG_SECONDS) return [];
    const seen = subject.seen?.locations.get(candidate);
    if (seen?.idle?.closed === null) return [];
    const value = `${seconds} s${written === null ? ', the default' : ''}`;
    return [
      {
        rule: 'idle-timeout',
        level: levelOf(seconds),
        origin: (written ?? candidate.self).origin,
        text: `${name} is ${value}: a WebSocket of ${nameOf(candidate)} that is silent for that long is cut without a close frame, and its client sees code 1006. A ping from either end more often than that keeps it open, too.`,
        seen: evidenceOf(name, seen),
        remedies: [remedyOf(candidate)],
      },
    ];
  });

function levelOf(seconds: number): Level {
  return seconds <= PINGS_SECONDS ? 'warning' : 'note';
}

function remedyOf({ sign, levels }: Candidate): Remedy {
  const { name } = sign === 'stream' ? STREAM : HTTP;
  const lines =
    sign === 'stream' ? ['proxy_timeout  1h;'] : ['proxy_read_timeout  1h;', 'proxy_send_timeout  1h;'];
  return { block: blockFor(levels, name), lines };
}

function evidenceOf(name: string, seen: LocationSeen | undefined): Evidence | null {
  const closed = seen?.idle?.closed ?? null;
  if (closed === null) return null;
  const { code, seconds } = closed;
  const busy = seen?.idle?.busyStayedOpen ? ' One that sent a message now and then stayed open.' : '';
  return {
    text: `In a copy with ${name} ${SHORT_SECONDS}s a silent WebSocket was closed with ${code} after ${secondsWords(seconds)}.${busy}`,
    closeCode: code,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}
