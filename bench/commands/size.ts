import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import type { Planning } from '../plan/plan.ts';
import { conclusionOf } from '../report/conclusion.ts';
import type { SizeRequest } from '../request/request.ts';
import { FEWEST_CHECKED } from '../request/size.ts';
import { makeSize, type SizeOptions } from '../strategy/size.ts';
import { SIZE_STEPS } from '../strategy/size-costs.ts';
import { finding } from '../wording/finding.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode, worseOf } from './exit-code.ts';
import { fitRequest } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { ceilingFor, rejectionReason } from './rejection.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';

/** The plan is checked with this share of its connections, unless the user names a number. */
const CHECKED_SHARE = 0.1;
/**
 * Maximum number of connections with which costs are measured. The number is further limited to a share of the
 * connections with which the plan is checked.
 */
const MOST_SAMPLED = 2000;
const SAMPLED_SHARE = 0.2;

/**
 * Measures what a planned load costs, writes the result and its reports, and prints what the load needs. Throws a
 * Problem on failure; everything measured by then is already in the run folder.
 */
export async function size(request: SizeRequest, context: StoppableContext<MeasureNeed>): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const { portRange } = await services.readMachine();
  const search = { say: screen.say, signal: interruption.signal };
  const question = {
    request: request.run,
    ...(await fitRequest(request.run, search, services)),
    makeStrategy: (planning: Planning) => makeSize({ ...optionsOf(request, planning), portRange }),
  };
  const { result, folder, complete } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request.run, terminal);
  const code = interruption.signal.aborted
    ? EXIT.interrupted
    : exitCodeOf(result, complete, request.run.strict);
  return worseOf(written, code);
}

/** Determines with how many connections this machine can measure the costs and check the plan. */
function optionsOf(
  { run, wanted, check: asked, rounds }: SizeRequest,
  { variants, planStep }: Planning,
): Omit<SizeOptions, 'portRange'> {
  const variant = variants[0]?.name ?? '';
  const plan = (connections: number) => planStep({ variant, step: SIZE_STEPS.memory, connections });
  if (asked !== null) plan(asked);
  const most = asked ?? Math.max(FEWEST_CHECKED, Math.ceil(wanted.connections * CHECKED_SHARE));
  const { connections, reason } = ceilingFor(FEWEST_CHECKED, most, plan);
  const least = rejectionReason(() => plan(connections));
  if (least !== null) throw new Problem('environment', least);
  return {
    variant,
    wanted,
    rounds,
    load: run.load,
    sample: Math.min(MOST_SAMPLED, Math.floor(connections * SAMPLED_SHARE)),
    check: {
      connections,
      workers: plan(connections).plan.proxy?.workers ?? 1,
      limit: reason === null ? null : finding('machine-ceiling', { reason }),
    },
    planOf: (of) => planStep(of).plan,
  };
}

/** A sizing fails if it did not finish, or if any value of the plan is unknown. */
function exitCodeOf(result: Result, complete: boolean, strict: boolean): ExitCode {
  const needs = conclusionOf(result, 'size')?.needs ?? [];
  if (!complete || needs.length === 0 || needs.some(({ estimate }) => estimate === null)) return EXIT.failed;
  return strict && result.runs.some(({ validity }) => validity.verdict !== 'valid') ? EXIT.failed : EXIT.done;
}
