import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricNamed } from '../../metrics/metrics.ts';
import type { Ladder } from '../../model/ladder.ts';
import { metricPlot } from './plot.ts';

const estimate = (value: number) => ({ value, low: value, high: value });

test('the line of a law is solid up to the first point beyond the largest level, and dashed from there on', () => {
  const levels = [10, 100, 1000];
  const ladder: Ladder = {
    ...{ kind: 'ladder', variant: 'plain', scenario: 'echo', step: 'throughput', over: 'connections' },
    ...{ levels, rounds: 1, metrics: ['messages.perSecond'], memorySlope: null, findings: [] },
    points: levels.map((level) => ({
      ...{ level, round: 1, figures: { 'messages.perSecond': level }, excluded: null, unfit: null },
    })),
    law: {
      ...{ lambda: estimate(1), sigma: estimate(0), kappa: estimate(0), peak: null },
      curve: [...levels, 2000].map((level) => ({ level, ...estimate(level) })),
    },
  };
  const { markup = '' } = metricPlot(ladder, metricNamed('messages.perSecond'), true) ?? {};
  const paths = [...markup.matchAll(/<path class="(law[^"]*)" d="([^"]*)"/g)].map(([, kind, d = '']) => [
    kind,
    [...d.matchAll(/[ML]([\d.]+) /g)].map(([, x]) => Number(x)),
  ]);
  const xOf = [...markup.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Math.round(Number(x) * 10) / 10);
  assert.deepEqual(paths, [
    ['law', [...xOf, 582]],
    ['law beyond', [582]],
  ]);
});
