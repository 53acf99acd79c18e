import type { Axis, CapacitySearch } from '../model/capacity.ts';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import type { RunSpec } from '../model/strategy.ts';
import { ownSides } from '../plan/own.ts';
import type { Planning } from '../plan/plan.ts';
import { chooseVariants } from '../plan/variants.ts';
import { capacityOf } from '../report/capacity/conclusion.ts';
import type { CapacityRequest } from '../request/request.ts';
import { makeCapacity } from '../strategy/capacity.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode, worseOf } from './exit-code.ts';
import { fitSides } from './fit.ts';
import { measure } from './measure.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';
import { readLibrary } from './services.ts';

/**
 * Searches for the highest rate, or number of WebSockets, that holds the objectives, writes result and reports, and
 * prints what was found. Throws a Problem where it cannot; what was measured until then is in the run folder all the
 * same.
 */
export async function capacity(request: CapacityRequest, context: StoppableContext): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  try {
    const library = await readLibrary(services, request.run.nginx);
    const named = chooseVariants(library, request.run.variants, ownSides(request.run));
    const nginx = { sources: request.run.nginx, say: screen.say, signal: interruption.signal };
    const question = {
      request: request.run,
      ...(await fitSides(named, (sides) => sides.length > 0, nginx, services)),
      makeStrategy: (planning: Planning) => strategyOf(request, planning),
      prepare: async () => ({}),
      assess: () => [],
    };
    const { result, folder } = await measure(question, context, screen);
    const written = await writeOutputs(result, folder.path, request.run, terminal);
    return worseOf(written, exitCodeOf(result, request.run.strict, interruption.signal.aborted));
  } finally {
    screen.clear();
  }
}

function strategyOf(request: CapacityRequest, { variants, planRun }: Planning) {
  const variant = variants[0]?.name ?? '';
  const { most, mostReason } = ceilingOf(request, (connections) =>
    planRun({ ...TRIAL, variant, ...connections }, 1),
  );
  return makeCapacity({
    ...request,
    variant,
    arrivals: request.run.arrivals,
    inFlight: request.run.inFlight,
    most,
    mostReason,
    planOf: (spec) => planRun(spec, 1).plan,
  });
}

const TRIAL: Omit<RunSpec, 'variant'> = {
  step: 'latency',
  round: null,
  load: { kind: 'open', ratePerSecond: 1, arrivals: 'uniform' },
};

/** The most that a person could ask for at all; see the bounds of the options. */
const MOST: Record<Axis['over'], number> = { rate: 10_000_000, connections: 1_000_000 };

/** How far the search may go: as far as was asked for and, over connections, as this machine can do. */
function ceilingOf(
  { axis, most: asked, least }: CapacityRequest,
  plan: (connections: Pick<RunSpec, 'connections'>) => unknown,
): { most: number; mostReason: string } {
  const most = asked ?? MOST[axis.over];
  const mostReason = 'Nothing beyond it was to be tried (--max).';
  if (axis.over === 'rate') return { most, mostReason };
  const refusal = (connections: number): string | null => {
    try {
      plan({ connections });
      return null;
    } catch (error) {
      if (error instanceof Problem) return error.message;
      throw error;
    }
  };
  if (refusal(most) === null) return { most, mostReason };
  // What the least cannot do is refused when the plans are checked.
  let [possible, impossible] = [least, most];
  while (impossible - possible > 1) {
    const middle = Math.floor((possible + impossible) / 2);
    if (refusal(middle) === null) possible = middle;
    else impossible = middle;
  }
  return { most: possible, mostReason: `This machine can do no more: ${refusal(impossible) ?? ''}` };
}

/** Whatever was found is an answer, a lower bound as well; that nothing holds the objectives misses them. */
function exitCodeOf(result: Result, strict: boolean, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const found = capacityOf(result);
  if (found === null || found.bound === 'unknown') return EXIT.failed;
  if (found.bound === 'below') return EXIT.threshold;
  return strict && !isMeasured(found) ? EXIT.failed : EXIT.done;
}

function isMeasured({ bound, finished }: CapacitySearch): boolean {
  return bound === 'between' && finished;
}
