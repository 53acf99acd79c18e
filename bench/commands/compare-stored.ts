import type { Result } from '../model/result.ts';
import { resultIdOf } from '../plan/plan.ts';
import type { StoredRequest } from '../request/request.ts';
import { readResult } from '../store/read.ts';
import { saveResult } from '../store/writer.ts';
import { compareStored } from '../strategy/stored.ts';
import { notice } from '../wording/finding.ts';
import { exitCodeOf } from './compare.ts';
import type { CommandContext } from './context.ts';
import { type ExitCode, worseOf } from './exit-code.ts';
import { checkExports } from './exports.ts';
import { recordedCommand } from './recorded.ts';
import { writeOutputs } from './report.ts';
import { makeRunFolder } from './run-folder.ts';
import type { Services } from './services.ts';

type Need = 'now' | 'readVersion';

/**
 * Compares two stored results and writes the comparison as a separate result. It contains the runs of both,
 * so it does not depend on the originals. Throws a Problem if either cannot be read.
 */
export async function compareStoredResults(
  request: StoredRequest,
  { command, terminal, services }: CommandContext<Need>,
): Promise<ExitCode> {
  await checkExports(request.exports);
  const [baseline, variant] = await Promise.all([readResult(request.baseline), readResult(request.variant)]);
  const notices = isSame(baseline, variant) ? [notice('warning', 'compared-with-itself', {})] : [];
  if (request.json) for (const { text } of notices) terminal.say(text);
  const result = await stored(baseline, variant, notices, request, command, services);
  const written = await writeOutputs(result.result, result.path, request, terminal);
  return worseOf(written, exitCodeOf(result.result, request, false));
}

async function stored(
  baseline: Result,
  variant: Result,
  notices: Result['notices'],
  { reports, name, tags }: StoredRequest,
  command: readonly string[],
  services: Pick<Services, Need>,
): Promise<{ result: Result; path: string }> {
  const { seed, scenario, steps } = baseline.plan;
  const { variants, runs, comparison } = compareStored(baseline, variant, seed);
  const now = services.now();
  const called = [...new Set(variants.map((each) => each.name.replace(/ \([AB]\)$/, '')))].join('-');
  const folder = await makeRunFolder(reports, resultIdOf(now, name ?? `compare-stored-${called}`));
  const result: Result = {
    schemaVersion: 2,
    tool: { name: 'nginx-ws-bench', version: await services.readVersion() },
    id: folder.id,
    startedAt: now.toISOString(),
    endedAt: now.toISOString(),
    plan: {
      command: recordedCommand(command),
      seed,
      strict: false,
      thresholds: [],
      scenario,
      steps,
      ...tags,
    },
    environment: baseline.environment,
    variants,
    notices,
    conclusions: [comparison],
    runs: [...runs],
  };
  await saveResult(folder.path, result);
  return { result, path: folder.path };
}

function isSame(a: Result, b: Result): boolean {
  return a.id === b.id && a.startedAt === b.startedAt && a.plan.seed === b.plan.seed;
}
