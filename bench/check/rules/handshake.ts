import type { Arrival } from '../backend.ts';
import { nameOf, shownPath } from '../candidate.ts';
import type { Finding, Level } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import type { Rule } from '../subject.ts';
import { capital, handshakeEvidence, statusIn } from '../words.ts';
import { http2Alone } from './http2.ts';
import { connectionHeader, connectionRemedy, lacksOf } from './upgrade.ts';

/** A handshake that fails although the location has all that an upgrade takes; and locations that none could reach. */
export const handshake: Rule = ({ tree, candidates, seen, nginxVersion }) =>
  candidates.flatMap((candidate): Finding[] => {
    if (seen === null || candidate.sign === 'any' || http2Alone(candidate, nginxVersion) !== null) return [];
    const location = seen.locations.get(candidate);
    const base = { rule: 'handshake', origin: candidate.self.origin, remedies: [] };
    if (location === undefined) {
      const text = `${capital(nameOf(candidate))} was not tried: ${unreachable(candidate)}`;
      return [{ ...base, level: 'note', text, seen: null }];
    }
    const { outcome, arrived } = location.handshake;
    if (outcome === 'echoed' || lacksOf(candidate, nginxVersion).length > 0) return [];
    const evidence = handshakeEvidence(`A WebSocket on ${shownPath(candidate)}`, outcome, arrived);
    const culprit = arrived === null ? null : connectionHeader(candidate.levels);
    return [
      {
        ...base,
        origin: (culprit ?? candidate.self).origin,
        level: levelOf(location),
        text: `${capital(nameOf(candidate))} does not take a WebSocket. ${reasonOf(location)}`,
        seen: evidence,
        remedies: culprit === null || asksToUpgrade(arrived) ? [] : connectionRemedy(tree, candidate),
      },
    ];
  });

function unreachable({ path }: { path: string | null }): string {
  return path === null
    ? 'no path could be derived that Nginx would answer by it. Name one with --ws-path.'
    : 'its server has no name that could be asked for, and is not the default. Name one with --host.';
}

/** What Nginx answers by itself may be meant for those who lack a header or a path. */
function levelOf({ handshake }: LocationSeen): Level {
  const status = statusIn(handshake.outcome);
  return handshake.arrived === null && status !== null && status < 500 ? 'warning' : 'error';
}

function asksToUpgrade(arrived: Arrival | null): boolean {
  return /\bupgrade\b/i.test(arrived?.connection ?? '');
}

function reasonOf({ handshake: { arrived, outcome } }: LocationSeen): string {
  if (arrived !== null && !asksToUpgrade(arrived))
    return 'Its header Connection does not say "upgrade" where the client asks for one.';
  if (arrived !== null) return 'What it passes on is no upgrade (RFC 6455 section 4.2.1).';
  const status = statusIn(outcome);
  if (status !== null && status >= 500) return 'Nginx could not pass it on.';
  return 'Nginx answered by itself: where it checks a header, a name or a path, give those with --header, --host, --ws-path.';
}
