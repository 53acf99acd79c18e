import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { comparedMetrics } from '../metrics/compared.ts';
import type { RunFacts } from '../metrics/metric.ts';
import { comparisonSchema } from '../model/comparison.ts';
import { stored } from '../model/finding.ts';
import type { Step } from '../model/plan.ts';
import { normalFrom, randomFrom } from '../model/random.ts';
import { validitySchema } from '../model/run.ts';
import { shuffled } from '../stats/shuffle.ts';
import { restated } from './compared-figure.ts';
import { NOISE, runsOf } from './compared-runs.test.fixture.ts';
import { type ComparisonOptions, compareRuns, roundsForAnyVerdict, roundsForVerdicts } from './comparison.ts';

const STEPS = ['throughput', 'latency'];
const OPTIONS: ComparisonOptions = { baseline: 'plain', variants: ['tuned'], asked: 10, seed: 1 };

/** Scatter that both sides of a round share, plus a little for each side. */
function scatter(variant: string, figure: string, round: number): number {
  const random = randomFrom(
    [...`${figure} ${round} ${variant}`].reduce((sum, each) => sum * 31 + each.charCodeAt(0), 7),
  );
  return 1 + 0.1 * Math.sin(round) + 0.004 * (random() - 0.5);
}

function only(variant: string, name: string, factor: number) {
  return (of: string, figure: string, round: number) =>
    scatter(of, figure, round) * (of === variant && figure === name ? factor : 1);
}

function verdictsOf(runs: readonly RunFacts[], options = OPTIONS) {
  const [comparison] = compareRuns(runs, options).comparisons;
  assert.ok(comparison);
  return Object.fromEntries(
    comparison.figures.map(({ name, step, verdict }) => [`${name} ${step}`, verdict]),
  );
}

test('without a difference, none is detected in any figure', () => {
  const conclusion = compareRuns(runsOf(10, scatter), OPTIONS);
  v.assert(comparisonSchema, conclusion);
  assert.deepEqual(conclusion.rounds, { asked: 10, used: 10 });
  assert.deepEqual(conclusion.excluded, []);
  const [comparison] = conclusion.comparisons;
  assert.equal(comparison?.verdict, 'no difference detected');
  const steps: readonly string[] = ['throughput', 'latency'];
  assert.equal(
    comparison.figures.length,
    comparedMetrics().filter(({ step }) => steps.includes(step)).length + 1,
  );
  for (const figure of comparison.figures) {
    assert.equal(figure.verdict, 'no difference detected', figure.name);
    assert.equal(figure.rounds.length, 10);
    assert.ok(figure.detectable !== null && figure.detectable > 1 && figure.detectable < 1.05, figure.name);
    assert.ok(figure.interval !== null && figure.interval[0] <= 1 && figure.interval[1] >= 1);
  }
});

test('verdicts suit the figure: faster or slower for time and throughput, lower or higher for CPU and memory', () => {
  const words = (name: string, factor: number) => {
    const verdicts = verdictsOf(runsOf(10, only('tuned', name, factor)));
    return Object.entries(verdicts)
      .filter(([figure]) => figure.startsWith(name))
      .map(([, verdict]) => verdict);
  };
  assert.deepEqual(words('response.p50', 1.1), ['slower']);
  assert.deepEqual(words('response.p50', 0.9), ['faster']);
  assert.deepEqual(words('messages.perSecond', 1.1), ['faster']);
  assert.deepEqual(words('messages.perSecond', 0.9), ['slower']);
  assert.deepEqual(words('handshake.p50', 5), ['slower']);
  assert.deepEqual(words('cpuPerMessage.proxy', 1.1), ['higher', 'higher']);
  assert.deepEqual(words('memoryPerConnection.proxy', 0.5), ['lower']);
});

test('the verdict on the variant depends on the headline figures', () => {
  const overall = (...changes: [name: string, factor: number][]) => {
    const runs = runsOf(10, (variant, figure, round) => {
      const [, factor = 1] = changes.find(([name]) => variant === 'tuned' && name === figure) ?? [];
      return scatter(variant, figure, round) * factor;
    });
    return compareRuns(runs, OPTIONS).comparisons[0]?.verdict;
  };
  assert.equal(overall(['response.p50', 1.1], ['cpuPerMessage.proxy', 1.1]), 'slower');
  assert.equal(overall(['cpuPerMessage.proxy', 1.1]), 'higher');
  assert.equal(overall(['response.p50', 0.9]), 'faster');
  assert.equal(overall(['cpuPerMessage.proxy', 0.9]), 'lower');
  assert.equal(overall(['response.p50', 1.1], ['cpuPerMessage.proxy', 0.9]), 'mixed');
  assert.equal(overall(['memoryPerConnection.proxy', 3]), 'no difference detected');
});

test('per-core capacity is the inverse of CPU per message, always with the same verdict', () => {
  const [comparison] = compareRuns(
    runsOf(10, only('tuned', 'cpuPerMessage.proxy', 1.25)),
    OPTIONS,
  ).comparisons;
  const of = (name: string) => comparison?.figures.find((figure) => figure.name === name);
  const [cpu, capacity] = [of('cpuPerMessage.proxy'), of('perCoreCapacity')];
  assert.ok(cpu?.effect && cpu.interval && capacity?.effect && capacity.interval);
  assert.deepEqual([cpu.verdict, capacity.verdict], ['higher', 'slower']);
  assert.ok(Math.abs(cpu.effect * capacity.effect - 1) < 1e-12);
  assert.ok(Math.abs(cpu.interval[0] * capacity.interval[1] - 1) < 1e-12);
  assert.equal(cpu.pValue, capacity.pValue);
  assert.ok(Math.abs(cpu.interval[1] * capacity.interval[0] - 1) < 1e-12);
  assert.ok(capacity.interval[0] <= capacity.effect && capacity.effect <= capacity.interval[1]);
  assert.deepEqual([capacity.unit, capacity.step, capacity.detectable], ['rate', cpu.step, cpu.detectable]);
  assert.ok(cpu.baseline && cpu.variant && cpu.rounds.length > 0);
  assert.deepEqual([capacity.baseline, capacity.variant], [1e6 / cpu.baseline, 1e6 / cpu.variant]);
  assert.deepEqual(
    capacity.rounds,
    cpu.rounds.map(({ round, baseline, variant }) => ({
      round,
      baseline: 1e6 / baseline,
      variant: 1e6 / variant,
    })),
  );
});

test('the interval of a capacity ranges from its lower bound to its upper one', () => {
  const [comparison] = compareRuns(
    runsOf(10, only('tuned', 'cpuPerMessage.proxy', 1.25)),
    OPTIONS,
  ).comparisons;
  const cpu = comparison?.figures.find(({ name }) => name === 'cpuPerMessage.proxy');
  assert.ok(cpu);
  assert.deepEqual(restated({ ...cpu, effect: 1.6, interval: [1.25, 2] })[0]?.interval, [0.5, 0.8]);
});

test('medians are taken over the figures, the effect over the ratios within rounds', () => {
  const [comparison] = compareRuns(runsOf(7, only('tuned', 'response.p50', 1.3)), OPTIONS).comparisons;
  const figure = comparison?.figures.find(({ name }) => name === 'response.p50');
  assert.ok(figure?.baseline && figure.variant && figure.effect);
  assert.ok(Math.abs(figure.effect - 1.3) < 0.01);
  assert.deepEqual(
    figure.rounds.map(({ round }) => round),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

test('a run that lost messages excludes its step’s figures in that round, on both sides', () => {
  const runs = runsOf(10, scatter).map((run) =>
    run.variant === 'plain' && run.round === 3 && run.step === 'throughput'
      ? { ...run, metrics: { ...run.metrics, 'messages.lost': 2 } }
      : run,
  );
  const { comparisons, excluded } = compareRuns(runs, OPTIONS);
  for (const { name, step, rounds } of comparisons[0]?.figures ?? []) {
    assert.equal(rounds.length, step === 'throughput' ? 9 : 10, name);
    assert.equal(
      rounds.some(({ round }) => round === 3),
      step === 'latency',
    );
  }
  const [exclusion, ...others] = excluded;
  assert.deepEqual(others, []);
  assert.deepEqual([exclusion?.variant, exclusion?.step, exclusion?.round], ['plain', 'throughput', 3]);
  assert.deepEqual([exclusion?.reason.code, exclusion?.reason.data], ['lost-some', { failed: 0, lost: 2 }]);
  assert.ok(
    exclusion?.figures.includes('cpuPerMessage.proxy') && exclusion.figures.includes('messages.perSecond'),
  );
});

test('the required validity of a run depends on the figure', () => {
  const doubtful = (change: Partial<RunFacts['validity']>) => {
    const runs = runsOf(10, scatter).map((run) =>
      run.variant === 'tuned' && run.round === 1 ? { ...run, validity: { ...run.validity, ...change } } : run,
    );
    const { comparisons } = compareRuns(runs, OPTIONS);
    return (comparisons[0]?.figures ?? [])
      .filter(({ rounds }) => rounds.length === 9)
      .map(({ name, step }) => `${name} ${step}`);
  };
  const limit = (component: RunFacts['validity']['limit']['component']) => ({
    component,
    evidence: stored('Busy.'),
  });
  assert.deepEqual(doubtful({ verdict: 'suspect', reasons: [stored('Late.')], limit: limit('schedule') }), [
    'response.p99 latency',
  ]);
  assert.deepEqual(doubtful({ verdict: 'suspect', reasons: [stored('Too slow.')], limit: limit('proxy') }), [
    'response.p50 latency',
    'cpuPerMessage.proxy latency',
    'response.p99 latency',
  ]);
  assert.deepEqual(
    doubtful({ verdict: 'generator-limited', reasons: [stored('Busy.')], limit: limit('schedule') }),
    ['messages.perSecond throughput', 'response.p99 latency'],
  );
});

test('too few remaining rounds have a separate verdict', () => {
  const failing = runsOf(10, only('tuned', 'response.p50', 2)).map((run) =>
    run.step === 'latency' && (run.round ?? 0) > 5
      ? { ...run, outcome: { state: 'failed' as const, reason: 'Nginx died.' } }
      : run,
  );
  const verdicts = verdictsOf(failing);
  assert.equal(verdicts['response.p50 latency'], 'too few rounds');
  assert.equal(verdicts['response.p99 latency'], 'too few rounds');
  assert.equal(verdicts['cpuPerMessage.proxy throughput'], 'no difference detected');
  assert.deepEqual(new Set(Object.values(verdictsOf(runsOf(5, scatter)))), new Set(['too few rounds']));
  assert.equal(compareRuns(runsOf(5, scatter), OPTIONS).comparisons[0]?.verdict, 'too few rounds');
});

test('figures that one side does not have are omitted, not reported as equal', () => {
  const withoutProxy = runsOf(10, scatter).map((run) =>
    run.variant === 'plain'
      ? {
          ...run,
          metrics: Object.fromEntries(
            Object.entries(run.metrics).map(([name, value]) => [
              name,
              name.endsWith('.proxy') ? null : value,
            ]),
          ),
        }
      : run,
  );
  assert.deepEqual(Object.keys(verdictsOf(withoutProxy)), [
    'response.p50 latency',
    'messages.perSecond throughput',
    'response.p99 latency',
    'handshake.p50 throughput',
  ]);
});

test('steps not requested, missing runs and pilot runs are ignored without failure', () => {
  const none = compareRuns([], OPTIONS);
  v.assert(comparisonSchema, none);
  assert.deepEqual([none.rounds.used, none.comparisons[0]?.figures], [0, []]);
  const pilot = compareRuns(
    runsOf(1, scatter).map((run) => ({ ...run, round: null })),
    OPTIONS,
  );
  assert.equal(pilot.rounds.used, 0);
  const throughput = runsOf(10, scatter).filter(({ step }) => step === 'throughput');
  const steps = compareRuns(throughput, OPTIONS).comparisons[0]?.figures.map(({ step }) => step);
  assert.deepEqual(new Set(steps), new Set(['throughput']));
});

test('an interrupted round does not count as used, but its pairs do', () => {
  const runs = runsOf(4, scatter).slice(0, -2);
  const { rounds, comparisons } = compareRuns(runs, { ...OPTIONS, asked: 10 });
  assert.deepEqual(rounds, { asked: 10, used: 3 });
  assert.equal(comparisons[0]?.figures[0]?.rounds.length, 3);
});

test('a round with failed connections does not count as used; one with a doubtful figure does', () => {
  const runs = runsOf(4, scatter).map((run) => {
    if (run.variant !== 'tuned' || run.step !== 'latency') return run;
    if (run.round === 2) return { ...run, metrics: { ...run.metrics, 'connections.failed': 3 } };
    if (run.round === 3) return { ...run, outcome: { state: 'failed' as const, reason: 'Nginx died.' } };
    const doubtful = { ...run.validity, verdict: 'suspect' as const, reasons: [stored('Late.')] };
    return run.round === 4 ? { ...run, validity: doubtful } : run;
  });
  assert.deepEqual(compareRuns(runs, OPTIONS).rounds, { asked: 10, used: 2 });
});

test('with more variants, more rounds are needed for a verdict on every figure', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((variants) => roundsForVerdicts(variants, STEPS)),
    [10, 11, 12, 12, 13],
  );
  for (const variants of [['tuned'], ['tuned', 'b'], ['tuned', 'b', 'c']]) {
    const names = ['plain', ...variants];
    const verdicts = (rounds: number) =>
      compareRuns(runsOf(rounds, scatter, names), { ...OPTIONS, variants }).comparisons.flatMap(
        ({ figures }) => figures.map(({ verdict }) => verdict),
      );
    const enough = roundsForVerdicts(variants.length, STEPS);
    assert.ok(!verdicts(enough).includes('too few rounds'));
    assert.ok(verdicts(enough - 1).includes('too few rounds'));
  }
});

test('below a number of rounds that depends on variants and steps, no figure has a verdict', () => {
  const verdicts = (rounds: number, names: readonly string[], steps: readonly Step[], withNginx: boolean) => {
    const runs = runsOf(rounds, scatter, ['plain', ...names])
      .filter(({ step }) => steps.includes(step))
      .map((run) => ({
        ...run,
        metrics: Object.fromEntries(
          Object.entries(run.metrics).filter(([name]) => withNginx || !name.endsWith('.proxy')),
        ),
      }));
    const { comparisons } = compareRuns(runs, { ...OPTIONS, variants: names });
    return comparisons.flatMap(({ figures }) => figures.map(({ verdict }) => verdict));
  };
  const proxy = { kind: 'nginx' as const, binary: null, tunings: [] };
  for (const names of [['tuned'], ['tuned', 'b'], ['tuned', 'b', 'c', 'd', 'e']]) {
    for (const steps of [STEPS, ...STEPS.map((step) => [step])]) {
      for (const withNginx of [true, false]) {
        const others = names.map(() => ({ proxy: withNginx ? proxy : null }));
        const fewest = roundsForAnyVerdict([{ proxy }, ...others], steps);
        const what = `${names} ${steps} ${withNginx}: ${fewest}`;
        assert.ok(
          verdicts(fewest, names, steps, withNginx).some((verdict) => verdict !== 'too few rounds'),
          what,
        );
        assert.deepEqual(
          new Set(verdicts(fewest - 1, names, steps, withNginx)),
          new Set(['too few rounds']),
          what,
        );
      }
    }
  }
  assert.equal(roundsForAnyVerdict([{ proxy }, { proxy }], STEPS), 7);
  assert.equal(roundsForAnyVerdict([{ proxy }, { proxy: null }], STEPS), 6);
});

test('the order of the runs does not matter', () => {
  const runs = runsOf(6, only('tuned', 'messages.perSecond', 0.9));
  const expected = compareRuns(runs, OPTIONS);
  fc.assert(
    fc.property(fc.shuffledSubarray(runs, { minLength: runs.length }), (shuffled) => {
      const { comparisons, rounds } = compareRuns(shuffled, OPTIONS);
      assert.deepEqual(
        { comparisons, rounds },
        { comparisons: expected.comparisons, rounds: expected.rounds },
      );
    }),
    { numRuns: 20 },
  );
});

/** Returns the share of comparisons that find a difference in any figure, or in a given one with a true `effect`. */
function foundIn(
  comparisons: number,
  variants: readonly string[],
  rounds: number,
  effect: Record<string, number> = {},
) {
  const normal = normalFrom(randomFrom(20_250_102));
  let any = 0;
  let headline = 0;
  for (let i = 0; i < comparisons; i++) {
    const runs = runsOf(
      rounds,
      (variant, figure) =>
        Math.exp((NOISE[figure] ?? 0) * normal()) * (variant === 'plain' ? 1 : (effect[figure] ?? 1)),
      ['plain', ...variants],
    );
    const found = compareRuns(runs, { ...OPTIONS, variants, seed: null }).comparisons.flatMap(({ figures }) =>
      figures.filter(({ verdict }) => verdict !== 'no difference detected'),
    );
    if (found.length > 0) any++;
    if (found.some(({ name }) => name in effect)) headline++;
  }
  return { any: any / comparisons, headline: headline / comparisons };
}

/** Three standard deviations of a share of 5 % over this many comparisons. */
const slack = (comparisons: number) => 3 * Math.sqrt((0.05 * 0.95) / comparisons);

test('at most 5 % of 1,000 comparisons of a variant with itself find any difference', () => {
  const { any } = foundIn(1000, ['tuned'], 10);
  assert.ok(any <= 0.05 + slack(1000), String(any));
  // A rate of 0 would mean that no difference can ever be found.
  assert.ok(any > 0.005, String(any));
});

/**
 * Ten rounds of a calibration on two busy CPUs (`calibrate --rounds 10 -d 1s -w 500ms` alongside other work): plain,
 * plain again, and plain with a placebo, including the doubts about runs.
 */
const RECORDED: RunFacts[] = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/recorded-rounds.json', import.meta.url), 'utf8'),
).map((run: RunFacts) => ({ ...run, validity: v.parse(validitySchema, run.validity) }));

test('the same holds for 1,000 comparisons of identical variants, drawn from recorded rounds', () => {
  const random = randomFrom(20_250_102);
  const same = [...new Set(RECORDED.map(({ variant }) => variant))];
  const recorded = new Set(RECORDED.map(({ round }) => round)).size;
  let found = 0;
  let decided = 0;
  for (let i = 0; i < 1000; i++) {
    const runs = Array.from({ length: 10 }, (_, index) => index + 1).flatMap((round) => {
      const from = 1 + Math.floor(random() * recorded);
      const [plain, tuned] = shuffled(same, random);
      const as = new Map([
        [plain, 'plain'],
        [tuned, 'tuned'],
      ]);
      return RECORDED.flatMap((run) => {
        const variant = run.round === from ? as.get(run.variant) : undefined;
        return variant === undefined ? [] : [{ ...run, variant, round }];
      });
    });
    const [comparison] = compareRuns(runs, { ...OPTIONS, seed: null }).comparisons;
    const verdicts = (comparison?.figures ?? []).map(({ verdict }) => verdict);
    decided += verdicts.filter((verdict) => verdict !== 'too few rounds').length;
    if (verdicts.some((verdict) => verdict !== 'too few rounds' && verdict !== 'no difference detected'))
      found++;
  }
  assert.ok(decided > 5000, String(decided));
  assert.ok(found / 1000 <= 0.05 + slack(1000), String(found));
});

test('the same holds for three variants', () => {
  const { any } = foundIn(300, ['tuned', 'b', 'c'], 12);
  assert.ok(any <= 0.05 + slack(300), String(any));
});

test('5 % more CPU per message is found in nine of ten comparisons of ten rounds', () => {
  const { headline } = foundIn(200, ['tuned'], 10, { 'cpuPerMessage.proxy': 1.05 });
  assert.ok(headline >= 0.85, String(headline));
});
