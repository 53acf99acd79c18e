import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { echo } from '../scenarios/echo/definition.ts';
import { DEFAULT_SCENARIO, SCENARIOS } from '../scenarios/registry.ts';
import { Incomplete } from './incomplete.ts';
import {
  allSteps,
  checkMetrics,
  checkSteps,
  namedSteps,
  scenarioOf,
  stepsWith,
  upgradeTargetOf,
} from './scenario.ts';
import { parseThreshold } from './threshold.ts';

/** Parses a command line such as `--scenario echo --steps latency`. */
function given(line: string): ReadonlyMap<string, readonly string[]> {
  const words = line.split(' ').filter((word) => word !== '');
  const pairs = words.flatMap((word, at) =>
    word.startsWith('--') ? [[word.slice(2), [words[at + 1] ?? '']] as const] : [],
  );
  return new Map(pairs);
}

/** Returns a valid value for an option. */
function valueFor(option: ScenarioDefinition['options'][string] | undefined): string {
  if (option === undefined) return '1';
  if (option.kind === 'switch') return 'on';
  if (option.kind === 'choice') return option.choices[0] ?? '';
  if (option.kind === 'count') return String(option.least);
  return option.kind === 'text' ? option.default : `${option.leastMs}ms`;
}

/** A scenario with one step for each kind of load. */
const ALL_KINDS: ScenarioDefinition = {
  ...echo,
  name: 'all-kinds',
  steps: [
    { name: 'standing', load: null, server: 'lean' },
    { name: 'carrying', load: 'closed', server: 'lean' },
    { name: 'paced', load: 'open', server: 'ws' },
  ],
};

describe('the scenario', () => {
  test('is the first one by default', () => {
    assert.equal(scenarioOf(given('')).scenario, DEFAULT_SCENARIO);
    for (const scenario of SCENARIOS)
      assert.equal(scenarioOf(given(`--scenario ${scenario.name}`)).scenario, scenario);
  });

  test('is rejected if unknown, with the most similar name and a list of all', () => {
    const names = SCENARIOS.map(({ name }) => name).join(', ');
    const own = 'For one of your own, name its file: --scenario ./chat.ts.';
    assert.throws(() => scenarioOf(given('--scenario ech')), {
      name: 'Problem',
      kind: 'usage',
      message: `--scenario "ech" is not a scenario. Did you mean echo? The scenarios are ${names}. ${own}`,
    });
    assert.throws(() => scenarioOf(given('--scenario nothing-like-it-at-all')), {
      kind: 'usage',
      message: `--scenario "nothing-like-it-at-all" is not a scenario. The scenarios are ${names}. ${own}`,
    });
    for (const word of ['constructor', '__proto__', 'Echo', 'echo/../echo'])
      assert.throws(() => scenarioOf(given(`--scenario ${word}`)), { kind: 'usage' }, word);
  });

  for (const scenario of SCENARIOS) {
    const line = `--scenario ${scenario.name}`;

    test(`${scenario.name}: each of its options has a default, which a given value replaces`, () => {
      const defaults = Object.entries(scenario.options).map(([name, option]) => [name, option.default]);
      assert.deepEqual(scenarioOf(given(line)).scenarioOptions, Object.fromEntries(defaults));
      for (const [name, option] of Object.entries(scenario.options)) {
        const { scenarioOptions } = scenarioOf(given(`${line} --${name} ${valueFor(option)}`));
        const value = valueFor(option);
        assert.equal(String(scenarioOptions[name]), option.kind === 'duration' ? value.slice(0, -2) : value);
        const values =
          option.kind === 'count'
            ? [option.least - 1, option.most + 1]
            : option.kind === 'duration'
              ? [option.leastMs > 0 ? `${option.leastMs - 1}ms` : '-1ms', `${24 * 3600 * 1000 + 1}ms`]
              : [];
        for (const value of values)
          assert.throws(() => scenarioOf(given(`${line} --${name} ${value}`)), { kind: 'usage' }, name);
        const most = option.kind === 'count' ? option.most : 24 * 3600 * 1000;
        if (option.kind === 'count' || option.kind === 'duration') {
          const text = option.kind === 'count' ? `${most}` : `${most}ms`;
          assert.equal(scenarioOf(given(`${line} --${name} ${text}`)).scenarioOptions[name], most);
        }
        // A switch takes no value.
        if (option.kind === 'switch') continue;
        assert.throws(() => scenarioOf(given(`${line} --${name} no-such-value!`)), { kind: 'usage' }, name);
      }
    });

    test(`${scenario.name}: options that do not apply to it are rejected`, () => {
      const others = SCENARIOS.flatMap(({ options }) => Object.entries(options)).filter(
        ([name]) => !Object.hasOwn(scenario.options, name),
      );
      for (const [name, option] of others) {
        const owners = SCENARIOS.filter(({ options }) => Object.hasOwn(options, name)).map(
          (each) => each.name,
        );
        assert.throws(() => scenarioOf(given(`${line} --${name} ${valueFor(option)}`)), {
          kind: 'usage',
          message: `--${name} does not apply to the scenario ${scenario.name}. This option requires --scenario ${owners.join(' or ')}.`,
        });
      }
      for (const name of scenario.excluded)
        assert.throws(() => scenarioOf(given(`${line} --${name} 1`)), {
          kind: 'usage',
          message: new RegExp(`^--${name} does not apply to the scenario ${scenario.name}\\. `),
        });
    });
  }
});

describe('steps', () => {
  test('are the named ones, in the order of the scenario', () => {
    assert.equal(namedSteps(given(''), echo), null);
    assert.deepEqual(namedSteps(given('--steps latency'), echo), ['latency']);
    assert.deepEqual(namedSteps(given('--steps latency,throughput'), echo), ['throughput', 'latency']);
    assert.deepEqual(namedSteps(given('--steps paced,standing'), ALL_KINDS), ['standing', 'paced']);
    assert.deepEqual(namedSteps(new Map([['steps', ['latency , throughput']]]), echo), [
      'throughput',
      'latency',
    ]);
    assert.throws(() => namedSteps(given('--steps latency,x,y'), echo), { message: /^--steps "x" is not/ });
  });

  test('are rejected if the scenario lacks them, with the most similar name', () => {
    assert.throws(() => namedSteps(given('--steps latency,troughput'), echo), {
      kind: 'usage',
      message:
        '--steps "troughput" is not a step. Did you mean throughput? Use throughput, latency or throughput,latency.',
    });
    assert.throws(() => namedSteps(given('--steps throughput'), ALL_KINDS), { kind: 'usage' });
    const [only] = ALL_KINDS.steps;
    assert.ok(only);
    assert.throws(() => namedSteps(given('--steps latency'), { ...ALL_KINDS, steps: [only] }), {
      message: /is not a step\..* Use standing\.$/,
    });
  });

  test('are found by their load, and completed to all of them', () => {
    assert.deepEqual(stepsWith('open', ALL_KINDS), ['paced']);
    assert.deepEqual(stepsWith('closed', ALL_KINDS), ['carrying']);
    assert.deepEqual(stepsWith('closed', { ...ALL_KINDS, steps: [] }), []);
    assert.deepEqual(allSteps(ALL_KINDS), { steps: 'standing,carrying,paced' });
  });

  test('an option for an excluded step is incomplete, and the error tells what completes it', () => {
    const check = (line: string, steps: readonly string[]) => () => checkSteps(given(line), ALL_KINDS, steps);
    for (const [option, step] of [
      ['rate', 'paced'],
      ['arrivals', 'paced'],
      ['in-flight', 'carrying'],
    ] as const) {
      assert.throws(check(`--${option} 1`, ['standing']), (error) => {
        assert.ok(error instanceof Incomplete);
        assert.match(
          error.message,
          new RegExp(`^--${option} only applies to the ${step} step, which --steps excludes\\.`),
        );
        return true;
      });
      check(`--${option} 1`, [step])();
    }
    check('', [])();
    // A scenario without such a step rejects the option itself.
    checkSteps(given('--rate 5'), { ...ALL_KINDS, steps: [] }, []);
  });
});

test('a threshold on a metric of another scenario is rejected with its name; common metrics are accepted', () => {
  const [, silent] = SCENARIOS;
  assert.ok(silent);
  const conditions = (metric: string) => [parseThreshold(`${metric}>0`)];
  assert.doesNotThrow(() => checkMetrics(conditions('idle.survived'), silent));
  assert.doesNotThrow(() => checkMetrics(conditions('connections.opened'), silent));
  assert.throws(() => checkMetrics(conditions('messages.perSecond'), silent), {
    kind: 'usage',
    message: /--scenario echo/,
  });
  assert.throws(() => checkMetrics(conditions('idle.survived'), DEFAULT_SCENARIO), {
    kind: 'usage',
    message: /--scenario idle/,
  });
});

test('an upgrade instead of a reload is to the same Nginx, or to a named one', () => {
  const reload = (...words: [string, string[]][]) => new Map([['scenario', ['reload']], ...words]);
  const targetOf = (...values: string[]) => upgradeTargetOf(scenarioOf(reload(['upgrade', values])));
  assert.equal(upgradeTargetOf(scenarioOf(reload())), undefined);
  assert.equal(targetOf(), null);
  assert.equal(targetOf('new'), 'new');
  assert.equal(targetOf('@new-1.30'), 'new-1.30');
  assert.throws(() => targetOf('../nginx'), { kind: 'usage', message: /--nginx NAME=PATH/ });
  assert.throws(() => scenarioOf(reload(['upgrade', []], ['reloads', ['2']])), {
    kind: 'usage',
    message: '--reloads cannot be combined with --upgrade. Leave one of them out.',
  });
  assert.throws(() => scenarioOf(new Map([['upgrade', []]])), { message: /requires --scenario reload\./ });
});
