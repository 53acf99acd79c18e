import { knownFigures } from '../measure/figures.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Trial } from '../model/capacity.ts';
import { type Condition, isMet } from '../model/condition.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/**
 * Judges one run against the objectives at its level. The run must also finish and keep its schedule, because
 * objectives do not count as met at a rate that was not sustained. A late generator or a disturbance does not
 * invalidate a run that meets the objectives, because neither can have helped it.
 */
export function trialOf(run: Run, level: number, objectives: readonly Condition[]): Trial {
  const metrics = metricsOf(knownFigures(run), run.plan);
  const figures = objectives.map(({ metric }) => metrics[metric] ?? null);
  const keptSchedule = run.validity.limit.component === 'schedule';
  const missed = objectives.filter((objective, index) => !isMet(objective, figures[index] ?? null));
  const met = run.outcome.state === 'completed' && keptSchedule && missed.length === 0;
  return { level, met, keptSchedule, figures, elsewhere: met ? null : elsewhere(run, missed, metrics) };
}

const LOSSES = ['connections.failed', 'messages.lost'];

type Metrics = Readonly<Record<string, number | null>>;

/**
 * Returns a reason to suspect that the cause of a missed objective lies outside the measured component: the
 * run did not complete, is not valid, or has no value for any missed objective. Returns null if there is no
 * such reason. Also returns null for a completed run, even if it is not valid, in three cases: the measured
 * component was the limit; a memory metric has a value that misses its objective; or no component was the
 * limit, and losses of connections or messages miss an objective or are the only reason for the verdict.
 */
function elsewhere(run: Run, missed: readonly Condition[], metrics: Metrics): Finding | null {
  const { plan, outcome, validity } = run;
  const { state } = outcome;
  if (state !== 'completed') return finding('run-ended', { state, reason: outcome.reason });
  const { verdict, reasons, limit } = validity;
  if (limit.component === (plan.proxy === null ? 'server' : 'proxy')) return null;
  const told = missed.filter(({ metric }) => (metrics[metric] ?? null) !== null);
  if (told.some(({ metric }) => metric.startsWith('memory'))) return null;
  if (limit.component === 'schedule' || limit.component === 'none') {
    if (told.some(({ metric }) => LOSSES.includes(metric))) return null;
    const lost = LOSSES.reduce((sum, metric) => sum + (metrics[metric] ?? 0), 0);
    if (lost > 0 && reasons.length === 1) return null;
  }
  if (verdict !== 'valid') return reasons[0] ?? finding('not-valid', { verdict });
  const [untold] = missed.filter((objective) => !told.includes(objective));
  if (untold === undefined || told.length > 0) return null;
  return finding('no-samples', { metric: untold.metric });
}
