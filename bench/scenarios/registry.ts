import { backendLoss } from './backend-loss/definition.ts';
import { broadcast } from './broadcast/definition.ts';
import { connect } from './connect/definition.ts';
import type { ScenarioDefinition, StepDefinition } from './definition.ts';
import { echo } from './echo/definition.ts';
import { idle } from './idle/definition.ts';
import { mixed } from './mixed/definition.ts';
import { reload } from './reload/definition.ts';
import { slowConsumer } from './slow-consumer/definition.ts';
import { storm } from './storm/definition.ts';

/** All scenarios, in the order in which `--help` lists them. The first is the default. */
const REGISTRY = [echo, idle, reload, connect, storm, broadcast, backendLoss, slowConsumer, mixed] as const;

export const SCENARIOS: readonly ScenarioDefinition[] = REGISTRY;
export const DEFAULT_SCENARIO: ScenarioDefinition = REGISTRY[0];

type Merged<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer All) => void
  ? All
  : never;

/** The options of all scenarios. Their names are unique. */
export const SCENARIO_OPTIONS = Object.assign({}, ...SCENARIOS.map(({ options }) => options)) as Merged<
  (typeof REGISTRY)[number]['options']
>;

/** @throws TypeError for an unknown name; user-supplied names must be checked beforehand */
export function scenarioNamed(name: string): ScenarioDefinition {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) throw new TypeError(`There is no scenario ${name}.`);
  return scenario;
}

/** Returns the definition of a step. Step names are unique across scenarios. */
export function stepNamed(name: string): StepDefinition {
  const step = SCENARIOS.flatMap(({ steps }) => steps).find((each) => each.name === name);
  if (step === undefined) throw new TypeError(`There is no step ${name}.`);
  return step;
}
