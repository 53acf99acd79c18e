import { hopsOf } from '../../nginx/hop.ts';
import type { Candidate } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import type { Rule, Subject } from '../subject.ts';

/**
 * Creates a rule about the outcome of a handshake. If a location forwards requests to another server of the
 * configuration, the outcome also depends on that server. A finding that applies to the location and to that
 * server is reported only for the server.
 */
export function innermost(judge: (subject: Subject, candidate: Candidate) => LintFinding[]): Rule {
  return (subject) =>
    subject.candidates.flatMap((candidate) => {
      const behind = candidatesBehind(subject, candidate).flatMap((each) => judge(subject, each));
      return judge(subject, candidate).filter(
        ({ rule, code }) => !behind.some((each) => each.rule === rule && each.code === code),
      );
    });
}

/** Returns the candidates in the servers to which a location passes requests on. */
export function candidatesBehind(
  { tree, candidates }: Subject,
  { sign, server, self, path }: Candidate,
): Candidate[] {
  if (sign === 'stream') return [];
  const servers = hopsOf(tree, { server, location: self });
  return candidates.filter(
    (each) => each.sign !== 'stream' && servers.includes(each.server) && each.path === path,
  );
}
