import { figuresOf } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Load } from '../model/load.ts';
import type { RunPlan, Step } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { alone } from './alone.ts';
import { type ChosenRate, chooseRate } from './rate.ts';

export interface StepsOptions {
  /** Names of the variants, in the order in which they run. */
  variants: readonly string[];
  steps: readonly Step[];
  inFlight: number;
  /** Null to derive it from the throughput step. */
  ratePerSecond: number | null;
  arrivals: 'uniform' | 'poisson';
  /** The plan that a run would have. Pure. */
  planOf(spec: RunSpec): RunPlan;
}

/** The rate of the latency step, as known after the runs so far. */
interface Rate extends ChosenRate {
  halved: boolean;
}

/**
 * How much does it carry, and how fast is it well below that? Runs every variant in a closed loop first, then all
 * of them in an open loop at one rate. A chosen rate that turns out too high is halved once, for all.
 */
export function makeSteps(options: StepsOptions): Strategy {
  const { variants, steps } = options;

  const specOf = (variant: string, step: Step, load: Load): RunSpec => ({ variant, step, round: null, load });
  const closed: Load = { kind: 'closed', inFlight: options.inFlight };
  const open = (ratePerSecond: number): Load => ({ kind: 'open', ratePerSecond, arrivals: options.arrivals });
  const latencyPlan = (variant: string) => options.planOf(specOf(variant, 'latency', open(1)));

  function nextRun(done: readonly Run[]): RunSpec | null {
    if (steps.includes('throughput')) {
      const variant = variants.find((name) => runOf(done, name, 'throughput') === undefined);
      if (variant !== undefined) return specOf(variant, 'throughput', closed);
    }
    const rate = steps.includes('latency') ? rateOf(done) : null;
    if (rate === null) return null;
    const { perSecond } = rate;
    const variant = measurable(done).find((name) => latencyRun(done, name, perSecond) === undefined);
    return variant === undefined ? null : specOf(variant, 'latency', open(perSecond));
  }

  function rateOf(done: readonly Run[]): Rate | null {
    const { ratePerSecond } = options;
    if (ratePerSecond !== null)
      return { perSecond: ratePerSecond, reason: 'It was asked for.', halved: false };
    const measured = measurable(done).flatMap((name) => runOf(done, name, 'throughput') ?? []);
    const chosen = chooseRate(measured, latencyPlan);
    if (chosen === null) return null;
    const tooHigh = variants
      .flatMap((name) => latencyRun(done, name, chosen.perSecond) ?? [])
      .find(isTooHigh);
    return tooHigh === undefined ? { ...chosen, halved: false } : halve(chosen, tooHigh);
  }

  /**
   * Variants whose latency can be measured: those that carried any messages in the throughput step, if it was run.
   */
  function measurable(done: readonly Run[]): readonly string[] {
    if (!steps.includes('throughput')) return variants;
    return variants.filter((name) => {
      const run = runOf(done, name, 'throughput');
      return run === undefined || (run.outcome.state === 'completed' && figuresOf(run).steady.echoed > 0);
    });
  }

  return {
    next: (done) => alone(nextRun(done)),
    expectedRuns(done) {
      const first = steps.includes('throughput') ? variants.length : 0;
      if (!steps.includes('latency')) return first;
      const rate = rateOf(done)?.perSecond;
      const superseded = done.filter(
        ({ plan: { step, workload } }) =>
          step === 'latency' && workload.load.kind === 'open' && workload.load.ratePerSecond !== rate,
      );
      return first + measurable(done).length + superseded.length;
    },
    conclude(done) {
      if (!steps.includes('latency') || nextRun(done)?.step === 'throughput') return [];
      const rate = rateOf(done);
      const known = measurable(done);
      const leftOut = variants.filter((name) => rate === null || !known.includes(name));
      return [
        ...(rate === null ? [] : [rateConclusion(rate)]),
        ...leftOut.map(
          (variant): Conclusion => ({ kind: 'left-out', variant, reason: whyLeftOut(done, variant) }),
        ),
      ];
    },
  };
}

function runOf(done: readonly Run[], variant: string, step: Step): Run | undefined {
  return done.find(({ plan }) => plan.variant === variant && plan.step === step);
}

function latencyRun(done: readonly Run[], variant: string, ratePerSecond: number): Run | undefined {
  return done.find(
    ({ plan }) =>
      plan.variant === variant &&
      plan.step === 'latency' &&
      plan.workload.load.kind === 'open' &&
      plan.workload.load.ratePerSecond === ratePerSecond,
  );
}

/**
 * Whether something other than the schedule set the pace. A spinning generator that was still late was kept from
 * its CPU, and a lower rate would not help it.
 */
function isTooHigh({ plan, outcome, validity }: Run): boolean {
  const { component } = validity.limit;
  if (outcome.state !== 'completed' || component === 'schedule') return false;
  return component !== 'generator' || plan.pacing !== 'spin';
}

function halve({ perSecond, reason }: ChosenRate, { plan, validity }: Run): Rate {
  return {
    perSecond: perSecond / 2,
    halved: true,
    reason: `Half of ${reason} That was too much for ${plan.variant}: ${validity.limit.evidence}`,
  };
}

function rateConclusion({ perSecond, halved, reason }: Rate): Conclusion {
  return { kind: 'rate', ratePerSecond: perSecond, halved, reason };
}

function whyLeftOut(done: readonly Run[], variant: string): string {
  const run = runOf(done, variant, 'throughput');
  if (run !== undefined && run.outcome.state !== 'completed')
    return `Its step throughput ${run.outcome.state}: ${run.outcome.reason}`;
  if (run !== undefined && figuresOf(run).steady.echoed === 0)
    return 'Nothing was echoed in its step throughput.';
  return 'The CPU time of a message is not known, from which the rate would follow. Name one with --rate.';
}
