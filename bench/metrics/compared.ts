import { remembered } from '../measure/remembered.ts';
import type { Step } from '../model/plan.ts';
import type { ComparedName, ScenarioDefinition } from '../scenarios/definition.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Metric } from './metric.ts';
import { metricNamed } from './metrics.ts';

/** A metric that is evaluated in comparisons, and the step whose runs provide it. */
export interface ComparedMetric extends Omit<ComparedName, 'name'> {
  metric: Metric;
}

/** Returns the compared metrics of a scenario, looked up by name in the registry of metrics. */
const comparedOf = remembered(({ compared }: ScenarioDefinition): readonly ComparedMetric[] =>
  compared.map(({ name, ...rest }) => ({ metric: metricNamed(name), ...rest })),
);

/** Returns the compared metrics of every scenario. Step names are unique across scenarios. */
export function comparedMetrics(): readonly ComparedMetric[] {
  return SCENARIOS.flatMap(comparedOf);
}

/**
 * Returns the weights of all compared metrics of the scenario to which the given steps belong, including
 * metrics of the scenario's other steps.
 */
export function weightsBeside(steps: readonly Step[]): number[] {
  const scenario = SCENARIOS.find((each) => each.steps.some(({ name }) => steps.includes(name)));
  return (scenario?.compared ?? []).map(({ weight }) => weight);
}

/** Reports whether a metric contributes to a variant's overall verdict. */
export function isHeadline({ name, step }: { name: string; step: Step }): boolean {
  return comparedMetrics().some((each) => each.headline && each.metric.name === name && each.step === step);
}
