import { isRegular } from '../../nginx/location.ts';
import { texts } from '../../nginx/tree.ts';
import { isTelling } from '../../nginx/websocket.ts';
import type { Candidate } from '../candidate.ts';
import type { Evidence, Finding } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { isSound, type Rule } from '../subject.ts';
import { arrivalWords } from '../words.ts';
import { connectionHeader, connectionRemedy } from './upgrade.ts';

/** `Connection: upgrade` written out goes with every request, those that ask for no upgrade as well. */
export const connection: Rule = (subject) =>
  subject.candidates.flatMap((candidate): Finding[] => {
    const written = candidate.sign === 'stream' ? null : connectionHeader(candidate.levels);
    const value = written?.args[1]?.text ?? '';
    if (written === null || !isSound(subject, candidate) || !/^[^$]*upgrade[^$]*$/i.test(value)) return [];
    return [
      {
        rule: 'connection',
        level: isForWebSocketsAlone(candidate) ? 'note' : 'warning',
        origin: written.origin,
        text: `"Connection: ${value}" is sent with every request, also with those that are no WebSocket: some servers refuse them, and Nginx keeps no connection for the next one.`,
        seen: evidenceOf(subject.seen?.locations.get(candidate)),
        remedies: connectionRemedy(subject.tree, candidate),
      },
    ];
  });

function isForWebSocketsAlone({ self, sign }: Candidate): boolean {
  return sign === 'asked' || (isTelling(self) && !isRegular(self) && texts(self).at(-1) !== '/');
}

function evidenceOf(seen: LocationSeen | undefined): Evidence | null {
  const arrived = seen?.get?.arrived ?? null;
  if (arrived === null || !/upgrade/i.test(arrived.connection ?? '')) return null;
  return { text: `An ordinary GET reached the server behind Nginx as ${arrivalWords(arrived)}.` };
}
