import type { MetricUnit } from '../model/metric.ts';
import { type Amount, formatFigure, formatRate, formatTime } from './format.ts';
import { type DisturbanceFacts, disturbance } from './validity.ts';
import { paragraph } from './words.ts';

/** A step's headline over some of its seconds: a rate of a closed loop, or p99 of the times of an open one. */
interface HeadlineFacts {
  perSecond: Amount | null;
  responseUs: Amount | null;
  sendLagUs: Amount | null;
}

/** Null where no second is left to compare with. */
export interface DisturbedFigures {
  all: HeadlineFacts | null;
  undisturbed: HeadlineFacts | null;
}

export const MISSED_THRESHOLD = 'threshold-missed';

/** What a reader of the figures of a run should know. */
export const NOTICES = {
  [MISSED_THRESHOLD]: ({
    threshold,
    metric,
    value,
    unit,
  }: {
    threshold: string;
    metric: string;
    value: Amount | null;
    unit: MetricUnit;
  }) =>
    value === null
      ? `${threshold}: missed; this run has no ${metric} (too few samples, or nothing to measure).`
      : `${threshold}: missed; ${metric} is ${formatFigure(value, unit)}.`,
  'disturbed-seconds': (facts: DisturbanceFacts & DisturbedFigures) =>
    paragraph([`${disturbance(facts)}.`, besideText(facts)]),
};

function besideText({ all, undisturbed: calm }: DisturbedFigures): string {
  if (all === null || calm === null) return 'No second is left to compare with.';
  const pair = (
    what: string,
    [a, b]: readonly [Amount | null, Amount | null],
    format: (figure: Amount) => string,
  ) =>
    a === null || b === null
      ? ''
      : `${what} ${format(a)} over all seconds and ${format(b)} over the undisturbed ones.`;
  return paragraph([
    pair('It echoed', [all.perSecond, calm.perSecond], formatRate),
    pair('Response time p99 was', [all.responseUs, calm.responseUs], formatTime),
    pair('Send lag p99 was', [all.sendLagUs, calm.sendLagUs], formatTime),
  ]);
}
