import type { Step } from './plan.ts';

/** Code of the notice that a run with a missed threshold carries; its text begins with the threshold's. */
export const MISSED_THRESHOLD = 'threshold-missed';

/** The step that answers a metric; every other is the same question in both. A closed loop's times are not latency. */
const ANSWERED_BY: readonly (readonly [metric: RegExp, step: Step])[] = [
  [/^(response|sendLag|service)\./, 'latency'],
  [/^(messages\.perSecond|perCoreCapacity)$/, 'throughput'],
];

/** The steps in which a metric is to be checked: the one that answers it, where that is asked for, else all. */
export function stepsAnswering(metric: string, steps: readonly Step[]): readonly Step[] {
  const step = ANSWERED_BY.find(([pattern]) => pattern.test(metric))?.[1];
  return step !== undefined && steps.includes(step) ? [step] : steps;
}
