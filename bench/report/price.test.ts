import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import type { Price, PricedFigure } from '../model/price.ts';
import { doubtLines, pairSentence, price, priceColumns, priceRows, priceSentence } from './price.ts';
import { priceText } from './terminal.ts';
import { viewOf } from './view.ts';

const CPU = { name: 'cpuPerMessage.total', step: 'throughput', unit: 'time', doubts: [] } as const;
const figure = (changes: Partial<PricedFigure>): PricedFigure => ({
  ...{ ...CPU, doubts: [], baseline: 20, variant: 50, ratio: 2.5 },
  ...changes,
});
const late = (variant: string) => ({ variant, reason: stored('Late.') });
const P50 = { name: 'response.p50', step: 'latency', unit: 'time' } as const;
const PRICE: Price = {
  kind: 'price',
  baseline: 'direct',
  variants: [
    {
      variant: 'tls',
      figures: [
        figure({ ...P50, baseline: 100, variant: 80, ratio: 0.8 }),
        figure({}),
        figure({ ...P50, name: 'response.p90' }),
        figure({ ...P50, step: 'throughput', doubts: [late('tls'), late('')] }),
      ],
    },
    {
      variant: 'plain',
      figures: [figure({ doubts: [late('tls')] }), figure({ ...P50, name: 'response.p99' })],
    },
  ],
};

test('the price has a row for each metric and step, and each doubt once with its metrics', () => {
  assert.deepEqual(priceColumns(PRICE), ['metric', 'direct', 'tls', 'plain']);
  assert.deepEqual(priceRows(PRICE), [
    ['response time p50', '100 µs', '80 µs (−20 %)', '–'],
    ['CPU per message', '20 µs', '50 µs (×2.5)', '50 µs (×2.5) *'],
    ['response time p90', '20 µs', '50 µs (×2.5)', '–'],
    ['response time p50, throughput step', '20 µs', '50 µs (×2.5) *', '–'],
    ['response time p99', '20 µs', '–', '50 µs (×2.5)'],
  ]);
  assert.deepEqual(doubtLines(PRICE), [
    '* Response time p50, throughput step, CPU per message: tls: Late.',
    '* Response time p50, throughput step: Late.',
  ]);
});

test('the sentence has the main metrics of the usual step, and whether each went up or down', () => {
  const [tls, plain] = PRICE.variants;
  assert.ok(tls && plain);
  assert.deepEqual(
    [priceSentence(tls, 'direct'), priceSentence(plain, 'direct')],
    [
      'tls compared with direct: response time p50 20 % lower (80 µs, down from 100 µs); CPU per message 2.5 times as high (50 µs, up from 20 µs).',
      'plain compared with direct: response time p99 2.5 times as high (50 µs, up from 20 µs).',
    ],
  );
});

test('the text has the sentences, the table and the doubts, with blank lines around the table', () => {
  const result = { ...makeResult([]), conclusions: [PRICE] };
  const lines = priceText(result).split('\n');
  const at = lines.indexOf('', 1);
  assert.deepEqual(lines.slice(0, at), [
    '',
    'The price of the proxy',
    ...PRICE.variants.map((each) => priceSentence(each, 'direct')),
    pairSentence(PRICE),
  ]);
  assert.deepEqual(lines.slice(at), [
    '',
    'metric                              direct             tls           plain',
    '──────────────────────────────────────────────────────────────────────────',
    'response time p50                   100 µs   80 µs (−20 %)               –',
    'CPU per message                      20 µs    50 µs (×2.5)  50 µs (×2.5) *',
    'response time p90                    20 µs    50 µs (×2.5)               –',
    'response time p50, throughput step   20 µs  50 µs (×2.5) *               –',
    'response time p99                    20 µs               –    50 µs (×2.5)',
    ...doubtLines(PRICE),
    '',
  ]);
  assert.throws(() => price(viewOf(makeResult([]))), /no price/);
});

test('the section lists doubts only if there are any', () => {
  const sectionOf = (each: Price) => price(viewOf({ ...makeResult([]), conclusions: [each] }));
  const { body, ...section } = sectionOf(PRICE);
  assert.deepEqual(section, { id: 'price', title: 'The price of the proxy', charts: [] });
  assert.equal(body?.markup.split('<li>').length, 1 + doubtLines(PRICE).length);
  const sure = { ...PRICE, variants: [{ variant: 'tls', figures: [figure({})] }] };
  assert.doesNotMatch(sectionOf(sure).body?.markup ?? '', /<ul|false/);
});

test('a metric that rose by less than a factor of two, or not at all, was not higher before', () => {
  const told = (ratio: number) => priceSentence({ variant: 'a', figures: [figure({ ratio })] }, 'b');
  for (const ratio of [1, 1.5]) assert.match(told(ratio), / up from 20 µs/);
  assert.match(told(0.99), / down from 20 µs/);
});

test('a single reason for doubt is listed below the table, and there is no list without any', () => {
  const bodyOf = (doubts: PricedFigure['doubts']) => {
    const conclusion: Price = { ...PRICE, variants: [{ variant: 'tls', figures: [figure({ doubts })] }] };
    return price(viewOf({ ...makeResult([]), conclusions: [conclusion] })).body.markup;
  };
  assert.match(bodyOf([late('tls')]), /<\/p>\n<ul class="plain"><li>\* .*: tls: Late\.<\/li><\/ul>$/);
  assert.match(bodyOf([]), /<\/p>\n$/);
});
