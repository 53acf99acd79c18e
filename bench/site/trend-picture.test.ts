import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed, trendOf } from './trend.test.fixture.ts';
import { trendChart } from './trend.ts';

test('a trend is drawn with grid, band, line, points, versions and dates, each in its place', () => {
  const band = { centre: 150, low: 50, high: 250, runs: 5 };
  const nginx = '1.26.3';
  const markup = trendChart(
    trendOf('messages.perSecond', [
      { value: 100 },
      { value: null },
      { value: 200, nginx, standing: { kind: 'same', band } },
      { value: 240, nginx, standing: changed(2.4, null) },
    ]),
  )?.markup;
  const rounded = markup?.replace(/\d+\.\d{5,}/g, (number) => Number(number).toFixed(1));
  assert.equal(
    rounded,
    `<figure class="trend">
<div class="scroll" role="region" aria-label="Throughput over time" tabindex="0">
<svg class="plot" viewBox="0 0 900 260" role="group" aria-label="Throughput faster on 4 Jan 2026: ×2.4. 240/s, compared with a median of 100/s over 5 earlier runs; not yet confirmed by another run.">
<line class="grid" x1="82" x2="884" y1="214.9" y2="214.9"/><text class="tick value" x="74" y="218.9">50/s</text>
<line class="grid" x1="82" x2="884" y1="168.4" y2="168.4"/><text class="tick value" x="74" y="172.4">100/s</text>
<line class="grid" x1="82" x2="884" y1="122" y2="122"/><text class="tick value" x="74" y="126">150/s</text>
<line class="grid" x1="82" x2="884" y1="75.6" y2="75.6"/><text class="tick value" x="74" y="79.6">200/s</text>
<line class="grid" x1="82" x2="884" y1="29.1" y2="29.1"/><text class="tick value" x="74" y="33.1">250/s</text>
<line class="zero" x1="483.1" x2="483.1" y1="18" y2="226"/><text class="tick version" x="487.1" y="26">Nginx 1.26.3</text>
<rect class="within" x="483.1" y="29.1" width="200.5" height="185.8"/><line class="centre" x1="483.1" x2="683.6" y1="122" y2="122"/>
<rect class="within" x="683.6" y="159.1" width="200.5" height="18.6"/><line class="centre" x1="683.6" x2="884.1" y1="168.4" y2="168.4"/>

<polyline class="line" points="182.3,168.4 583.3,75.6 783.8,38.4"/>
<a href="../results/r0/report.html" aria-label="1 Jan 2026: 100/s"><title>1 Jan 2026: 100/s</title><circle class="point" cx="182.3" cy="168.4" r="3.5"/></a>
<a href="../results/r1/report.html" aria-label="2 Jan 2026: not counted: It was disturbed."><title>2 Jan 2026: not counted: It was disturbed.</title><path class="uncounted" d="M378.8 218l8 8m0 -8l-8 8"/></a>
<a href="../results/r2/report.html" aria-label="3 Jan 2026: 200/s"><title>3 Jan 2026: 200/s</title><circle class="point" cx="583.3" cy="75.6" r="3.5"/></a>
<a href="../results/r3/report.html" aria-label="4 Jan 2026: 240/s, ×2.4 better"><title>4 Jan 2026: 240/s, ×2.4 better</title><path class="better" d="M783.8 31.4l7 7l-7 7l-7 -7z"/></a>

<text class="tick first" x="182.3" y="250">1 Jan 2026</text>
<text class="tick" x="382.8" y="250">2 Jan 2026</text>
<text class="tick last" x="783.8" y="250">4 Jan 2026</text>
</svg>
</div>
</figure>
`,
  );
});

test('for bytes, the scale is the same as for other units; only its ticks are powers of two', () => {
  const yOf = (name: string) => {
    const markup = trendChart(trendOf(name, [{ value: 10_240 }, { value: 14_336 }]))?.markup ?? '';
    return [
      /points="([^"]*)"/.exec(markup)?.[1],
      [...markup.matchAll(/<text class="tick value" x="74" y="([\d.]+)">(.*?)</g)].map(([, y, text]) => [
        y,
        text,
      ]),
    ];
  };
  assert.deepEqual(yOf('memoryPerConnection.proxy'), [
    '282.5,203.2 683.5,40.8',
    [
      ['207.2', '10 KiB'],
      ['126', '12 KiB'],
      ['44.8', '14 KiB'],
    ],
  ]);
});

test('of two points, the first and the last have a date', () => {
  const markup = trendChart(trendOf('messages.perSecond', [{ value: 1 }, { value: 2 }]))?.markup ?? '';
  assert.deepEqual(
    [...markup.matchAll(/<text class="tick( first| last|)" x="([\d.]+)"/g)].map(([, end, x]) => [end, x]),
    [
      [' first', '282.5'],
      [' last', '683.5'],
    ],
  );
});
