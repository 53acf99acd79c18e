import { locationName } from '../wording/check/location.ts';
import { type Candidate, locationOf, shownPath } from './candidate.ts';
import type { CheckReport } from './check.ts';
import { countByLevel, type LintFinding, shownPlace } from './finding.ts';

/**
 * A finding whose position is given by two members, `file` and `line`. Both are null if no line of the
 * configuration corresponds to the finding.
 */
type FindingJson = Omit<LintFinding, 'origin'> & { file: string | null; line: number | null };

/** A report for programs. `schemaVersion` increases when a member is removed or changes its meaning. */
export function checkJson(report: CheckReport) {
  const { path, nginx, tried, candidates, findings, changes } = report;
  return {
    schemaVersion: 1,
    path,
    nginx,
    tried,
    locations: candidates.map((candidate) => locationJson(candidate, report)),
    capacity: findings.find(({ code }) => code === 'capacity')?.data ?? null,
    findings: findings.map(findingJson),
    counts: countByLevel(findings),
    changes,
  };
}

/** Like `checkJson`, but for several configurations; each report has the name of its file. */
export function checksJson(reports: readonly CheckReport[]) {
  return { files: reports.map((report) => ({ file: report.path, ...checkJson(report) })) };
}

function locationJson(candidate: Candidate, { seen }: CheckReport) {
  const location = seen?.locations.get(candidate);
  return {
    location: locationName(locationOf(candidate)),
    place: shownPlace(candidate.self.origin),
    path: candidate.path === null ? null : shownPath(candidate),
    host: candidate.host,
    sign: candidate.sign,
    handshake: location?.handshake ?? null,
    get: location?.get ?? null,
    cache: location?.cache ?? null,
    idle: location?.idle ?? null,
  };
}

function findingJson({ rule, level, origin, code, data, text, seen, remedies }: LintFinding): FindingJson {
  const { file = null, line = null } = origin ?? {};
  return { rule, level, file, line, code, data, text, seen, remedies };
}
