import { knownFigures } from '../measure/figures.ts';
import { lackingNeed, metricsOf, needsMet, stepsAnswering } from '../metrics/metrics.ts';
import type { Notice } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import type { StepOfVariant } from '../model/strategy.ts';
import type { Planning } from '../plan/plan.ts';
import type { RunRequest } from '../request/request.ts';
import { upgradeTargetOf } from '../request/scenario.ts';
import { missedThresholds } from '../request/threshold.ts';
import { withPrice } from '../strategy/price.ts';
import { makeSteps } from '../strategy/steps.ts';
import { MISSED_THRESHOLD } from '../wording/notices.ts';
import type { StoppableContext } from './context.ts';
import { type ExitCode, exitCodeOf, worseOf } from './exit-code.ts';
import { fitRequest } from './fit.ts';
import { type MeasureNeed, measure } from './measure.ts';
import { writeOutputs } from './report.ts';
import { screenOf } from './screen.ts';

/**
 * Plans and executes a request, writes the result and its reports, and prints the summary. Throws a Problem
 * on failure; everything measured by then is already in the run folder.
 */
export async function run(request: RunRequest, context: StoppableContext<MeasureNeed>): Promise<ExitCode> {
  const { terminal, interruption, services } = context;
  const screen = screenOf(terminal);
  const upgradeTo = upgradeTargetOf(request);
  const search = { upgradeTo, say: screen.say, signal: interruption.signal };
  const question = {
    request,
    ...(await fitRequest(request, search, services)),
    makeStrategy: ({ variants, planStep }: Planning) => {
      const names = variants.map(({ name }) => name);
      const planOf = (of: StepOfVariant) => planStep(of).plan;
      const steps = makeSteps({ ...request, variants: names, planOf });
      return request.baseline === null ? steps : withPrice(steps, request.baseline, names);
    },
    assess: (measured: Run) => missedNotices(measured, request),
  };
  const { result, folder, complete } = await measure(question, context, screen);
  const written = await writeOutputs(result, folder.path, request, terminal);
  for (const { plan, notices } of result.runs) {
    for (const { code, text } of notices)
      if (code === MISSED_THRESHOLD) terminal.say(`${plan.variant}, ${plan.step}: ${text}`);
  }
  const judged = result.runs.map((each) => ({
    run: each,
    figures: knownFigures(each),
    missedThreshold: each.notices.some(({ code }) => code === MISSED_THRESHOLD),
  }));
  const whole = { complete, strict: request.strict, interrupted: interruption.signal.aborted };
  return worseOf(written, exitCodeOf(judged, whole));
}

/**
 * Returns notices about missed thresholds. Thresholds apply to every variant except the baseline, in the runs
 * whose step provides the metric.
 */
export function missedNotices(measured: Run, { thresholds, steps, baseline }: RunRequest): Notice[] {
  const { step, variant } = measured.plan;
  if (variant === baseline) return [];
  const has = needsMet(measured.plan);
  const asked = thresholds.filter(
    ({ metric }) => stepsAnswering(metric, steps).includes(step) && lackingNeed(metric, has) === undefined,
  );
  return missedThresholds(asked, metricsOf(knownFigures(measured), measured.plan));
}
