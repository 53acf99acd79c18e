import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badgeSvg, xmlText } from './badge.ts';
import type { Series } from './series.ts';
import { changed, type Drawn, trendOf } from './trend.test.fixture.ts';

const BAND = { centre: 100, low: 90, high: 110, runs: 5 };

function badgeOf(series: Partial<Series>, name: string, ...drawn: Drawn[]): string {
  const trends = [trendOf('cpuPerMessage.proxy', [{ value: 7 }]), trendOf(name, drawn)];
  return badgeSvg({ variant: 'tls', step: 'throughput', trends, ...series } as Series);
}

/** Returns the text and the colour of the right half. */
function stateOf(badge: string): [text: string, colour: string] {
  const [, text = ''] = /<title>.*: (.*)<\/title>/.exec(badge) ?? [];
  return [text, [...badge.matchAll(/ fill="(#\w{6})"/g)][1]?.[1] ?? ''];
}

test('a badge has two halves, each as wide as its text', () => {
  assert.equal(
    badgeOf({}, 'messages.perSecond', { value: 100 }, { value: 200, standing: { kind: 'same', band: BAND } }),
    `<svg xmlns="http://www.w3.org/2000/svg" width="149" height="20" viewBox="0 0 149 20" role="img" aria-label="tls throughput: 200/s">
<title>tls throughput: 200/s</title>
<clipPath id="r"><rect width="149" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="104" height="20" fill="#3b4554"/><rect x="104" width="45" height="20" fill="#1d5fbf"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="52" y="14" textLength="92" lengthAdjust="spacingAndGlyphs">tls throughput</text><text x="126.5" y="14" textLength="33" lengthAdjust="spacingAndGlyphs">200/s</text></g>
</svg>
`,
  );
});

test('the width of a half is rounded to a pixel', () => {
  const widths = [
    ...badgeOf({ variant: 'ab' }, 'messages.perSecond', { value: 1 }).matchAll(
      / width="(\d+)" height="20" fill/g,
    ),
  ];
  assert.deepEqual(
    widths.map(([, width]) => Number(width)),
    // 13 and 3 characters of 6.6 pixels.
    [86 + 12, 20 + 12],
  );
});

test('the colour of a badge is that of the newest value that counts', () => {
  const states = (name: string, step: string, ...drawn: Drawn[]) =>
    stateOf(badgeOf({ step }, name, ...drawn));
  const throughput = (...drawn: Drawn[]) => states('messages.perSecond', 'throughput', ...drawn);
  const latency = (...drawn: Drawn[]) => states('response.p50', 'latency', ...drawn);
  assert.deepEqual(
    [
      throughput({ value: 200, standing: changed(2, null) }),
      throughput({ value: 50, standing: changed(0.5, true) }),
      latency({ value: 200, standing: changed(2, null) }),
      latency({ value: 50, standing: changed(0.5, null) }),
      throughput({ value: 50, standing: changed(0.5, null) }, { value: 100 }, { value: null }),
      throughput({ value: null }),
    ],
    [
      ['200/s (×2)', '#17693b'],
      ['50/s (−50 %)', '#a3202d'],
      ['200 µs (×2)', '#a3202d'],
      ['50 µs (−50 %)', '#17693b'],
      ['100/s', '#586374'],
      ['no usable run', '#586374'],
    ],
  );
});

test('a badge names the main metric of the step, or the step if it is not measured', () => {
  const titleOf = (badge: string) => /<title>(.*)<\/title>/.exec(badge)?.[1];
  assert.equal(titleOf(badgeOf({ step: 'latency' }, 'response.p50', { value: 50 })), 'tls p50: 50 µs');
  assert.equal(
    titleOf(badgeOf({ step: 'latency' }, 'response.p99', { value: 50 })),
    'tls latency: no usable run',
  );
  assert.equal(titleOf(badgeOf({ step: 'own' }, 'response.p50', { value: 50 })), 'tls own: no usable run');
});

test('a name of more than 40 characters is shortened to 40', () => {
  const leftOf = (length: number) =>
    /<title>(.*): /.exec(badgeOf({ variant: 'é'.repeat(length) }, 'messages.perSecond', { value: 1 }))?.[1];
  assert.equal(leftOf(29), `${'é'.repeat(29)} throughput`);
  assert.equal(leftOf(30), `${'é'.repeat(30)} throughp…`);
});

test('characters that XML does not allow become spaces', () => {
  assert.equal(xmlText('a\ufffeb\uffffc\u0000d\ufffde'), 'a b c d\ufffde');
});
