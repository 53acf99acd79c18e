import type { Step } from '../model/plan.ts';
import type { Metric } from './metric.ts';
import { metricNamed } from './metrics.ts';

/** A metric in the step that a comparison takes it from. */
export interface ComparedMetric {
  metric: Metric;
  step: Step;
  /** Its share of the 5 % of false positives that a comparison may have, in hundredths. */
  weight: number;
  /** Part of the verdict on the variant as a whole. */
  headline: boolean;
}

/**
 * What is compared. Most of the weight is on the two metrics that a change to Nginx should show up in and that
 * scatter least; the others have just enough for ten rounds to decide.
 */
export const COMPARED: readonly ComparedMetric[] = [
  { metric: metricNamed('cpuPerMessage.proxy'), step: 'throughput', weight: 40, headline: true },
  { metric: metricNamed('response.p50'), step: 'latency', weight: 36, headline: true },
  { metric: metricNamed('messages.perSecond'), step: 'throughput', weight: 4, headline: false },
  { metric: metricNamed('cpuPerMessage.proxy'), step: 'latency', weight: 4, headline: false },
  { metric: metricNamed('response.p99'), step: 'latency', weight: 4, headline: false },
  { metric: metricNamed('handshake.p50'), step: 'throughput', weight: 4, headline: false },
  { metric: metricNamed('cpuPerConnection.proxy'), step: 'throughput', weight: 4, headline: false },
  { metric: metricNamed('memoryPerConnection.proxy'), step: 'throughput', weight: 4, headline: false },
];

/** Whether the verdict on a variant goes by it. */
export function isHeadline({ name, step }: { name: string; step: Step }): boolean {
  return COMPARED.some((each) => each.headline && each.metric.name === name && each.step === step);
}
