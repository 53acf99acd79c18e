import type { Result } from '../model/result.ts';
import { resultIdOf } from '../plan/plan.ts';
import type { StoredRequest } from '../request/request.ts';
import { readResult } from '../store/read.ts';
import { makeResultWriter } from '../store/writer.ts';
import { compareStored } from '../strategy/stored.ts';
import { exitCodeOf } from './compare.ts';
import type { CommandContext } from './context.ts';
import { type ExitCode, worseOf } from './exit-code.ts';
import { checkExports } from './exports.ts';
import { recordedCommand } from './recorded.ts';
import { writeOutputs } from './report.ts';
import { makeRunFolder } from './run-folder.ts';
import type { Services } from './services.ts';

/**
 * Compares two stored results and writes what came of it as a result of its own, with the runs of both in it: it
 * can be drawn again, whatever becomes of the two. Throws a Problem where one cannot be read.
 */
export async function compareStoredResults(
  request: StoredRequest,
  { command, terminal, services }: CommandContext,
): Promise<ExitCode> {
  await checkExports(request.exports);
  const [baseline, variant] = await Promise.all([readResult(request.baseline), readResult(request.variant)]);
  const result = await stored(baseline, variant, request, command, services);
  const written = await writeOutputs(result.result, result.path, request, terminal);
  return worseOf(written, exitCodeOf(result.result, request, false));
}

async function stored(
  baseline: Result,
  variant: Result,
  { reports, name, tags }: StoredRequest,
  command: readonly string[],
  services: Services,
): Promise<{ result: Result; path: string }> {
  const { seed, steps } = baseline.plan;
  const { variants, runs, comparison } = compareStored(baseline, variant, seed);
  const now = services.now();
  const called = [...new Set(variants.map((each) => each.name.replace(/ \([AB]\)$/, '')))].join('-');
  const folder = await makeRunFolder(reports, resultIdOf(now, name ?? `compare-stored-${called}`));
  const writer = makeResultWriter(folder.path, {
    schemaVersion: 2,
    tool: { name: 'nginx-ws-bench', version: await services.readVersion() },
    id: folder.id,
    startedAt: now.toISOString(),
    plan: { command: recordedCommand(command), seed, strict: false, thresholds: [], steps, ...tags },
    environment: baseline.environment,
    variants,
    notices: [],
  });
  for (const [index, run] of runs.entries()) {
    await writer.listen({
      type: 'run-planned',
      number: index + 1,
      expectedRuns: runs.length,
      plan: run.plan,
    });
    await writer.listen({ type: 'run-ended', number: index + 1, run });
  }
  await writer.listen({ type: 'concluded', conclusions: [comparison] });
  await writer.end(now.toISOString());
  return { result: writer.result(), path: folder.path };
}
