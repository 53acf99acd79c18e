import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { counted } from '../../model/recording.ts';
import {
  formatBytes,
  formatCount,
  formatRate,
  formatShare,
  formatShort,
  formatTime,
} from '../../wording/format.ts';
import { reportHtml } from '../html.ts';
import { chartsOf, sectionText, shown, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';

test('the busiest process of each component is drawn with its own share', () => {
  const result = makeBothSteps(2, 2);
  const charts = chartsOf(reportHtml(result));
  for (const { step, runs } of viewOf(result).steps) {
    const chart = charts.find(({ id }) => id === `chart-busiest-${step}`);
    assert.ok(chart?.kind === 'bar');
    const most = (component: string) =>
      runs.map(({ figures }) => {
        const shares = figures.processes.filter((each) => each.component === component);
        return shares.length === 0 ? null : Math.max(...shares.map(({ cpuShare }) => cpuShare ?? 0));
      });
    assert.deepEqual(
      chart.series.map(({ label, values }) => [label, values]),
      [
        ['Nginx', most('proxy')],
        ['Echo server', most('server')],
        ['Generator', most('generator')],
      ],
    );
  }
});

test('the busiest process is named, not counting generators that spin', () => {
  const result = makeBothSteps(2, 2);
  for (const { plan, processes } of result.runs) {
    if (plan.step !== 'latency') continue;
    plan.pacing = 'spin';
    for (const { component, samples } of processes)
      if (component === 'generator') for (const sample of samples) sample.cpuUs = sample.atUs;
  }
  const findings = [...shown(result).matchAll(/<p class="finding">(The busiest[^<]*)</g)].map(
    (match) => match[1],
  );
  assert.match(findings[0] ?? '', /^The busiest process was Nginx of plain, at 4\d(\.\d)? % of a core\.$/);
  assert.match(
    findings[1] ?? '',
    /was Nginx of plain, at 4\d(\.\d)? % of a core \(not counting spinning generators\)\.$/,
  );
});

test('every table of CPU, memory, handshakes and spread has the figures of its own run', () => {
  const result = makeBothSteps(2, 2);
  const page = shown(result);
  const components = ['proxy', 'server', 'generator'] as const;
  for (const [at, { name, step, figures, run }] of viewOf(result).runs.entries()) {
    assert.deepEqual(tableOf(page, 'CPU per message and memory per connection')[at], [
      name,
      step,
      ...components.map((component) => formatTime(figures.cpuUsPerMessage[component])),
      ...components.map((component) => formatBytes(figures.memoryPerConnectionBytes[component])),
    ]);
    const { connections, connect, latencies, conservation } = figures;
    assert.deepEqual(tableOf(page, 'Opening the connections')[at], [
      name,
      step,
      ...[connections.asked, connections.opened, connections.failed].map(formatCount),
      formatTime(connect.timeToOpenUs),
      formatRate(connect.perSecond),
      ...components.map((component) => formatTime(connect.cpuUsPerConnection[component])),
    ]);
    const { sent, echoed, outstanding, lost } = conservation.total.counts;
    assert.deepEqual(tableOf(page, 'Messages')[at], [
      name,
      step,
      ...[sent, echoed, outstanding, lost].map(formatCount),
      'yes',
    ]);
    const own = (caption: string) =>
      tableOf(page, caption).filter(([variant, its]) => variant === name && its === step);
    const parts = own('Handshakes in full').map(([, , part, count, , , p50]) => [part, count, p50]);
    const whole = latencies.handshake;
    assert.deepEqual(parts.at(-1), ['whole', formatCount(whole?.count), formatTime(whole?.p50)]);
    assert.deepEqual(
      own('Connections and messages by process').map(([, , process, count, , messages]) => [
        process,
        count,
        messages,
      ]),
      run.spread.map((share) => [share.name, formatCount(share.connections), formatCount(share.messages)]),
    );
    assert.deepEqual(
      own('Every process in the steady phase').map(([, , process, share, memory]) => [
        process,
        share,
        memory,
      ]),
      figures.processes.map((each) => [
        each.name,
        formatShare(each.cpuShare),
        formatBytes(each.residentBytes),
      ]),
    );
  }
});

test('failures are counted by stage and kind, and losses stand out in the card', () => {
  const result = makeBothSteps(1, 2);
  const [, latency] = result.runs;
  const [slice] = latency?.slices ?? [];
  const [worker] = latency?.workers ?? [];
  assert.ok(slice && worker);
  slice.failures = { 'upgrade/status-503': 2, 'tcp/refused': 7 };
  Object.assign(worker, { asked: worker.asked + 9, failed: 9 });
  const page = shown(result);
  assert.deepEqual(tableOf(page, 'Failures by stage and kind'), [
    ['direct', 'latency', 'TCP connect', 'refused', '7'],
    ['direct', 'latency', 'HTTP upgrade', 'status-503', '2'],
  ]);
  assert.match(page, /<p class="broken">Latency\. 9 of 1,009 connections failed\.<\/p>/);
  assert.doesNotMatch(sectionText(page, 'answers'), /No connection failed/);
});

test('bars of CPU, memory and handshakes have the values of their component and part', () => {
  const result = makeBothSteps(3, 2);
  const charts = chartsOf(reportHtml(result));
  const barsOf = (id: string) => {
    const chart = charts.find((each) => each.id === id);
    assert.ok(chart?.kind === 'bar', id);
    return chart.series.map(({ values }) => values);
  };
  const components = ['proxy', 'server', 'generator'] as const;
  const parts = ['tcp', 'tls', 'upgrade', 'handshake'] as const;
  for (const { step, runs } of viewOf(result).steps) {
    assert.deepEqual(
      barsOf(`chart-cpu-${step}`),
      components.map((component) => runs.map(({ figures }) => figures.cpuUsPerMessage[component])),
    );
    assert.deepEqual(
      barsOf(`chart-memory-${step}`),
      components.map((component) => runs.map(({ figures }) => figures.memoryPerConnectionBytes[component])),
    );
    assert.deepEqual(
      barsOf(`chart-handshakes-${step}`),
      parts.map((part) => runs.map(({ figures }) => figures.latencies[part]?.p50 ?? null)),
    );
  }
});

test('every process has a row with its context switches and event loop', () => {
  const result = makeBothSteps(2, 2);
  const rows = viewOf(result).runs.flatMap(({ name, step, figures }) =>
    figures.processes.map((each) => [
      name,
      step,
      each.name,
      formatShare(each.cpuShare),
      formatBytes(each.residentBytes),
      formatShort(each.voluntarySwitchesPerSecond),
      formatShort(each.involuntarySwitchesPerSecond),
      formatShare(each.loopUtilisation),
      formatTime(each.loopDelayMaxUs),
    ]),
  );
  assert.deepEqual(tableOf(shown(result), 'Every process in the steady phase'), rows);
});

test('shares are computed among the processes of one component, for connections and for messages', () => {
  const result = makeBothSteps(2, 2);
  const [, plain] = result.runs;
  assert.ok(plain);
  plain.spread = [
    { component: 'proxy', name: 'nginx worker 1', connections: 25, messages: 600 },
    { component: 'proxy', name: 'nginx worker 2', connections: 75, messages: 400 },
    { component: 'server', name: 'echo server 1', connections: 100, messages: 1000 },
  ];
  assert.deepEqual(
    tableOf(shown(result), 'Connections and messages by process').filter(
      ([name, step]) => name === 'plain' && step === 'throughput',
    ),
    [
      ['plain', 'throughput', 'nginx worker 1', '25', '25 %', '600', '60 %'],
      ['plain', 'throughput', 'nginx worker 2', '75', '75 %', '400', '40 %'],
      ['plain', 'throughput', 'echo server 1', '100', '100 %', '1,000', '100 %'],
    ],
  );
});

test('counts that do not add up are shown in the total, at the worker and in the card', () => {
  const result = makeBothSteps(1, 2);
  const [, second] = result.runs[0]?.workers ?? [];
  assert.ok(second);
  second.sent = counted(second, 'sent') + 1;
  const page = shown(result);
  assert.deepEqual(
    tableOf(page, 'Messages').map((row) => row.at(-1)),
    ['no', 'yes'],
  );
  assert.deepEqual(
    tableOf(page, 'Messages by generator worker').map((row) => [row[1], row[2], row.at(-1)]),
    [
      ['throughput', 'generator 1', 'yes'],
      ['throughput', 'generator 2', 'no'],
      ['latency', 'generator 1', 'yes'],
      ['latency', 'generator 2', 'yes'],
    ],
  );
  assert.match(page, /<p class="broken">Throughput\. The counts do not add up/);
});

test('connections that were not opened and messages that were outstanding are reported', () => {
  const result = makeBothSteps(1, 2);
  const [worker] = result.runs[0]?.workers ?? [];
  assert.ok(worker);
  Object.assign(worker, { asked: worker.asked + 7, outstanding: 4, echoed: counted(worker, 'echoed') - 4 });
  assert.match(
    sectionText(shown(result), 'runs'),
    /direct, throughput : .* 7 of 1,007 connections were not opened; 4 messages were outstanding at the end\./,
  );
});

test('the HTTP leg and the probe are reported with their own figures', () => {
  const result = makeResult([
    makeRun({ seconds: 1, profile: 'cache', cache: true }),
    makeRun({ seconds: 1, http2: true }),
  ]);
  const [cached, second] = result.runs;
  assert.ok(cached?.http && second?.probe);
  const statuses = { '2xx': 23_995, '3xx': 1, '5xx': 4 };
  cached.http = { ...cached.http, non2xx: 5, statuses, errors: 2, timeouts: 40 };
  second.probe = { ...second.probe, alpn: 'http/1.1', tlsResumed: true, extendedConnect: false };
  const page = shown(result);
  const { latency } = viewOf(result).runs[0]?.figures.http ?? assert.fail();
  const [p50, p99, max] = [latency.p50, latency.p99, latency.max].map(formatTime);
  assert.notEqual(p99, max);
  assert.deepEqual(tableOf(page, 'HTTP requests')[0], [
    'cache',
    'throughput',
    '24,000',
    '12k/s',
    p50,
    p99,
    max,
    '5 (3xx 1, 5xx 4)',
    '42',
    'HIT 23,999, MISS 1',
    '–',
  ]);
  assert.match(
    sectionText(page, 'http'),
    /cache, throughput: some requests failed, so it is unknown how many requests the cache answered/,
  );
  assert.doesNotMatch(sectionText(page, 'http'), /reached an echo server\./);
  cached.http = { ...cached.http, non2xx: 0, statuses: null, errors: 0, timeouts: 0 };
  assert.deepEqual(tableOf(shown(result), 'HTTP requests')[0]?.slice(-4), [
    '0',
    '0',
    'HIT 23,999, MISS 1',
    '1',
  ]);
  assert.deepEqual(tableOf(page, 'Result of one connection before the load')[1], [
    'tls',
    'throughput',
    'TLSv1.3',
    'TLS_AES_256_GCM_SHA384',
    'ECDSA',
    'yes',
    'http/1.1',
    'h2',
    'no',
  ]);
});

/** Returns the values in lists of facts, by name. */
function factsOf(page: string): Map<string, string> {
  return new Map(
    [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

test('environment and plan are those of the result', () => {
  const result = makeBothSteps(2, 3);
  result.environment = { ...result.environment, cpus: 48, somaxconn: 4097, openFilesLimit: 20_001 };
  const [first] = result.runs;
  assert.ok(first);
  first.plan.seed = 4711;
  for (const run of result.runs)
    run.plan.turns = { index: 0, of: 2, lengthMs: 250, pauseMs: 5, mirrored: true };
  first.plan.engine = 'bun';
  result.environment.bun = '1.4.5';
  const page = shown(result);
  const facts = factsOf(page);
  assert.deepEqual(
    [
      'CPU',
      'Bun',
      'Memory',
      'Open files limit',
      'somaxconn',
      'Local ports',
      'Warm-up',
      'Duration',
      'Turns',
      'Connections',
      'Seed',
    ].map((name) => facts.get(name)),
    [
      'Example CPU 2.40 GHz, 48 usable',
      '1.4.5',
      '24 GiB',
      '20,001',
      '4,097',
      '32768 to 60999',
      '2 s',
      '3 s',
      '250 ms of each 500 ms',
      '1,000',
      '7',
    ],
  );
  assert.match(page, /Example CPU 2\.40 GHz, 48 CPUs, 24 GiB/);
  assert.deepEqual(
    tableOf(page, 'Differences between runs').map((row) => [row[0], row[1], row[3], row.at(-1)]),
    [
      ['direct', 'throughput', '2 (lean on Bun)', '4711'],
      ['direct', 'latency', '2 (lean on Node)', '7'],
      ['plain', 'throughput', '2 (lean on Node)', '7'],
      ['plain', 'latency', '2 (lean on Node)', '7'],
    ],
  );
});

test("Nginx's error log is shown next to the configuration", () => {
  const result = makeBothSteps(2, 1);
  const latency = result.runs[3];
  assert.ok(latency?.proxy);
  latency.proxy.errorLog = ['[warn] one', '[error] two'];
  assert.match(shown(result), /aria-label="Error log of plain, latency">\[warn\] one\n\[error\] two</);
  assert.equal(shown(result).match(/Error log of/g)?.length, 1);
});
