import type { ScenarioDefinition, StepDefinition } from './definition.ts';
import { echo } from './echo/definition.ts';
import { idle } from './idle/definition.ts';
import { reload } from './reload/definition.ts';
import { storm } from './storm/definition.ts';

/** Every scenario, in the order in which `--help` lists them; the first is the default. */
const REGISTRY = [echo, idle, reload, storm] as const;

export const SCENARIOS: readonly ScenarioDefinition[] = REGISTRY;
export const DEFAULT_SCENARIO: ScenarioDefinition = REGISTRY[0];

type Merged<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer All) => void
  ? All
  : never;

/** The options of all scenarios; their names are unique. */
export const SCENARIO_OPTIONS = Object.assign({}, ...SCENARIOS.map(({ options }) => options)) as Merged<
  (typeof REGISTRY)[number]['options']
>;

/** @throws TypeError for an unknown name; names from users are checked before */
export function scenarioNamed(name: string): ScenarioDefinition {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) throw new TypeError(`There is no scenario ${name}.`);
  return scenario;
}

/** How a step of any scenario works; no two scenarios have a step of the same name. */
export function stepNamed(name: string): StepDefinition {
  const step = SCENARIOS.flatMap(({ steps }) => steps).find((each) => each.name === name);
  if (step === undefined) throw new TypeError(`There is no step ${name}.`);
  return step;
}
