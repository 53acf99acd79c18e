import { backendLoss } from './backend-loss/definition.ts';
import { broadcast } from './broadcast/definition.ts';
import { connect } from './connect/definition.ts';
import type { ScenarioDefinition, ScenarioOption, StepDefinition } from './definition.ts';
import { echo } from './echo/definition.ts';
import { idle } from './idle/definition.ts';
import { mixed } from './mixed/definition.ts';
import { reload } from './reload/definition.ts';
import { slowConsumer } from './slow-consumer/definition.ts';
import { storm } from './storm/definition.ts';

/** The built-in scenarios, in the order in which `--help` lists them. The first is the default. */
const REGISTRY = [echo, idle, reload, connect, storm, broadcast, backendLoss, slowConsumer, mixed] as const;

/** All scenarios: the built-in ones, followed by users' scenarios. */
const scenarios: ScenarioDefinition[] = [...REGISTRY];
export const SCENARIOS: readonly ScenarioDefinition[] = scenarios;
export const DEFAULT_SCENARIO: ScenarioDefinition = REGISTRY[0];

type Merged<Union> = (Union extends unknown ? (each: Union) => void : never) extends (each: infer All) => void
  ? All
  : never;

/** The options of all built-in scenarios. Scenarios that have an option of the same name share it. */
export const SCENARIO_OPTIONS = Object.assign({}, ...REGISTRY.map(({ options }) => options)) as Merged<
  (typeof REGISTRY)[number]['options']
>;

/** Users' scenarios, by path as given in --scenario. */
const byPath = new Map<string, ScenarioDefinition>();

/**
 * Adds a user's scenario, replacing any earlier user's scenario of the same name.
 *
 * @param path path of the scenario's file, as in --scenario; null if the file is missing
 */
export function addScenario(scenario: ScenarioDefinition, path: string | null): void {
  if (path !== null) byPath.set(path, scenario);
  const at = scenarios.findIndex(({ name }) => name === scenario.name);
  if (at < 0) scenarios.push(scenario);
  else if (isBuiltIn(scenario.name)) throw new TypeError(`${scenario.name} is built in.`);
  else scenarios[at] = scenario;
}

/** Returns the user's scenario that was added from a file; undefined if there is none. */
export function scenarioOfFile(path: string): ScenarioDefinition | undefined {
  return byPath.get(path);
}

/** Returns the users' scenarios that were added. */
export function addedScenarios(): readonly ScenarioDefinition[] {
  return scenarios.slice(REGISTRY.length);
}

/**
 * Returns the options of the scenarios that were added from files, except for options that belong to a
 * built-in scenario.
 */
export function addedOptions(): Readonly<Record<string, ScenarioOption>> {
  const builtIn: readonly ScenarioOption[] = Object.values(SCENARIO_OPTIONS);
  const all = [...byPath.values()].flatMap(({ options }) => Object.entries(options));
  return Object.fromEntries(all.filter(([, option]) => !builtIn.includes(option)));
}

/** Reports whether a scenario with this name is built in. */
export function isBuiltIn(name: string): boolean {
  return REGISTRY.some((each) => each.name === name);
}

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
