import type { Step } from './plan.ts';

/** Code of the notice on a run that missed a threshold. Its text begins with the text of the threshold. */
export const MISSED_THRESHOLD = 'threshold-missed';

/** The step that measures a metric; all others are measured by both. The times of a closed loop are not latency. */
const ANSWERED_BY: readonly (readonly [metric: RegExp, step: Step])[] = [
  [/^(response|sendLag|service)\./, 'latency'],
  [/^(messages\.perSecond|perCoreCapacity)$/, 'throughput'],
];

/** The steps in which to check a metric: the step that measures it, if requested, otherwise all. */
export function stepsAnswering(metric: string, steps: readonly Step[]): readonly Step[] {
  const step = ANSWERED_BY.find(([pattern]) => pattern.test(metric))?.[1];
  return step !== undefined && steps.includes(step) ? [step] : steps;
}
