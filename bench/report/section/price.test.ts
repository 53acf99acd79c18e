import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEveryString } from '../../../test/hostile.ts';
import { makeBothSteps } from '../../../test/result.ts';
import { stored } from '../../model/finding.ts';
import type { Price, PricedFigure } from '../../model/price.ts';
import type { Result } from '../../model/result.ts';
import { reportHtml } from '../html.ts';
import { jsonSummary } from '../json.ts';
import { tableOf } from '../page-text.test.fixture.ts';
import { priceText } from '../terminal.ts';

const CPU = {
  name: 'cpuPerMessage.total',
  step: 'throughput' as const,
  unit: 'time' as const,
  doubts: [],
} satisfies Partial<PricedFigure>;
const P99 = { name: 'response.p99', step: 'latency', unit: 'time' } as const;
const LATE = { variant: 'direct', reason: stored('The generator sent late.') };

const PRICE: Price = {
  kind: 'price',
  baseline: 'direct',
  variants: [
    {
      variant: 'plain',
      figures: [
        { ...CPU, baseline: 20, variant: 50, ratio: 2.5 },
        { ...P99, baseline: 100, variant: 130, ratio: 1.3, doubts: [LATE] },
      ],
    },
    { variant: 'tls', figures: [{ ...CPU, baseline: 20, variant: 62, ratio: 3.1 }] },
  ],
};

function priced(): Result {
  const result = makeBothSteps(3, 2);
  return { ...result, conclusions: [...result.conclusions, PRICE] };
}

test('the price follows the answers, with a sentence for each variant, and says that a pair has no interval', () => {
  const page = reportHtml(priced());
  const titles = [...page.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]);
  assert.deepEqual(titles.slice(0, 4), ['Answers', 'Summary', 'The price of the proxy', 'Throughput']);
  assert.match(
    page,
    /<p>plain compared with direct: CPU per message 2\.5 times as high \(50 µs, up from 20 µs\)\.<\/p>/,
  );
  assert.match(page, /has no interval, .* use the compare command, with direct as its first variant\./);
  assert.deepEqual(tableOf(page, 'Through Nginx, compared with direct'), [
    ['CPU per message', '20 µs', '50 µs (×2.5)', '62 µs (×3.1)'],
    ['response time p99', '100 µs', '130 µs (+30 %) *', '–'],
  ]);
  assert.match(page, /<li>\* Response time p99: direct: The generator sent late\.<\/li>/);
});

test('a report without a price has no such section', () => {
  const page = reportHtml(makeBothSteps(3, 2));
  assert.doesNotMatch(page, /price of the proxy/);
  assert.equal(priceText(makeBothSteps(3, 2)), '');
});

test('the text has the same table', () => {
  const lines = priceText(priced()).split('\n');
  assert.deepEqual(lines.slice(0, 3), [
    '',
    'The price of the proxy',
    'plain compared with direct: CPU per message 2.5 times as high (50 µs, up from 20 µs).',
  ]);
  const row = lines.find((line) => line.startsWith('response time p99'));
  assert.deepEqual(row?.split(/ {2,}/), ['response time p99', '100 µs', '130 µs (+30 %) *', '–']);
  assert.ok(lines.includes(`* Response time p99: direct: ${LATE.reason.text}`));
});

test('if no figure is reliable, the sentence says so', () => {
  const [plain] = PRICE.variants;
  const doubted = plain?.figures.map((figure) => ({ ...figure, doubts: [LATE] })) ?? [];
  const result = priced();
  const price: Price = { ...PRICE, variants: [{ variant: 'plain', figures: doubted }] };
  assert.match(
    priceText({ ...result, conclusions: [price] }),
    /^plain compared with direct: no metric is reliable \(see below\)\.$/m,
  );
});

test('the JSON summary has every figure with its ratio', () => {
  const { price, conclusions } = jsonSummary(priced(), '/r/report.html');
  assert.deepEqual(
    conclusions.map(({ kind }) => kind),
    ['rate'],
  );
  assert.equal(price?.baseline, 'direct');
  assert.deepEqual(
    price?.variants.map(({ variant, figures }) => [variant, figures.map(({ ratio }) => ratio)]),
    [
      ['plain', [2.5, 1.3]],
      ['tls', [3.1]],
    ],
  );
  assert.match(
    price?.variants[1]?.sentence ?? '',
    /^tls compared with direct: CPU per message 3\.1 times as high/,
  );
});

test('strings from outside stay text', () => {
  assert.doesNotMatch(reportHtml(withEveryString(priced(), '<img src=x onerror=alert(1)>')), /<img/);
});
