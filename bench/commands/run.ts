import { dirname } from 'node:path';
import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { Notice } from '../model/notice.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec } from '../model/strategy.ts';
import { ownSides } from '../plan/own.ts';
import type { Planning } from '../plan/plan.ts';
import { chooseVariants } from '../plan/variants.ts';
import type { RunRequest } from '../request/request.ts';
import { missedThresholds, stepsAnswering } from '../request/threshold.ts';
import { withPrice } from '../strategy/price.ts';
import { makeSteps } from '../strategy/steps.ts';
import { type ExitCode, exitCodeOf } from './exit-code.ts';
import { fitSides } from './fit.ts';
import type { Interruption } from './interruption.ts';
import { writeListing } from './listing.ts';
import { measure } from './measure.ts';
import { printResult, writeReport } from './report.ts';
import { readLibrary, type Services } from './services.ts';
import { liveLine, type Terminal } from './terminal.ts';

/** Code of the notice that a run with a missed threshold carries. */
const MISSED = 'threshold-missed';

/**
 * Plans and runs what was asked for, writes result and reports, and prints the summary. Throws a
 * Problem where it cannot; what was measured until then is in the run folder all the same.
 */
export async function run(
  request: RunRequest,
  command: readonly string[],
  terminal: Terminal,
  interruption: Interruption,
  services: Services,
): Promise<ExitCode> {
  const live = liveLine(terminal);
  try {
    const named = chooseVariants(
      await readLibrary(services),
      request.variants,
      ownSides(request.configurations, request.configurationOptions),
    );
    const nginx = { path: request.nginxPath, say: live.say, signal: interruption.signal };
    const question = {
      request,
      ...(await fitSides(named, (sides) => sides.length > 0, nginx, services)),
      makeStrategy: ({ variants, planRun }: Planning) => {
        const names = variants.map(({ name }) => name);
        const planOf = (spec: RunSpec) => planRun(spec, 1).plan;
        const steps = makeSteps({ ...request, variants: names, planOf });
        return request.baseline === null ? steps : withPrice(steps, request.baseline, names);
      },
      assess: (measured: Run) => missedNotices(measured, request),
    };
    const { result, folder, complete } = await measure(question, command, live, interruption, services);
    const reportPath = await writeReport(folder.path, result);
    await writeListing(dirname(folder.path));
    printResult(result, reportPath, request.json, terminal);
    for (const { plan, notices } of result.runs) {
      for (const { code, text } of notices)
        if (code === MISSED) terminal.say(`${plan.variant}, ${plan.step}: ${text}`);
    }
    return exitCodeOf(
      result.runs.map((each) => ({
        run: each,
        figures: figuresOf(each),
        missedThreshold: each.notices.some(({ code }) => code === MISSED),
      })),
      { complete, strict: request.strict, interrupted: interruption.signal.aborted },
    );
  } finally {
    live.clear();
  }
}

/** The baseline is there to be compared to: what is asked of the variants is not asked of it. */
function missedNotices(measured: Run, { thresholds, steps, baseline }: RunRequest): Notice[] {
  const { step, variant } = measured.plan;
  if (variant === baseline) return [];
  const asked = thresholds.filter(({ metric }) => stepsAnswering(metric, steps).includes(step));
  return missedThresholds(asked, metricsOf(figuresOf(measured))).map((text) => ({
    level: 'warning',
    code: MISSED,
    text,
  }));
}
