import { type Candidate, nameOf, shownPath } from './candidate.ts';
import type { CheckReport } from './check.ts';
import { countByLevel, type Finding } from './finding.ts';
import { shownPlace } from './place.ts';

/** A report for programs. `schemaVersion` grows when a member goes or changes its meaning. */
export function checkJson(report: CheckReport) {
  const { path, nginx, tried, candidates, findings, changes } = report;
  return {
    schemaVersion: 1,
    path,
    nginx,
    tried,
    locations: candidates.map((candidate) => locationJson(candidate, report)),
    findings: findings.map(findingJson),
    counts: countByLevel(findings),
    changes,
  };
}

function locationJson(candidate: Candidate, { seen }: CheckReport) {
  const location = seen?.locations.get(candidate);
  return {
    location: nameOf(candidate),
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

function findingJson({ rule, level, origin, text, seen, remedies }: Finding) {
  const { file = null, line = null } = origin ?? {};
  return { rule, level, file, line, text, seen, remedies };
}
