import type { Result } from '../model/result.ts';
import type { RunSpec } from '../model/strategy.ts';
import type { Planning } from '../plan/plan.ts';
import { conclusionOf } from '../report/conclusion.ts';
import type { LadderRequest } from '../request/request.ts';
import { type LadderOptions, ladderSpec, makeLadder } from '../strategy/ladder.ts';
import { levelText } from '../wording/ladder.ts';
import { MISSED_THRESHOLD } from '../wording/notices.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode, worseOf } from './exit-code.ts';
import { fitRequest } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { rejectionReason } from './rejection.ts';
import { writeOutputs } from './report.ts';
import { missedNotices } from './run.ts';
import { screenOf } from './screen.ts';

/**
 * Repeats one step of a scenario at increasing levels, writes the result and its reports, and prints the
 * curve. Throws a Problem on failure; everything measured by then is already in the run folder.
 */
export async function ladder(
  request: LadderRequest,
  context: StoppableContext<MeasureNeed>,
): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const search = { say: screen.say, signal: interruption.signal };
  let options: LadderOptions | null = null;
  const optionsFor = (planning: Planning) => {
    options ??= optionsOf(request, planning, screen.say);
    return options;
  };
  const question = {
    request: request.run,
    ...(await fitRequest(request.run, search, services)),
    async prepare(planning: Planning) {
      // Levels that are too high for this machine are rejected before the first run. The highest is checked first, so
      // that the message names it.
      for (const spec of specsOf(optionsFor(planning)).reverse()) planning.planRun(spec, 1);
      return {};
    },
    makeStrategy: (planning: Planning) => makeLadder(optionsFor(planning)),
    assess: (measured: Parameters<typeof missedNotices>[0]) => missedNotices(measured, request.run),
  };
  const { result, folder, complete } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request.run, terminal);
  const code = interruption.signal.aborted
    ? EXIT.interrupted
    : exitCodeOf(result, complete, request.run.strict);
  return worseOf(written, code);
}

/** Leaves out default levels that are too high for this machine, and says so. */
function optionsOf(
  { run, step, over, levels, isDefault, rounds }: LadderRequest,
  { plan, variants, planRun }: Planning,
  say: (line: string) => void,
): LadderOptions {
  const [side] = variants;
  const variant = side?.name ?? '';
  const hasProxy = side?.proxy != null;
  const options = { ...run, variant, hasProxy, step, over, levels, rounds, seed: plan.seed };
  if (!isDefault) return options;
  const rejected = (count: number): string | null => {
    const some = { ...options, levels: levels.slice(0, count) };
    return rejectionReason(() =>
      specsOf(some)
        .reverse()
        .map((spec) => planRun(spec, 1)),
    );
  };
  let held = levels.length;
  while (held > 1 && rejected(held) !== null) held--;
  const next = levels[held];
  if (next !== undefined)
    say(`The levels from ${levelText(over, next)} upwards are left out: ${rejected(held + 1) ?? ''}`);
  return { ...options, levels: levels.slice(0, held) };
}

function specsOf(options: LadderOptions): RunSpec[] {
  return options.levels.map((level) => ladderSpec(options, level, 1));
}

/**
 * A level that is too much for the system is part of the answer, so losses do not make a ladder fail. It fails
 * if it did not finish, or if no run is valid.
 */
function exitCodeOf(result: Result, complete: boolean, strict: boolean): ExitCode {
  const points = conclusionOf(result, 'ladder')?.points ?? [];
  const valid = points.filter(({ excluded }) => excluded === null).length;
  if (!complete || valid === 0) return EXIT.failed;
  if (strict && result.runs.some(({ validity }) => validity.verdict !== 'valid')) return EXIT.failed;
  return result.runs.some(({ notices }) => notices.some(({ code }) => code === MISSED_THRESHOLD))
    ? EXIT.threshold
    : EXIT.done;
}
