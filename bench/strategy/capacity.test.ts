import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { type CapacitySearch, capacitySchema } from '../model/capacity.ts';
import type { Condition } from '../model/condition.ts';
import { type Finding, stored } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Run, Validity } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { finding } from '../wording/finding.ts';
import { type CapacityOptions, makeCapacity } from './capacity.ts';
import { chooseRate, roundDown } from './rate.ts';

const FAST: Condition = {
  text: 'response.p99<20ms',
  metric: 'response.p99',
  operator: '<',
  limit: 20_000,
  unit: 'time',
};
const WHOLE: Condition = {
  text: 'connections.failed==0',
  metric: 'connections.failed',
  operator: '==',
  limit: 0,
  unit: 'count',
};

const BASE = makeRun({ profile: 'tls', seconds: 1, connections: 10, perSecond: 2000 });
const RUN_MS = 5000;
const OPEN = { kind: 'open', ratePerSecond: 2000, arrivals: 'uniform' } as const;
const slow = makeRun({ profile: 'tls', seconds: 1, perSecond: 2000, medianUs: 30_000, load: OPEN });
const quick = makeRun({ profile: 'tls', seconds: 1, perSecond: 2000, medianUs: 1000, load: OPEN });

const OPTIONS: CapacityOptions = {
  variant: 'tls',
  axis: { over: 'rate', connections: 10 },
  objectives: [WHOLE],
  steps: { start: 'throughput', trial: 'latency' },
  load: { inFlight: 1, ratePerSecond: null, arrivals: 'uniform' },
  start: 1000,
  least: 100,
  most: 10_000_000,
  mostReason: finding('search-ceiling', {}),
  budgetMs: null,
  planOf: ({ variant, step, connections = 10 }) => ({ ...BASE.plan, variant, step, connections }),
};
const OVER_CONNECTIONS: CapacityOptions = {
  ...OPTIONS,
  axis: { over: 'connections', ratePerSecond: 0.5, per: 'connection' },
  least: 1,
  most: 100_000,
};

function planned({ variant, step, round, load, connections = 10 }: RunSpec) {
  return { variant, step, round, connections, workload: { ...BASE.plan.workload, load } };
}

const KEPT: Validity = {
  verdict: 'valid',
  reasons: [],
  limit: { component: 'schedule', evidence: stored('100 % were echoed.') },
};
const NGINX_BUSY: Validity = {
  verdict: 'suspect',
  reasons: [stored('Only 80 % of the messages due in the steady phase were echoed during that phase.')],
  limit: { component: 'proxy', evidence: stored('an Nginx worker was busy 99 % of the time.') },
};
const GENERATOR_BUSY: Validity = {
  verdict: 'generator-limited',
  reasons: [stored('The generator was the limit: it was busy 99 % of the time.')],
  limit: { component: 'generator', evidence: stored('it was busy 99 % of the time.') },
};

/** Runs follow each other every 5 s. */
function runOf(spec: RunSpec, number: number, validity: Validity, base = BASE): Run {
  const startedAt = new Date(Date.UTC(2025, 0, 2) + number * RUN_MS).toISOString();
  return { ...base, plan: { ...base.plan, ...planned(spec) }, startedAt, validity };
}

type Execute = (spec: RunSpec, number: number) => Run;

/** Simulates a system that sustains `truth` messages per second or WebSockets. `beyond` is the outcome above that. */
function carrying(truth: number, beyond = NGINX_BUSY): Execute {
  return (spec, number) => runOf(spec, number, levelOf(spec) <= truth ? KEPT : beyond);
}

function levelOf({ connections, load }: RunSpec): number {
  return connections ?? ratePerSecondOf(load) ?? 0;
}

function play(strategy: Strategy, execute: Execute): Run[] {
  const done: Run[] = [];
  for (let [spec] = strategy.next(done); spec !== undefined; [spec] = strategy.next(done)) {
    assert.ok(strategy.expectedRuns(done) > done.length);
    done.push(execute(spec, done.length));
    assert.ok(done.length < 200, 'it does not end');
  }
  assert.equal(strategy.expectedRuns(done), done.length);
  return done;
}

function conclude(strategy: Strategy, done: readonly Run[]): CapacitySearch {
  const [only, ...others] = strategy.conclude(done);
  assert.ok(only?.kind === 'capacity' && others.length === 0);
  return v.parse(capacitySchema, only);
}

function searched(options: CapacityOptions, execute: Execute): CapacitySearch {
  const strategy = makeCapacity(options);
  return conclude(strategy, play(strategy, execute));
}

test('the interval contains the true capacity within 5 %', () => {
  fc.assert(
    fc.property(fc.integer({ min: 150, max: 400_000 }), (truth) => {
      const { interval, bound, finished, limit, trials } = searched(OPTIONS, carrying(truth));
      const [low, high] = interval;
      assert.ok(low !== null && high !== null && low <= truth && truth < high && high / low <= 1.05);
      assert.deepEqual([bound, finished, limit], ['between', true, null]);
      assert.ok(
        trials.every((trial) => trial.met === trial.level <= truth && trial.keptSchedule === trial.met),
      );
    }),
    { numRuns: 30 },
  );
});

test('every trial is an open loop at its rate, with the requested number of connections', () => {
  const strategy = makeCapacity(OPTIONS);
  const done: Run[] = [];
  for (let [spec] = strategy.next(done); spec !== undefined; [spec] = strategy.next(done)) {
    assert.deepEqual(
      [spec.variant, spec.step, spec.round, spec.load?.kind, spec.connections],
      ['tls', 'latency', null, 'open', undefined],
    );
    done.push(carrying(3000)(spec, done.length));
  }
});

test('over connections, their number grows, with a rate per connection', () => {
  const strategy = makeCapacity(OVER_CONNECTIONS);
  const done = play(strategy, carrying(2345));
  for (const { plan } of done) {
    const { load } = plan.workload;
    assert.ok(load?.kind === 'open');
    assert.equal(load.ratePerSecond, plan.connections / 2);
    assert.ok(Number.isInteger(plan.connections));
  }
  const [low, high] = conclude(strategy, done).interval;
  assert.ok(low !== null && high !== null && low <= 2345 && high > 2345);
});

test('over connections, their number grows, with one rate for all of them together', () => {
  const axis = { over: 'connections', ratePerSecond: 700, per: 'all' } as const;
  const done = play(makeCapacity({ ...OVER_CONNECTIONS, axis }), carrying(2345));
  assert.ok(done.every(({ plan: { workload } }) => ratePerSecondOf(workload.load) === 700));
});

test('if something else was the limit, the capacity is a lower bound, with that limit as the reason', () => {
  const { interval, bound, limit, finished } = searched(OPTIONS, carrying(5000, GENERATOR_BUSY));
  assert.deepEqual([bound, finished], ['at-least', true]);
  assert.ok(interval[0] !== null && interval[0] <= 5000);
  assert.deepEqual(limit, GENERATOR_BUSY.reasons[0]);
});

test('an objective that is missed on schedule counts as a miss', () => {
  const { interval, bound, trials } = searched({ ...OPTIONS, objectives: [FAST, WHOLE] }, (spec, number) =>
    runOf(spec, number, KEPT, levelOf(spec) <= 3000 ? quick : slow),
  );
  assert.equal(bound, 'between');
  assert.ok(interval[0] !== null && interval[0] <= 3000);
  const missed = trials.filter(({ met }) => !met);
  assert.ok(missed.every(({ keptSchedule, figures }) => keptSchedule && (figures[0] ?? 0) > 20_000));
  assert.deepEqual(new Set(trials.map(({ figures }) => figures[1])), new Set([0]));
});

test('a miss with a late generator or other work is inconclusive; losses count against the system', () => {
  const beyond = (reasons: Finding[]): Validity => ({ ...KEPT, verdict: 'suspect', reasons });
  const late = finding('send-lag', { lagUs: 9000, share: 0.3 });
  const losing = makeRun({ profile: 'tls', seconds: 1, connections: 10, perSecond: 2000 });
  for (const slice of losing.slices.slice(0, 1)) slice.failures = { ...slice.failures, 'status-502': 3 };
  for (const worker of losing.workers.slice(0, 1)) worker.failed = 3;
  const search = (validity: Validity) =>
    searched(OPTIONS, (spec, number) =>
      levelOf(spec) <= 3000 ? runOf(spec, number, KEPT) : runOf(spec, number, validity, losing),
    );
  const lost = finding('losses', { asked: 10, failed: 3, lost: 0, unsent: 0 });
  assert.deepEqual(search(beyond([lost])).bound, 'between');
  assert.deepEqual(search(beyond([lost, late])).bound, 'between');
  assert.deepEqual(search({ ...GENERATOR_BUSY, reasons: [lost] }).bound, 'at-least');
  const dull = searched({ ...OPTIONS, objectives: [FAST] }, (spec, number) =>
    levelOf(spec) <= 3000 ? runOf(spec, number, KEPT, quick) : runOf(spec, number, beyond([late]), slow),
  );
  assert.deepEqual([dull.bound, dull.limit], ['at-least', late]);
});

test('if all permitted levels are met, the capacity is a lower bound, with the reason why no higher level was tried', () => {
  const { interval, bound, limit, finished } = searched({ ...OPTIONS, most: 3000 }, carrying(1e9));
  assert.deepEqual(
    [interval, bound, limit?.code, finished],
    [[3000, null], 'at-least', 'search-ceiling', true],
  );
});

test('if no level is met, the capacity is below the lowest, or unknown if something else may be the cause', () => {
  const never = searched(OPTIONS, carrying(0));
  assert.deepEqual([never.interval, never.bound, never.limit], [[null, 100], 'below', null]);
  const unknown = searched(OPTIONS, carrying(0, GENERATOR_BUSY));
  assert.deepEqual([unknown.interval, unknown.bound], [[null, 100], 'unknown']);
  assert.deepEqual(unknown.limit, GENERATOR_BUSY.reasons[0]);
});

test('without a starting rate, a closed loop finds one that the CPUs can sustain', () => {
  const strategy = makeCapacity({ ...OPTIONS, start: null });
  const done = play(strategy, carrying(50_000));
  assert.deepEqual(
    done.slice(0, 2).map(({ plan }) => plan.step),
    ['throughput', 'latency'],
  );
  assert.ok(done.slice(1).every(({ plan }) => plan.step === 'latency'));
  const { trials, bound } = conclude(strategy, done);
  assert.equal(trials.length, done.length - 1);
  assert.equal(bound, 'between');
});

test('if the closed loop also fails, the capacity is unknown, with a reason', () => {
  const strategy = makeCapacity({ ...OPTIONS, start: null });
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  const done = play(strategy, (spec, number) => ({ ...runOf(spec, number, KEPT), outcome: failed }));
  assert.equal(done.length, 1);
  const { bound, limit, finished } = conclude(strategy, done);
  assert.deepEqual([bound, limit?.code, limit?.data, finished], ['unknown', 'run-ended', failed, false]);
});

test('the search ends if the first two trials fail; a later failed trial is a miss', () => {
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  const dead = makeCapacity(OPTIONS);
  const none = play(dead, (spec, number) => ({ ...runOf(spec, number, KEPT), outcome: failed }));
  assert.equal(none.length, 2);
  assert.deepEqual(conclude(dead, none).interval, [null, null]);
  const { bound, limit } = searched(OPTIONS, (spec, number) => {
    const run = runOf(spec, number, KEPT);
    return levelOf(spec) <= 3000 ? run : { ...run, outcome: failed };
  });
  assert.deepEqual([bound, limit?.code, limit?.data], ['at-least', 'run-ended', failed]);
});

test('an interrupted search reports its bounds so far; the interrupted run does not count', () => {
  const strategy = makeCapacity(OPTIONS);
  const whole = play(strategy, carrying(5000));
  const cut: Run[] = whole.slice(0, 5);
  const aborted = { state: 'aborted', reason: 'it was interrupted.' } as const;
  cut.push({ ...(whole[5] as Run), outcome: aborted });
  const { interval, bound, finished, trials } = conclude(strategy, cut);
  assert.deepEqual([trials.length, finished, bound], [5, false, 'between']);
  assert.ok(interval[0] !== null && interval[1] !== null && interval[1] / interval[0] > 1.05);
  const nothing = conclude(strategy, []);
  assert.deepEqual([nothing.bound, nothing.finished, nothing.trials], ['unknown', false, []]);
});

test('no run starts that would end after the budget', () => {
  const strategy = makeCapacity({ ...OPTIONS, budgetMs: 30_000 });
  const done = play(strategy, carrying(5000));
  assert.equal(done.length, 6);
  assert.equal(conclude(strategy, done).finished, false);
  // Before the first run, the expected duration comes from the plan; no more runs are announced than fit.
  assert.deepEqual(makeCapacity({ ...OPTIONS, budgetMs: 1000 }).next([]), []);
  assert.ok(done.every((_, number) => strategy.expectedRuns(done.slice(0, number)) <= 30_000 / 3000));
});

test('a missing figure is not a miss, because too few samples prove nothing', () => {
  const rare = { ...FAST, metric: 'response.p999' };
  const { bound, limit } = searched({ ...OPTIONS, objectives: [rare] }, carrying(1e9));
  assert.deepEqual([bound, limit?.code, limit?.data], ['unknown', 'no-samples', { metric: 'response.p999' }]);
});

test('a missed memory objective counts against Nginx, whatever else runs on the machine', () => {
  const small = { ...WHOLE, metric: 'memory.proxy', operator: '<', limit: 1 } as const;
  const beside: Validity = { ...KEPT, verdict: 'suspect', reasons: [stored('Disturbed: 1 of 1 seconds.')] };
  const { bound, trials } = searched({ ...OPTIONS, objectives: [small] }, (spec, number) =>
    runOf(spec, number, beside),
  );
  assert.equal(bound, 'below');
  assert.ok(trials.every(({ figures }) => (figures[0] ?? 0) > 1));
});

test('without a starting rate, the search starts at the rate of the CPUs, or at a quarter of the throughput', () => {
  const strategy = makeCapacity({ ...OPTIONS, start: null, least: 1 });
  const [start] = strategy.next([]);
  assert.deepEqual(start, {
    ...{ variant: 'tls', step: 'throughput', round: null, load: { kind: 'closed', inFlight: 1 } },
  });
  const first = (run: Run) => levelOf(strategy.next([run])[0] ?? assert.fail());
  const closed = runOf(start, 0, KEPT);
  const chosen = chooseRate([closed], () => OPTIONS.planOf({ variant: 'tls', step: 'latency' }));
  assert.equal(first(closed), chosen?.perSecond);
  const { perSecond } = figuresOf(closed).messages;
  assert.equal(first({ ...closed, processes: [] }), roundDown((perSecond ?? 0) / 4));
  const silent = closed.slices.map((slice) => ({ ...slice, counters: { ...slice.counters, echoed: 0 } }));
  assert.deepEqual(strategy.next([{ ...closed, slices: silent }]), []);
  const { bound, limit } = conclude(strategy, [{ ...closed, slices: silent }]);
  assert.deepEqual([bound, limit], ['unknown', finding('step-without-echo', {})]);
  const begun = conclude(strategy, [closed]);
  assert.deepEqual([begun.bound, begun.limit, begun.finished], ['unknown', null, false]);
  // The closed loop is no trial, so its success does not prolong a search whose first two trials fail.
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  const done = play(strategy, (spec, number) => ({
    ...runOf(spec, number, KEPT),
    ...(number === 0 ? {} : { outcome: failed }),
  }));
  assert.equal(done.length, 3);
  // The first level is within the range.
  const within = (least: number, most: number) =>
    levelOf(makeCapacity({ ...OPTIONS, least, most, start: 1000 }).next([])[0] ?? assert.fail());
  assert.deepEqual([within(100, 2000), within(1500, 2000), within(100, 700)], [1000, 1500, 700]);
});

test('the search reports what it tried, as a whole', () => {
  const options = { ...OPTIONS, most: 2000, objectives: [WHOLE] };
  const strategy = makeCapacity(options);
  const done = play(strategy, carrying(1e9));
  const trial = (level: number) => ({ level, met: true, keptSchedule: true, figures: [0], elsewhere: null });
  assert.deepEqual(conclude(strategy, done), {
    ...{ kind: 'capacity', variant: 'tls', axis: options.axis, objectives: [WHOLE] },
    ...{ interval: [2000, null], bound: 'at-least', limit: options.mostReason, finished: true },
    trials: [trial(1000), trial(2000), trial(2000)],
  });
  const some = conclude(strategy, done.slice(0, 1));
  assert.deepEqual(
    [some.interval, some.bound, some.limit, some.finished],
    [[1000, null], 'at-least', null, false],
  );
});

test('a miss is inconclusive if more than half of the trials at its level have doubts', () => {
  const strategy = makeCapacity(OPTIONS);
  const at = (level: number, number: number, validity: Validity) => {
    const load = { ...OPEN, ratePerSecond: level };
    return runOf({ variant: 'tls', step: 'latency', round: null, load }, number, validity);
  };
  const concluded = (...validities: Validity[]) => {
    const done = [at(1000, 0, KEPT), ...validities.map((each, number) => at(2000, 1 + number, each))];
    const { bound, limit } = conclude(strategy, done);
    return [bound, limit];
  };
  const doubt = GENERATOR_BUSY.reasons[0];
  assert.deepEqual(concluded(NGINX_BUSY), ['between', null]);
  assert.deepEqual(concluded(GENERATOR_BUSY), ['at-least', doubt]);
  assert.deepEqual(concluded(GENERATOR_BUSY, NGINX_BUSY), ['between', null]);
  assert.deepEqual(concluded(GENERATOR_BUSY, NGINX_BUSY, GENERATOR_BUSY), ['at-least', doubt]);
});

test('how many runs to expect: bisections, repeats, and the first doubling; at most 60 trials', () => {
  const strategy = makeCapacity(OPTIONS);
  const whole = play(strategy, carrying(5000));
  assert.deepEqual(
    [0, 1, 3, 4, 5, 6, 8, whole.length].map((count) => strategy.expectedRuns(whole.slice(0, count)) - count),
    [7, 7, 7, 6, 6, 5, 3, 0],
  );
  const run = whole[0] ?? assert.fail();
  const many = Array.from({ length: 60 }, (_, number) => {
    const load = { ...OPEN, ratePerSecond: 1000 + number };
    return { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, load } } };
  });
  assert.notDeepEqual(strategy.next(many.slice(0, 59)), []);
  assert.deepEqual(strategy.next(many), []);
});
