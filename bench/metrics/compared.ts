import type { Step } from '../model/plan.ts';
import type { ComparedName } from '../scenarios/definition.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Metric } from './metric.ts';
import { metricNamed } from './metrics.ts';

/** A metric in the step that a comparison takes it from. */
export interface ComparedMetric extends Omit<ComparedName, 'name'> {
  metric: Metric;
}

/** What comparisons of every scenario compare. No two scenarios have a step of the same name. */
export const COMPARED: readonly ComparedMetric[] = SCENARIOS.flatMap(({ compared }) =>
  compared.map(({ name, ...rest }) => ({ metric: metricNamed(name), ...rest })),
);

/** The weights of all that the scenario of these steps compares, in whichever of its steps. */
export function weightsBeside(steps: readonly Step[]): number[] {
  const scenario = SCENARIOS.find((each) => each.steps.some(({ name }) => steps.includes(name)));
  return (scenario?.compared ?? []).map(({ weight }) => weight);
}

/** Whether the verdict on a variant goes by it. */
export function isHeadline({ name, step }: { name: string; step: Step }): boolean {
  return COMPARED.some((each) => each.headline && each.metric.name === name && each.step === step);
}
