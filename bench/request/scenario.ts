import type { Condition } from '../model/condition.ts';
import { Problem } from '../model/failure.ts';
import type { Load, ScenarioOptions } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { ScenarioDefinition, ScenarioOption } from '../scenarios/definition.ts';
import { DEFAULT_SCENARIO, SCENARIO_OPTIONS, SCENARIOS, scenarioOfFile } from '../scenarios/registry.ts';
import { last, milliseconds, number, oneOf } from './given.ts';
import { Incomplete } from './incomplete.ts';
import { suggestion } from './nearest.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** The requested scenario, with the values of its own options. */
export interface ScenarioRequest {
  scenario: ScenarioDefinition;
  scenarioOptions: ScenarioOptions;
}

/** Actions that are performed by the clients, not on a process of the topology. */
export const OF_CLIENTS: ReadonlySet<string> = new Set(['cut-clients', 'stall-clients', 'resume-clients']);

const DAY_US = 24 * 3600 * 1e6;

/** @throws Problem('usage') for an unknown scenario, and for options that the scenario does not support */
export function scenarioOf(given: GivenOptions): ScenarioRequest {
  const scenario = named(last(given, 'scenario') ?? DEFAULT_SCENARIO.name);
  for (const option of [...Object.keys(SCENARIO_OPTIONS), ...scenario.excluded]) {
    if (!given.has(option) || Object.hasOwn(scenario.options, option)) continue;
    const owners = SCENARIOS.filter(({ options }) => Object.hasOwn(options, option)).map(({ name }) => name);
    const remedy =
      owners.length === 0
        ? `Leave --${option} out.`
        : `This option requires --scenario ${owners.join(' or ')}.`;
    throw new Problem('usage', `--${option} does not apply to the scenario ${scenario.name}. ${remedy}`);
  }
  refuseContradictions(given, scenario);
  const options = Object.entries(scenario.options).map(([name, option]) => [
    name,
    optionValue(given, name, option) ?? option.default,
  ]);
  return { scenario, scenarioOptions: Object.fromEntries(options) };
}

function refuseContradictions(given: GivenOptions, { options }: ScenarioDefinition): void {
  for (const [name, { excludes = [] }] of Object.entries(options)) {
    const rival = excludes.find((each) => given.has(name) && given.has(each));
    if (rival === undefined) continue;
    throw new Problem('usage', `--${rival} cannot be combined with --${name}. Leave one of them out.`);
  }
}

function named(name: string): ScenarioDefinition {
  const scenario = scenarioOfFile(name) ?? SCENARIOS.find((each) => each.name === name);
  if (scenario !== undefined) return scenario;
  if (name === 'ladder') {
    throw new Problem(
      'usage',
      'ladder is not a scenario but a command that repeats one: npm run bench -- ladder -p plain --over connections. Its --scenario option names the scenario.',
    );
  }
  const names = SCENARIOS.map((each) => each.name);
  throw new Problem(
    'usage',
    `--scenario ${quoted(name)} is not a scenario.${suggestion(name, names)} The scenarios are ${names.join(', ')}. For one of your own, name its file: --scenario ./chat.ts.`,
  );
}

function optionValue(given: GivenOptions, name: string, option: ScenarioOption): number | string | null {
  if (option.kind === 'switch') return given.has(name) ? 'on' : null;
  if (option.kind === 'choice') return oneOf(given, name, option.choices);
  if (option.kind === 'count') return number(given, name, { min: option.least, max: option.most });
  if (option.kind === 'text') return textOf(given, name, option);
  return milliseconds(given, name, { min: option.leastMs * 1e3, max: DAY_US });
}

function textOf(
  given: GivenOptions,
  name: string,
  { pattern, expected, bare }: Extract<ScenarioOption, { kind: 'text' }>,
): string | null {
  const text = last(given, name) ?? (given.has(name) ? (bare ?? null) : null);
  if (text === null || pattern.test(text)) return text;
  throw new Problem('usage', `--${name} ${quoted(text)} must be ${expected}.`);
}

/**
 * Returns the steps named by --steps; null if the option is missing.
 *
 * @throws Problem('usage') for a step that the scenario does not have
 */
export function namedSteps(given: GivenOptions, { steps }: ScenarioDefinition): Step[] | null {
  const text = last(given, 'steps');
  if (text === null) return null;
  const known = steps.map(({ name }) => name);
  const names = text.split(',').map((name) => name.trim());
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return known.filter((step) => names.includes(step));
  const whole = known.length > 1 ? ` or ${known.join(',')}` : '';
  throw new Problem(
    'usage',
    `--steps ${quoted(stranger)} is not a step.${suggestion(stranger, known)} Use ${known.join(', ')}${whole}.`,
  );
}

/** Returns the names of the scenario's steps with this kind of load. */
export function stepsWith(kind: Load['kind'], { steps }: ScenarioDefinition): Step[] {
  return steps.filter(({ load }) => load === kind).map(({ name }) => name);
}

/**
 * Returns the name of the Nginx binary to which the runs upgrade; null if each Nginx is upgraded to its own
 * binary, undefined without an upgrade.
 */
export function upgradeTargetOf({ scenario, scenarioOptions }: ScenarioRequest): string | null | undefined {
  const actions = scenario.steps.flatMap(({ name }) => scenario.timeline(name, scenarioOptions, 1));
  return actions.flatMap(({ action }) => (action.kind === 'upgrade' ? [action.to] : []))[0];
}

/** @throws Problem('usage') for a condition on a metric that only other scenarios have */
export function checkMetrics(conditions: readonly Condition[], scenario: ScenarioDefinition): void {
  for (const { text, metric } of conditions) {
    const owners = SCENARIOS.filter(({ metrics }) => metrics.some(({ name }) => name === metric));
    if (owners.length === 0 || owners.includes(scenario)) continue;
    throw new Problem(
      'usage',
      `--threshold ${quoted(text)} does not apply to the scenario ${scenario.name}. Its metric requires --scenario ${owners.map(({ name }) => name).join(' or ')}.`,
    );
  }
}

/** Returns the --steps option with all steps. It is the remedy if --steps excludes a step that another option needs. */
export function allSteps({ steps }: ScenarioDefinition): { steps: string } {
  return { steps: steps.map(({ name }) => name).join(',') };
}

/** Options that only apply to steps with a certain kind of load. */
export const LOAD_OPTIONS: Readonly<Record<string, Load['kind']>> = {
  rate: 'open',
  arrivals: 'open',
  'in-flight': 'closed',
  pending: 'closed',
};

/** @throws Incomplete for an option whose step is excluded */
export function checkSteps(given: GivenOptions, scenario: ScenarioDefinition, steps: readonly Step[]): void {
  for (const [option, kind] of Object.entries(LOAD_OPTIONS)) {
    const [needed] = stepsWith(kind, scenario);
    if (!given.has(option) || needed === undefined || steps.includes(needed)) continue;
    throw new Incomplete(
      `--${option} only applies to the ${needed} step, which --steps excludes. Add the step, or leave --${option} out.`,
      allSteps(scenario),
    );
  }
}
