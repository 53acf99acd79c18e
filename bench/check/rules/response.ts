import { inherited } from '../../nginx/located.ts';
import type { Directive } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { SUBPROTOCOLS } from '../browser.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { failedHandshake, type Rule, type Subject } from '../subject.ts';
import { headerOf, setterOf } from './headers.ts';
import { innermost } from './innermost.ts';

/** Headers without which a client does not accept a 101 response (RFC 6455 section 4.1). */
const NEEDED = /^(upgrade|connection|sec-websocket-accept)$/i;

/** Reports a header of the 101 response that Nginx hides. */
export const response: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const written = hidingOf(subject, candidate);
    if (written === null) return [];
    const header = written.args[0]?.text ?? '';
    return [
      {
        rule: 'response-header',
        level: 'error',
        origin: written.origin,
        ...finding('response-header-hidden', { location: locationOf(candidate), header }),
        seen: failedHandshake(subject, candidate),
        remedies: [],
      },
    ];
  });

/**
 * Returns the `proxy_hide_header` that makes a 101 invalid; null if there is none, or if the handshake
 * succeeded.
 */
export function hidingOf({ seen }: Subject, candidate: Candidate): Directive | null {
  if (candidate.sign === 'stream' || seen?.locations.get(candidate)?.handshake.outcome === 'echoed')
    return null;
  const hidden = inherited(candidate.levels, 'proxy_hide_header');
  return hidden.find(({ args: [name] }) => NEEDED.test(name?.text ?? '')) ?? null;
}

/** The server chooses the subprotocol from the client's offer (RFC 6455 section 1.9). */
export const subprotocol: Rule = innermost((subject, candidate) => {
  const changed = changedSubprotocol(subject, candidate);
  if (changed === null) return [];
  const { offered, received, answered } = changed;
  const isOffered = answered === null || SUBPROTOCOLS.some((each) => each === answered);
  const origin = subprotocolLine(candidate);
  return [
    {
      rule: 'subprotocol',
      level: isOffered ? 'warning' : 'error',
      origin: (origin ?? candidate.self).origin,
      ...finding('subprotocol-changed', { location: locationOf(candidate), offered, received, answered }),
      seen: null,
      remedies: [],
    },
  ];
});

const NAME = 'sec-websocket-protocol';

/**
 * If Nginx changed the offer or the answer, returns the subprotocols that the client offered, that arrived
 * behind Nginx, and that the answer contained; null if it did not, or if no handshake was answered with 101.
 */
export function changedSubprotocol({ seen }: Subject, candidate: Candidate) {
  const trace = seen?.locations.get(candidate)?.trace ?? null;
  if (trace === null || trace.response?.status !== 101 || trace.received === null) return null;
  const offered = SUBPROTOCOLS.join(', ');
  const received = headerOf(trace.received.headers, NAME);
  const answered = headerOf(trace.response.headers, NAME);
  return received === offered && answered === SUBPROTOCOLS[0] ? null : { offered, received, answered };
}

function subprotocolLine({ levels }: Candidate): Directive | null {
  const names = ['proxy_hide_header', 'add_header'].flatMap((name) => inherited(levels, name));
  const hidden = names.find(({ args: [name] }) => name?.text.toLowerCase() === NAME);
  return setterOf(levels, NAME) ?? hidden ?? null;
}
