import { remembered } from '../measure/remembered.ts';
import { slopeOf } from '../measure/slope.ts';
import { climbedMetrics, MEMORY } from '../metrics/climbed.ts';
import type { Metric, RunFacts } from '../metrics/metric.ts';
import { knownFacts } from '../metrics/metrics.ts';
import type { Estimate } from '../model/estimate.ts';
import type { Finding } from '../model/finding.ts';
import { type LadderAxis, type LadderPoint, levelOf } from '../model/ladder.ts';
import { type LoadOptions, loadOf, type Payload } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import type { ScenarioDefinition, StepDefinition } from '../scenarios/definition.ts';
import { mediansByLevel } from '../stats/levels.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { finding } from '../wording/finding.ts';
import { lawFinding, lawOf } from './ladder-law.ts';

export interface LadderOptions {
  variant: string;
  scenario: ScenarioDefinition;
  /** The step that is repeated. */
  step: StepDefinition;
  /** Whether the variant has Nginx. */
  hasProxy: boolean;
  over: LadderAxis;
  /** Levels in ascending order, without duplicates. */
  levels: readonly number[];
  /** Number of runs at each level. */
  rounds: number;
  /** Load options. The open-loop rate applies unless the rate is the quantity that increases. */
  load: LoadOptions;
  /** Message size and type. The size applies unless it is the quantity that increases. */
  payload: Payload;
  /** Seed for the order of the levels and for the bootstrap. */
  seed: number;
}

/** The series of runs ends after this many runs if none of them finished. */
const FAILURES = 2;

/**
 * Repeats one step of a scenario at several levels of one quantity. Each round runs every level once, in a
 * random order, and every second round reverses the order of the previous one. If the machine drifts steadily
 * during two such rounds, the drift has the same mean effect on every level and is therefore not mistaken for
 * scaling.
 */
export function makeLadder(options: LadderOptions): Strategy {
  const { variant, scenario, step, over, levels, rounds, seed, hasProxy } = options;
  const metrics = climbedMetrics(scenario, step, over, hasProxy);
  const pointOf = remembered((run: Run) => makePoint(run, over, metrics));
  const planned = Array.from({ length: rounds }, (_, index) =>
    roundOrder(levels, index + 1, seed).map((level) => ({ level, round: index + 1 })),
  ).flat();

  function pointsOf(done: readonly Run[]): LadderPoint[] {
    return done.filter(({ outcome }) => outcome.state !== 'aborted').flatMap((run) => pointOf(run) ?? []);
  }

  function isGivenUp(done: readonly Run[]): boolean {
    return done.length >= FAILURES && done.every(({ outcome }) => outcome.state !== 'completed');
  }

  return {
    next(done) {
      const following = planned[done.length];
      return following === undefined || isGivenUp(done)
        ? []
        : [ladderSpec(options, following.level, following.round)];
    },
    expectedRuns: () => planned.length,
    conclude(done) {
      const points = pointsOf(done);
      const fitted = lawOf(points, options, metrics[0]);
      const memorySlope = over === 'connections' ? memorySlopeOf(points) : null;
      const curves = metrics.slice(0, over === 'payload' || metrics[0]?.kind === 'usage' ? 2 : 1);
      const excluded = points.filter((each) => each.excluded !== null).length;
      return [
        {
          kind: 'ladder',
          variant,
          scenario: scenario.name,
          step: step.name,
          over,
          levels: [...levels],
          rounds,
          metrics: metrics.map(({ name }) => name),
          points,
          law: fitted === null ? null : fitted.law,
          memorySlope,
          findings: [
            ...(points.length > 0 && excluded === points.length
              ? [finding('ladder-without-points', { variant, runs: points.length })]
              : curves.flatMap((metric) => curveFinding(points, metric, options))),
            ...(fitted === null ? [] : [lawFinding(fitted, over, metrics[0]?.unit ?? 'rate')]),
            ...(memorySlope === null ? [] : [finding('ladder-memory', memorySlope)]),
            ...(excluded === 0 ? [] : [finding('ladder-excluded', { excluded, of: points.length })]),
            ...(points.length === planned.length
              ? []
              : [finding('ladder-unfinished', { done: points.length, of: planned.length })]),
          ],
        },
      ];
    },
  };
}

/** Returns the specification of a run at one level. */
export function ladderSpec(
  { variant, step, over, levels, load, payload }: LadderOptions,
  level: number,
  round: number,
): RunSpec {
  const top = levels.at(-1) ?? level;
  const rate = over === 'rate' ? level : (load.ratePerSecond ?? 0);
  return {
    variant,
    step: step.name,
    round,
    load: loadOf(step.load, load, rate),
    ...(over === 'connections' ? { connections: level, largest: { connections: top } } : {}),
    ...(over === 'payload' ? { payload: { ...payload, minBytes: level, maxBytes: level } } : {}),
    ...(over === 'nginx-workers' ? { proxyWorkers: level, largest: { proxyWorkers: top } } : {}),
  };
}

/** Makes the point for a run; null if the run lacks the quantity that increases from level to level. */
function makePoint(run: Run, over: LadderAxis, metrics: readonly Metric[]): LadderPoint | null {
  const level = levelOf(run.plan, over);
  if (level === null) return null;
  const facts = knownFacts(run);
  const [main] = metrics;
  return {
    level,
    round: run.plan.round ?? 1,
    figures: Object.fromEntries(metrics.map(({ name }) => [name, facts.metrics[name] ?? null])),
    excluded: main === undefined ? null : exclusion(main, facts),
    unfit: metrics.filter((metric) => exclusion(metric, facts) !== null).map(({ name }) => name),
  };
}

/**
 * Returns why a run does not count for a metric; null if it counts. Throughput counts only if the run is
 * valid.
 */
function exclusion({ kind, unit, unfit }: Metric, facts: RunFacts): Finding | null {
  const { outcome, validity } = facts;
  if (outcome.state !== 'completed')
    return finding('run-ended', { state: outcome.state, reason: outcome.reason });
  const { verdict, reasons } = validity;
  const isDoubtful = kind === 'speed' && unit !== 'time' && verdict !== 'valid';
  return isDoubtful ? (reasons[0] ?? finding('not-valid', { verdict })) : unfit(facts);
}

function curveFinding(
  points: readonly LadderPoint[],
  { name, title, unit }: Metric,
  { variant, over }: LadderOptions,
): Finding[] {
  const medians = mediansByLevel(points, name);
  const [first, last] = [medians[0], medians.at(-1)];
  if (first === undefined || last === undefined) return [];
  const top = medians.reduce((most, each) => (each.value > most.value ? each : most));
  const highest = top.value > Math.max(first.value, last.value) ? top : null;
  return [finding('ladder-curve', { variant, over, title, unit, first, last, highest })];
}

function memorySlopeOf(points: readonly LadderPoint[]): Estimate | null {
  const slope = slopeOf(
    mediansByLevel(points, MEMORY).map(({ level, value }) => ({ size: level, bytes: value })),
  );
  return slope === null ? null : { value: slope.bytes, low: slope.low, high: slope.high };
}
