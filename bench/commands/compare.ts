import type { KeptCalibration } from '../model/calibration.ts';
import { type Comparison, isBetter } from '../model/comparison.ts';
import type { Environment, Result, ResultHead } from '../model/result.ts';
import { ownSides } from '../plan/own.ts';
import type { Planning } from '../plan/plan.ts';
import { chooseSides, type Side } from '../plan/variants.ts';
import type { CompareRequest } from '../request/request.ts';
import { upgradeTargetOf } from '../request/scenario.ts';
import { STARTING_MS } from '../strategy/budget.ts';
import { roundsForAnyVerdict, roundsForVerdicts } from '../strategy/comparison.ts';
import { makeRounds, needsPilot, type RoundsOptions } from '../strategy/rounds.ts';
import { type Spending, spendingOf } from '../strategy/spending.ts';
import { type BeforehandNeed, lookBeforehand } from './beforehand.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode, worseOf } from './exit-code.ts';
import { fitSides } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { fewRoundsWarning, spendingSentence } from './outlook.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';
import { readLibrary } from './services.ts';

/**
 * Default number of rounds. Several variants get more, because they share the false-positive rate allowed for
 * one comparison.
 */
const ROUNDS = 10;

/**
 * Runs the variants in rounds, writes the result and its reports, and prints the differences. Throws a
 * Problem on failure; everything measured by then is already in the run folder.
 */
export async function compare(
  request: CompareRequest,
  context: StoppableContext<MeasureNeed | BeforehandNeed>,
): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const upgradeTo = upgradeTargetOf(request.run);
  const library = await readLibrary(services, request.run.nginx, upgradeTo);
  const named = chooseSides(library, request.run.variants, request.tunes, ownSides(request.run));
  const hasTwo = ([baseline, ...others]: readonly Side[]) => baseline === named[0] && others.length > 0;
  const nginx = { sources: request.run.nginx, upgradeTo, say: screen.say, signal: interruption.signal };
  const { sides, notices, proxies } = await fitSides(named, hasTwo, nginx, services);
  const rounds = request.rounds ?? Math.max(ROUNDS, roundsForVerdicts(sides.length - 1, request.run.steps));
  const roundsOptions = ({ plan, variants, planStep, together }: Planning): RoundsOptions => ({
    ...request.run,
    variants: variants.map(({ name }) => name),
    planOf: (of) => planStep(of).plan,
    rounds: request.rounds === null && request.budgetMs !== null ? null : rounds,
    budgetMs: request.budgetMs,
    seed: plan.seed,
    together: together && request.run.scenario.takesTurns,
    pilotSteps: request.run.scenario.steps.map(({ name }) => name),
  });
  const question = {
    request: request.run,
    sides,
    notices,
    proxies,
    makeStrategy(planning: Planning, { calibration }: Pick<ResultHead, 'calibration'>) {
      const options = roundsOptions(planning);
      const spending = spendingIn(options, calibration ?? null, request);
      if (spending === null) return makeRounds(options);
      screen.say(spendingSentence(spending, calibration ?? null));
      return makeRounds({ ...options, roundDurationMs: spending.durationMs });
    },
    prepare(planning: Planning, environment: Environment) {
      const needed = roundsForAnyVerdict(planning.variants, request.run.steps);
      const warning = fewRoundsWarning(roundsOptions(planning), needed, shorterComparisons(request, sides));
      if (warning !== null) screen.say(warning);
      return lookBeforehand(planning, environment, proxies, services, {
        say: screen.say,
        urgent: interruption.urgent,
      });
    },
  };
  const { result, folder } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request.run, terminal);
  return worseOf(written, exitCodeOf(result, request, interruption.signal.aborted));
}

/**
 * Divides a time budget between rounds and turns. Null if the user chose the number of rounds or the duration,
 * or if the sides cannot take turns.
 */
function spendingIn(
  { variants, steps, load, budgetMs, rounds, together, pilotSteps }: RoundsOptions,
  calibration: KeptCalibration | null,
  { run, hasDuration }: CompareRequest,
): Spending | null {
  if (budgetMs === null || rounds !== null || hasDuration || !together) return null;
  const pilotRuns = needsPilot({ steps, load }) ? variants.length * pilotSteps.length : 0;
  const pilotMs = pilotRuns * (run.warmupMs + run.durationMs + STARTING_MS);
  return spendingOf(calibration, variants.length - 1, steps, budgetMs - pilotMs);
}

/** Options that make a comparison fit into a shorter budget. */
function shorterComparisons({ run }: CompareRequest, sides: readonly Side[]): string[] {
  return [
    ...(sides.length > 2 ? ['fewer variants'] : []),
    ...(run.steps.length > 1 ? ['--steps throughput'] : []),
    'a shorter --duration',
  ];
}

/**
 * Exit code of a comparison. A run that lost messages is excluded and reported; the exit code is a failure
 * only if no comparison was possible.
 */
export function exitCodeOf(
  { conclusions }: Result,
  { failOnSlower }: Pick<CompareRequest, 'failOnSlower'>,
  interrupted: boolean,
): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const comparison = conclusions.find((each) => each.kind === 'comparison');
  const isMissing = conclusions.some(({ kind }) => kind === 'left-out');
  if (comparison === undefined || comparison.rounds.used === 0 || isMissing) return EXIT.failed;
  return failOnSlower && isWorse(comparison) ? EXIT.threshold : EXIT.done;
}

function isWorse({ comparisons }: Comparison): boolean {
  return comparisons.some(({ figures }) => figures.some(({ verdict }) => isBetter(verdict) === false));
}
