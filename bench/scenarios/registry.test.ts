import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { makeResult } from '../../test/result.ts';
import { METRICS } from '../metrics/metrics.ts';
import { scenarioName, scenarioOptionsSchema } from '../model/load.ts';
import { stepSchema } from '../model/plan.ts';
import { COMMON_COUNTERS, COMMON_HISTOGRAMS, recordedName } from '../model/recording.ts';
import type { Result } from '../model/result.ts';
import { scenarioReport } from '../report/scenario.ts';
import {
  addedOptions,
  addedScenarios,
  addScenario,
  DEFAULT_SCENARIO,
  isBuiltIn,
  SCENARIO_OPTIONS,
  SCENARIOS,
  scenarioNamed,
  scenarioOfFile,
  stepNamed,
} from './registry.ts';

/** The folders in dist/bench/scenarios. */
const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function assertUnique(names: readonly string[]): void {
  assert.deepEqual(names, [...new Set(names)]);
}

function resultOf(scenario: string): Result {
  const result = makeResult();
  return { ...result, plan: { ...result.plan, scenario } };
}

describe('the registry', () => {
  test('has every folder, and no other scenario', () => {
    assert.deepEqual(SCENARIOS.map(({ name }) => name).sort(), folders.sort());
    assert.equal(DEFAULT_SCENARIO, SCENARIOS[0]);
  });

  test('has unique names for steps, options and titles', () => {
    assertUnique(SCENARIOS.flatMap(({ steps }) => steps.map(({ name }) => name)));
    assertUnique(SCENARIOS.map(({ title }) => title));
    assertUnique(METRICS.map(({ name }) => name));
    const options = SCENARIOS.flatMap(({ options }) => Object.entries(options));
    assert.deepEqual(
      Object.keys(SCENARIO_OPTIONS).sort(),
      [...new Set(options.map(([name]) => name))].sort(),
    );
    // An option shared by several scenarios has the same definition in each.
    assertUnique([...new Map(options.map(([name, option]) => [option, name])).values()]);
  });

  test('finds scenarios and steps by name, and rejects unknown names', () => {
    for (const scenario of SCENARIOS) {
      assert.equal(scenarioNamed(scenario.name), scenario);
      for (const step of scenario.steps) assert.equal(stepNamed(step.name), step);
    }
    assert.throws(() => scenarioNamed('ech'), /There is no scenario ech/);
    assert.throws(() => stepNamed('constructor'), /There is no step constructor/);
  });
});

for (const scenario of SCENARIOS) {
  const { name, client: clientOf = name, recorded, steps, options, compared } = scenario;

  describe(name, () => {
    test('its folder has a definition and sections, and a client unless it uses another one', async () => {
      const load = (part: string, folder = name) =>
        import(new URL(`./${folder}/${part}.js`, import.meta.url).href);
      const definition: Record<string, unknown> = await load('definition');
      assert.ok(Object.values(definition).includes(scenario));
      const client: Record<string, unknown> = await load('client', clientOf);
      assert.equal(scenarioNamed(clientOf).client, undefined);
      assert.equal(typeof client.makeClient, 'function');
      const sections: Record<string, unknown> = await load('sections');
      assert.ok(sections.report);
      assert.equal(scenarioReport(resultOf(name)), sections.report);
    });

    test('its names are allowed in a result', () => {
      v.parse(scenarioName, name);
      assert.ok(steps.length > 0);
      for (const step of steps) v.parse(stepSchema, step.name);
      const { counters, gauges, histograms } = recorded;
      for (const each of [...counters, ...gauges, ...histograms]) v.parse(recordedName, each);
      const defaults = Object.entries(options).map(([option, { default: value }]) => [option, value]);
      v.parse(scenarioOptionsSchema, Object.fromEntries(defaults));
    });

    test('no counter or histogram has two meanings', () => {
      // A worker's totals contain counters, gauges and the counts of its connections.
      const ofWorkers = ['worker', 'asked', 'failed', 'open'];
      assertUnique([...COMMON_COUNTERS, ...recorded.counters, ...recorded.gauges, ...ofWorkers]);
      assertUnique([...COMMON_HISTOGRAMS, ...recorded.histograms]);
    });

    test('its default options are valid', () => {
      for (const [option, given] of Object.entries(options)) {
        if (given.kind === 'choice') assert.ok(given.choices.includes(given.default), option);
        else if (given.kind === 'count')
          assert.ok(given.default >= given.least && given.default <= given.most, option);
        else if (given.kind === 'switch') assert.equal(given.value, null, option);
        else if (given.kind === 'text') assert.match(given.default, given.pattern, option);
        else assert.ok(given.default >= given.leastMs, option);
      }
      assert.deepEqual(
        scenario.excluded.filter((option) => Object.hasOwn(options, option)),
        [],
      );
    });

    test('its equations use only what it counts', () => {
      const known: readonly string[] = [...COMMON_COUNTERS, ...recorded.counters, ...recorded.gauges];
      for (const { whole, parts } of scenario.conservation) {
        assertUnique([whole, ...parts]);
        for (const each of [whole, ...parts]) assert.ok(known.includes(each), each);
      }
    });

    test('phases are set only for histograms that it records', () => {
      const known: readonly string[] = [...COMMON_HISTOGRAMS, ...recorded.histograms];
      for (const each of Object.keys(scenario.phasesRead)) assert.ok(known.includes(each), each);
    });

    test('compared metrics belong to its steps, and their weights add up to the false positive rate', () => {
      assertUnique(compared.map((each) => `${each.step} ${each.name}`));
      const total = compared.reduce((sum, { weight }) => sum + weight, 0);
      assert.equal(total, compared.length === 0 ? 0 : 100);
      for (const each of compared) {
        assert.ok(each.weight > 0);
        const metric = METRICS.find((one) => one.name === each.name);
        assert.ok(metric, each.name);
        assert.ok(
          steps.some((step) => step.name === each.step),
          each.step,
        );
        // A message metric of another scenario refers to a step of that scenario.
        const isAnsweredElsewhere = !steps.some((step) => step.name === metric.step);
        assert.ok(isAnsweredElsewhere || metric.step === each.step, `${each.name} of ${each.step}`);
      }
      assert.equal(
        compared.some(({ headline }) => headline),
        compared.length > 0,
      );
    });

    test('its metrics are registered, and belong to its steps or to another scenario that has them', () => {
      const known = SCENARIOS.filter(({ metrics }) =>
        scenario.metrics.some((each) => metrics.includes(each)),
      );
      const stepNames = known.flatMap((each) => each.steps.map((step) => step.name));
      for (const metric of scenario.metrics) {
        assert.ok(METRICS.includes(metric));
        assert.ok(metric.step === null || stepNames.includes(metric.step), metric.name);
      }
    });

    test('its report has a cell for each of its headings', () => {
      const { cells, words, lines, optional, answer } = scenarioReport(resultOf(name));
      const nothing = { name: 'plain', title: '', colour: '', answers: {}, leftOut: null };
      assert.match(answer(nothing), /plain/);
      const headings = cells(nothing).map(([heading]) => heading);
      assertUnique(headings);
      assert.deepEqual(cells(nothing)[0], ['variant', 'plain']);
      for (const heading of [...words, ...optional, ...lines.flatMap((line) => line.headings)])
        assert.ok(headings.includes(heading), heading);
    });
  });
}

test("a user's scenario is known by its name and file, and replaces an earlier one of its name", () => {
  const echo = scenarioNamed('echo');
  const [shared] = Object.entries(SCENARIO_OPTIONS);
  const ownOption = { ...(shared?.[1] ?? assert.fail()) };
  const made = (name: string, title: string) =>
    ({
      ...{ ...echo, name, title },
      options: { [shared?.[0] ?? '']: shared?.[1], [`${name}-pace`]: ownOption },
    }) as typeof echo;
  const count = SCENARIOS.length;
  const [first, second, third] = [made('zeta', 'first'), made('yota', 'second'), made('zeta', 'third')];
  assert.deepEqual([addedOptions(), addedScenarios()], [{}, []]);
  addScenario(first, './zeta.ts');
  addScenario(second, null);
  assert.deepEqual(addedScenarios(), [first, second]);
  assert.deepEqual(addedOptions(), { 'zeta-pace': ownOption });
  addScenario(third, './other.ts');
  assert.deepEqual(addedScenarios(), [third, second]);
  assert.equal(SCENARIOS.length, count + 2);
  assert.deepEqual(['./zeta.ts', './other.ts', './none.ts'].map(scenarioOfFile), [first, third, undefined]);
  assert.equal(scenarioNamed('zeta'), third);
  assert.deepEqual(['zeta', 'echo'].map(isBuiltIn), [false, true]);
  assert.throws(() => addScenario(echo, './echo.ts'), /^TypeError: echo is built in\.$/);
  assert.equal(SCENARIOS.length, count + 2);
});
