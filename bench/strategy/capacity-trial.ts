import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../measure/metrics.ts';
import type { Trial } from '../model/capacity.ts';
import { type Condition, isMet } from '../model/condition.ts';
import type { Run } from '../model/run.ts';

/**
 * What one run says of the objectives at its level. Beside them it has to come to its end and to keep its schedule: a
 * rate that was not carried was not held. One that does so in spite of a late generator, or of a disturbance, would do
 * so without.
 */
export function trialOf(run: Run, level: number, objectives: readonly Condition[]): Trial {
  const metrics = metricsOf(figuresOf(run));
  const figures = objectives.map(({ metric }) => metrics[metric] ?? null);
  const keptSchedule = run.validity.limit.component === 'schedule';
  const met =
    run.outcome.state === 'completed' &&
    keptSchedule &&
    objectives.every((objective, index) => isMet(objective, figures[index] ?? null));
  return {
    level,
    met,
    keptSchedule,
    figures,
    elsewhere: met ? null : (elsewhere(run, metrics) ?? untold(objectives, figures)),
  };
}

/** A figure that a run does not give was not missed. */
function untold(objectives: readonly Condition[], figures: readonly (number | null)[]): string | null {
  const metric = objectives.find((_, index) => figures[index] === null)?.metric;
  return metric === undefined ? null : `The run has no ${metric}: too few samples, or nothing to measure.`;
}

/**
 * What other than the thing measured may be why an objective was missed. Nothing else is where that was the limit, where
 * the run is valid, and where losses are all that speaks against the run.
 */
function elsewhere(
  { plan, outcome, validity }: Run,
  metrics: Readonly<Record<string, number | null>>,
): string | null {
  if (outcome.state !== 'completed') return `The run ${outcome.state}: ${outcome.reason}`;
  const { verdict, reasons, limit } = validity;
  const measured = plan.proxy === null ? 'server' : 'proxy';
  if (limit.component === measured || verdict === 'valid') return null;
  const lost = (metrics['connections.failed'] ?? 0) + (metrics['messages.lost'] ?? 0);
  if (limit.component === 'schedule' && lost > 0 && reasons.length === 1) return null;
  return reasons[0] ?? `It was ${verdict}.`;
}
