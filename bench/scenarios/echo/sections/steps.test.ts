import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../../test/machine.ts';
import {
  makeAllProfiles,
  makeBothSteps,
  makeLatencyRun,
  makeResult,
  RATE,
  rateOf,
} from '../../../../test/result.ts';
import { CLOSED, makeRun } from '../../../../test/run.ts';
import { stored } from '../../../model/finding.ts';
import { counted } from '../../../model/recording.ts';
import { reportHtml } from '../../../report/html.ts';
import { BROKEN, chartsOf, sectionText, shown, tableOf } from '../../../report/page-text.test.fixture.ts';
import { summaryText } from '../../../report/terminal.ts';
import { viewOf } from '../../../report/view.ts';
import { formatBytes, formatCount, formatShare, formatTime } from '../../../wording/format.ts';
import { formatCapacity } from './sentences.ts';

const SMALL = { seconds: 2, connections: 100, perSecond: 1000 };

test('the times of a closed loop are not shown as latency or in a chart, and are explained where they appear', () => {
  // Longer than any other time of the fixture, so that none of them looks like one.
  const carried = ['direct', 'plain', 'tls'].map((profile, at) =>
    makeRun({ profile, seconds: 4, medianUs: 400_000 + at * 10_000 }),
  );
  const answered = ['direct', 'plain', 'tls'].map((profile) => makeLatencyRun(profile, { seconds: 4 }));
  const result = makeResult([...carried, ...answered]);
  const page = shown(result);
  const closed = viewOf(result).steps[0]?.runs ?? [];
  assert.equal(closed.length, 3);
  for (const { name, figures } of closed) {
    const { service } = figures.latencies;
    for (const us of [service?.p50, service?.p90, service?.p99, service?.max]) {
      const time = formatTime(us);
      const places = page.split(time).length - 1;
      const inThroughput = sectionText(page, 'throughput').split(time).length - 1;
      assert.ok(inThroughput >= 1, `${name} ${time}`);
      assert.equal(places, inThroughput, `${name} ${time} stands elsewhere`);
    }
  }
  const explained = sectionText(page, 'throughput');
  assert.match(explained, /Service time in the closed loop \(connections ÷ rate\) This is not latency\./);
  for (const [name, opened, inFlight, perSecond, quotient] of tableOf(page, 'Connections ÷ rate')) {
    const figures = closed.find((view) => view.name === name)?.figures;
    assert.deepEqual([opened, inFlight, perSecond], ['1,000', '1', formatCount(figures?.messages.perSecond)]);
    assert.equal(quotient, formatTime((1000 * 1e6) / (figures?.messages.perSecond ?? 0)));
  }
  const ids = chartsOf(reportHtml(result)).map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => id.startsWith('chart-response')),
    ['chart-response-latency-0', 'chart-response-latency-1', 'chart-response-latency-2'],
  );
});

test('a report of a single step says why there is no other', () => {
  const throughput = shown(makeAllProfiles(CLOSED, 2));
  assert.match(sectionText(throughput, 'latency'), /Not measured: this bench only ran the throughput step/);
  assert.doesNotMatch(sectionText(throughput, 'latency'), /\d (µs|ms)/);
  const latency = shown(makeResult([makeLatencyRun('tls', SMALL, 5000)]));
  assert.match(sectionText(latency, 'throughput'), /Not measured: this bench only ran the latency step\./);
  assert.match(sectionText(latency, 'latency'), /Every variant was offered 5,000 messages per second\./);
  assert.doesNotMatch(sectionText(latency, 'latency'), /during the step/);
  for (const page of [throughput, latency]) assert.doesNotMatch(page, BROKEN);
  const reached = { ...makeResult([makeRun(SMALL)]), endedAt: null };
  reached.plan.steps = ['throughput', 'latency'];
  assert.match(sectionText(shown(reached), 'latency'), /The bench was interrupted before the latency step\./);
});

test('the rate and its reason are given, and what happened to runs at another rate', () => {
  const high = makeLatencyRun('tls', SMALL, 2000);
  high.validity = { ...high.validity, verdict: 'suspect', reasons: [stored('It was too much.')] };
  const result = makeResult([makeRun(SMALL), high, makeLatencyRun('tls', SMALL, 1000)]);
  result.conclusions = [rateOf(1000, true)];
  const page = shown(result);
  const latency = sectionText(page, 'latency');
  assert.match(
    latency,
    /Every variant was offered 1,000 messages per second . 1000 a second is half of what tls takes\./,
  );
  assert.match(
    latency,
    /The rate was halved for all variants during the step\. All runs also lists tls, latency at 2k\/s, superseded\./,
  );
  assert.equal(tableOf(page, 'Response time').length, 1);
  assert.deepEqual(
    tableOf(page, 'Every run').map(([name, step]) => [name, step]),
    [
      ['tls', 'throughput'],
      ['tls', 'latency at 2k/s, superseded'],
      ['tls', 'latency'],
    ],
  );
  assert.match(sectionText(page, 'runs'), /tls, latency at 2k\/s, superseded : Suspect: It was too much\./);
});

test('an excluded variant is named in its card and next to the latencies', () => {
  const result = makeBothSteps(1, 2);
  const plain = makeRun({ ...SMALL, profile: 'plain' });
  const both = makeResult([...result.runs, plain]);
  both.conclusions = [
    rateOf(RATE),
    { kind: 'left-out', variant: 'plain', reason: stored('Nothing was echoed in it.') },
  ];
  const page = shown(both);
  assert.match(
    sectionText(page, 'answers'),
    /plain carried [\d,]+ messages per second, .* Latency was not measured: Nothing was echoed in it\./,
  );
  assert.match(sectionText(page, 'latency'), /plain was excluded\. Nothing was echoed in it\./);
  assert.deepEqual(
    tableOf(page, 'Response time').map(([name]) => name),
    ['direct'],
  );
  assert.match(shown({ ...both, endedAt: null }), /This bench was interrupted before it finished\./);
});

test('figures without the disturbed seconds are shown next to those over all, with the number of disturbed seconds', () => {
  const result = makeBothSteps(2, 4);
  const [carried, , answered] = result.runs;
  assert.ok(carried && answered);
  disturb(carried, 1, { stolenUs: 900_000 });
  disturb(answered, 2, { otherUs: 900_000 });
  disturb(answered, 3, { otherUs: 900_000 });
  const page = shown(result);
  const [direct, plain] = viewOf(result).variants;
  const { response, sendLag } = direct?.answers.latency?.figures.undisturbed ?? assert.fail();
  const all = direct?.answers.latency?.figures;
  const times = [
    ...[response?.p50, response?.p90, response?.p95, response?.p99, response?.p999, response?.p9999],
    ...[response?.max, sendLag?.p99],
  ];
  const rows = tableOf(page, 'Response time');
  assert.deepEqual(
    rows.map(([name, , over]) => [name, over]),
    [
      ['direct', 'all 4 seconds, 2 disturbed'],
      ['direct', '2 undisturbed seconds'],
      ['plain', 'all 4 seconds, none disturbed'],
    ],
  );
  assert.deepEqual(rows[1]?.slice(4), times.map(formatTime));
  assert.deepEqual(
    rows[0]?.slice(4, 7),
    [all?.latencies.response?.p50, all?.latencies.response?.p90, all?.latencies.response?.p95].map(
      formatTime,
    ),
  );
  const [glance, other] = tableOf(page, 'The variants at a glance');
  assert.equal(glance?.[6], `${formatTime(all?.latencies.response?.p50)} (${formatTime(response?.p50)})`);
  assert.equal(other?.[6], formatTime(plain?.answers.latency?.figures.latencies.response?.p50));
  const what = tableOf(page, 'Throughput by variant');
  const carriedFigures = direct?.answers.throughput?.figures;
  assert.deepEqual(
    [what[0]?.[3], what[0]?.[4], what[0]?.[5], what[1]?.[5]],
    [
      formatCount(carriedFigures?.messages.perSecond),
      formatCount(carriedFigures?.undisturbed?.perSecond),
      '1 of 4',
      '0 of 4',
    ],
  );
  assert.deepEqual(
    tableOf(page, 'direct, latency, over time')
      .map(([, phase, by]) => [phase, by])
      .slice(2),
    [
      ['steady', '–'],
      ['steady', '–'],
      ['steady', 'other work'],
      ['steady', 'other work'],
      ['drain', '–'],
    ],
  );
  const unknown = makeBothSteps(1, 2);
  for (const run of unknown.runs) run.machine = null;
  assert.match(sectionText(shown(unknown), 'latency'), /disturbances unknown/);
  assert.equal(tableOf(shown(unknown), 'Throughput by variant')[0]?.[5], 'unknown');
});

test('the throughput table and its chart have the figures of each run', () => {
  const result = makeBothSteps(3, 2);
  // Payload sizes that differ by direction, as with a server that sends longer answers.
  for (const run of result.runs)
    for (const { counters } of run.slices) counters.bytesReceived = 3 * counted(counters, 'bytesReceived');
  const runs = viewOf(result).steps[0]?.runs ?? [];
  assert.deepEqual(
    tableOf(shown(result), 'Throughput by variant'),
    runs.map(({ name, figures: { messages, connections, bytes, perCoreCapacity, undisturbed } }) => [
      name,
      'valid',
      formatCount(connections.opened),
      formatCount(messages.perSecond),
      formatCount(undisturbed?.perSecond),
      '0 of 2',
      name === 'direct' ? 'echo server' : 'Nginx',
      formatCapacity(perCoreCapacity),
      formatBytes(bytes.sentPerSecond),
      formatBytes(bytes.receivedPerSecond),
      perCoreCapacity === null ? '–' : formatShare((messages.perSecond ?? 0) / perCoreCapacity.perSecond),
    ]),
  );
  const chart = chartsOf(reportHtml(result)).find(({ id }) => id === 'chart-carried');
  assert.ok(chart?.kind === 'bar');
  assert.deepEqual(chart.names, ['direct', 'plain', 'tls']);
  assert.deepEqual(
    chart.series.map(({ values }) => values),
    [
      runs.map(({ figures }) => figures.messages.perSecond),
      runs.map(({ figures }) => figures.perCoreCapacity?.perSecond ?? null),
    ],
  );
});

test('the charts of latency draw the samples of their own run', () => {
  const result = makeBothSteps(2, 2);
  const page = reportHtml(result);
  const charts = chartsOf(page);
  const runs = viewOf(result).steps[1]?.runs ?? [];
  const lines = (id: string) => {
    const chart = charts.find((each) => each.id === id);
    assert.ok(chart?.kind === 'line');
    return chart.series;
  };
  for (const [at, { name, times, points, zeroUs }] of runs.entries()) {
    const percentiles = lines('chart-percentiles')[at];
    const half = percentiles?.points.find(({ x }) => x === 2);
    assert.deepEqual([percentiles?.label, half?.y], [name, times.getValueAtPercentile(50)]);
    const shares = lines('chart-histogram')[at]?.points.map(({ y }) => y ?? 0) ?? [];
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
    const steady = points.find(({ phase }) => phase === 'steady');
    assert.ok(steady);
    const second = (steady.atUs - zeroUs) / 1e6;
    assert.deepEqual(
      lines(`chart-response-latency-${at}`).map((line) => [
        line.label,
        line.points.find(({ x }) => x === second)?.y,
      ]),
      [
        ['p50', steady.p50Us],
        ['p99', steady.p99Us],
        ['max', steady.maxUs],
      ],
    );
  }
});

test('the reason for a rate is next to it, in the report and on the terminal', () => {
  const result = makeBothSteps(1, 1);
  const [rate] = result.conclusions;
  assert.ok(rate?.kind === 'rate');
  rate.reason = stored('By the CPU per message this is the highest.');
  assert.match(sectionText(shown(result), 'latency'), /8,900 messages per second \. By the CPU per message/);
  assert.match(summaryText(result, null), /at 8\.9k\/s\. By the CPU per message this is the highest\.\n/);
});
