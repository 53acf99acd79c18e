import { isTelling, isTellingPath } from '../../nginx/located.ts';
import { isRegular, pathsFor } from '../../nginx/location.ts';
import { finding } from '../../wording/finding.ts';
import type { Candidate } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding } from '../finding.ts';
import type { LocationSeen } from '../observation.ts';
import { isSound, type Rule } from '../subject.ts';
import { connectionHeader, connectionRemedy } from './upgrade.ts';

/** Reports a fixed `Connection: upgrade`, which is sent with every request, even if it asks for no upgrade. */
export const connection: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const written = candidate.sign === 'stream' ? null : connectionHeader(candidate.levels);
    const value = written?.args[1]?.text ?? '';
    if (written === null || !isSound(subject, candidate) || !/^[^$]*upgrade[^$]*$/i.test(value)) return [];
    return [
      {
        rule: 'connection',
        level: isForWebSocketsAlone(candidate) ? 'note' : 'warning',
        origin: written.origin,
        ...finding('connection-fixed', { value }),
        seen: evidenceOf(subject.seen?.locations.get(candidate)),
        remedies: connectionRemedy(subject.tree, candidate),
      },
    ];
  });

function isForWebSocketsAlone({ self, sign }: Candidate): boolean {
  if (sign === 'asked') return true;
  if (!isRegular(self)) return isTelling(self);
  const paths = pathsFor(self);
  return paths.length > 0 && paths.every(isTellingPath);
}

function evidenceOf(seen: LocationSeen | undefined): Evidence | null {
  const arrived = seen?.get?.arrived ?? null;
  const isFixed = arrived !== null && /upgrade/i.test(arrived.connection ?? '');
  return isFixed ? evidence('get-arrived', { arrived }) : null;
}
