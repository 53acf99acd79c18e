import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { HostFigures } from '../../measure/hosts.ts';
import type { Run } from '../../model/run.ts';
import { placementText } from '../../wording/notices.ts';
import { effectColumns } from '../comparison/effect.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { placementOf } from '../placement.ts';
import { type RunView, type View, viewOf } from '../view.ts';
import { BEHIND_ROUNDS, effects, rounds } from './comparison.ts';
import { cost } from './cost.ts';
import { course } from './course.ts';
import { failures } from './failures.ts';
import { handshakeParts } from './handshake-parts.ts';
import { handshakes } from './handshakes.ts';
import { hosts } from './hosts.ts';
import { httpLeg, protocols } from './protocols.ts';
import { runs } from './runs.ts';
import { setup } from './setup.ts';
import { tcp } from './tcp.ts';
import { responseChart } from './time-charts.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const VIEW = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));

test('every table has its headings, those of words on the left', () => {
  assert.deepEqual(
    [tcp, handshakes, cost].flatMap((section) => headsOf(section(VIEW))),
    [
      'TCP counters of the system: Variant →, Step →, Listen queue overflows, Dropped by listeners, Most in TIME_WAIT',
      'Opening the connections: Variant →, Step →, Requested, Opened, Failed, Time to open, Connects per second, Nginx CPU per connection, Echo server CPU per connection, Generator CPU per connection',
      'Handshakes in full: Variant →, Step →, Part →, Count, Min, Mean, p50, p90, p95, p99, p99.9, p99.99, Max',
      'CPU per message and memory per connection: Variant →, Step →, Nginx CPU per message, Echo server CPU per message, Generator CPU per message, Nginx memory per connection, Echo server memory per connection, Generator memory per connection',
      'Every process in the steady phase: Variant →, Step →, Process →, CPU share of a core, Resident memory, Voluntary switches per second, Involuntary switches per second, Event loop busy, Longest loop delay',
    ],
  );
});

test('tables of runs, failures, protocols, hosts and parts have their headings', () => {
  const [tls, plain] = [makeRun({ ...SMALL, load: OPEN }), makeRun({ ...SMALL, profile: 'plain' })];
  const [slice] = tls.slices;
  assert.ok(slice);
  slice.failures = { 'tcp/refused': 1, 'open/cut': 2 };
  tls.plan.workload.scenario = 'storm';
  const view = viewOf(makeResult([tls, plain]));
  const [first = assert.fail()] = view.runs;
  const host = {
    ...{ name: 'g', role: 'generator', cpus: 1, machine: null, workers: 1, connections: 1 },
    ...{ share: { connections: null, messages: null }, sendLag: null, cpu: null, used: null },
    clock: { errorUs: 1, driftUs: null },
  } as HostFigures;
  const figures = { ...first.figures, hosts: [host] };
  const summary = 'Count, Min, Mean, p50, p90, p95, p99, p99.9, p99.99, Max';
  assert.deepEqual(
    [
      ...[runs, failures, protocols, httpLeg, handshakeParts].map((section) => section(view)),
      hosts({
        ...view,
        runs: [{ ...first, figures }],
      }),
    ].flatMap(headsOf),
    [
      'Every run: Variant →, Step →, Load →, Validity →, Echoed per second, Response time p50, p99, Failed, Lost, Started →',
      'Failures by stage and kind: Variant →, Step →, Stage →, Kind →, Count',
      'Open connections that ended: Variant →, Step →, Kind →, Count',
      'Result of one connection before the load: Variant →, Step →, TLS →, Cipher →, Key →, Session resumed →, ALPN of the WebSockets →, ALPN for a client that offers h2 →, Extended CONNECT advertised →',
      'HTTP requests: Variant →, Step →, Requests, Requests per second, p50, p99, Max, Not 2xx, Errors and timeouts, Cache →, Reached an echo server',
      `Parts of the handshake in full: Variant →, Step →, Part →, ${summary}`,
      'What each generator host contributed: Variant →, Step →, Host →, Processes, Connections, Share of messages, Send lag p50, Send lag p99',
      'The machines: Variant →, Step →, Host →, Role →, CPUs used, Total CPU use, CPU →, Memory, System →, Clock error, Clock drift',
    ],
  );
});

test('tables over time have columns of response times only in an open loop', () => {
  const of = (...runs: Run[]) => headsOf(course(viewOf(makeResult(runs))));
  const rates =
    'Second →, Phase →, Disturbed by →, Sent per second, Echoed per second, Bytes sent per second, Bytes received per second, Open';
  assert.deepEqual(of(makeRun(SMALL), makeRun({ ...SMALL, load: OPEN })), [
    `tls, throughput, over time: ${rates}`,
    `tls, latency, over time: ${rates}, Response time p50, p99, Max`,
  ]);
});

test('tables of a comparison have their headings', () => {
  const view = viewOf(makeRounds());
  assert.deepEqual(
    [effects, rounds, ...BEHIND_ROUNDS].flatMap((section) => headsOf(section(view))),
    [
      `plain+buf-16k compared with plain: ${effectColumns(
        makeComparison().comparisons[0] ?? assert.fail(),
        'plain',
      )
        .map((title, at) => (at === 0 || at === 6 ? `${title} →` : title))
        .join(', ')}`,
      'plain+buf-16k and plain, round by round: Metric →, Round, plain, plain+buf-16k',
      'In the order they ran: Round →, Step →, Variant →, Validity →, Echoed per second, Nginx CPU per message, Response time p50, p99',
    ],
  );
});

test('all values of the plan that differ between runs are in its table, and no other is', () => {
  const [tls, direct] = [makeRun(SMALL), makeRun({ ...SMALL, profile: 'direct', load: OPEN })];
  Object.assign(tls.plan, {
    ...{ connections: 5, rampPerSecond: 500, warmupMs: 1994, durationMs: 4994 },
    ...{ turns: { lengthMs: 1994, of: 2 }, workers: 3, sourceAddresses: [], servers: 3, seed: 1 },
  });
  tls.plan.workload.payload = { minBytes: 1, maxBytes: 2, type: 'binary' };
  tls.plan.placement = { proxy: [1], server: [2], generator: [3], runner: [4] };
  const section = setup(viewOf(makeResult([tls, direct])));
  assert.deepEqual(headsOf(section), [
    'Differences between runs: Variant →, Step →, Load →, Payload →, Connections, Connects per second, Warm-up, Duration, Turns →, Generators →, Echo servers →, Nginx workers →, Source addresses, CPUs →, Pacing →, Seed',
  ]);
  const page = section.body?.markup ?? '';
  assert.deepEqual(tableOf(page, 'Differences between runs'), [
    [
      ...['tls', 'throughput', 'closed, 1 in flight', '1 B to 2 B binary', '5', '500/s', '1.99 s', '4.99 s'],
      ...['1.99 s of each 3.99 s', '3 (lean on Node)', '3 (ws)'],
      ...['2, 2,048 connections each, backlog 4,096', '0', placementText(placementOf(tls.plan)), '–', '1'],
    ],
    [
      ...['direct', 'latency', 'open, 20k/s, poisson', '64 B text', '10', 'unlimited', '2 s', '1 s', '–'],
      ...['2 (lean on Node)', '2 (ws)', 'none', '1', placementText(null), 'sleep', '7'],
    ],
  ]);
  assert.ok(page.includes('<h3>Plan</h3>\n<dl class="facts"></dl>'));
});

test('variant and step are in the table of the plan even if nothing differs', () => {
  assert.deepEqual(headsOf(setup(viewOf(makeResult([makeRun(SMALL)])))), [
    'Differences between runs: Variant →, Step →',
  ]);
});

test('a report without runs has no plan, whether or not its target is external', () => {
  const view = viewOf({ ...makeResult([]), endedAt: null });
  for (const isExternal of [false, true]) {
    const { markup } = setup({ ...view, isExternal }).body ?? assert.fail();
    assert.ok(markup.endsWith('</pre>\n'));
  }
});

test('without runs, sections have charts without lines', () => {
  const none: View = { ...VIEW, runs: [], steps: [] };
  assert.deepEqual(
    [tcp, handshakes, cost].map((section) => section(none).charts.length),
    [1, 0, 0],
  );
  const [chart] = handshakes({ ...VIEW, steps: [{ step: 'throughput', runs: [] }] }).charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual([chart.series, chart.x.min, chart.x.max], [[], 0, 1]);
});

test('a run without samples of the machine has a line without points', () => {
  const runs = VIEW.runs.map((view) => ({ ...view, run: { ...view.run, machine: null } }));
  const [chart] = tcp({ ...VIEW, runs: runs as RunView[] }).charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(
    chart.series.map(({ label, points }) => [label, points]),
    VIEW.runs.map(({ label }) => [label, []]),
  );
});

test('the chart of response times has three lines in rounded microseconds', () => {
  const [view] = viewOf(makeResult([makeRun({ ...SMALL, load: OPEN })])).runs;
  const [point] = view?.points ?? [];
  assert.ok(view && point);
  const drawn: RunView = {
    ...view,
    zeroUs: 0,
    points: [
      { ...point, atUs: 1e6, p50Us: 10.4, p99Us: 20.6, maxUs: 30 },
      { ...point, atUs: 2e6, p50Us: null, p99Us: null, maxUs: null },
    ],
  };
  const { id, series, y } = responseChart(drawn, [drawn], 'x');
  assert.deepEqual([id, y.title], ['chart-response-x', 'response time']);
  const pointsOf = (first: number) => [
    { x: 1, y: first },
    { x: 2, y: null },
  ];
  assert.deepEqual(series, [
    { label: 'p50', colour: 'series-0', pattern: 0, points: pointsOf(10) },
    { label: 'p99', colour: 'series-1', pattern: 1, points: pointsOf(21) },
    { label: 'max', colour: 'series-4', pattern: 2, points: pointsOf(30) },
  ]);
});
