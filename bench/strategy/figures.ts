import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { ComparedFigure, EffectVerdict } from '../model/comparison.ts';
import type { Step } from '../model/plan.ts';
import type { RunSummary } from '../model/result.ts';
import type { Run } from '../model/run.ts';

/** What a comparison needs to know about a run. The index of a result contains it. */
export type ComparedRun = Pick<RunSummary, 'variant' | 'step' | 'round' | 'outcome' | 'validity' | 'metrics'>;

/** A run as a comparison sees it, with its figures derived. */
export function comparedRunOf(run: Run): ComparedRun {
  const { variant, step, round } = run.plan;
  const { outcome, validity } = run;
  return { variant, step, round, outcome, validity, metrics: metricsOf(figuresOf(run)) };
}

/** A figure that is compared. */
export interface FigureKind {
  /** Named as in thresholds. */
  name: string;
  /** Of the runs it comes from. */
  step: Step;
  unit: ComparedFigure['unit'];
  better: 'lower' | 'higher';
  /** The verdicts for a change in the good and in the bad direction. */
  words: readonly [good: EffectVerdict, bad: EffectVerdict];
  /** Its share of the 5 % of false positives allowed in a comparison, in hundredths. */
  weight: number;
  /** Whether it counts for the verdict on the variant as a whole. */
  headline: boolean;
  /** Why a run is unfit for it, in a sentence; null if it is fit. */
  doubt(run: ComparedRun): string | null;
}

const SPEED = ['faster', 'slower'] as const;
const COST = ['cheaper', 'dearer'] as const;

/**
 * The figures that are compared. Most of the weight is on the two that should show a change to Nginx and that vary
 * least. The others have just enough for ten rounds to reach a verdict.
 */
export const FIGURES: readonly FigureKind[] = [
  {
    name: 'cpuPerMessage.proxy',
    step: 'throughput',
    unit: 'µs',
    better: 'lower',
    words: COST,
    weight: 40,
    headline: true,
    doubt: incomplete,
  },
  {
    name: 'response.p50',
    step: 'latency',
    unit: 'µs',
    better: 'lower',
    words: SPEED,
    weight: 36,
    headline: true,
    doubt: offSchedule,
  },
  {
    name: 'messages.perSecond',
    step: 'throughput',
    unit: '1/s',
    better: 'higher',
    words: SPEED,
    weight: 4,
    headline: false,
    doubt: limitedElsewhere,
  },
  {
    name: 'cpuPerMessage.proxy',
    step: 'latency',
    unit: 'µs',
    better: 'lower',
    words: COST,
    weight: 4,
    headline: false,
    doubt: offSchedule,
  },
  {
    name: 'response.p99',
    step: 'latency',
    unit: 'µs',
    better: 'lower',
    words: SPEED,
    weight: 4,
    headline: false,
    doubt: invalid,
  },
  {
    name: 'handshake.p50',
    step: 'throughput',
    unit: 'µs',
    better: 'lower',
    words: SPEED,
    weight: 4,
    headline: false,
    doubt: incomplete,
  },
  {
    name: 'cpuPerConnection.proxy',
    step: 'throughput',
    unit: 'µs',
    better: 'lower',
    words: COST,
    weight: 4,
    headline: false,
    doubt: incomplete,
  },
  {
    name: 'memoryPerConnection.proxy',
    step: 'throughput',
    unit: 'B',
    better: 'lower',
    words: COST,
    weight: 4,
    headline: false,
    doubt: incomplete,
  },
];

/** For CPU time and memory: whichever component set the pace, the cost per unit of work holds. */
export function incomplete({ outcome, metrics }: ComparedRun): string | null {
  if (outcome.state !== 'completed') return `It was ${outcome.state}: ${outcome.reason}`;
  const failed = metrics['connections.failed'] ?? 0;
  const lost = metrics['messages.lost'] ?? 0;
  return failed + lost === 0 ? null : `${failed} connections failed and ${lost} messages were lost.`;
}

/**
 * For the middle of the latency: it tolerates a generator that is occasionally late, but not a rate that was not
 * reached.
 */
export function offSchedule(run: ComparedRun): string | null {
  const { component, evidence } = run.validity.limit;
  return incomplete(run) ?? (component === 'schedule' ? null : `It did not keep its schedule: ${evidence}`);
}

/** For throughput: if the generator or the echo server was the limit, the throughput is theirs. */
export function limitedElsewhere(run: ComparedRun): string | null {
  const { verdict, reasons } = run.validity;
  const isLimited = verdict === 'generator-limited' || verdict === 'server-limited';
  return incomplete(run) ?? (isLimited ? (reasons[0] ?? `It was ${verdict}.`) : null);
}

/** For the tail: it is the first to show any effect that is not due to Nginx. */
export function invalid(run: ComparedRun): string | null {
  const { verdict, reasons } = run.validity;
  return incomplete(run) ?? (verdict === 'valid' ? null : (reasons[0] ?? `It was ${verdict}.`));
}
