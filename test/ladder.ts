import type { LadderAxis } from '../bench/model/ladder.ts';
import type { Result } from '../bench/model/result.ts';
import type { Run } from '../bench/model/run.ts';
import type { RunSpec, Strategy } from '../bench/model/strategy.ts';
import { scenarioNamed } from '../bench/scenarios/registry.ts';
import { type Law, throughputAt } from '../bench/stats/scalability.ts';
import { type LadderOptions, makeLadder } from '../bench/strategy/ladder.ts';
import { finding } from '../bench/wording/finding.ts';
import { makeResult } from './result.ts';
import { makeRun } from './run.ts';

export const LAW: Law = { lambda: 8000, sigma: 0.2, kappa: 2e-5 };
export const LEVELS = [1, 4, 16, 64, 256, 1024];

/** The options of a ladder over the closed loop of the default scenario. */
export function ladderOptions(changes: Partial<LadderOptions> = {}): LadderOptions {
  const scenario = scenarioNamed('echo');
  return {
    variant: 'plain',
    scenario,
    step: scenario.steps[0] as LadderOptions['step'],
    hasProxy: true,
    over: 'connections',
    levels: LEVELS,
    rounds: 2,
    load: { inFlight: 1, ratePerSecond: null, arrivals: 'uniform' },
    payload: { minBytes: 64, maxBytes: 64, type: 'text' },
    seed: 7,
    ...changes,
  };
}

/** Creates the specified run, whose throughput follows the law above. */
export function runOf(spec: RunSpec, over: LadderAxis = 'connections'): Run {
  const { connections = 100, payload, proxyWorkers, load, step, round, variant } = spec;
  const size = over === 'connections' ? connections : (proxyWorkers ?? 1);
  const perSecond = load?.kind === 'open' ? load.ratePerSecond : Math.round(throughputAt(LAW, size));
  const run = makeRun({
    profile: variant,
    seconds: 2,
    connections,
    perSecond,
    medianUs: (1e6 * connections) / perSecond,
    ...(load === null ? {} : { load }),
    seed: (round ?? 1) * 31 + Math.round(size),
  });
  const { plan, validity } = run;
  const limit = { ...validity.limit, component: load?.kind === 'open' ? 'schedule' : 'proxy' } as const;
  return {
    ...run,
    http: null,
    validity: { ...validity, limit },
    plan: {
      ...plan,
      ...{ variant, step, round },
      workload: { ...plan.workload, payload: payload ?? plan.workload.payload },
      proxy: plan.proxy && { ...plan.proxy, workers: proxyWorkers ?? 1 },
    },
  };
}

/** Returns the same run, disturbed by other work. */
export function disturbed(run: Run): Run {
  const reason = finding('disturbed', { count: 2, seconds: [1, 2], of: 2, stolen: null, other: 0.4 });
  return { ...run, validity: { ...run.validity, verdict: 'suspect', reasons: [reason] } };
}

/** Executes a ladder with simulated runs; ends early after `most` runs. */
export function climb(
  strategy: Strategy,
  execute: (spec: RunSpec, number: number) => Run,
  most = Number.POSITIVE_INFINITY,
): Run[] {
  const done: Run[] = [];
  for (;;) {
    const [spec] = strategy.next(done);
    if (spec === undefined || done.length >= most) return done;
    done.push(execute(spec, done.length + 1));
  }
}

/** The result of a ladder; the runs with these numbers were disturbed. */
export function makeLadderResult(
  changes: Partial<LadderOptions> = {},
  { disturbedRuns = [], most }: { disturbedRuns?: readonly number[]; most?: number } = {},
): Result {
  const options = ladderOptions(changes);
  const strategy = makeLadder(options);
  const runs = climb(
    strategy,
    (spec, number) => {
      const run = runOf(spec, options.over);
      return disturbedRuns.includes(number) ? disturbed(run) : run;
    },
    most,
  );
  const result = makeResult(runs);
  return {
    ...result,
    plan: { ...result.plan, steps: [options.step.name] },
    conclusions: strategy.conclude(runs),
  };
}
