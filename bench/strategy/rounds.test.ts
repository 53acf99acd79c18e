import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { conclusionSchema } from '../model/conclusion.ts';
import { stored } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { finding } from '../wording/finding.ts';
import { chooseRate } from './rate.ts';
import { BASE, LOAD, OPTIONS, planned, play, runOf, told } from './rounds.test.fixture.ts';
import { makeRounds, needsPilot, type RoundsOptions } from './rounds.ts';

const FAILED = { state: 'failed', reason: 'Nginx died.' } as const;

test('with a given rate, there are only rounds, with every variant once in each step', () => {
  const done = play(makeRounds(OPTIONS));
  assert.equal(done.length, 3 * 2 * 2);
  for (const round of [1, 2, 3]) {
    const [first, second] = roundOrder(OPTIONS.variants, round, OPTIONS.seed);
    const own = done.filter(({ plan }) => plan.round === round);
    assert.deepEqual(told(own), [
      `${round} throughput ${first}`,
      `${round} throughput ${second}`,
      `${round} latency ${first}`,
      `${round} latency ${second}`,
    ]);
  }
});

test('the variants of a round are interleaved in each step, with turns long enough for several echoes', () => {
  const strategy = makeRounds({ ...OPTIONS, variants: ['plain', 'tls', 'cache'] });
  const first = strategy.next([]);
  const turns = { of: 3, lengthMs: 250, pauseMs: 5, mirrored: true };
  assert.deepEqual(
    first.map((spec) => [spec.variant, spec.step, spec.turns]),
    roundOrder(['plain', 'tls', 'cache'], 1, OPTIONS.seed).map((name, index) => [
      name,
      'throughput',
      { index, ...turns },
    ]),
  );
  const slow = { ...BASE, slices: makeRun({ seconds: 1, connections: 10, medianUs: 120_000 }).slices };
  const closed = first.map((spec) => ({ ...slow, plan: { ...BASE.plan, ...planned(spec) } }));
  const open = strategy.next(closed);
  // The closed loop's round trips do not determine the turns of an open loop.
  for (const { step, turns: own } of open) assert.deepEqual([step, own?.lengthMs], ['latency', 250]);
  const after = strategy.next([...closed, ...open.map(runOf)]);
  for (const { step, round, turns: own } of after) {
    assert.deepEqual([step, round], ['throughput', 2]);
    assert.ok(own !== undefined && own.lengthMs >= 3 * 120 && own.lengthMs <= 2000);
  }
});

test('variants that cannot be set up at the same time run one after another, in the same order', () => {
  const apart = makeRounds({ ...OPTIONS, together: false });
  const done = play(apart, (spec, number) => {
    assert.equal(spec.turns, undefined);
    return runOf(spec, number);
  });
  assert.deepEqual(told(done), told(play(makeRounds(OPTIONS))));
});

test('after an interrupted group, only its missing runs are repeated', () => {
  const strategy = makeRounds(OPTIONS);
  const [first] = strategy.next([]);
  assert.ok(first);
  const left = strategy.next([runOf(first, 0)]);
  assert.equal(left.length, 1);
  assert.notEqual(left[0]?.variant, first.variant);
  assert.equal(left[0]?.step, 'throughput');
});

test('a pilot of both steps finds the rate, which is then the same for all', () => {
  const strategy = makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null } });
  const done = play(strategy);
  assert.deepEqual(told(done.slice(0, 5)), [
    'pilot throughput plain',
    'pilot throughput tls',
    'pilot latency plain',
    'pilot latency tls',
    `1 throughput ${roundOrder(OPTIONS.variants, 1, 7)[0]}`,
  ]);
  const rates = done.flatMap(({ plan: { workload } }) => ratePerSecondOf(workload.load) ?? []);
  assert.equal(new Set(rates).size, 1);
  const [rate, comparison, ...others] = strategy.conclude(done);
  assert.ok(rate?.kind === 'rate' && comparison?.kind === 'comparison');
  assert.deepEqual([rate.ratePerSecond, others], [rates[0], []]);
  assert.deepEqual(comparison.rounds, { asked: 3, used: 3 });
});

test('a rate that is too high for one variant is halved in the pilot, and never changes in the rounds', () => {
  const done = play(makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null } }), (spec, number) => {
    const run = runOf(spec, number);
    const isDrowned = spec.variant === 'tls' && spec.step === 'latency';
    const limit = { component: 'proxy' as const, evidence: stored('Full.') };
    return isDrowned ? { ...run, validity: { ...run.validity, limit } } : run;
  });
  const rates = done.flatMap(({ plan: { round, workload } }) =>
    workload.load?.kind === 'open' ? [[round, workload.load.ratePerSecond] as const] : [],
  );
  const first = rates[0]?.[1] ?? 0;
  assert.deepEqual(
    rates.slice(0, 4).map(([, rate]) => rate),
    [first, first, first / 2, first / 2],
  );
  assert.ok(rates.filter(([round]) => round !== null).every(([, rate]) => rate === first / 2));
});

test('the rounds use a lower rate if a message on a schedule costs more than in the closed loop of the pilot', () => {
  const strategy = makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null } });
  const done = play(strategy, (spec, number) => {
    const run = runOf(spec, number);
    if (spec.step !== 'latency') return run;
    const processes = run.processes.map((process) => ({
      ...process,
      samples: process.samples.map((sample) => ({ ...sample, cpuUs: sample.cpuUs * 2 })),
    }));
    return { ...run, processes };
  });
  const ratesOf = (isPilot: boolean) =>
    done
      .filter(({ plan }) => (plan.round === null) === isPilot)
      .flatMap(({ plan }) => ratePerSecondOf(plan.workload.load) ?? []);
  const [pilot = 0, later = 0] = [ratesOf(true)[0], ratesOf(false)[0]];
  assert.equal(new Set(ratesOf(true)).size, 1);
  assert.equal(new Set(ratesOf(false)).size, 1);
  assert.ok(later > pilot * 0.4 && later <= pilot * 0.6, `${pilot}, then ${later}`);
  const [rate] = strategy.conclude(done);
  assert.ok(rate?.kind === 'rate');
  assert.deepEqual(
    [rate.ratePerSecond, rate.reason.code, rate.reason.data.step],
    [later, 'rate-chosen', 'latency'],
  );
});

test('what messages cost in the rounds does not change the rate, nor the number of runs', () => {
  const strategy = makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null } });
  const done = play(strategy, (spec, number) => {
    const run = runOf(spec, number);
    const processes = run.processes.map((process) => ({
      ...process,
      samples: process.samples.map((sample) => ({
        ...sample,
        cpuUs: sample.cpuUs * (spec.round === null ? 1 : 3),
      })),
    }));
    return { ...run, processes };
  });
  const rates = done.flatMap(({ plan }) => ratePerSecondOf(plan.workload.load) ?? []);
  assert.deepEqual([rates.length, new Set(rates).size], [2 + 3 * 2, 1]);
  const [rate] = strategy.conclude(done);
  assert.ok(rate?.kind === 'rate');
  assert.deepEqual(rate, strategy.conclude(done.slice(0, 4))[0]);
  assert.equal(strategy.expectedRuns(done), done.length);
});

test('a rate that the pilot confirms keeps the reason for which it was chosen', () => {
  const options = { ...OPTIONS, load: { ...LOAD, ratePerSecond: null } };
  const strategy = makeRounds(options);
  /** In the closed loop, Nginx is expected to need this share of the CPU time that it needs on a schedule. */
  const ratio = Number(conclusionOf(play(strategy, runOf, 4)).reason.data.proxyRatio);
  assert.ok(ratio > 1);
  const done = play(
    strategy,
    (spec, number) => {
      const run = runOf(spec, number);
      const factor = (component: string) =>
        component !== 'proxy' ? 0.01 : spec.step === 'latency' ? ratio : 1;
      const processes = run.processes.map((process) => ({
        ...process,
        samples: process.samples.map((sample) => ({
          ...sample,
          cpuUs: sample.cpuUs * factor(process.component),
        })),
      }));
      return { ...run, processes };
    },
    4,
  );
  function conclusionOf(runs: readonly Run[]) {
    const [rate] = strategy.conclude(runs);
    assert.ok(rate?.kind === 'rate');
    return rate;
  }
  const atRate = done.slice(2);
  const planOf = (variant: string) => options.planOf({ variant, step: 'latency' });
  const { ratePerSecond, reason } = conclusionOf(done);
  assert.equal(chooseRate(atRate, planOf)?.perSecond, ratePerSecond);
  assert.deepEqual(reason, chooseRate(done.slice(0, 2), planOf)?.reason);
});

test('the throughput step alone needs no pilot; the latency step alone needs a pilot of both steps', () => {
  const throughput = play(
    makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null }, steps: ['throughput'] }),
  );
  assert.deepEqual(new Set(throughput.map(({ plan }) => `${plan.step} ${plan.round}`)).size, 3);
  assert.equal(throughput.length, 6);
  const latency = play(
    makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null }, steps: ['latency'] }),
  );
  assert.deepEqual(told(latency).slice(0, 2), ['pilot throughput plain', 'pilot throughput tls']);
  assert.ok(latency.slice(4).every(({ plan }) => plan.step === 'latency' && plan.round !== null));
  assert.equal(latency.length, 4 + 6);
});

test('for any variants, steps, rounds and seed: each variant once in each step of each round, in the order of the seed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.subarray(['throughput', 'latency'] as const, { minLength: 1 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (count, steps, rounds, seed) => {
        const variants = Array.from({ length: count }, (_, index) => `v${index}`);
        const options = { ...OPTIONS, variants, steps, rounds, seed };
        const done = play(makeRounds(options));
        const expected = Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
          steps.flatMap((step) =>
            roundOrder(variants, round, seed).map((name) => `${round} ${step} ${name}`),
          ),
        );
        assert.deepEqual(told(done), expected);
        assert.deepEqual(told(play(makeRounds(options))), expected);
      },
    ),
    { numRuns: 25 },
  );
});

test('another seed gives another order, and over many rounds all variants are first about equally often', () => {
  const orders = (seed: number) => told(play(makeRounds({ ...OPTIONS, rounds: 20, seed })));
  assert.notDeepEqual(orders(1), orders(2));
  const first = play(
    makeRounds({ ...OPTIONS, rounds: 100, steps: ['throughput'], seed: 3 }),
    runOf,
    200,
  ).filter((_, index) => index % 2 === 0);
  const share = first.filter(({ plan }) => plan.variant === 'plain').length / first.length;
  assert.ok(share > 0.3 && share < 0.7, String(share));
});

test('an interrupted comparison uses the completed runs', () => {
  const strategy = makeRounds({ ...OPTIONS, rounds: 10 });
  const done = play(strategy, runOf, 4 * 6 + 1).slice(0, 4 * 6 + 1);
  const [comparison] = strategy.conclude(done);
  assert.ok(comparison?.kind === 'comparison');
  assert.deepEqual(comparison.rounds, { asked: 10, used: 6 });
  for (const conclusion of strategy.conclude(done)) v.assert(conclusionSchema, conclusion);
  assert.ok(comparison.comparisons[0]?.figures.every(({ rounds }) => rounds.length === 6));
});

test('the conclusion is the comparison of the runs', () => {
  const strategy = makeRounds({ ...OPTIONS, rounds: 10 });
  const twice = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 200 });
  const done = play(strategy, (spec, number) => {
    const run = runOf(spec, number);
    return spec.variant === 'tls' ? { ...run, slices: twice.slices, workers: twice.workers } : run;
  });
  const [comparison] = strategy.conclude(done);
  assert.ok(comparison?.kind === 'comparison');
  const figure = comparison.comparisons[0]?.figures.find(({ name }) => name === 'messages.perSecond');
  assert.ok(figure?.effect != null && Math.abs(figure.effect - 2) < 0.1, String(figure?.effect));
  assert.equal(figure.verdict, 'faster');
});

test('a variant that never finishes is given up, and this is reported', () => {
  const strategy = makeRounds({ ...OPTIONS, variants: ['plain', 'tls', 'cache'] });
  const done = play(strategy, (spec, number) => ({
    ...runOf(spec, number),
    ...(spec.variant === 'tls' ? { outcome: { ...FAILED, reason: `Run ${number} failed.` } } : {}),
  }));
  const lost = done.filter(({ plan }) => plan.variant === 'tls');
  assert.equal(lost.length, 2);
  const ended = lost.at(-1)?.outcome;
  assert.ok(ended !== undefined && ended.state !== 'completed');
  assert.equal(done.filter(({ plan }) => plan.variant === 'cache').length, 6);
  assert.deepEqual([[], done].map(strategy.expectedRuns), [18, 12]);
  assert.deepEqual(
    strategy.conclude(done).filter(({ kind }) => kind === 'left-out'),
    [{ kind: 'left-out', variant: 'tls', reason: finding('run-ended', ended) }],
  );
});

test('the comparison ends if the baseline or all other variants are given up', () => {
  for (const lost of ['plain', 'tls']) {
    const done = play(makeRounds(OPTIONS), (spec, number) => ({
      ...runOf(spec, number),
      ...(spec.variant === lost ? { outcome: FAILED } : {}),
    }));
    assert.ok(done.length <= 4, told(done).join('; '));
  }
});

test('a variant is not given up after one failed run', () => {
  const done = play(makeRounds(OPTIONS), (spec, number) => ({
    ...runOf(spec, number),
    ...(number === 1 ? { outcome: FAILED } : {}),
  }));
  assert.equal(done.length, 12);
});

test('if no rate can be found, latency is omitted and throughput is compared', () => {
  const strategy = makeRounds({ ...OPTIONS, load: { ...LOAD, ratePerSecond: null } });
  const done = play(strategy, (spec, number) => ({ ...runOf(spec, number), processes: [] }));
  assert.ok(done.every(({ plan }) => plan.step === 'throughput'));
  assert.equal(done.length, 2 + 6);
});

test('a turn is three times as long as the longest p99 of any variant, in steps of 10 ms, between 250 ms and 2 s', () => {
  const strategy = makeRounds(OPTIONS);
  /** Returns the length of a turn after a round with these round-trip times in both variants. */
  const lengthAfter = (first: Run[], second: Run[] = first) => {
    const runs = [
      ...strategy.next([]).map((spec, index) => ({ spec, base: (index === 0 ? first : second)[0] ?? BASE })),
    ];
    const closed = runs.map(({ spec, base }, number) => ({ ...base, plan: runOf(spec, number).plan }));
    const open = strategy.next(closed).map(runOf);
    return strategy.next([...closed, ...open])[0]?.turns?.lengthMs;
  };
  const withMedian = (medianUs: number) =>
    makeRun({ seconds: 1, connections: 10, perSecond: 5000, medianUs });
  const p99 = (run: Run) => figuresOf(run).latencies.service?.p99 ?? 0;
  const [quick, usual, slow] = [withMedian(1000), withMedian(90_000), withMedian(900_000)];
  const wanted = Math.ceil((3 * p99(usual)) / 1e4) * 10;
  assert.ok(wanted > 250 && wanted < 2000, String(wanted));
  assert.equal(lengthAfter([quick]), 250);
  assert.equal(lengthAfter([usual]), wanted);
  assert.equal(lengthAfter([quick], [usual]), wanted);
  assert.equal(lengthAfter([usual], [quick]), wanted);
  assert.equal(lengthAfter([slow]), 2000);
  assert.equal(lengthAfter([{ ...usual, slices: [] }]), 250);
  const failed = strategy
    .next([])
    .map((spec, number) => ({ ...usual, ...{ plan: runOf(spec, number).plan, outcome: FAILED } }));
  const open = strategy.next(failed).map(runOf);
  assert.equal(strategy.next([...failed, ...open])[0]?.turns?.lengthMs, 250);
});

test('of repeated runs, the first one determines the length of turns', () => {
  const strategy = makeRounds({ ...OPTIONS, steps: ['throughput'] });
  const slow = makeRun({ seconds: 1, connections: 10, perSecond: 5000, medianUs: 90_000 });
  const rounds = (...bases: Run[]) => {
    const done: Run[] = [];
    for (const base of bases)
      for (const spec of strategy.next(done)) done.push({ ...base, plan: runOf(spec, done.length).plan });
    return strategy.next(done)[0]?.turns?.lengthMs;
  };
  assert.equal(rounds(BASE, slow), 250);
  assert.ok((rounds(slow, BASE) ?? 0) > 250);
});

test('each run has the length of the rounds if it is given, and one that is alone has no turns', () => {
  const [first] = makeRounds({ ...OPTIONS, roundDurationMs: 777 }).next([]);
  assert.equal(first?.durationMs, 777);
  const [usual] = makeRounds(OPTIONS).next([]);
  assert.equal('durationMs' in (usual ?? {}), false);
  const apart = makeRounds({ ...OPTIONS, together: false }).next([]);
  assert.deepEqual([apart.length, 'turns' in (apart[0] ?? {})], [1, false]);
  assert.deepEqual(makeRounds({ ...OPTIONS, variants: ['plain'] }).next([]), []);
  assert.deepEqual(makeRounds({ ...OPTIONS, steps: [] }).next([]), []);
  assert.equal(makeRounds({ ...OPTIONS, steps: [], rounds: null, budgetMs: 1000 }).expectedRuns([]), 0);
});

test('a pilot is needed for an open loop without a rate', () => {
  const needed = (steps: RoundsOptions['steps'], ratePerSecond: number | null) =>
    needsPilot({ steps, load: { ...LOAD, ratePerSecond } });
  assert.deepEqual(
    [
      needed(['throughput'], null),
      needed(['throughput', 'latency'], null),
      needed(['latency'], 5),
      needed([], null),
    ],
    [false, true, false, false],
  );
});

test('the judge gets all runs and what was asked; without a number of rounds, there are at most a thousand', () => {
  const given: unknown[] = [];
  const options = { ...OPTIONS, variants: ['plain', 'tls', 'cache'], rounds: null };
  const strategy = makeRounds(options, (runs, asked) => {
    given.push(runs.length, asked);
    return [];
  });
  const done = play(strategy, runOf, 12);
  assert.deepEqual(strategy.conclude(done), []);
  assert.deepEqual(given, [
    done.length,
    { baseline: 'plain', variants: ['tls', 'cache'], asked: null, seed: 7 },
  ]);
  assert.equal(strategy.expectedRuns([]), 6000);
  const [spec] = strategy.next([]);
  const last = [...strategy.next([]), ...strategy.next(strategy.next([]).map(runOf))].map((each, number) =>
    runOf({ ...each, round: 1000 }, number),
  );
  assert.ok(spec !== undefined);
  assert.deepEqual(strategy.next(last), []);
});
