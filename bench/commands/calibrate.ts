import { CALIBRATION_VERSION, type KeptCalibration } from '../model/calibration.ts';
import type { Result } from '../model/result.ts';
import { calibrationSides } from '../plan/calibration.ts';
import type { Planning } from '../plan/plan.ts';
import type { Side } from '../plan/variants.ts';
import type { CalibrateRequest } from '../request/request.ts';
import { makeCalibration } from '../strategy/calibration.ts';
import { roundsForAnyVerdict, roundsForVerdicts } from '../strategy/comparison.ts';
import type { RoundsOptions } from '../strategy/rounds.ts';
import { calibratedMachine, checkSides } from './beforehand.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { fitSides } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { fewRoundsWarning } from './outlook.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';
import { readLibrary } from './services.ts';

/**
 * Compares a profile with variants that are identical to it and with variants of known added cost. Prints the
 * findings and stores them for later comparisons on this machine. Throws a Problem on failure.
 */
export async function calibrate(
  { run: request, rounds, budgetMs }: CalibrateRequest,
  context: StoppableContext<MeasureNeed | 'checkSide' | 'keepCalibration'>,
): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const [profile = ''] = request.variants;
  const library = await readLibrary(services, request.nginx);
  const { sides: named, trials } = calibrationSides(library, profile);
  const nginx = { sources: request.nginx, say: screen.say, signal: interruption.signal };
  const all = (fit: readonly Side[]) => fit.length === named.length;
  const { sides, proxies, notices } = await fitSides(named, all, nginx, services);
  const roundsOptions = ({ plan, variants, planStep, together }: Planning): RoundsOptions => ({
    ...request,
    variants: variants.map(({ name }) => name),
    planOf: (of) => planStep(of).plan,
    rounds: rounds === null && budgetMs === null ? roundsForVerdicts(1, request.steps) : rounds,
    budgetMs,
    seed: plan.seed,
    together,
    pilotSteps: request.steps,
  });
  const question = {
    request,
    sides,
    notices,
    proxies,
    makeStrategy: (planning: Planning) => makeCalibration(roundsOptions(planning), trials),
    async prepare(planning: Planning) {
      // Each variant is judged as if it were the only one compared with the baseline.
      const needed = roundsForAnyVerdict(planning.variants.slice(0, 2), request.steps);
      const warning = fewRoundsWarning(roundsOptions(planning), needed, ['a shorter --duration'], (options) =>
        makeCalibration(options, trials),
      );
      if (warning !== null) screen.say(warning);
      await checkSides(planning, proxies, services, { say: screen.say, urgent: interruption.urgent });
      return {};
    },
  };
  const { result, folder } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request, terminal);
  const kept = keptOf(result);
  if (kept !== null)
    terminal.say(
      `Stored the calibration for later comparisons on this machine: ${await services.keepCalibration(kept)}`,
    );
  if (interruption.signal.aborted) return EXIT.interrupted;
  return kept === null ? EXIT.failed : written;
}

/**
 * The part of a calibration that later comparisons quote; null if there were too few rounds for any finding
 * about this machine.
 */
function keptOf({ id, startedAt, environment, conclusions, runs }: Result): KeptCalibration | null {
  const calibration = conclusions.find((each) => each.kind === 'calibration');
  const comparison = conclusions.find((each) => each.kind === 'comparison');
  const run = runs.find(({ plan, proxy }) => plan.variant === comparison?.baseline && proxy !== null);
  if (calibration === undefined || comparison === undefined || run?.proxy == null) return null;
  const { falsePositives, spread, costs, known } = calibration;
  if (falsePositives.figures === 0) return null;
  return {
    schemaVersion: CALIBRATION_VERSION,
    machine: calibratedMachine(environment, run.plan, run.proxy.version),
    id,
    startedAt,
    profile: comparison.baseline,
    rounds: comparison.rounds.used,
    connections: run.plan.connections,
    durationMs: run.plan.durationMs,
    falsePositives,
    spread,
    costs,
    known,
  };
}
