import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { knownFigures } from '../measure/figures.ts';
import type { StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { chooseRate, roundDown, stepFacts } from './rate.ts';

/** A run of a closed loop in which these amounts of CPU time, in µs, are used in each second of each process. */
function runOf(
  { proxy = 200_000, server = 200_000, generator = 200_000, runner = 0 },
  { profile = 'plain', scenario = 'echo', load = CLOSED } = {},
): Run {
  const run = makeRun({ profile, seconds: 2, perSecond: 5000, connections: 100, load });
  const perSecond = { proxy, server, generator, runner };
  const processes = run.processes.map((process) => ({
    ...process,
    samples: process.samples.map((sample) => ({
      ...sample,
      cpuUs: Math.round((sample.atUs / 1e6) * perSecond[process.component]),
    })),
  }));
  const slices = run.slices.map((slice) => ({
    ...slice,
    counters: { ...slice.counters, opened: slice.counters.sent ?? 0 },
  }));
  return {
    ...run,
    processes,
    slices: scenario === 'connect' ? slices : run.slices,
    plan: {
      ...run.plan,
      engine: 'node',
      carrier: 'sockets',
      server: 'ws',
      workload: { ...run.plan.workload, scenario },
    },
  };
}

function cpuOf(run: Run): { proxy: number; server: number; generator: number } {
  const { proxy, server, generator } = knownFigures(run).work.cpuUs;
  return { proxy: proxy ?? 0, server: server ?? 0, generator: generator ?? 0 };
}

const PROXY = { workers: 1, workerConnections: 512, workerFiles: 576, reuseport: false, backlog: 511 };

function planOf(run: Run, changes: Partial<StepPlan> = {}): StepPlan {
  const { round: _, ...plan } = run.plan;
  return { ...plan, step: 'latency', workers: 1, servers: 1, proxy: PROXY, placement: null, ...changes };
}

test('the chosen rate keeps the busiest CPU half busy, and states whose CPU time it was', () => {
  const run = runOf({ proxy: 400_000 });
  const { proxy } = cpuOf(run);
  const chosen = chooseRate([run], () => planOf(run));
  const demand = { variant: 'plain', proxyUs: 1.1 * proxy, serverUs: null, proxyRatio: 1.1, wsRatio: 1 };
  assert.deepEqual(chosen, {
    perSecond: roundDown(500_000 / (1.1 * proxy)),
    demand,
    reason: finding('rate-chosen', demand),
  });
  const served = runOf({ server: 900_000 });
  assert.deepEqual(chooseRate([served], () => planOf(served))?.demand, {
    ...{ variant: 'plain', proxyUs: null, serverUs: cpuOf(served).server, proxyRatio: 1.1, wsRatio: 1 },
  });
});

test('a CPU that would be more than half busy at a rate, however little, allows only the next lower rate', () => {
  const perSecond = (server: number) => {
    const run = runOf({ server });
    return [cpuOf(run).server, chooseRate([run], () => planOf(run))?.perSecond] as const;
  };
  const [us] = perSecond(1_000_000);
  // At 500 µs per message, 1,000 messages keep a CPU half busy.
  const most = Math.floor((500 / us) * 1e6);
  assert.deepEqual(
    [most, most + 1].map((server) => perSecond(server)[1]),
    [1000, 990],
  );
});

test('of equal demands, that of Nginx is stated', () => {
  const run = runOf({ proxy: 200_000, server: 300_000 }, { load: OPEN });
  const { proxy, server } = cpuOf(run);
  const { demand } = chooseRate([run], () => planOf(run)) ?? assert.fail();
  assert.deepEqual([server, demand.proxyUs, demand.serverUs], [proxy, proxy, null]);
});

test('processes on the same CPUs share them, unless there is no proxy; more CPUs than processes do not help', () => {
  const run = runOf({});
  const { proxy, server } = cpuOf(run);
  const demandIn = (changes: Partial<StepPlan>, measured = run) => {
    const { perSecond, demand } = chooseRate([measured], () => planOf(measured, changes)) ?? assert.fail();
    return [perSecond, demand.proxyUs, demand.serverUs];
  };
  const on = (proxy: number[], server: number[]) => ({
    placement: { proxy, server, generator: [0], runner: [0] },
  });
  const all = 1.1 * proxy + server;
  assert.deepEqual(demandIn(on([1], [1])), [roundDown(500_000 / all), 1.1 * proxy, server]);
  assert.deepEqual(demandIn(on([1], [1, 2])), [roundDown(1e6 / all), 1.1 * proxy, server]);
  assert.deepEqual(demandIn(on([1, 2], [2])), [roundDown(500_000 / all), 1.1 * proxy, server]);
  assert.deepEqual(demandIn(on([1, 2], [3, 4])), [roundDown(500_000 / (1.1 * proxy)), 1.1 * proxy, null]);
  assert.deepEqual(demandIn({ ...on([1, 2], [3, 4]), proxy: { ...PROXY, workers: 2 } }), [
    ...[roundDown(500_000 / server), null, server],
  ]);
  assert.deepEqual(demandIn({ ...on([1, 2], [3, 4]), proxy: { ...PROXY, workers: 2 }, servers: 2 }), [
    ...[roundDown(1e6 / (1.1 * proxy)), 1.1 * proxy, null],
  ]);
  assert.deepEqual(demandIn({ proxy: { ...PROXY, workers: 4 }, servers: 1 }), [
    ...[roundDown(500_000 / server), null, server],
  ]);
  const direct = runOf({}, { profile: 'direct' });
  const own = cpuOf(direct).server;
  for (const placement of [null, { ...on([1], [1]).placement }, { ...on([], []).placement }])
    assert.deepEqual(demandIn({ proxy: null, placement }, direct), [roundDown(500_000 / own), null, own]);
});

test('the generator limits the rate of handshakes, but not that of messages', () => {
  const step = 'fastest';
  const busy = { generator: 900_000 };
  const handshakes = runOf(busy, { scenario: 'connect' });
  const measured = { ...handshakes, plan: { ...handshakes.plan, step } };
  const { generator, proxy } = cpuOf(measured);
  const chosen = (changes: Partial<StepPlan>) =>
    chooseRate([measured], () => planOf(measured, changes)) ?? assert.fail();
  const facts = { variant: 'plain', proxyRatio: 1, wsRatio: 1, step, work: 'handshakes' };
  const ofGenerator = { ...facts, proxyUs: null, serverUs: null, generatorUs: generator };
  assert.deepEqual(chosen({}), {
    perSecond: roundDown(500_000 / generator),
    demand: ofGenerator,
    reason: finding('rate-chosen', ofGenerator as never),
  });
  const on = (generator: number[]) => ({ proxy: [8], server: [9], generator, runner: [0] });
  for (const [changes, cpus] of [
    [{ workers: 2 }, 2],
    [{ workers: 2, placement: on([0]) }, 1],
    [{ workers: 2, placement: on([0, 1, 2]) }, 2],
    [{ workers: 1, placement: on([0, 1, 2]) }, 1],
    [{ workers: 3, placement: on([]) }, 1],
  ] as const)
    assert.equal(chosen(changes).perSecond, roundDown((500_000 * cpus) / generator), JSON.stringify(changes));
  assert.deepEqual(chosen({ workers: 100 }).demand, { ...facts, proxyUs: proxy, serverUs: null });
  const messages = runOf(busy);
  assert.deepEqual(chooseRate([messages], () => planOf(messages))?.demand.generatorUs, undefined);
  const unseen = {
    ...measured,
    processes: measured.processes.filter(({ component }) => component !== 'generator'),
  };
  assert.deepEqual(chooseRate([unseen], () => planOf(unseen))?.demand.generatorUs, undefined);
});

test('of several variants, the first of the busiest counts, with the highest ratios of all', () => {
  const named = (variant: string, run: Run): Run => ({ ...run, plan: { ...run.plan, variant } });
  const runs = [
    named('direct', runOf({ server: 100_000 }, { profile: 'direct' })),
    named('a', runOf({ proxy: 300_000 })),
    named('b', runOf({ proxy: 300_000 })),
    named('c', runOf({ proxy: 250_000 })),
  ];
  const chosen = chooseRate(runs, (variant) => {
    const run = runs.find(({ plan }) => plan.variant === variant) ?? assert.fail();
    return planOf(run, variant === 'direct' ? { proxy: null } : {});
  });
  assert.deepEqual([chosen?.demand.variant, chosen?.demand.proxyRatio], ['a', 1.1]);
  const [direct] = runs;
  assert.equal(
    chooseRate(runs.slice(0, 1), () => planOf(direct ?? assert.fail(), { proxy: null }))?.demand.proxyRatio,
    1,
  );
});

test('without the CPU time of a process that the plan has, there is no rate', () => {
  const run = runOf({});
  const without = (component: string) => {
    const processes = run.processes.filter((each) => each.component !== component);
    return { ...run, processes };
  };
  assert.equal(
    chooseRate([], () => planOf(run)),
    null,
  );
  assert.equal(
    chooseRate([without('server')], () => planOf(run)),
    null,
  );
  assert.equal(
    chooseRate([without('proxy')], () => planOf(run)),
    null,
  );
  const direct = chooseRate([without('proxy')], () => planOf(run, { proxy: null }));
  assert.equal(direct?.demand.serverUs, cpuOf(run).server);
  // A variant whose CPU time is unknown does not hide the others.
  assert.equal(chooseRate([without('server'), run], () => planOf(run))?.demand.variant, 'plain');
});

test('an open loop already has the costs of a schedule', () => {
  const run = runOf({ proxy: 400_000 }, { load: OPEN });
  const { demand } = chooseRate([run], () => planOf(run, { server: 'ws' })) ?? assert.fail();
  assert.deepEqual([demand.proxyUs, demand.proxyRatio, demand.wsRatio], [cpuOf(run).proxy, 1, 1]);
});

test('the step is stated if its work is not messages', () => {
  assert.deepEqual(stepFacts(undefined), {});
  assert.deepEqual(stepFacts(runOf({})), {});
  const connect = runOf({}, { scenario: 'connect' });
  assert.deepEqual(stepFacts(connect), { step: connect.plan.step, work: 'handshakes' });
});
