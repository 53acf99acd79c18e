import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import { emptyHistogram, encode } from '../../measure/histogram.ts';
import type { Point } from '../../measure/series.ts';
import { formatTime } from '../../wording/format.ts';
import { timeAxis } from '../axis.ts';
import { DURATION, extremesSentence } from '../finding/extremes.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { type RunView, viewOf } from '../view.ts';
import { handshakeParts } from './handshake-parts.ts';
import { handshakes } from './handshakes.ts';
import { summaryCells } from './times.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const RUN = makeRun(SMALL);
const VIEW = viewOf(makeResult([RUN, makeRun({ ...SMALL, profile: 'plain' })]));
const [TLS = assert.fail(), PLAIN = assert.fail()] = VIEW.runs;

/** The latencies of the run, with medians, for which it has too few connections. */
const LATENCIES = {
  ...TLS.figures.latencies,
  ...Object.fromEntries(
    Object.entries({ tcp: 300, tls: 2500, upgrade: 900, handshake: 3700 }).map(([part, p50]) => [
      part,
      { ...(TLS.figures.latencies.handshake ?? assert.fail()), p50 },
    ]),
  ),
};

function withFigures(view: RunView, figures: Partial<RunFigures>): RunView {
  return { ...view, figures: { ...view.figures, ...figures } };
}

function handshakesOf(...runs: RunView[]) {
  return handshakes({ ...VIEW, runs, steps: [{ step: 'throughput', runs }] });
}

/** The sentences below the titles of charts. */
function findingsIn({ body }: { body: { markup: string } | null }): (string | undefined)[] {
  return [...(body?.markup ?? '').matchAll(/<p class="finding">(.*?)<\/p>/g)].map(([, text]) => text);
}

test('connections are counted from the first handshake on, or from the start of a run without that phase', () => {
  const connecting = (...ends: number[]) =>
    ends.map((endUs) => ({ endUs, open: endUs / 1e6 })) as unknown as Point[];
  const phases = [{ phase: 'connect' as const, startUs: 1e6, endUs: 9e6 }];
  const late = { ...TLS, run: { ...TLS.run, phases }, connecting: connecting(2_001_000, 4_006_000) };
  const chartOf = (...runs: RunView[]) => handshakesOf(...runs).charts[0];
  assert.deepEqual(
    chartOf({ ...PLAIN, run: { ...PLAIN.run, phases: [] }, connecting: connecting(1e6) }, late),
    {
      kind: 'line',
      id: 'chart-connecting-throughput',
      x: { title: 'seconds since the first handshake', unit: 'seconds', min: 0, max: 4 },
      y: { title: 'connections open', unit: 'count', min: 0 },
      series: [
        {
          label: 'plain',
          colour: PLAIN.colour,
          pattern: PLAIN.pattern,
          points: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
        },
        {
          ...{ label: 'tls', colour: TLS.colour, pattern: TLS.pattern },
          points: [
            { x: 0, y: 0 },
            { x: 1, y: 2.001 },
            { x: 3.01, y: 4.006 },
          ],
        },
      ],
    },
  );
});

test('connecting may take hours, and the finding is that of the first step', () => {
  const connecting = [{ endUs: 40_000_010_000, open: 5 }] as unknown as Point[];
  const phases = [{ phase: 'connect' as const, startUs: 2e10, endUs: 5e10 }];
  const slow = { ...TLS, run: { ...TLS.run, phases }, connecting };
  const [chart] = handshakesOf(slow).charts;
  assert.ok(chart?.kind === 'line');
  assert.deepEqual([chart.x.max, chart.series[0]?.points[1]], [20_001, { x: 20_000.01, y: 5 }]);
  const taking = (view: RunView, timeToOpenUs: number) =>
    withFigures(view, { connect: { ...view.figures.connect, timeToOpenUs } });
  const steps = [taking(TLS, 5000), taking(PLAIN, 7000)].map((view, at) => ({ step: `${at}`, runs: [view] }));
  assert.equal(
    handshakes({ ...VIEW, steps }).finding,
    extremesSentence(
      'The time to open all connections',
      [{ name: 'tls', value: 5000 }],
      formatTime,
      DURATION,
    ),
  );
});

test('the medians of the parts of a handshake are bars next to each other', () => {
  const latencies = LATENCIES;
  const without = withFigures(PLAIN, { latencies: { ...latencies, handshake: null, tls: null } });
  const section = handshakesOf(withFigures(TLS, { latencies }), without);
  const p50 = (part: 'tcp' | 'tls' | 'upgrade' | 'handshake') => latencies[part]?.p50 ?? null;
  assert.deepEqual(section.charts[1], {
    kind: 'bar',
    id: 'chart-handshakes-throughput',
    x: { title: 'median', unit: 'time', min: 0 },
    y: { title: '', unit: 'name' },
    names: ['tls', 'plain'],
    stacked: false,
    series: [
      { label: 'TCP connect', colour: 'series-0', values: [p50('tcp'), p50('tcp')] },
      { label: 'TLS', colour: 'series-3', values: [p50('tls'), null] },
      { label: 'HTTP upgrade', colour: 'series-2', values: [p50('upgrade'), p50('upgrade')] },
      { label: 'whole', colour: 'series-5', values: [p50('handshake'), null] },
    ],
  });
  const opening = [TLS, without].map(({ name, figures }) => ({ name, value: figures.connect.timeToOpenUs }));
  assert.deepEqual(findingsIn(section), [
    extremesSentence('The time to open all connections', opening, formatTime, DURATION),
    extremesSentence(
      'The median of the whole handshake',
      [{ name: 'tls', value: p50('handshake') }],
      formatTime,
      DURATION,
    ),
  ]);
  const rows = tableOf(section.body?.markup ?? '', 'Handshakes in full');
  assert.deepEqual(rows[0]?.slice(2), ['TCP connect', ...summaryCells(latencies.tcp ?? assert.fail())]);
  assert.deepEqual(
    rows.map(([name, , part]) => `${name}: ${part}`),
    [
      ...['tls: TCP connect', 'tls: TLS', 'tls: HTTP upgrade', 'tls: whole'],
      ...['plain: TCP connect', 'plain: HTTP upgrade'],
    ],
  );
});

test('a part without samples has no row, and only Nginx forwards an upgrade', () => {
  const latencies = LATENCIES;
  const { tls } = latencies;
  assert.ok(tls);
  const none = withFigures(TLS, { latencies: { ...latencies, tls: { ...tls, count: 0 } } });
  const { body } = handshakesOf(none);
  assert.ok(!tableOf(body?.markup ?? '', 'Handshakes in full').some(([, , part]) => part === 'TLS'));
  const forwards = ', which Nginx (if any) forwards to the echo server';
  assert.ok(body?.markup.includes(forwards));
  assert.ok(!handshakes({ ...VIEW, isExternal: true }).body?.markup.includes(forwards));
});

test('components without CPU for connections have no column, but the generator has one', () => {
  const headOf = (cpu: { proxy: number | null; server: number | null }) => {
    const cpuUsPerConnection = { ...cpu, generator: null };
    const view = withFigures(TLS, { connect: { ...TLS.figures.connect, cpuUsPerConnection } });
    return headsOf(handshakesOf(view))[0]?.split(', ').slice(7);
  };
  const generator = 'Generator CPU per connection';
  assert.deepEqual(headOf({ proxy: null, server: null }), [generator]);
  assert.deepEqual(headOf({ proxy: 1, server: null }), ['Nginx CPU per connection', generator]);
  assert.deepEqual(headOf({ proxy: null, server: 1 }), ['Echo server CPU per connection', generator]);
});

test('the parts of a handshake are drawn as shares of the handshakes in which they took place', () => {
  const times = (...values: number[]) => {
    const histogram = emptyHistogram();
    for (const value of values) histogram.recordValue(value);
    return encode(histogram);
  };
  const [slice = assert.fail()] = RUN.slices.filter(({ phase }) => phase === 'connect');
  const histograms = { tcp: times(10, 10, 10, 100), handshake: times(123_456) };
  const run = { ...RUN, slices: [{ ...slice, histograms }] };
  const { charts } = handshakeParts(viewOf(makeResult([run, run])));
  const [chart = assert.fail(), second] = charts;
  assert.ok(chart.kind === 'line');
  assert.deepEqual([chart.id, second?.id], ['chart-parts-0', 'chart-parts-1']);
  assert.deepEqual(
    chart.series.map(({ points, ...line }) => [line, points.filter(({ y }) => y !== 0).map(({ y }) => y)]),
    [
      [{ label: 'TCP connect', colour: 'series-0', pattern: 0, stepped: true }, [0.75, 0.25]],
      [{ label: 'whole', colour: 'series-5', pattern: 3, stepped: true }, [1]],
    ],
  );
  const xs = chart.series.flatMap(({ points }) => points.map(({ x }) => x));
  for (const x of xs) assert.equal(x, Number(x.toPrecision(4)));
  assert.ok(xs.some((x) => x !== Number(x.toPrecision(3))));
  assert.deepEqual(chart.x, timeAxis('time', xs));
  assert.deepEqual(chart.y, { title: 'share of handshakes', unit: 'share' });
});

test('the medians of the parts are listed if there are any, and each part with samples has a row', () => {
  const latencies = LATENCIES;
  const { tls } = latencies;
  assert.ok(tls);
  const known = withFigures(TLS, {
    latencies: { ...latencies, tls: { ...tls, count: 0, p50: null }, echo: tls, closing: tls },
  });
  const nothing = { ...tls, p50: null };
  const unknown = withFigures(PLAIN, {
    latencies: { ...latencies, tcp: nothing, tls: null, upgrade: nothing, handshake: null },
  });
  const section = handshakeParts({ ...VIEW, runs: [known, unknown] });
  const { tcp, upgrade, handshake } = latencies;
  assert.deepEqual(findingsIn(section), [
    `Medians: TCP connect ${formatTime(tcp?.p50)}, HTTP upgrade ${formatTime(upgrade?.p50)}, whole ${formatTime(handshake?.p50)}.`,
    'There were too few connections for a median.',
  ]);
  assert.equal(
    section.finding,
    extremesSentence(
      'The median of the whole handshake',
      [{ name: known.label, value: handshake?.p50 ?? null }],
      formatTime,
    ),
  );
  assert.deepEqual(
    tableOf(section.body?.markup ?? '', 'Parts of the handshake in full').map(([name, , part]) => [
      name,
      part,
    ]),
    [
      ...['TCP connect', 'HTTP upgrade', 'whole handshake', 'echo', 'closing handshake'].map((part) => [
        'tls',
        part,
      ]),
      ['plain', 'TCP connect'],
      ['plain', 'HTTP upgrade'],
    ],
  );
  const caption = 'Parts of the handshake in full';
  assert.deepEqual(tableOf(section.body?.markup ?? '', caption)[3], [
    ...['tls', 'throughput', 'echo'],
    ...summaryCells(tls),
  ]);
  const forwards = 'The HTTP upgrade includes the connection from Nginx';
  assert.ok(section.body?.markup.includes(forwards));
  assert.ok(!handshakeParts({ ...VIEW, isExternal: true }).body?.markup.includes(forwards));
});
