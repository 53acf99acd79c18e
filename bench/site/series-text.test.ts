import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../test/golden.ts';
import { figuresByLine, outlineOf } from '../../test/outline.ts';
import type { LoadDigest } from '../model/result.ts';
import { standingsOf } from './changes.ts';
import type { Answer, Series } from './series.ts';
import {
  bandText,
  changeEvidence,
  changeWord,
  directionOf,
  isChanged,
  loadText,
  newestChange,
  newestOf,
  ratesText,
  seriesTitle,
  trendSentence,
} from './series-text.ts';
import { sparkline } from './sparkline.ts';
import { changed, type Drawn, figureNamed, trendOf } from './trend.test.fixture.ts';
import { pointText, trendChart } from './trend.ts';

const CPU = figureNamed('cpuPerMessage.proxy');
const RATE = figureNamed('messages.perSecond');

test('the word for a change depends on the direction and on what is better', () => {
  const words = (ratio: number) =>
    [CPU, RATE, figureNamed('response.p50')].map((figure) => [
      directionOf(figure, ratio),
      changeWord(figure, ratio),
    ]);
  assert.deepEqual(words(1.1), [
    ['worse', 'higher'],
    ['better', 'faster'],
    ['worse', 'slower'],
  ]);
  assert.deepEqual(words(0.9), [
    ['better', 'lower'],
    ['worse', 'slower'],
    ['better', 'faster'],
  ]);
});

test('the title of a series has its name, if any, its variant and its step', () => {
  const titleOf = (name: string | null) => seriesTitle({ name, variant: 'tls', step: 'latency' });
  assert.deepEqual([titleOf(null), titleOf('nightly')], ['tls, latency', 'nightly: tls, latency']);
});

test('the evidence of a change is its value, what it was compared with, and whether the next run confirmed it', () => {
  const evidence = (lasting: true | null) => {
    const [point] = trendOf('messages.perSecond', [{ value: 200, standing: changed(2, lasting) }]).points;
    assert.ok(point && isChanged(point));
    return changeEvidence(RATE, point);
  };
  const compared = '200/s, compared with a median of 100/s over 5 earlier runs';
  assert.deepEqual(
    [evidence(true), evidence(null)],
    [`${compared}; confirmed by the next run.`, `${compared}; not yet confirmed by another run.`],
  );
});

test('the load of a series has its size, how messages were sent, and both ends', () => {
  const load = {
    connections: 1000,
    workload: {
      load: { kind: 'closed', inFlight: 2 },
      payload: { minBytes: 64, maxBytes: 64, type: 'text' },
    },
    durationMs: 10_000,
    client: 'lean',
    server: 'lean',
    backend: null,
    engine: 'bun',
  } as unknown as LoadDigest;
  const common = '1,000 WebSockets, 64 B text, 10 s';
  const { workload } = load;
  const text = (changes: object) => loadText({ ...load, ...changes } as LoadDigest);
  assert.equal(loadText(null), 'workload unknown');
  assert.equal(text({}), `${common}, closed loop, 2 in flight, client lean on Bun, server lean on Bun`);
  assert.equal(
    text({ client: 'ws', engine: 'node', server: 'lean' }),
    `${common}, closed loop, 2 in flight, client ws, server lean on Node`,
  );
  const open = { kind: 'open', ratePerSecond: 5, arrivals: 'poisson' };
  assert.equal(
    text({ workload: { ...workload, load: open }, server: 'own', backend: 'app {port}' }),
    `${common}, open loop, poisson, client lean on Bun, server app {port}`,
  );
  assert.equal(
    text({ workload: { ...workload, load: null }, server: null }),
    `${common}, client lean on Bun`,
  );
});

const rates = (...all: (number | null)[]) =>
  ratesText({ answers: all.map((ratePerSecond) => ({ ratePerSecond }) as Answer) } as unknown as Series);

test('the rates of a series are a range, one rate, or nothing', () => {
  assert.deepEqual(
    [rates(2000, null, 1000, 1500), rates(1000, 1000), rates(null)],
    ['1k/s to 2k/s', '1k/s', ''],
  );
  assert.equal(bandText({ centre: 100, low: 97, high: 105, runs: 5 }), '−3 % to +5 %');
});

const same = { kind: 'same', band: { centre: 100, low: 90, high: 110, runs: 7 } } as const;
const DRAWN: readonly Drawn[] = [
  { value: 100 },
  { value: 200, standing: changed(2, true) },
  { value: null },
  { value: 300, standing: changed(3, false), nginx: '1.26.3' },
  { value: 95, standing: same, nginx: '1.26.3' },
  { value: 80, standing: changed(0.8, null), nginx: '1.26.3' },
  { value: null, nginx: '1.26.3' },
];

test('the newest value and change are found, whatever follows without a value', () => {
  const at = (drawn: readonly Drawn[]) => {
    const trend = trendOf('messages.perSecond', drawn);
    return [
      newestOf(trend)?.value ?? null,
      newestChange(trend)?.value ?? null,
      figuresByLine(trendSentence(trend)),
    ];
  };
  assert.deepEqual(at(DRAWN), [80, 80, '6 2026: −20 80/s, 100/s 5']);
  assert.deepEqual(at(DRAWN.slice(0, 5)), [95, 200, '2 2026: ×2. 200/s, 100/s 5']);
  assert.deepEqual(at([{ value: 100 }, { value: 95, standing: same }]), [
    95,
    null,
    '95/s 7 (−10 +10 100/s).',
  ]);
  assert.deepEqual(at([{ value: 100 }, { value: null }, { value: 95 }]), [95, null, '2 5']);
  assert.deepEqual(at([{ value: null }]), [null, null, '']);
});

test('the text of a point has its value, and the change unless it is none', () => {
  const { figure, points } = trendOf('messages.perSecond', DRAWN);
  const [first] = points;
  assert.ok(first);
  assert.deepEqual(
    points.map((point) => pointText(figure, point)),
    [
      '100/s',
      '200/s, ×2 better',
      'not counted: It was disturbed.',
      '300/s, ×3 once only',
      '95/s',
      '80/s, −20 % worse',
      'not counted: It was disturbed.',
    ],
  );
  assert.equal(pointText(figure, { ...first, value: null, doubt: null }), 'not measured');
});

test('the charts of a trend are what the golden file says', () => {
  const bytes = [10 * 1024, 14 * 1024].map((value) => ({ value }));
  const charts = [
    trendOf('messages.perSecond', DRAWN),
    trendOf('messages.perSecond', DRAWN.slice(0, 2)),
    trendOf('memoryPerConnection.proxy', bytes),
    trendOf('messages.perSecond', [{ value: 5 }, { value: 100 }]),
  ].flatMap((trend) => [trendChart(trend), sparkline(trend)]);
  const texts = charts.map((chart) => [
    outlineOf(chart?.markup ?? ''),
    figuresByLine(/aria-label="([^"]*)"/.exec(chart?.markup ?? '')?.[1] ?? ''),
  ]);
  assertGolden('outlines/plots-trend.txt', `${texts.flat().join('\n')}\n`);
});

test('a value at an end of its band has not changed; rates may differ by a tenth', () => {
  const earlier = [100, 100, 100, 100, 100];
  const last = (value: number, rate: number | null = null, others = rate) => {
    const values = earlier.map((each) => ({ value: each, ratePerSecond: others }));
    return standingsOf([...values, { value, ratePerSecond: rate }]).at(-1);
  };
  const low = Math.exp(Math.log(100) - Math.log(1.02));
  const high = Math.exp(Math.log(100) + Math.log(1.02));
  assert.deepEqual([last(low)?.kind, last(high)?.kind], ['same', 'same']);
  assert.deepEqual([last(low * 0.999)?.kind, last(high * 1.001)?.kind], ['change', 'change']);
  const band = { centre: Math.exp(Math.log(100)), low, high, runs: 5 };
  assert.deepEqual(last(100), { kind: 'same', band });
  assert.deepEqual(last(50), { kind: 'change', band, ratio: 50 / band.centre, lasting: null });
  assert.deepEqual([last(100, 1100, 1000)?.kind, last(100, 1101, 1000)?.kind], ['same', 'early']);
  assert.deepEqual([last(100, 1000, 1100)?.kind, last(100, 999, 1100)?.kind], ['same', 'early']);
  assert.deepEqual([last(100, null, 1000)?.kind, last(100, 1000, null)?.kind], ['early', 'early']);
});
