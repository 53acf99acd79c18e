import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../test/machine.ts';
import { makeBothSteps } from '../../../test/result.ts';
import { counted } from '../../model/recording.ts';
import { formatBytes, formatCount, formatTime } from '../../wording/format.ts';
import { reportHtml } from '../html.ts';
import { chartsOf, sectionText, shown, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';

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
