import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { Trial } from '../model/capacity.ts';
import { type Condition, isMet } from '../model/condition.ts';
import type { Run } from '../model/run.ts';

/**
 * Judges one run by the objectives at its level. The run must also finish and keep its schedule, because a rate
 * that was not carried was not met. If it does so despite a late generator or a disturbance, it would also do so
 * without.
 */
export function trialOf(run: Run, level: number, objectives: readonly Condition[]): Trial {
  const metrics = metricsOf(figuresOf(run));
  const figures = objectives.map(({ metric }) => metrics[metric] ?? null);
  const keptSchedule = run.validity.limit.component === 'schedule';
  const missed = objectives.filter((objective, index) => !isMet(objective, figures[index] ?? null));
  const met = run.outcome.state === 'completed' && keptSchedule && missed.length === 0;
  return { level, met, keptSchedule, figures, elsewhere: met ? null : elsewhere(run, missed, metrics) };
}

const LOSSES = ['connections.failed', 'messages.lost'];

type Metrics = Readonly<Record<string, number | null>>;

/**
 * Why something other than the measured component may have caused a miss; null if nothing else did. Nothing else
 * did if the measured component was the limit, if the run is valid, if connections or messages were lost while
 * nothing else was the limit, or if the objective is about memory.
 */
function elsewhere(run: Run, missed: readonly Condition[], metrics: Metrics): string | null {
  const { plan, outcome, validity } = run;
  if (outcome.state !== 'completed') return `The run ${outcome.state}: ${outcome.reason}`;
  const { verdict, reasons, limit } = validity;
  if (limit.component === (plan.proxy === null ? 'server' : 'proxy')) return null;
  const told = missed.filter(({ metric }) => (metrics[metric] ?? null) !== null);
  if (told.some(({ metric }) => metric.startsWith('memory'))) return null;
  if (limit.component === 'schedule' || limit.component === 'none') {
    if (told.some(({ metric }) => LOSSES.includes(metric))) return null;
    const lost = LOSSES.reduce((sum, metric) => sum + (metrics[metric] ?? 0), 0);
    if (lost > 0 && reasons.length === 1) return null;
  }
  if (verdict !== 'valid') return reasons[0] ?? `It was ${verdict}.`;
  const [untold] = missed.filter((objective) => !told.includes(objective));
  if (untold === undefined || told.length > 0) return null;
  return `The run has no ${untold.metric}: too few samples, or nothing to measure.`;
}
