import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../test/machine.ts';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { counted } from '../../model/recording.ts';
import { formatBytes, formatCount, formatTime } from '../../wording/format.ts';
import { timeAxis } from '../axis.ts';
import { rateFinding, responseFinding } from '../finding/course.ts';
import { reportHtml } from '../html.ts';
import { chartsOf, sectionText, shown, tableOf } from '../page-text.test.fixture.ts';
import { type RunView, viewOf } from '../view.ts';
import { course, echoedFigure } from './course.ts';

test('disturbed seconds are bands in charts over time; adjacent ones are joined, and their cause is given', () => {
  const result = makeBothSteps(1, 5);
  const [carried] = result.runs;
  assert.ok(carried);
  for (const second of [0, 1]) disturb(carried, second, { stolenUs: 900_000 });
  for (const second of [2, 4]) disturb(carried, second, { otherUs: 900_000 });
  const page = reportHtml(result);
  const chart = chartsOf(page).find(({ id }) => id === 'chart-rate-throughput-0');
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(
    chart.bands?.filter(({ kind }) => kind === 'disturbed'),
    [
      { from: 0, to: 2, label: 'steal', kind: 'disturbed' },
      { from: 2, to: 3, label: 'other work', kind: 'disturbed' },
      { from: 4, to: 5, label: 'other work', kind: 'disturbed' },
    ],
  );
  assert.deepEqual(
    chart.bands?.filter(({ kind }) => kind === 'phase').map(({ label }) => label),
    ['warm-up', 'drain'],
  );
  assert.match(sectionText(page, 'course'), /Amber areas were disturbed: steal is CPU time that the host/);
});

test('figures over time equal those of the points', () => {
  const result = makeBothSteps(1, 3);
  for (const run of result.runs)
    for (const { counters } of run.slices) counters.bytesReceived = 3 * counted(counters, 'bytesReceived');
  const page = shown(result);
  for (const { label, run, points, zeroUs } of viewOf(result).runs) {
    const open = run.plan.workload.load?.kind === 'open';
    assert.deepEqual(
      tableOf(page, `${label}, over time`),
      points.map((point) => [
        ((point.atUs - zeroUs) / 1e6).toFixed(1),
        point.phase,
        '–',
        formatCount(point.sentPerSecond),
        formatCount(point.echoedPerSecond),
        formatBytes(point.bytesSentPerSecond),
        formatBytes(point.bytesReceivedPerSecond),
        formatCount(point.open),
        ...(open ? [point.p50Us, point.p99Us, point.maxUs].map(formatTime) : []),
      ]),
    );
  }
});

/** The runs of a step: a closed loop and an open one. */
const SMALL = { seconds: 2, connections: 10, perSecond: 100 };
const VIEW = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, load: OPEN })]));
const [CLOSED_RUN = assert.fail(), OPEN_RUN = assert.fail()] = VIEW.runs;

function courseOf(...runs: RunView[]) {
  return course({ ...VIEW, runs, steps: [{ step: 'a', runs }] });
}

test('a step has charts of all its runs, then those of each run; response times need an open loop', () => {
  const idsOf = (...runs: RunView[]) => courseOf(...runs).charts.map(({ id }) => id.replace('chart-', ''));
  assert.deepEqual(idsOf(CLOSED_RUN), ['rate-a-0']);
  assert.deepEqual(idsOf(OPEN_RUN), ['rate-a-0', 'response-a-0']);
  assert.deepEqual(idsOf(CLOSED_RUN, CLOSED_RUN), ['echoed-a', 'rate-a-0', 'rate-a-1']);
  assert.deepEqual(idsOf(CLOSED_RUN, OPEN_RUN), [
    'echoed-a',
    'p99-a',
    'rate-a-0',
    'rate-a-1',
    'response-a-1',
  ]);
});

test('the charts of single runs are collapsed if there are several', () => {
  const summary = '<details><summary>Each run, with its disturbances</summary><div class="pair">';
  const bodyOf = (...runs: RunView[]) => courseOf(...runs).body?.markup ?? '';
  assert.ok(!bodyOf(CLOSED_RUN).includes(summary));
  assert.ok(bodyOf(CLOSED_RUN, CLOSED_RUN).includes(summary));
  for (const runs of [[CLOSED_RUN], [CLOSED_RUN, OPEN_RUN]])
    assert.equal(bodyOf(...runs).split('<div class="pair">').length, 1 + runs.length);
});

test('the finding is that of the last step, and about times if any of its runs is an open loop', () => {
  const steps = [CLOSED_RUN, OPEN_RUN].map((view) => ({ step: view.run.plan.step, runs: [view] }));
  assert.equal(course({ ...VIEW, steps }).finding, responseFinding([OPEN_RUN]));
  assert.equal(course({ ...VIEW, steps: steps.toReversed() }).finding, rateFinding([CLOSED_RUN]));
  assert.equal(courseOf(CLOSED_RUN, OPEN_RUN).finding, responseFinding([CLOSED_RUN, OPEN_RUN]));
  const none = course({ ...VIEW, steps: [] });
  assert.deepEqual([none.finding, none.charts], [rateFinding([]), []]);
});

test('the chart of p99 has the time axis and the points of all its runs', () => {
  const p99 = courseOf(CLOSED_RUN, OPEN_RUN).charts.find(({ id }) => id === 'chart-p99-a');
  assert.ok(p99?.kind === 'line');
  const values = [...CLOSED_RUN.points, ...OPEN_RUN.points].map(({ p99Us }) => p99Us);
  assert.deepEqual(p99.y, timeAxis('p99 of the response time', values));
  assert.deepEqual(
    p99.series.flatMap(({ points }) => points.map(({ y }) => y)),
    values.map((us) => (us === null ? null : Math.round(us))),
  );
});

test('the chart of messages in the summary is the one that the step has', () => {
  const { chart, figure } = echoedFigure({ step: 'a', runs: [CLOSED_RUN] });
  assert.equal(chart.id, 'chart-echoed-a');
  assert.deepEqual(
    chart.series.map(({ points }) => points.map(({ y }) => y)),
    [CLOSED_RUN.points.map(({ echoedPerSecond }) => echoedPerSecond && Math.round(echoedPerSecond))],
  );
  assert.ok(figure.markup.includes(`<p class="finding">${rateFinding([CLOSED_RUN])}</p>`));
});
