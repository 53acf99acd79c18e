import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricNamed } from '../../metrics/metrics.ts';
import { stored } from '../../model/finding.ts';
import type { Ladder, LadderPoint } from '../../model/ladder.ts';
import { formatFigure, NOTHING } from '../../wording/format.ts';
import { levelText } from '../../wording/ladder.ts';
import { exclusionLines, formatLevel, levelColumns, levelRows, levelsNote, shownMetrics } from './levels.ts';

const METRICS = ['messages.perSecond', 'response.p50', 'cpuPerMessage.proxy', 'unknown.metric'];

const point = (level: number, figures: LadderPoint['figures'], changes: Partial<LadderPoint> = {}) => ({
  ...{ level, round: 1, figures, excluded: null, unfit: null, ...changes },
});

function ladder(points: Ladder['points'], changes: Partial<Ladder> = {}): Ladder {
  return {
    ...{ kind: 'ladder', variant: 'plain', scenario: 'echo', step: 'throughput', over: 'connections' },
    ...{ levels: [1, 4, 16], rounds: 1, metrics: METRICS, points, law: null, memorySlope: null },
    findings: [],
    ...changes,
  };
}

const rate = (perSecond: number) => formatFigure(perSecond, 'rate');
const time = (us: number) => formatFigure(us, 'time');

test('metrics are shown if a run provides them, except for the main one, which always is', () => {
  const names = (...points: Ladder['points']) => shownMetrics(ladder(points)).map(({ name }) => name);
  assert.deepEqual(names(), ['messages.perSecond']);
  assert.deepEqual(names(point(1, { 'response.p50': null }), point(4, { 'unknown.metric': 1 })), [
    'messages.perSecond',
  ]);
  assert.deepEqual(names(point(1, {}), point(4, { 'cpuPerMessage.proxy': 0 })), [
    ...['messages.perSecond', 'cpuPerMessage.proxy'],
  ]);
});

test('a level is a size for the payload, rounded for a rate, and exact otherwise', () => {
  assert.deepEqual(
    (['connections', 'nginx-workers', 'rate', 'payload'] as const).map((over) => formatLevel(over, 20_480)),
    ['20,480', '20,480', '20,500', '20 KiB'],
  );
});

test('the row of a level has the medians of the runs that count, or of all in parentheses', () => {
  const excluded = { excluded: stored('It was disturbed.') };
  const points = [
    point(1, { 'messages.perSecond': 100, 'response.p50': 10 }),
    point(1, { 'messages.perSecond': 300, 'response.p50': null }),
    point(1, { 'messages.perSecond': 900, 'response.p50': 70 }, { unfit: ['response.p50'] }),
    point(1, { 'messages.perSecond': 5000, 'response.p50': 5000 }, excluded),
    point(4, { 'messages.perSecond': 400 }),
    point(16, { 'messages.perSecond': 7, 'response.p50': null }, excluded),
    point(16, { 'messages.perSecond': 9, 'response.p50': null }, excluded),
  ];
  const found = ladder(points);
  const titles = METRICS.slice(0, 2).map((name) => metricNamed(name).title);
  assert.deepEqual(levelColumns(found), ['connections', 'runs', ...titles]);
  assert.deepEqual(levelColumns(found, 1), ['connections', 'runs', titles[0]]);
  assert.deepEqual(levelRows(found), [
    ['1', '3 of 4', rate(300), time(10)],
    ['4', '1 of 1', rate(400), NOTHING],
    ['16', '0 of 2', `(${rate(8)})`, NOTHING],
  ]);
  assert.deepEqual(levelRows(found, 1), [
    ['1', '3 of 4', rate(300)],
    ['4', '1 of 1', rate(400)],
    ['16', '0 of 2', `(${rate(8)})`],
  ]);
});

test('parentheses are explained if no run of a level counts for a metric', () => {
  const isExplained = (...points: Ladder['points']) => levelsNote(ladder(points)).includes('parentheses');
  const figures = { 'messages.perSecond': 100, 'response.p50': 10 };
  const unfit = (...names: string[]) => ({ unfit: names });
  assert.equal(isExplained(point(1, figures), point(4, figures)), false);
  assert.equal(isExplained(point(1, figures), point(1, figures, unfit('response.p50'))), false);
  assert.equal(isExplained(point(1, figures), point(4, figures, unfit('response.p50'))), true);
  assert.equal(isExplained(point(4, figures, unfit('messages.perSecond', 'response.p50'))), true);
  const last = point(16, figures, unfit('response.p50'));
  assert.equal(isExplained(point(1, figures), point(4, figures), last), true);
  assert.equal(isExplained(point(4, figures, unfit('unknown.metric'))), false);
  assert.equal(isExplained(), false);
});

test('each reason for excluding runs is given once, with its levels in order', () => {
  const disturbed = { excluded: stored('It was disturbed.') };
  const points = [
    point(16, {}, disturbed),
    point(2, {}, disturbed),
    point(1, {}),
    point(16, {}, disturbed),
    point(1, {}, { excluded: stored('It was late.') }),
  ];
  assert.deepEqual(exclusionLines(ladder(points)), [
    `2, ${levelText('connections', 16)}: It was disturbed.`,
    `${levelText('connections', 1)}: It was late.`,
  ]);
  assert.deepEqual(exclusionLines(ladder([])), []);
});
