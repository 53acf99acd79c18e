import { knownFigures } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Finding } from '../model/finding.ts';
import { type LoadOptions, loadOf, ratePerSecondOf } from '../model/load.ts';
import type { Step, StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, StepOfVariant, Strategy } from '../model/strategy.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { finding } from '../wording/finding.ts';
import type { EvidenceFacts } from '../wording/validity.ts';
import { type ChosenRate, chooseRate, stepFacts } from './rate.ts';

export interface StepsOptions {
  /** Names of the variants, in the order in which they run. */
  variants: readonly string[];
  steps: readonly Step[];
  load: LoadOptions;
  /** Returns the part of the plan that all runs of a variant and step share. The function is pure. */
  planOf(of: StepOfVariant): StepPlan;
}

/** The open loop's rate, based on the runs so far. */
interface Rate extends Pick<ChosenRate, 'perSecond' | 'reason'> {
  halved: boolean;
}

/**
 * Runs every variant in each step of the scenario. Open-loop steps come last and use the same rate for all
 * variants. The closed loop measures throughput; the open loop measures latency at a much lower rate. If a
 * chosen rate turns out to be too high, it is halved once, for all variants.
 */
export function makeSteps(options: StepsOptions): Strategy {
  const { variants, steps } = options;

  const closedStep = steps.find((step) => stepNamed(step).load === 'closed') ?? null;
  const openStep = steps.find((step) => stepNamed(step).load === 'open') ?? null;

  const specOf = (variant: string, step: Step, ratePerSecond: number): RunSpec => ({
    variant,
    step,
    round: null,
    load: loadOf(stepNamed(step).load, options.load, ratePerSecond),
  });

  function nextRun(done: readonly Run[]): RunSpec | null {
    for (const step of steps.filter((each) => each !== openStep)) {
      const variant = variants.find((name) => runOf(done, name, step) === undefined);
      if (variant !== undefined) return specOf(variant, step, 0);
    }
    const rate = rateOf(done);
    if (rate === null || openStep === null) return null;
    const { perSecond } = rate;
    const variant = measurable(done).find((name) => runAt(done, name, openStep, perSecond) === undefined);
    return variant === undefined ? null : specOf(variant, openStep, perSecond);
  }

  function rateOf(done: readonly Run[]): Rate | null {
    const { ratePerSecond } = options.load;
    if (openStep === null) return null;
    if (ratePerSecond !== null)
      return { perSecond: ratePerSecond, reason: finding('rate-given', {}), halved: false };
    const measured = measurable(done).flatMap((name) => runOf(done, name, closedStep) ?? []);
    const chosen = chooseRate(measured, (variant) => options.planOf({ variant, step: openStep }));
    if (chosen === null) return null;
    const tooHigh = variants
      .flatMap((name) => runAt(done, name, openStep, chosen.perSecond) ?? [])
      .find(isTooHigh);
    return tooHigh === undefined ? { ...chosen, halved: false } : halve(chosen, tooHigh);
  }

  /**
   * Returns the variants whose latency can be measured. If the throughput step was run, these are the
   * variants that echoed at least one message in it.
   */
  function measurable(done: readonly Run[]): readonly string[] {
    return variants.filter((name) => {
      const run = runOf(done, name, closedStep);
      return run === undefined || (run.outcome.state === 'completed' && knownFigures(run).work.done > 0);
    });
  }

  return {
    next(done) {
      const spec = nextRun(done);
      return spec === null ? [] : [spec];
    },
    expectedRuns(done) {
      const first = variants.length * steps.filter((step) => step !== openStep).length;
      if (openStep === null) return first;
      const rate = rateOf(done)?.perSecond;
      const superseded = done.filter(
        ({ plan: { step, workload } }) => step === openStep && ratePerSecondOf(workload.load) !== rate,
      );
      return first + measurable(done).length + superseded.length;
    },
    conclude(done) {
      const step = nextRun(done)?.step;
      if (openStep === null || (step !== undefined && step !== openStep)) return [];
      const rate = rateOf(done);
      const known = measurable(done);
      const leftOut = variants.filter((name) => rate === null || !known.includes(name));
      return [
        ...(rate === null ? [] : [rateConclusion(rate)]),
        ...leftOut.map(
          (variant): Conclusion => ({
            kind: 'left-out',
            variant,
            reason: whyLeftOut(runOf(done, variant, closedStep)),
          }),
        ),
      ];
    },
  };
}

function runOf(done: readonly Run[], variant: string, step: Step | null): Run | undefined {
  return done.find(({ plan }) => plan.variant === variant && plan.step === step);
}

function runAt(done: readonly Run[], variant: string, step: Step, ratePerSecond: number): Run | undefined {
  return done.find(
    ({ plan }) =>
      plan.variant === variant && plan.step === step && ratePerSecondOf(plan.workload.load) === ratePerSecond,
  );
}

/**
 * Reports whether a run fell behind its schedule because the rate was too high. A late generator that spins
 * does not count, because it is late only if other processes take its CPU.
 */
function isTooHigh({ plan, outcome, validity }: Run): boolean {
  const { component } = validity.limit;
  if (outcome.state !== 'completed' || component === 'schedule') return false;
  return component !== 'generator' || plan.pacing !== 'spin';
}

function halve({ perSecond, demand }: ChosenRate, { plan, validity }: Run): Rate {
  const evidence = validity.limit.evidence.data.evidence as EvidenceFacts | undefined;
  return {
    perSecond: perSecond / 2,
    halved: true,
    reason: finding('rate-halved', { ...demand, evidence, tooMuchFor: plan.variant }),
  };
}

function rateConclusion({ perSecond, halved, reason }: Rate): Conclusion {
  return { kind: 'rate', ratePerSecond: perSecond, halved, reason };
}

function whyLeftOut(run: Run | undefined): Finding {
  if (run !== undefined && run.outcome.state !== 'completed')
    return finding('step-ended', {
      state: run.outcome.state,
      reason: run.outcome.reason,
      ...stepFacts(run),
    });
  if (run !== undefined && knownFigures(run).work.done === 0)
    return finding('step-without-echo', stepFacts(run));
  return finding('cpu-unknown', stepFacts(run));
}
