import type { DoctorRequest } from '../request/doctor.ts';
import type { CommandContext } from './context.ts';
import { findingLines, findingsOf } from './doctor/findings.ts';
import { reachOf } from './doctor/reach.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type LibraryNeed, readLibrary } from './services.ts';

/** Examines the machine and prints the findings; fails if a run is impossible. */
export async function doctor(
  { nginxPath, json }: DoctorRequest,
  { terminal, services }: CommandContext<'examine' | LibraryNeed>,
): Promise<ExitCode> {
  const [facts, library] = await Promise.all([
    services.examine({ source: nginxPath, say: terminal.say }),
    readLibrary(services, null),
  ]);
  const findings = findingsOf(facts, reachOf(facts.machine, library));
  const isFit = findings.every(({ state }) => state !== 'failed');
  if (json) terminal.print(JSON.stringify({ isFit, findings, environment: facts.environment }, null, 2));
  else terminal.print(findingLines(findings).join('\n'));
  return isFit ? EXIT.done : EXIT.failed;
}
