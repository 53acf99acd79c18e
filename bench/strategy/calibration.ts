import { remembered } from '../measure/remembered.ts';
import { comparedMetrics } from '../metrics/compared.ts';
import type { Calibration, FigureSpread, KnownEffect, Trial } from '../model/calibration.ts';
import type { ComparedFigure, Comparison, VariantComparison } from '../model/comparison.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Step } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { wallMs } from '../model/turns.ts';
import { type Components, componentsOf } from '../stats/components.ts';
import { falsePositives } from '../stats/false-positives.ts';
import { median } from '../stats/median.ts';
import { variation } from '../stats/variation.ts';
import { meanRunMs } from './budget.ts';
import { type ComparedRun, comparedRun } from './compared-run.ts';
import { type ComparisonOptions, compareRuns } from './comparison.ts';
import { turnRatios, usable } from './pairs.ts';
import { makeRounds, type RoundsOptions } from './rounds.ts';

/**
 * Measures how reliable comparisons are on this machine. Each trial is a comparison of two sides, exactly as
 * a user would run it: the profile, and either the same profile again or a variant of known cost. The trials
 * take turns, one round at a time, so a calibration that is cut short has rounds of every trial.
 *
 * The rounds are numbered consecutively over all trials, so round n belongs to trial (n − 1) modulo the
 * number of trials. The pilot's runs of the baseline are shared by all trials.
 *
 * @param trials one per variant except the baseline
 */
export function makeCalibration(options: RoundsOptions, trials: readonly Trial[]): Strategy {
  const { variants, budgetMs, steps } = options;
  const [baseline = ''] = variants;
  const names = trials.map(({ variant }) => variant);
  const apart = names.map((variant) =>
    makeRounds({ ...options, variants: [baseline, variant], budgetMs: null }, () => []),
  );

  // Memoised, so that each run always yields the same object: other code caches derived values by run object.
  const renumbered = remembered((run: Run): Run => {
    const { round } = run.plan;
    return round === null ? run : { ...run, plan: { ...run.plan, round: Math.ceil(round / names.length) } };
  });

  /** Selects the runs of one trial, with rounds numbered as if the trial had run by itself. */
  function ownRuns(done: readonly Run[], trial: number): Run[] {
    return done.flatMap((run) => {
      const { variant, round } = run.plan;
      if (variant !== baseline && variant !== names[trial]) return [];
      if (round === null) return [run];
      if ((round - 1) % names.length !== trial) return [];
      return [renumbered(run)];
    });
  }

  function nextOf(done: readonly Run[], trial: number): readonly RunSpec[] {
    const specs = apart[trial]?.next(ownRuns(done, trial)) ?? [];
    return specs.map((spec) => ({
      ...spec,
      round: spec.round === null ? null : (spec.round - 1) * names.length + trial + 1,
    }));
  }

  /** Reports whether another round of every trial would fit into the time budget, based on the runs so far. */
  function fits(done: readonly Run[]): boolean {
    const further = names.length * 2 * steps.length;
    return budgetMs === null || (done.length + further) * meanRunMs(done) <= budgetMs;
  }

  return {
    next(done) {
      const offered = names.map((_, trial) => nextOf(done, trial)).filter(({ length }) => length > 0);
      const roundOf = ([first]: readonly RunSpec[]) => first?.round ?? 0;
      const [first = []] = offered.toSorted((a, b) => roundOf(a) - roundOf(b));
      const passOf = (round: number | null) => Math.ceil((round ?? 0) / names.length);
      const pass = passOf(roundOf(first));
      const isBegun = pass === 0 || done.some(({ plan }) => passOf(plan.round) === pass);
      return isBegun || fits(done) ? first : [];
    },
    expectedRuns(done) {
      const perRound = names.length * 2 * steps.length;
      const pilot = variants.length * options.pilotSteps.length;
      if (budgetMs === null) return pilot + (options.rounds ?? 1) * perRound;
      const [step = ''] = steps;
      const { warmupMs, durationMs } = options.planOf({ variant: baseline, step });
      const runMs = meanRunMs(done) || warmupMs + durationMs;
      const fitting = Math.max(1, Math.floor((budgetMs / runMs - pilot) / perRound));
      return pilot + Math.min(options.rounds ?? fitting, fitting) * perRound;
    },
    conclude(done) {
      const inTrials = names.flatMap((_, trial) => apart[trial]?.conclude(ownRuns(done, trial)) ?? []);
      const runs = done.map(comparedRun);
      const asked = { baseline, variants: names, asked: options.rounds, seed: options.seed };
      const comparison = compareApart(runs, asked);
      return [
        ...distinctRates(inTrials),
        ...inTrials.filter(({ kind }) => kind === 'left-out'),
        comparison,
        { ...calibrationOf(runs, comparison, trials), costs: costsOf(done, steps) },
      ];
    },
  };
}

/**
 * Returns, for each step, the length of a turn and the time that a round of two sides takes in addition to
 * its turns. Empty if no runs were interleaved.
 */
function costsOf(done: readonly Run[], steps: readonly Step[]): Calibration['costs'] {
  const starts = done.filter(({ plan }) => plan.round !== null && plan.turns?.index === 0);
  return steps.flatMap((step) => {
    const spent = starts.flatMap((run, index) => {
      const [next, { turns, durationMs }] = [starts[index + 1], run.plan];
      if (run.plan.step !== step || next === undefined || turns === null) return [];
      return [Date.parse(next.startedAt) - Date.parse(run.startedAt) - wallMs(turns, durationMs)];
    });
    const turns = starts.find(({ plan }) => plan.step === step)?.plan.turns ?? null;
    if (turns === null || spent.length === 0) return [];
    return [{ step, turnMs: turns.lengthMs, fixedMs: Math.max(0, Math.round(median(spent))) }];
  });
}

/** Returns the latency step's distinct rates. Trials with slowed-down echo servers have lower rates. */
function distinctRates(conclusions: readonly Conclusion[]): Conclusion[] {
  const rates = conclusions.flatMap((each) => (each.kind === 'rate' ? [each] : []));
  return rates.filter(
    ({ ratePerSecond }, index) => rates.findIndex((each) => each.ratePerSecond === ratePerSecond) === index,
  );
}

/** Compares each variant with the baseline in a separate comparison, using the rounds that contain both. */
export function compareApart(runs: readonly ComparedRun[], options: ComparisonOptions): Comparison {
  const { baseline, variants } = options;
  const apart = variants.map((variant) =>
    compareRuns(ownPairs(runs, baseline, variant), { ...options, variants: [variant] }),
  );
  return {
    kind: 'comparison',
    baseline,
    rounds: { asked: options.asked, used: Math.min(...apart.map(({ rounds }) => rounds.used)) },
    comparisons: apart.flatMap(({ comparisons }) => comparisons),
    excluded: apart.flatMap(({ excluded }) => excluded),
  };
}

/** Selects the runs of a trial: those of its variant, and those of the baseline in the same rounds. */
function ownPairs(runs: readonly ComparedRun[], baseline: string, variant: string): ComparedRun[] {
  const rounds = new Set(runs.flatMap((run) => (run.variant === variant ? (run.round ?? []) : [])));
  return runs.filter(
    (run) =>
      run.round !== null && rounds.has(run.round) && (run.variant === baseline || run.variant === variant),
  );
}

/**
 * Derives a calibration's conclusions from its runs.
 *
 * @param comparison from `compareApart`
 */
export function calibrationOf(
  runs: readonly ComparedRun[],
  { baseline, comparisons }: Comparison,
  trials: readonly Trial[],
): Calibration {
  const comparedTo = ({ variant }: Trial) => comparisons.find((each) => each.variant === variant);
  const same = trials.filter(({ expected }) => expected === null).flatMap((each) => comparedTo(each) ?? []);
  const { comparisons: figures, positives, interval } = falsePositives(same.flatMap(verdictsOf));
  return {
    kind: 'calibration',
    trials: [...trials],
    falsePositives: { figures, called: positives, interval: [interval.low, interval.high] },
    spread: spreadOf(runs, baseline, same),
    costs: [],
    known: trials.flatMap((trial) => knownEffect(trial, comparedTo(trial))),
  };
}

/**
 * Returns the verdicts of a comparison, except the verdict on per-core capacity, which only repeats the verdict on CPU
 * per message.
 */
function verdictsOf({ figures }: VariantComparison): ComparedFigure['verdict'][] {
  return figures.filter(({ name }) => name !== 'perCoreCapacity').map(({ verdict }) => verdict);
}

/** @param same comparisons in which the variant is identical to the baseline */
function spreadOf(
  runs: readonly ComparedRun[],
  baseline: string,
  same: readonly VariantComparison[],
): FigureSpread[] {
  const own = runs.filter(({ variant, round }) => variant === baseline && round !== null);
  return comparedMetrics().flatMap((kind): FigureSpread[] => {
    const { step } = kind;
    const { name } = kind.metric;
    const values = own.filter((run) => run.step === step).flatMap((run) => usable(run, kind) ?? []);
    if (values.length === 0) return [];
    const beside = same.flatMap(({ figures }) =>
      figures.filter((figure) => figure.name === name && figure.step === step),
    );
    const detectable = beside.flatMap((figure) => figure.detectable ?? []);
    const components = componentsOf(
      same.map(({ variant }) => {
        const pairs = ownPairs(runs, baseline, variant);
        const rounds = [...new Set(pairs.flatMap(({ round }) => round ?? []))];
        return turnRatios(pairs, rounds, kind, baseline, variant);
      }),
    );
    return [
      {
        name,
        step,
        runs: values.length,
        variation: variation(values),
        detectable: detectable.length === 0 ? null : median(detectable),
        components: components === null ? null : deviations(components),
      },
    ];
  });
}

function deviations({ turn, block, round }: Components): NonNullable<FigureSpread['components']> {
  return { turn: Math.sqrt(turn), block: Math.sqrt(block), round: Math.sqrt(round) };
}

function knownEffect({ variant, expected }: Trial, comparison: VariantComparison | undefined): KnownEffect[] {
  if (expected === null) return [];
  const { name, step, verdict } = expected;
  const figure = comparison?.figures.find((each) => each.name === name && each.step === step);
  const found = figure?.verdict ?? 'too few rounds';
  return [{ variant, name, step, effect: figure?.effect ?? null, verdict: found, found: found === verdict }];
}
