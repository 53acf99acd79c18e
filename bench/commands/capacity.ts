import type { Axis, CapacitySearch } from '../model/capacity.ts';
import { Problem } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import type { Planning } from '../plan/plan.ts';
import { conclusionOf } from '../report/conclusion.ts';
import { type CapacityRequest, SEARCH_STEPS } from '../request/capacity.ts';
import { formatDuration } from '../request/units.ts';
import { expectedRunMs } from '../strategy/budget.ts';
import { makeCapacity } from '../strategy/capacity.ts';
import { finding } from '../wording/finding.ts';
import { formatSeconds } from '../wording/format.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode, worseOf } from './exit-code.ts';
import { fitRequest } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { ceilingFor } from './rejection.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';

/**
 * Searches for the highest rate, or number of WebSockets, that meets the objectives, writes the result and
 * its reports, and prints the finding. Throws a Problem on failure; everything measured by then is already in
 * the run folder.
 */
export async function capacity(
  request: CapacityRequest,
  context: StoppableContext<MeasureNeed>,
): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const search = { say: screen.say, signal: interruption.signal };
  const question = {
    request: request.run,
    ...(await fitRequest(request.run, search, services)),
    makeStrategy: (planning: Planning) => strategyOf(request, planning),
    async prepare(planning: Planning) {
      checkBudget(request, planning);
      return {};
    },
  };
  const { result, folder } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request.run, terminal);
  return worseOf(written, exitCodeOf(result, request.run.strict, interruption.signal.aborted));
}

function strategyOf(request: CapacityRequest, { variants, planStep }: Planning) {
  const variant = variants[0]?.name ?? '';
  const { most, mostReason } = ceilingOf(request, (connections) =>
    planStep({ variant, step: SEARCH_STEPS.trial, connections }),
  );
  return makeCapacity({
    ...request,
    variant,
    steps: SEARCH_STEPS,
    load: request.run.load,
    most,
    mostReason,
    planOf: (of) => planStep(of).plan,
  });
}

/**
 * Rejects a budget too short for a single trial, because a search without a trial finds nothing.
 *
 * @throws Problem('usage')
 */
function checkBudget({ budgetMs, start }: CapacityRequest, { variants, planStep }: Planning): void {
  if (budgetMs === null) return;
  const runs = start === null ? 2 : 1;
  const runMs = expectedRunMs(
    [],
    planStep({ variant: variants[0]?.name ?? '', step: SEARCH_STEPS.trial }).plan,
  );
  if (budgetMs >= runs * runMs) return;
  const what = start === null ? `the ${SEARCH_STEPS.start} step and one trial take` : 'one trial takes';
  throw new Problem(
    'usage',
    `--budget ${formatDuration(budgetMs * 1000)} is too short for a search: ${what} about ${formatSeconds((runs * runMs) / 1000)}, and a search needs about ten trials. Use a longer --budget, or a shorter --duration.`,
  );
}

/** Upper bound of the search if --max is not given: the highest value that each option accepts. */
const MOST: Record<Axis['over'], number> = { rate: 10_000_000, connections: 1_000_000 };

/**
 * The highest level that the search may try: --max or, in a search over connections, a lower number if this
 * machine cannot run that many.
 */
function ceilingOf(
  { axis, most: asked, least }: CapacityRequest,
  plan: (connections: number) => unknown,
): { most: number; mostReason: Finding } {
  const most = asked ?? MOST[axis.over];
  const mostReason = finding('search-ceiling', {});
  if (axis.over === 'rate') return { most, mostReason };
  // If this machine cannot run even the lowest level, the plan check rejects the search.
  const { connections, reason } = ceilingFor(least, most, plan);
  return {
    most: connections,
    mostReason: reason === null ? mostReason : finding('machine-ceiling', { reason }),
  };
}

/**
 * A search that only finds a lower bound succeeds. A search in which no level meets the objectives counts as
 * a missed threshold.
 */
function exitCodeOf(result: Result, strict: boolean, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const found = conclusionOf(result, 'capacity');
  if (found === null || found.bound === 'unknown') return EXIT.failed;
  if (found.bound === 'below') return EXIT.threshold;
  return strict && !isMeasured(found) ? EXIT.failed : EXIT.done;
}

function isMeasured({ bound, finished }: CapacitySearch): boolean {
  return bound === 'between' && finished;
}
