import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { type RunView, type View, viewOf } from '../view.ts';
import { cost } from './cost.ts';
import { handshakes } from './handshakes.ts';
import { tcp } from './tcp.ts';
import { responseChart } from './time-charts.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const VIEW = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));

/** Headings of each table, with its caption; headings of words end with an arrow. */
function headsOf({ body }: { body: { markup: string } | null }): string[] {
  return [...(body?.markup ?? '').matchAll(/<caption>(.*?)<\/caption>\s*<thead>(.*?)<\/thead>/gs)].map(
    ([, caption, head = '']) =>
      `${caption}: ${[...head.matchAll(/<th scope="col"( class="text")?[^>]*>(.*?)<\/th>/g)].map(([, text, title]) => (text === undefined ? title : `${title} →`)).join(', ')}`,
  );
}

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
