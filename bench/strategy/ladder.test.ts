import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { climb, disturbed, LAW, LEVELS, ladderOptions, runOf } from '../../test/ladder.ts';
import { knownFigures } from '../measure/figures.ts';
import { metricNamed } from '../metrics/metrics.ts';
import { countsFor, type Ladder, ladderSchema, levelOf } from '../model/ladder.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { roundOrder } from '../stats/shuffle.ts';
import { type LadderOptions, ladderSpec, makeLadder } from './ladder.ts';

function ladderOf(done: readonly Run[], options = ladderOptions()): Ladder {
  const [ladder, ...others] = makeLadder(options).conclude(done);
  assert.ok(ladder?.kind === 'ladder' && others.length === 0);
  v.assert(ladderSchema, ladder);
  return ladder;
}

function codesOf({ findings }: Ladder): string[] {
  return findings.map(({ code }) => code);
}

function whole(options: LadderOptions): Run[] {
  return climb(makeLadder(options), (spec) => runOf(spec, options.over));
}

test('every round runs each level once, and every second round reverses the previous one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 5 }), (seed, rounds) => {
      const options = ladderOptions({ seed, rounds });
      const specs: number[] = [];
      const strategy = makeLadder(options);
      const done = climb(strategy, (spec) => {
        specs.push(spec.connections ?? 0);
        return { ...runOf({ ...spec, connections: 1 }), plan: { ...runOf(spec).plan } };
      });
      assert.equal(done.length, strategy.expectedRuns([]));
      const order = Array.from({ length: rounds }, (_, index) => roundOrder(LEVELS, index + 1, seed));
      assert.deepEqual(specs, order.flat());
      for (let round = 0; round < rounds; round++) {
        const own = specs.slice(round * LEVELS.length, (round + 1) * LEVELS.length);
        assert.deepEqual(
          own.toSorted((a, b) => a - b),
          LEVELS,
        );
        if (round % 2 === 1)
          assert.deepEqual(own.toReversed(), specs.slice((round - 1) * LEVELS.length, round * LEVELS.length));
      }
    }),
    { numRuns: 5 },
  );
});

test('a steady drift within two rounds has the same mean effect on every level', () => {
  const numbers = new Map<number, number>();
  climb(makeLadder(ladderOptions()), (spec, number) => {
    const level = spec.connections ?? 0;
    numbers.set(level, (numbers.get(level) ?? 0) + number);
    return runOf({ ...spec, connections: 1 });
  });
  assert.equal(new Set(numbers.values()).size, 1);
});

test('each axis changes its own quantity, and sizes all runs for the largest level', () => {
  const [, latency] = scenarioNamed('echo').steps;
  assert.ok(latency);
  const over = (changes: Partial<LadderOptions>) =>
    ladderSpec(ladderOptions({ levels: [2, 8], ...changes }), 2, 1);
  assert.deepEqual(over({}).largest, { connections: 8 });
  assert.equal(over({}).connections, 2);
  assert.deepEqual(over({ over: 'payload' }).payload, { minBytes: 2, maxBytes: 2, type: 'text' });
  const workers = over({ over: 'nginx-workers' });
  assert.deepEqual([workers.proxyWorkers, workers.largest], [2, { proxyWorkers: 8 }]);
  const rate = over({ over: 'rate', step: latency });
  assert.equal(ratePerSecondOf(rate.load), 2);
  for (const axis of ['connections', 'payload', 'nginx-workers', 'rate'] as const) {
    const step = axis === 'rate' ? latency : ladderOptions().step;
    const spec = over({ over: axis, step });
    assert.equal(levelOf(runOf(spec, axis).plan, axis), 2, axis);
  }
});

test('a ladder over connections yields a fitted law, its maximum, and the memory per connection', () => {
  const ladder = ladderOf(whole(ladderOptions()));
  assert.deepEqual(codesOf(ladder), ['ladder-curve', 'ladder-law', 'ladder-memory']);
  const { law, memorySlope, points } = ladder;
  assert.ok(law && memorySlope);
  assert.equal(points.length, 2 * LEVELS.length);
  for (const name of ['lambda', 'sigma', 'kappa'] as const) {
    const ratio = law[name].value / LAW[name];
    assert.ok(ratio > 0.7 && ratio < 1.4, `${name}: ${ratio}`);
    assert.ok(law[name].low <= law[name].value && law[name].value <= law[name].high);
  }
  assert.ok(law.peak !== null && law.peak > 100 && law.peak < 400, `${law.peak}`);
  const last = law.curve.at(-1)?.level ?? 0;
  assert.ok(Math.abs(last - 2 * 1024) < 1e-6, `${last}`);
  assert.ok(law.curve.every(({ value, low, high }) => low <= value && value <= high));
});

test('invalid runs are shown as points, but excluded from medians and the fit', () => {
  const options = ladderOptions();
  const done = whole(options);
  const spoilt = done.map((run) =>
    run.plan.connections === 16 ? disturbed({ ...run, slices: run.slices.slice(0, 5) }) : run,
  );
  const ladder = ladderOf(spoilt);
  assert.deepEqual(codesOf(ladder), ['ladder-curve', 'ladder-too-few', 'ladder-memory', 'ladder-excluded']);
  assert.equal(ladder.law, null);
  assert.equal(ladder.points.length, done.length);
  const excluded = ladder.points.filter((point) => point.excluded !== null);
  assert.deepEqual(
    excluded.map(({ level, excluded }) => [level, excluded?.code]),
    [
      [16, 'disturbed'],
      [16, 'disturbed'],
    ],
  );
  const { valid, needed } = ladder.findings[1]?.data ?? {};
  assert.deepEqual([valid, needed], [5, 6]);
  // One valid run at each level is enough.
  const half = done.map((run) =>
    run.plan.connections === 16 && run.plan.round === 1 ? disturbed(run) : run,
  );
  assert.notEqual(ladderOf(half).law, null);
});

test('without a valid run there is no curve', () => {
  const ladder = ladderOf(whole(ladderOptions()).map(disturbed));
  // Memory does not depend on how much was carried.
  assert.deepEqual(codesOf(ladder), [
    ...['ladder-without-points', 'ladder-too-few', 'ladder-memory', 'ladder-excluded'],
  ]);
  const options = ladderOptions({ over: 'payload', levels: [64, 1024] });
  const ofPayload = ladderOf(whole(options).map(disturbed), options);
  assert.deepEqual(codesOf(ofPayload), ['ladder-without-points', 'ladder-excluded']);
});

test('an interrupted ladder reports this, and omits the interrupted run', () => {
  const done = whole(ladderOptions()).slice(0, 5);
  const cut = done.map(
    (run, index): Run =>
      index === 4 ? { ...run, outcome: { state: 'aborted', reason: 'interrupted' } } : run,
  );
  const ladder = ladderOf(cut);
  assert.equal(ladder.points.length, 4);
  const last = ladder.findings.at(-1);
  assert.deepEqual([last?.code, last?.data], ['ladder-unfinished', { done: 4, of: 12 }]);
});

test('a run without Nginx has no point over its workers; a run outside of rounds counts as the first', () => {
  const options = ladderOptions({ over: 'nginx-workers', levels: [1, 2] });
  const [first, second] = whole(options);
  assert.ok(first && second);
  const direct = { ...second, plan: { ...second.plan, proxy: null } };
  const single = { ...first, plan: { ...first.plan, round: null } };
  const level = levelOf(first.plan, 'nginx-workers');
  assert.deepEqual(
    ladderOf([single, direct], options).points.map((point) => [point.level, point.round]),
    [[level, 1]],
  );
});

test('a ladder ends if its first runs all fail, but not after one failed level', () => {
  const failed = (run: Run): Run => ({ ...run, outcome: { state: 'failed', reason: 'nginx died' } });
  assert.equal(climb(makeLadder(ladderOptions()), (spec) => failed(runOf(spec))).length, 2);
  const some = climb(makeLadder(ladderOptions()), (spec, number) =>
    number === 2 ? failed(runOf(spec)) : runOf(spec),
  );
  assert.equal(some.length, 12);
  assert.equal(ladderOf(some).points.filter(({ excluded }) => excluded?.code === 'run-ended').length, 1);
});

test('over payload: bytes per second and CPU per MiB come first, and no law is fitted', () => {
  const options = ladderOptions({ over: 'payload', levels: [64, 1024] });
  const ladder = ladderOf(whole(options), options);
  assert.deepEqual(ladder.metrics.slice(0, 2), ['payload.perSecond', 'cpuPerMiB.proxy']);
  assert.deepEqual(codesOf(ladder), ['ladder-curve', 'ladder-curve']);
  assert.equal(ladder.law, null);
});

test('over the rate: response times come first, and no law is fitted, because it does not apply to open loops', () => {
  const [, latency] = scenarioNamed('echo').steps;
  assert.ok(latency);
  const options = ladderOptions({
    over: 'rate',
    step: latency,
    levels: [500, 1000, 2000, 4000, 8000, 16_000],
  });
  const ladder = ladderOf(whole(options), options);
  assert.equal(ladder.metrics[0], 'response.p50');
  assert.deepEqual(codesOf(ladder), ['ladder-curve']);
});

test('at a fixed rate: CPU per message, response times and memory; doubtful runs count for all but the tail', () => {
  const [, latency] = scenarioNamed('echo').steps;
  assert.ok(latency);
  const load = { ...ladderOptions().load, ratePerSecond: 1000 };
  const options = ladderOptions({ step: latency, load });
  const ladder = ladderOf(whole(options).map(disturbed), options);
  assert.deepEqual(ladder.metrics.slice(0, 2), ['cpuPerMessage.proxy', 'response.p50']);
  assert.deepEqual(codesOf(ladder), ['ladder-curve', 'ladder-curve', 'ladder-memory']);
  for (const point of ladder.points) {
    assert.equal(point.excluded, null);
    for (const name of ladder.metrics) assert.equal(countsFor(point, name), name !== 'response.p99', name);
  }
  const codes = codesOf(ladderOf(whole(options), options));
  assert.deepEqual(codes, ['ladder-curve', 'ladder-curve', 'ladder-memory']);
  // Without Nginx, there is no CPU of Nginx.
  const direct = { ...options, hasProxy: false };
  assert.equal(ladderOf([], direct).metrics[0], 'response.p50');
});

test('silent connections: memory is the main metric, and its slope is known', () => {
  const scenario = scenarioNamed('idle');
  const [hold] = scenario.steps;
  assert.ok(hold);
  const options = ladderOptions({ scenario, step: hold });
  const [first] = ladderOf([], options).metrics;
  assert.equal(first, 'memory.proxy');
});

test('a single run that is not valid leaves no curve; without any run, nothing is said about it', () => {
  const options = ladderOptions({ over: 'payload', levels: [64], rounds: 1 });
  assert.deepEqual(codesOf(ladderOf(whole(options).map(disturbed), options)), [
    ...['ladder-without-points', 'ladder-excluded'],
  ]);
  assert.deepEqual(codesOf(ladderOf(whole(options), options)), ['ladder-curve', 'ladder-curve']);
  assert.deepEqual(codesOf(ladderOf([], options)), ['ladder-unfinished']);
});

test('a curve has its first, last and highest median, and a point all figures of its run', () => {
  const [, latency] = scenarioNamed('echo').steps;
  const load = { ...ladderOptions().load, ratePerSecond: 1000 };
  const options = ladderOptions({ step: latency ?? assert.fail(), load, levels: [1, 2, 3], rounds: 1 });
  const costs = [20, 40, 30];
  const done = whole(options).map((run) => {
    const { cpuUs } = knownFigures(run).work;
    const factor = (costs[run.plan.connections - 1] ?? 0) / (cpuUs.proxy ?? 1);
    return {
      ...run,
      processes: run.processes.map((process) => ({
        ...process,
        samples: process.samples.map((sample) => ({ ...sample, cpuUs: sample.cpuUs * factor })),
      })),
    };
  });
  const { findings, points, variant, scenario, step, over, levels, rounds } = ladderOf(done, options);
  assert.deepEqual(
    [variant, scenario, step, over, levels, rounds],
    [...['plain', 'echo', 'latency', 'connections', [1, 2, 3], 1]],
  );
  const rounded = (each: unknown) =>
    JSON.parse(JSON.stringify(each), (_, value) => (typeof value === 'number' ? Math.round(value) : value));
  const { title, unit } = metricNamed('cpuPerMessage.proxy');
  assert.deepEqual(rounded(findings[0]?.data), {
    ...{ variant: 'plain', over: 'connections', title, unit, first: { level: 1, value: 20 } },
    ...{ last: { level: 3, value: 30 }, highest: { level: 2, value: 40 } },
  });
  const ofTwo = points.find(({ level }) => level === 2);
  assert.deepEqual(
    [Math.round(ofTwo?.figures['cpuPerMessage.proxy'] ?? 0), ofTwo?.round, ofTwo?.unfit],
    [...[40, 1, []]],
  );
  const rising = ladderOf(
    done.filter(({ plan }) => plan.connections < 3),
    options,
  ).findings[0]?.data;
  assert.deepEqual(rounded([rising?.last, rising?.highest]), [{ level: 2, value: 40 }, null]);
});

test('the specification of a run has only what its axis changes', () => {
  const load = { inFlight: 3, ratePerSecond: 70, arrivals: 'uniform' as const };
  const [, latency] = scenarioNamed('echo').steps;
  const spec = (changes: Partial<LadderOptions>) =>
    ladderSpec(ladderOptions({ levels: [2, 8], load, ...changes }), 2, 5);
  const base = { variant: 'plain', step: 'throughput', round: 5, load: { kind: 'closed', inFlight: 3 } };
  assert.deepEqual(spec({}), { ...base, connections: 2, largest: { connections: 8 } });
  assert.deepEqual(spec({ over: 'payload' }), {
    ...base,
    payload: { minBytes: 2, maxBytes: 2, type: 'text' },
  });
  assert.deepEqual(spec({ over: 'nginx-workers' }), {
    ...base,
    proxyWorkers: 2,
    largest: { proxyWorkers: 8 },
  });
  const open = (ratePerSecond: number) => ({
    ...base,
    step: 'latency',
    load: { kind: 'open', ratePerSecond, arrivals: 'uniform' },
  });
  assert.deepEqual(spec({ over: 'rate', step: latency ?? assert.fail() }), open(2));
  assert.deepEqual(spec({ over: 'payload', step: latency ?? assert.fail() }), {
    ...{ ...open(70), payload: { minBytes: 2, maxBytes: 2, type: 'text' } },
  });
});
