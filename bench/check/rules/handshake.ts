import { numberIn } from '../../model/failure.ts';
import { withSlash } from '../../nginx/location.ts';
import { finding } from '../../wording/finding.ts';
import type { Arrival } from '../backend.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { failedHandshake, type Rule, type Subject } from '../subject.ts';
import { isCutOff, mismatchOf } from './hop.ts';
import { http2Alone } from './http2.ts';
import { emptyVariables } from './passed.ts';
import { changedSubprotocol, hidingOf } from './response.ts';
import { takerOf } from './shadow.ts';
import { takingTryFiles } from './try-files.ts';
import { connectionHeader, connectionRemedy, lacksOf } from './upgrade.ts';

/**
 * Reports unreachable locations, and handshakes that fail although the location has everything that an upgrade
 * needs.
 */
export const handshake: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const { tree, seen } = subject;
    const unused = unmatched(candidate);
    if (unused !== null) return [unused];
    if (seen === null || candidate.sign === 'any' || isExplained(subject, candidate)) return [];
    const tried = seen.locations.get(candidate);
    const location = locationOf(candidate);
    const base = { rule: 'handshake', origin: candidate.self.origin, remedies: [], seen: null };
    if (tried === undefined) {
      const lacks = candidate.path === null ? 'path' : 'host';
      return [{ ...base, level: 'note', ...finding('location-not-tried', { location, lacks }) }];
    }
    const { outcome, arrived } = tried.handshake;
    if (outcome === 'echoed' || lacksOf(candidate, subject).length > 0) return [];
    const culprit = arrived === null ? null : connectionHeader(candidate.levels);
    return [
      {
        ...base,
        origin: (culprit ?? candidate.self).origin,
        level: isOwnAnswer(tried) ? 'warning' : 'error',
        ...finding('handshake-failed', { location, reason: reasonOf(tried) }),
        seen: failedHandshake(subject, candidate),
        remedies: culprit === null || asksToUpgrade(arrived) ? [] : connectionRemedy(tree, candidate),
      },
    ];
  });

/**
 * Nginx accepts a location name without a leading slash, but compares it with paths, which all begin with
 * one.
 */
function unmatched(candidate: Candidate): LintFinding | null {
  const { sign, self } = candidate;
  const remedy = sign === 'stream' ? null : withSlash(self);
  if (remedy === null) return null;
  return {
    rule: 'handshake',
    level: 'error',
    origin: self.origin,
    ...finding('location-without-slash', { location: locationOf(candidate), remedy }),
    seen: null,
    remedies: [{ block: 'server', lines: [`${remedy} {`] }],
  };
}

/** Whether another rule explains why no WebSocket can connect. */
function isExplained(subject: Subject, candidate: Candidate): boolean {
  return (
    http2Alone(candidate, subject) !== null ||
    mismatchOf(subject.tree, candidate) !== null ||
    isCutOff(subject.tree, candidate) ||
    takingTryFiles(subject, candidate) !== null ||
    takerOf(candidate) !== null ||
    hidingOf(subject, candidate) !== null ||
    changedSubprotocol(subject, candidate) !== null ||
    emptyVariables(subject, candidate).length > 0
  );
}

/**
 * Whether Nginx itself answered the handshake with a status below 500, which may be intended, for example for
 * requests without a certain header or path.
 */
function isOwnAnswer({ handshake }: LocationSeen): boolean {
  const status = numberIn(handshake.outcome, 'status');
  return handshake.arrived === null && status !== null && status < 500;
}

function asksToUpgrade(arrived: Arrival | null): boolean {
  return /\bupgrade\b/i.test(arrived?.connection ?? '');
}

function reasonOf({ handshake: { arrived, outcome } }: LocationSeen) {
  const status = numberIn(outcome, 'status');
  if (arrived === null) return (status ?? 0) >= 500 ? 'upstream' : 'nginx';
  if (!asksToUpgrade(arrived)) return 'connection';
  return status === null && arrived.upgrade?.toLowerCase() === 'websocket' ? 'response' : 'no-upgrade';
}
