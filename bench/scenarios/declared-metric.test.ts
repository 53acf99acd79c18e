import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunFigures } from '../measure/figures.ts';
import { incomplete, invalid, limitedElsewhere, notCompleted } from '../metrics/fitness.ts';
import { PLAIN } from '../metrics/kinds.ts';
import type { DeclaredMetric } from '../model/declaration.ts';
import { metricOf } from './declared-metric.ts';

const DECLARED = { name: 'chat.x', title: 'x', unit: 'count', better: null } as const;

const FIGURES = {
  latencies: { join: { p50: 7, p99: null } },
  counts: { joined: 8, left: 2, none: 0 },
  steady: { counts: { joined: 6 }, durationUs: 3_000_000 },
} as unknown as RunFigures;

const madeOf = (of: DeclaredMetric['of'], figures = FIGURES) => {
  const { read, unfit, ...metric } = metricOf({ ...DECLARED, of });
  return { metric, unfit, value: read(figures, { proxy: null, pacing: null }) };
};

test('a metric of a histogram is a time, whose tail needs a valid run', () => {
  const middle = madeOf({ histogram: 'join', statistic: 'p50' });
  assert.deepEqual(middle, { metric: { ...PLAIN, ...DECLARED, kind: 'speed' }, unfit: incomplete, value: 7 });
  const tail = madeOf({ histogram: 'join', statistic: 'p99' });
  assert.deepEqual([tail.unfit, tail.value], [invalid, null]);
  assert.equal(madeOf({ histogram: 'other', statistic: 'p50' }).value, null);
});

test('a metric of a counter is its value, its share of another, or its rate in the steady phase', () => {
  const count = madeOf({ counter: 'joined' });
  assert.deepEqual(count, {
    metric: { ...PLAIN, ...DECLARED, kind: 'usage' },
    unfit: notCompleted,
    value: 8,
  });
  assert.equal(madeOf({ counter: 'other' }).value, null);
  assert.equal(madeOf({ counter: 'left', per: 'joined' }).value, 0.25);
  assert.equal(madeOf({ counter: 'other', per: 'joined' }).value, null);
  for (const per of ['none', 'other']) assert.equal(madeOf({ counter: 'left', per }).value, null);
  const rate = madeOf({ counter: 'joined', per: 'second' });
  assert.deepEqual([rate.metric.kind, rate.unfit, rate.value], ['speed', limitedElsewhere, 2]);
  assert.equal(madeOf({ counter: 'left', per: 'second' }).value, null);
  const unsteady = { ...FIGURES, steady: { ...FIGURES.steady, durationUs: null } };
  assert.equal(madeOf({ counter: 'joined', per: 'second' }, unsteady).value, null);
});
