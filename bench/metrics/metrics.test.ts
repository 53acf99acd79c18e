import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Declaration } from '../model/declaration.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { declaredDefinition } from '../scenarios/declared.ts';
import { addScenario } from '../scenarios/registry.ts';
import { finding } from '../wording/finding.ts';
import { incomplete, oneWay } from './fitness.ts';
import { PLAIN, times } from './kinds.ts';
import {
  addedMetrics,
  factsOf,
  findMetric,
  isUsualStep,
  lackingNeed,
  METRICS,
  metricNamed,
  metricTitle,
  needsMet,
  stepsAnswering,
  usualStep,
} from './metrics.ts';

const SMALL = { seconds: 1, connections: 100, perSecond: 20_000 };

const metricsOf = (run: Run) => factsOf(run, figuresOf(run)).metrics;

test('every metric that a threshold can name reads the figure of that name', () => {
  const run = makeRun({ ...SMALL, load: OPEN });
  const figures = figuresOf(run);
  const metrics = metricsOf(run);
  for (const { name } of METRICS) assert.notEqual(metrics[name], undefined, name);
  assert.equal(metrics['response.p99'], figures.latencies.response?.p99);
  assert.equal(metrics['sendLag.max'], figures.latencies.sendLag?.max);
  assert.equal(metrics['messages.lost'], figures.messages.lost);
  assert.equal(metrics['connections.opened'], figures.connections.opened);
  assert.equal(metrics['cpuPerMessage.server'], figures.cpuUsPerMessage.server);
  assert.equal(metrics['memoryPerConnection.generator'], figures.memoryPerConnectionBytes.generator);
  assert.equal(metrics['http.p50'], figures.http?.latency.p50);
  assert.equal(metrics['http.requestsPerSecond'], figures.http?.requestsPerSecond);
});

test('a duration has reasons of its own against its tail', () => {
  const [middle, tail] = [() => null, () => null];
  const made = times({ ...PLAIN, name: 'x', title: 'x', read: () => null, unfit: { middle, tail } });
  assert.deepEqual(
    made.filter(({ unfit }) => unfit === tail).map(({ name }) => name),
    ['x.p99', 'x.p999', 'x.p9999', 'x.max'],
  );
});

test('per-core capacity is a metric, in messages a second, and null where it is not known', () => {
  const run = makeRun(SMALL);
  const figures = figuresOf(run);
  const { perSecond } = figures.perCoreCapacity ?? assert.fail();
  assert.notEqual(perSecond, figures.messages.perSecond);
  assert.equal(metricsOf(run).perCoreCapacity, perSecond);
  const direct = makeRun({ ...SMALL, profile: 'direct' });
  assert.equal(metricsOf(direct).perCoreCapacity, null);
  assert.equal(metricsOf(run)['response.p50'], null);
});

test('memory is that of all processes of a component, and null if it has none', () => {
  const run = makeRun(SMALL);
  const figures = figuresOf(run);
  const workers = figures.processes.filter(({ component }) => component === 'proxy');
  assert.ok(workers.length > 1);
  const sum = workers.reduce((bytes, { residentBytes }) => bytes + (residentBytes ?? Number.NaN), 0);
  assert.equal(metricsOf(run)['memory.proxy'], sum);
  assert.equal(metricsOf(makeRun({ ...SMALL, profile: 'direct' }))['memory.proxy'], null);
});

test('a metric is checked in its own step, or in all steps if that step is not run', () => {
  const both = ['throughput', 'latency'] as const;
  for (const [metric, steps] of [
    ['response.p99', ['latency']],
    ['sendLag.max', ['latency']],
    ['service.p50', ['latency']],
    ['messages.perSecond', ['throughput']],
    ['perCoreCapacity', ['throughput']],
    ['messages.lost', both],
    ['cpuPerMessage.proxy', both],
    ['handshake.p99', both],
  ] as const) {
    assert.deepEqual(stepsAnswering(metric, both), steps, metric);
  }
  assert.deepEqual(stepsAnswering('service.p50', ['throughput']), ['throughput']);
  assert.deepEqual(stepsAnswering('messages.perSecond', ['latency']), ['latency']);
});

test('the properties of all metrics are what the golden file says', () => {
  const lines = METRICS.map(({ name, unit, better, kind, step, needs }) =>
    [name, unit, better, kind, step, ...needs].map(String).join(' '),
  );
  assertGolden('metrics.txt', `${lines.join('\n')}\n`);
});

test('each name and each title is defined once', () => {
  for (const of of ['name', 'title'] as const)
    assert.equal(new Set(METRICS.map((metric) => metric[of])).size, METRICS.length, of);
});

test('the title of a metric names the step if it is not the usual one', () => {
  const { title } = metricNamed('cpuPerMessage.proxy');
  assert.equal(metricTitle({ name: 'cpuPerMessage.proxy', step: 'throughput' }), title);
  assert.equal(metricTitle({ name: 'cpuPerMessage.proxy', step: 'latency' }), `${title}, latency step`);
  assert.equal(metricTitle({ name: 'response.p50', step: 'latency' }), metricNamed('response.p50').title);
  assert.equal(metricTitle({ name: 'of.old', step: 'latency' }), 'of.old, latency step');
  assert.throws(() => metricNamed('of.old'));
});

test('the total covers all components that do the work, without a missing proxy or a spinning generator', () => {
  const parts = (run: Run, ...names: string[]) =>
    names.reduce((sum, name) => sum + (metricsOf(run)[`cpuPerMessage.${name}`] ?? Number.NaN), 0);
  const total = (run: Run) => metricsOf(run)['cpuPerMessage.total'];
  const plain = makeRun(SMALL);
  assert.equal(total(plain), parts(plain, 'proxy', 'server', 'generator'));
  const direct = makeRun({ ...SMALL, profile: 'direct' });
  direct.plan.proxy = null;
  assert.equal(total(direct), parts(direct, 'server', 'generator'));
  const spinning = { ...plain, plan: { ...plain.plan, pacing: 'spin' as const } };
  assert.equal(total(spinning), parts(spinning, 'proxy', 'server'));
  assert.equal(total({ ...plain, processes: [] }), null);
});

test('which runs are unfit depends on the metric', () => {
  const base = makeRun(SMALL);
  const facts = factsOf(base, figuresOf(base));
  const codes = (change: Partial<typeof facts>) =>
    ['cpuPerMessage.server', 'response.p50', 'messages.perSecond', 'response.p99', 'messages.lost'].map(
      (name) => metricNamed(name).unfit({ ...facts, ...change })?.code ?? null,
    );
  const late = finding('send-lag', { lagUs: 9000, share: 0.5 });
  const limit = (component: Run['validity']['limit']['component']) => ({ component, evidence: late });
  const lost = { ...facts.metrics, 'messages.lost': 1 };
  assert.deepEqual(codes({ metrics: lost }), [...Array(4).fill('lost-some'), null]);
  // A scenario that cuts connections loses messages on purpose.
  const cut = { ...lost, 'connections.cut': 1 };
  assert.ok(codes({ metrics: cut }).every((code) => code !== 'lost-some'));
  assert.deepEqual(
    codes({ outcome: { state: 'failed', reason: 'Nginx died.' } }),
    Array(5).fill('not-completed'),
  );
  assert.deepEqual(codes({ validity: { verdict: 'suspect', reasons: [late], limit: limit('schedule') } }), [
    null,
    null,
    null,
    'send-lag',
    null,
  ]);
  assert.deepEqual(
    codes({ validity: { verdict: 'generator-limited', reasons: [late], limit: limit('generator') } }),
    [null, 'off-schedule', 'send-lag', 'send-lag', null],
  );
  const slow = { verdict: 'valid' as const, reasons: [], limit: limit('proxy') };
  assert.deepEqual(codes({ step: 'latency', validity: slow }), [
    'off-schedule',
    'off-schedule',
    null,
    null,
    null,
  ]);
});

test('the data of a reason state what failed and what was lost', () => {
  const base = makeRun(SMALL);
  const facts = factsOf(base, figuresOf(base));
  const reason = (metrics: Record<string, number | null>) => incomplete({ ...facts, metrics });
  assert.equal(reason({}), null);
  assert.deepEqual(reason({ 'connections.failed': 2 }), finding('lost-some', { failed: 2, lost: 0 }));
  assert.deepEqual(reason({ 'messages.lost': 1 }), finding('lost-some', { failed: 0, lost: 1 }));
  const cut = { 'connections.cut': 0, 'messages.lost': 1 };
  assert.equal(reason(cut), null);
  assert.deepEqual(reason({ ...cut, 'connections.failed': 3 }), finding('lost-some', { failed: 3, lost: 0 }));
  assert.deepEqual(reason({ 'connections.cut': null, 'messages.lost': 1 })?.data, { failed: 0, lost: 1 });
  const [off, clock] = [finding('nothing-cut', {}), finding('clock-error', { errorUs: 9, p50Us: 9 })];
  const judged = (component: Run['validity']['limit']['component'], ...reasons: Finding[]) =>
    oneWay({
      ...facts,
      validity: { verdict: 'suspect', reasons, limit: { component, evidence: finding('nothing-cut', {}) } },
    });
  assert.equal(judged('schedule', off), null);
  assert.deepEqual(judged('schedule', off, clock), clock);
  assert.equal(judged('proxy', off, clock)?.code, 'off-schedule');
  const invalid = (verdict: 'suspect' | 'server-limited', ...reasons: Finding[]) =>
    ['messages.perSecond', 'response.p99'].map((name) =>
      metricNamed(name).unfit({
        ...facts,
        validity: { verdict, reasons, limit: { component: 'schedule', evidence: off } },
      }),
    );
  assert.deepEqual(invalid('server-limited', clock, off), [clock, clock]);
  assert.deepEqual(invalid('suspect'), [null, finding('not-valid', { verdict: 'suspect' })]);
});

test('what a metric needs is compared with what a run has', () => {
  const { plan } = makeRun({ ...SMALL, load: OPEN });
  const all = { schedule: true, 'closed-loop': false, http: true, proxy: true, answers: true };
  const http = { connections: 1, durationMs: 1, ratePerSecond: null };
  assert.deepEqual(needsMet({ ...plan, http }), all);
  const closed = {
    ...plan,
    http: null,
    workload: { ...plan.workload, load: { kind: 'closed', inFlight: 1 } },
  } as const;
  assert.deepEqual(needsMet({ ...closed, proxy: null }), {
    ...{ schedule: false, 'closed-loop': true, http: false, proxy: false, answers: true },
  });
  assert.equal(needsMet({ ...closed, proxy: null, proxyAgent: 'p' }).proxy, true);
  const target = {
    kind: 'external' as const,
    url: 'ws://a/',
    expect: 'none' as const,
    certificate: null,
    subprotocols: [],
    isRemote: false,
  };
  const silent = needsMet({ ...plan, target, workload: { ...plan.workload, load: null } });
  assert.deepEqual([silent.answers, silent.schedule, silent['closed-loop']], [false, false, false]);
  assert.equal(lackingNeed('http.p50', { ...all, http: false }), 'http');
  assert.equal(lackingNeed('http.p50', all), undefined);
  assert.equal(lackingNeed('of.old', { ...all, http: false }), undefined);
});

test('the usual step of a metric is its own, or the first one of its scenario', () => {
  assert.deepEqual(
    ['response.p50', 'cpuPerMessage.proxy'].map((name) => usualStep(metricNamed(name))),
    ['latency', 'throughput'],
  );
  assert.throws(() => usualStep({ ...metricNamed('handshake.p50') }), /handshake\.p50/);
  const usual = (name: string, step: string) => isUsualStep({ name, step });
  assert.deepEqual(
    [
      usual('response.p50', 'latency'),
      usual('response.p50', 'throughput'),
      usual('handshake.p50', 'throughput'),
    ],
    [true, false, true],
  );
  assert.deepEqual([usual('handshake.p50', 'latency'), usual('handshake.p50', 'nowhere')], [false, false]);
});

test('memory that one of several processes lacks is not known', () => {
  const run = makeRun(SMALL);
  const figures = figuresOf(run);
  const memory = (processes: typeof figures.processes) =>
    factsOf(run, { ...figures, processes }).metrics['memory.proxy'];
  const [first] = figures.processes.filter(({ component }) => component === 'proxy');
  assert.ok(first);
  assert.equal(
    memory([
      { ...first, residentBytes: 5 },
      { ...first, residentBytes: 7 },
    ]),
    12,
  );
  assert.equal(
    memory([
      { ...first, residentBytes: 5 },
      { ...first, residentBytes: null },
    ]),
    null,
  );
  assert.equal(memory([]), null);
});

const DECLARED: Declaration = {
  ...{ name: 'own', title: 'Own', question: 'How many?' },
  steps: [
    { name: 'own', load: 'open', server: 'lean' },
    { name: 'own-more', load: 'open', server: 'lean' },
  ],
  recorded: { counters: ['joined'], gauges: [], histograms: [] },
  ...{ conservation: [], phasesRead: {}, compared: [], listed: [], sections: 0, usesPayload: false },
  metrics: ['own.first', 'own.second'].map((name) => ({
    ...{ name, title: `Title of ${name}`, unit: 'count', better: null },
    of: { counter: name === 'own.first' ? 'joined' : 'opened' },
  })),
};

test('metrics of added scenarios are found, and read from runs of their scenario only', () => {
  addScenario(declaredDefinition({ ...DECLARED, name: 'other', metrics: [] }), null);
  addScenario(declaredDefinition(DECLARED), null);
  assert.deepEqual(
    addedMetrics().map(({ name }) => name),
    ['own.first', 'own.second'],
  );
  assert.equal(findMetric('own.second')?.title, 'Title of own.second');
  assert.equal(findMetric('own.third'), undefined);
  assert.equal(findMetric('memory.proxy'), metricNamed('memory.proxy'));
  assert.equal(usualStep(metricNamed('own.second')), 'own');
  assert.equal(metricTitle({ name: 'own.first', step: 'own' }), 'Title of own.first');
  assert.equal(metricTitle({ name: 'own.first', step: 'own-more' }), 'Title of own.first, own-more step');
  const run = makeRun(SMALL);
  const own = { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, scenario: 'own' } } };
  const namesOf = (of: Run) => Object.keys(factsOf(of, figuresOf(run)).metrics);
  const builtIn = METRICS.map(({ name }) => name);
  assert.deepEqual(namesOf(run), builtIn);
  assert.deepEqual(namesOf(own), [...builtIn, 'own.first', 'own.second']);
  assert.equal(factsOf(own, figuresOf(run)).metrics['own.second'], figuresOf(run).counts.opened);
});

test('figures that a run lacks are null', () => {
  const run = makeRun(SMALL);
  const figures = factsOf(run, { ...figuresOf(run), http: null }).metrics;
  assert.deepEqual([figures['http.requestsPerSecond'], figures['http.p50']], [null, null]);
});

test('a run without a load has neither a schedule nor a closed loop', () => {
  const { plan } = makeRun(SMALL);
  const idle = { ...plan, workload: { ...plan.workload, load: null } };
  assert.deepEqual(needsMet({ ...idle, http: null, proxy: null }), {
    ...{ schedule: false, 'closed-loop': false, http: false, proxy: false, answers: true },
  });
});
