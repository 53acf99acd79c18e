import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { stored } from '../model/finding.ts';
import { type LoadOptions, ratePerSecondOf } from '../model/load.ts';
import type { Placement, RunPlan } from '../model/plan.ts';
import type { Run, Validity } from '../model/run.ts';
import type { RunSpec, StepOfVariant, Strategy } from '../model/strategy.ts';
import { finding } from '../wording/finding.ts';
import { chooseRate, roundDown } from './rate.ts';
import { makeSteps, type StepsOptions } from './steps.ts';

const ON_TWO_CPUS: Readonly<Record<string, Placement>> = {
  throughput: { proxy: [1], server: [0], generator: [0], runner: [0] },
  latency: { proxy: [1], server: [1], generator: [0], runner: [1] },
};

/** The plan of a run on two CPUs. */
function planOf({ variant, step }: StepOfVariant): RunPlan {
  const { plan } = makeRun({ profile: variant, seconds: 1 });
  return {
    ...plan,
    step,
    server: step === 'throughput' ? 'lean' : 'ws',
    servers: 1,
    proxy: plan.proxy === null ? null : { ...plan.proxy, workers: 1 },
    placement: ON_TWO_CPUS[step] ?? assert.fail(),
    pacing: step === 'latency' ? 'spin' : null,
  };
}

const LOAD: LoadOptions = { inFlight: 1, ratePerSecond: null, arrivals: 'uniform' };
const OPTIONS: StepsOptions = {
  variants: ['direct', 'plain', 'tls'],
  steps: ['throughput', 'latency'],
  load: LOAD,
  planOf,
};

/** Creates a run of this spec with the given CPU times per message, in µs, of proxy and server. */
function runOf(
  spec: RunSpec,
  { proxyUs = 20, serverUs = 10, limit = 'schedule' as Validity['limit']['component'] } = {},
): Run {
  assert.ok(spec.load);
  const run = makeRun({ profile: spec.variant, seconds: 2, perSecond: 5000, load: spec.load });
  const { steady } = figuresOf(run);
  for (const series of run.processes) {
    const cost = series.component === 'proxy' ? proxyUs : series.component === 'server' ? serverUs : 15;
    const peers = run.processes.filter(({ component }) => component === series.component).length;
    const perUs = (cost * steady.echoed) / peers / (steady.durationUs ?? 1);
    for (const sample of series.samples) sample.cpuUs = Math.round(sample.atUs * perUs);
  }
  return {
    ...run,
    plan: { ...planOf(spec), workload: { ...run.plan.workload, load: spec.load } },
    validity: {
      verdict: 'valid',
      reasons: [],
      limit: { component: limit, evidence: stored('Invented.') },
    },
  };
}

/** Simulates a strategy to its end. */
function play(strategy: Strategy, execute: (spec: RunSpec) => Run = (spec) => runOf(spec)): Run[] {
  const done: Run[] = [];
  for (let [spec] = strategy.next(done); spec !== undefined; [spec] = strategy.next(done)) {
    done.push(execute(spec));
    assert.ok(done.length < 50, 'it does not end');
  }
  return done;
}

function told(runs: readonly Run[]): string[] {
  return runs.map(({ plan: { variant, step, workload } }) => {
    const { load } = workload;
    return `${variant} ${step} ${ratePerSecondOf(load) ?? load?.kind}`;
  });
}

test('every variant in a closed loop, then all of them at one rate', () => {
  const strategy = makeSteps(OPTIONS);
  const done = play(strategy);
  // Nginx (1.1 × 20 µs) and the echo server (2.6 × 10 µs) share a CPU, half of which is 500,000 µs per second.
  assert.deepEqual(told(done), [
    'direct throughput closed',
    'plain throughput closed',
    'tls throughput closed',
    'direct latency 10000',
    'plain latency 10000',
    'tls latency 10000',
  ]);
  const [rate, ...others] = strategy.conclude(done);
  assert.ok(rate?.kind === 'rate');
  assert.deepEqual([rate.ratePerSecond, rate.halved, others], [10_000, false, []]);
  const { proxyUs, serverUs, ...facts } = rate.reason.data;
  assert.deepEqual(
    [rate.reason.code, facts],
    ['rate-chosen', { variant: 'plain', proxyRatio: 1.1, wsRatio: 2.6 }],
  );
  assert.deepEqual(
    [proxyUs, serverUs].map((us) => Math.round(Number(us))),
    [22, 26],
  );
});

test('the variant with the highest CPU demand determines the rate for all', () => {
  const done = play(makeSteps(OPTIONS), (spec) => runOf(spec, { proxyUs: spec.variant === 'tls' ? 83 : 20 }));
  assert.deepEqual(told(done).slice(3), ['direct latency 4200', 'plain latency 4200', 'tls latency 4200']);
});

test('the number of runs is known from the start, and does not change', () => {
  const strategy = makeSteps(OPTIONS);
  const done: Run[] = [];
  for (let [spec] = strategy.next(done); spec !== undefined; [spec] = strategy.next(done)) {
    assert.equal(strategy.expectedRuns(done), 6);
    done.push(runOf(spec));
  }
  assert.equal(strategy.expectedRuns(done), 6);
  assert.equal(makeSteps({ ...OPTIONS, steps: ['throughput'] }).expectedRuns([]), 3);
  assert.equal(
    makeSteps({ ...OPTIONS, steps: ['latency'], load: { ...LOAD, ratePerSecond: 5 } }).expectedRuns([]),
    3,
  );
});

test('a rate that turns out to be too high is halved once, for all', () => {
  for (const limit of ['proxy', 'server', 'none'] as const) {
    const strategy = makeSteps(OPTIONS);
    const done = play(strategy, (spec) => {
      const tooHigh = spec.step === 'latency' && spec.variant === 'plain';
      return runOf(spec, { limit: tooHigh ? limit : 'schedule' });
    });
    assert.deepEqual(told(done).slice(3), [
      'direct latency 10000',
      'plain latency 10000',
      'direct latency 5000',
      'plain latency 5000',
      'tls latency 5000',
    ]);
    const [rate] = strategy.conclude(done);
    assert.ok(rate?.kind === 'rate' && rate.halved);
    assert.equal(rate.ratePerSecond, 5000);
    const { evidence } = done[4]?.validity.limit.evidence.data ?? {};
    const { demand } =
      chooseRate(done.slice(0, 3), (variant) => planOf({ variant, step: 'latency' })) ?? assert.fail();
    assert.deepEqual(
      rate.reason,
      finding('rate-halved', { ...demand, evidence: evidence as undefined, tooMuchFor: 'plain' }),
    );
    assert.equal(strategy.expectedRuns(done), 8);
  }
});

test('the rate is halved if the generator could not keep up, but not if it was deprived of its CPU', () => {
  const rates = (pacing: RunPlan['pacing']) =>
    play(makeSteps(OPTIONS), (spec) => {
      const run = runOf(spec, { limit: spec.step === 'latency' ? 'generator' : 'proxy' });
      return { ...run, plan: { ...run.plan, pacing: spec.step === 'latency' ? pacing : null } };
    }).filter(({ plan }) => plan.step === 'latency').length;
  assert.equal(rates('spin'), 3);
  assert.equal(rates('sleep'), 4);
});

test('a requested rate never changes', () => {
  for (const steps of [['latency'], ['throughput', 'latency']] as const) {
    const strategy = makeSteps({ ...OPTIONS, steps, load: { ...LOAD, ratePerSecond: 9000 } });
    const done = play(strategy, (spec) => runOf(spec, { limit: 'proxy' }));
    assert.deepEqual(told(done).slice(-3), ['direct latency 9000', 'plain latency 9000', 'tls latency 9000']);
    const reason = finding('rate-given', {});
    assert.deepEqual(strategy.conclude(done), [{ kind: 'rate', ratePerSecond: 9000, halved: false, reason }]);
  }
});

test('a variant that echoed nothing is left out of the second step, and this is reported', () => {
  const strategy = makeSteps(OPTIONS);
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  const done = play(strategy, (spec) => {
    const run = runOf(spec);
    return spec.variant === 'plain' ? { ...run, outcome: failed } : run;
  });
  assert.deepEqual(told(done).slice(3), ['direct latency 10000', 'tls latency 10000']);
  assert.deepEqual(strategy.conclude(done).slice(1), [
    { kind: 'left-out', variant: 'plain', reason: finding('step-ended', failed) },
  ]);
  const none = makeSteps(OPTIONS);
  const all = play(none, (spec) => ({ ...runOf(spec), outcome: failed }));
  assert.equal(all.length, 3);
  assert.deepEqual(
    none.conclude(all).map(({ kind }) => kind),
    ['left-out', 'left-out', 'left-out'],
  );
});

test('a variant that completed its closed loop without any echo is left out for that reason', () => {
  const strategy = makeSteps(OPTIONS);
  const done = play(strategy, (spec) => {
    const run = runOf(spec);
    if (spec.variant !== 'plain') return run;
    const slices = run.slices.map((slice) => ({ ...slice, counters: { ...slice.counters, echoed: 0 } }));
    return { ...run, slices };
  });
  assert.deepEqual(told(done).slice(3), ['direct latency 10000', 'tls latency 10000']);
  assert.deepEqual(strategy.conclude(done).slice(1), [
    { kind: 'left-out', variant: 'plain', reason: finding('step-without-echo', {}) },
  ]);
  assert.equal(strategy.expectedRuns(done), done.length);
});

test('the reason for leaving out a variant names the step if its work is not messages', () => {
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  const strategy = makeSteps({
    ...OPTIONS,
    ...{ variants: ['plain'], steps: ['fastest', 'scheduled'] },
    planOf: (of) => planOf({ ...of, step: 'latency' }),
  });
  const run = runOf({
    variant: 'plain',
    step: 'throughput',
    round: null,
    load: { kind: 'closed', inFlight: 1 },
  });
  const workload = { ...run.plan.workload, scenario: 'connect' };
  const reasonFor = (outcome: Run['outcome'], opened: number) => {
    const slices = run.slices.map((slice) => ({ ...slice, counters: { opened } }));
    const plan = { ...run.plan, step: 'fastest', workload };
    return strategy
      .conclude([{ ...run, outcome, slices, plan, processes: [] }])
      .map((each) => (each.kind === 'left-out' ? each.reason : null));
  };
  const facts = { step: 'fastest', work: 'handshakes' } as const;
  assert.deepEqual(reasonFor(failed, 0), [finding('step-ended', { ...failed, ...facts })]);
  assert.deepEqual(reasonFor({ state: 'completed' }, 0), [finding('step-without-echo', facts)]);
  assert.deepEqual(reasonFor({ state: 'completed' }, 5), [finding('cpu-unknown', facts)]);
});

test('if CPU time is unknown, there is no rate, and a remedy is suggested', () => {
  const strategy = makeSteps(OPTIONS);
  const done = play(strategy, (spec) => ({ ...runOf(spec), processes: [] }));
  assert.equal(done.length, 3);
  const [first] = strategy.conclude(done);
  assert.ok(first?.kind === 'left-out');
  assert.equal(first.reason.code, 'cpu-unknown');
});

test('nothing is concluded before the first step is over', () => {
  const strategy = makeSteps(OPTIONS);
  const [spec] = strategy.next([]);
  assert.ok(spec !== undefined);
  assert.deepEqual(strategy.conclude([]), []);
  assert.deepEqual(strategy.conclude([runOf(spec)]), []);
});

test('what a message is estimated to cost on a schedule depends on the engine and the carrier of the closed loop', () => {
  const spec: RunSpec = {
    variant: 'plain',
    step: 'throughput',
    round: null,
    load: { kind: 'closed', inFlight: 1 },
  };
  const run = runOf(spec);
  const ratios = (change: Partial<RunPlan>) => {
    const measured = [{ ...run, plan: { ...run.plan, ...change } }];
    const chosen = chooseRate(measured, () => planOf({ ...spec, step: 'latency' })) ?? assert.fail();
    return [chosen.demand.proxyRatio, chosen.demand.wsRatio];
  };
  const open = { ...run.plan.workload, load: OPEN };
  assert.deepEqual(
    [
      ratios({ engine: 'node', carrier: 'sockets' }),
      ratios({ engine: 'bun', carrier: 'sockets' }),
      ratios({ engine: 'bun', carrier: 'io_uring' }),
      ratios({ engine: 'bun', carrier: 'io_uring', server: 'ws' }),
      ratios({ proxy: null }),
      ratios({ workload: open }),
    ],
    [
      [1.1, 2.6],
      [1.5, 2.2],
      [1.6, 2.7],
      [1.6, 1],
      [1, 2.6],
      [1, 1],
    ],
  );
});

test('with separate CPUs, the busier one limits the rate, and a component’s processes share its CPUs', () => {
  const spec: RunSpec = {
    variant: 'tls',
    step: 'throughput',
    round: null,
    load: { kind: 'closed', inFlight: 1 },
  };
  const run = runOf(spec, { proxyUs: 18, serverUs: 10 });
  const rate = (change: Partial<RunPlan>) =>
    chooseRate([run], () => ({ ...planOf({ ...spec, step: 'latency' }), server: 'lean', ...change }))
      ?.perSecond;
  const apart = { proxy: [3], server: [2], generator: [0], runner: [1] };
  assert.equal(rate({ placement: apart }), 25_000);
  const proxy = { workers: 2, workerConnections: 10, workerFiles: 20, reuseport: false, backlog: 1 };
  // Two workers on one CPU are no faster than one. On two CPUs they are, and then the server is busier.
  assert.equal(rate({ placement: apart, proxy }), 25_000);
  assert.equal(rate({ placement: { ...apart, proxy: [3, 4] }, proxy }), 50_000);
  assert.equal(rate({ placement: null, proxy }), 50_000);
  assert.equal(rate({ placement: null }), 25_000);
});

test('a figure is rounded down to two digits', () => {
  for (const [figure, rounded] of [
    [13_888.9, 13_000],
    [9999, 9900],
    [10_000, 10_000],
    [104, 100],
    [99, 99],
    [1.29, 1.2],
    [0.3, 0.3],
  ] as const) {
    assert.equal(roundDown(figure), rounded);
  }
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (figure) => {
      const rounded = roundDown(figure);
      assert.ok(rounded <= figure * (1 + 1e-8) && rounded > figure * 0.9, `${figure} → ${rounded}`);
      assert.ok(/^\D*0*\.?0*\d{0,1}\.?\d{0,1}0*\.?0*$/.test(rounded.toFixed(6)), `${rounded}`);
    }),
  );
});
