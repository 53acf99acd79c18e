import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { ComparedFigure, EffectVerdict } from '../model/comparison.ts';
import type { Step } from '../model/plan.ts';
import type { RunSummary } from '../model/result.ts';
import type { Run } from '../model/run.ts';

/** What a comparison needs to know of a run; the index of a result has it. */
export type ComparedRun = Pick<RunSummary, 'variant' | 'step' | 'round' | 'outcome' | 'validity' | 'metrics'>;

/** A run as a comparison sees it; derives its figures. */
export function comparedRunOf(run: Run): ComparedRun {
  const { variant, step, round } = run.plan;
  const { outcome, validity } = run;
  return { variant, step, round, outcome, validity, metrics: metricsOf(figuresOf(run)) };
}

/** A figure that is compared. */
export interface FigureKind {
  /** As thresholds have it. */
  name: string;
  /** Of the runs that it is taken from. */
  step: Step;
  unit: ComparedFigure['unit'];
  better: 'lower' | 'higher';
  /** What a verdict calls the good direction and the bad one. */
  words: readonly [good: EffectVerdict, bad: EffectVerdict];
  /** Its share of the 5 % of false positives that a comparison may have, in hundredths. */
  weight: number;
  /** Part of the verdict on the variant as a whole. */
  headline: boolean;
  /** Why a run cannot be used for it, in a sentence; null where it can. */
  doubt(run: ComparedRun): string | null;
}

const SPEED = ['faster', 'slower'] as const;
const COST = ['cheaper', 'dearer'] as const;

/**
 * What is compared. Most of the weight is with the two figures that a change to Nginx should show in and that
 * scatter least; the others have just as much as lets ten rounds decide.
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

/** CPU time and memory: whoever set the pace, what was done is what it cost. */
export function incomplete({ outcome, metrics }: ComparedRun): string | null {
  if (outcome.state !== 'completed') return `It was ${outcome.state}: ${outcome.reason}`;
  const failed = metrics['connections.failed'] ?? 0;
  const lost = metrics['messages.lost'] ?? 0;
  return failed + lost === 0 ? null : `${failed} connections failed and ${lost} messages were lost.`;
}

/** The middle of a latency bears a generator that was late now and then, not a rate that was not reached. */
export function offSchedule(run: ComparedRun): string | null {
  const { component, evidence } = run.validity.limit;
  return incomplete(run) ?? (component === 'schedule' ? null : `It did not keep its schedule: ${evidence}`);
}

/** A throughput that the generator or the echo server set is theirs. */
export function limitedElsewhere(run: ComparedRun): string | null {
  const { verdict, reasons } = run.validity;
  const isLimited = verdict === 'generator-limited' || verdict === 'server-limited';
  return incomplete(run) ?? (isLimited ? (reasons[0] ?? `It was ${verdict}.`) : null);
}

/** The tail is the first to show anything that is not Nginx. */
export function invalid(run: ComparedRun): string | null {
  const { verdict, reasons } = run.validity;
  return incomplete(run) ?? (verdict === 'valid' ? null : (reasons[0] ?? `It was ${verdict}.`));
}
