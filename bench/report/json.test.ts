import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../test/calibration.ts';
import { makeComparison, makeRounds } from '../../test/comparison.ts';
import { disturb } from '../../test/machine.ts';
import { makeBothSteps, makeLatencyRun, makeResult, rateOf } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { KeptCalibration } from '../model/calibration.ts';
import type { Conclusion } from '../model/conclusion.ts';
import { stored } from '../model/finding.ts';
import type { Price } from '../model/price.ts';
import type { Run } from '../model/run.ts';
import { jsonSummary } from './json.ts';
import { CALIBRATION } from './kinds/calibration.ts';
import { COMPARISON } from './kinds/comparison.ts';
import { priceSentence } from './price.ts';
import { scenarioReport } from './scenario.ts';
import { viewOf } from './view.ts';

const SMALL = { seconds: 2, connections: 10, perSecond: 1000 };

test('the JSON summary has exactly the documented fields', () => {
  const run = makeLatencyRun('tls', SMALL, 1000);
  disturb(run, 0, { stolenUs: 500_000 });
  run.http = makeRun(SMALL).http;
  const conclusions = [
    rateOf(1000),
    { kind: 'left-out' as const, variant: 'plain', reason: stored('a reason') },
  ];
  const summary = jsonSummary({ ...makeResult([run]), conclusions }, '/reports/x/report.html');
  assert.deepEqual(Object.keys(summary), [
    'schemaVersion',
    'reportPath',
    'labels',
    'note',
    'series',
    'answers',
    'conclusions',
    'runs',
  ]);
  assert.equal(summary.schemaVersion, 2);
  assert.equal(summary.reportPath, '/reports/x/report.html');
  assert.deepEqual(summary.conclusions, conclusions);
  const [told] = summary.runs;
  assert.ok(told);
  assert.deepEqual(Object.keys(told), [
    'variant',
    'step',
    'round',
    'profile',
    'scenario',
    'outcome',
    'validity',
    'connections',
    'messages',
    'responseUs',
    'serviceUs',
    'sendLagUs',
    'handshakeUs',
    'tcpUs',
    'tlsUs',
    'upgradeUs',
    'cpuUsPerMessage',
    'perCoreCapacity',
    'disturbed',
    'undisturbed',
    'memoryPerConnectionBytes',
    'memorySlopes',
    'counts',
    'timeline',
    'http',
    'alpn',
    'nginx',
    'metrics',
    'failures',
    'notices',
  ]);
  assert.deepEqual(Object.keys(told.validity), ['verdict', 'reasons', 'limit']);
  assert.deepEqual(Object.keys(told.connections), ['asked', 'opened', 'failed']);
  assert.deepEqual(Object.keys(told.messages), ['sent', 'echoed', 'outstanding', 'lost', 'perSecond']);
  assert.deepEqual(Object.keys(told.undisturbed ?? {}), ['responseUs', 'serviceUs', 'sendLagUs']);
  const percentiles = ['count', 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'];
  const { responseUs, serviceUs, sendLagUs, handshakeUs, tcpUs, tlsUs, upgradeUs, http, undisturbed } = told;
  assert.equal(told.metrics['response.p99'], responseUs?.p99);
  const ofAll = [responseUs, serviceUs, sendLagUs, handshakeUs, tcpUs, tlsUs, upgradeUs, http?.latencyUs];
  for (const times of [...ofAll, ...Object.values(undisturbed ?? {})])
    assert.deepEqual(Object.keys(times ?? {}), percentiles);
  const components = ['proxy', 'server', 'generator'];
  assert.deepEqual(Object.keys(told.cpuUsPerMessage), components);
  assert.deepEqual(Object.keys(told.memoryPerConnectionBytes), components);
});

test('every figure in the summary equals that of the run', () => {
  const result = makeBothSteps(2, 2);
  const [, first] = result.runs;
  assert.ok(first);
  first.plan.round = 4;
  disturb(first, 1, { otherUs: 900_000 });
  for (const slice of first.slices.slice(0, 1)) slice.failures = { 'upgrade/status-503': 2 };
  const { runs } = jsonSummary(result, '');
  assert.deepEqual(
    runs.map(({ variant, step, round }) => [variant, step, round]),
    [
      ['direct', 'throughput', null],
      ['plain', 'throughput', 4],
      ['direct', 'latency', null],
      ['plain', 'latency', null],
    ],
  );
  for (const [at, run] of result.runs.entries()) {
    const figures = figuresOf(run);
    const { latencies, undisturbed } = figures;
    assert.deepEqual(runs[at], {
      variant: run.plan.variant,
      step: run.plan.step,
      round: run.plan.round,
      profile: run.plan.profile,
      scenario: 'echo',
      outcome: 'completed',
      validity: run.validity,
      connections: figures.connections,
      messages: figures.messages,
      responseUs: latencies.response,
      serviceUs: latencies.service,
      sendLagUs: latencies.sendLag,
      handshakeUs: latencies.handshake,
      tcpUs: latencies.tcp,
      tlsUs: latencies.tls,
      upgradeUs: latencies.upgrade,
      cpuUsPerMessage: figures.cpuUsPerMessage,
      perCoreCapacity: figures.perCoreCapacity,
      disturbed: figures.disturbed,
      undisturbed: {
        responseUs: undisturbed?.response,
        serviceUs: undisturbed?.service,
        sendLagUs: undisturbed?.sendLag,
      },
      memoryPerConnectionBytes: figures.memoryPerConnectionBytes,
      memorySlopes: { proxy: null, kernel: null },
      counts: figures.counts,
      timeline: [],
      http:
        figures.http === null
          ? null
          : {
              succeeded: 24_000,
              failed: 0,
              statuses: { '2xx': 24_000 },
              requestsPerSecond: figures.http.requestsPerSecond,
              latencyUs: figures.http.latency,
            },
      metrics: metricsOf(figures, run.plan),
      alpn: run.probe?.alpn ?? null,
      nginx:
        run.proxy === null
          ? null
          : {
              version: '1.22.1',
              openssl: 'OpenSSL 3.0.11 19 Sep 2023',
              binary: '/usr/sbin/nginx',
              origin: null,
            },
      failures: figures.failures.byKind,
      notices: [],
    });
  }
  assert.deepEqual(runs[1]?.disturbed, { seconds: 1, of: 2 });
  assert.deepEqual(runs[1]?.failures, { 'status-503': 2 });
  assert.equal(runs[1]?.perCoreCapacity?.bound, 'measured');
});

test('a closed loop has null instead of a response time', () => {
  const [run] = jsonSummary(makeResult([makeRun(SMALL)]), '').runs;
  assert.equal(run?.responseUs, null);
  assert.equal(run?.sendLagUs, null);
  assert.equal(run?.undisturbed?.responseUs, null);
  assert.notEqual(run?.serviceUs, null);
});

test('a run without any figures has a summary as well', () => {
  const cut = { phases: [], slices: [], workers: [], processes: [], machine: null, http: null, probe: null };
  const [run] = jsonSummary(makeResult([{ ...makeRun(SMALL), ...cut }]), '').runs;
  assert.doesNotMatch(JSON.stringify(run), /NaN|undefined/);
  assert.equal(run?.messages.perSecond, null);
  assert.equal(run?.alpn, null);
  assert.equal(run?.perCoreCapacity, null);
  assert.equal(run?.disturbed, null);
  assert.equal(run?.undisturbed, null);
});

test('the conclusion of each kind has fields of its own, and no answers; others are conclusions', () => {
  const result = makeRounds();
  const rate = rateOf(1000);
  const calibration = makeCalibration();
  const keysOf = (conclusions: Conclusion[], kept?: KeptCalibration) => {
    const summary = jsonSummary(
      { ...result, conclusions, ...(kept === undefined ? {} : { calibration: kept }) },
      '',
    );
    const {
      schemaVersion,
      reportPath,
      labels,
      note,
      series,
      answers,
      conclusions: told,
      runs,
      ...fields
    } = summary;
    return { answers: answers.length, told, fields };
  };
  const comparison = makeComparison();
  const ofComparison = COMPARISON.json(comparison);
  assert.deepEqual(keysOf([rate, comparison]), { answers: 0, told: [rate], fields: ofComparison });
  const kept = makeKeptCalibration();
  assert.deepEqual(keysOf([comparison], kept).fields, { ...ofComparison, calibration: kept });
  assert.deepEqual(keysOf([comparison, calibration], kept).fields, {
    ...ofComparison,
    ...CALIBRATION.json(calibration),
  });
  assert.deepEqual(keysOf([]), { answers: 2, told: [], fields: {} });
});

test('each variant of a result with runs only has its answer', () => {
  const result = makeBothSteps(2, 1);
  const { answer } = scenarioReport(result);
  assert.deepEqual(
    jsonSummary(result, '').answers,
    viewOf(result).variants.map((variant) => ({ variant: variant.name, sentence: answer(variant) })),
  );
});

test('the price has a sentence for each variant, and is no conclusion', () => {
  const figures = [
    {
      name: 'response.p50',
      step: 'latency',
      unit: 'time' as const,
      doubts: [],
      baseline: 4,
      variant: 6,
      ratio: 1.5,
    },
  ];
  const price: Price = { kind: 'price', baseline: 'direct', variants: [{ variant: 'tls', figures }] };
  const summary = jsonSummary({ ...makeResult([makeRun(SMALL)]), conclusions: [price] }, '');
  const [tls = assert.fail()] = price.variants;
  assert.deepEqual(summary.price, {
    baseline: 'direct',
    variants: [{ variant: 'tls', figures, sentence: priceSentence(tls, 'direct') }],
  });
  assert.deepEqual(summary.conclusions, []);
});

test('hosts have their send lag and clock in flat fields, and are missing without agents', () => {
  const run = makeRun(SMALL);
  const summaryOf = (hosts: Run['hosts']) => jsonSummary(makeResult([{ ...run, hosts }]), '').runs[0];
  assert.ok(!Object.hasOwn(summaryOf([]) ?? {}, 'hosts'));
  const clock = { errorUs: 20, driftUs: -5 };
  const sendLag = encode(emptyHistogram());
  const host = {
    ...{ name: 'a', role: 'generator', cpus: 2, machine: null, samples: null, workers: [0] },
    ...{ clock, sendLag },
  } as never;
  const [figures = assert.fail()] = figuresOf({ ...run, hosts: [host] }).hosts;
  const { sendLag: lag, clock: of, ...others } = figures;
  assert.deepEqual(summaryOf([host])?.hosts, [
    { ...others, sendLagUs: lag, clockErrorUs: of.errorUs, clockDriftUs: of.driftUs },
  ]);
});
