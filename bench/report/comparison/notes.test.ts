import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../../test/calibration.ts';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { figuresByLine } from '../../../test/outline.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import type { ComparedFigure, Comparison } from '../../model/comparison.ts';
import { stored } from '../../model/finding.ts';
import type { Run } from '../../model/run.ts';
import { keptSentence } from '../calibration.ts';
import { viewOf } from '../view.ts';
import {
  excludedLines,
  lastRoundLines,
  notesOf,
  roundsSentence,
  SAME_SESSIONS,
  wantedRoundsLine,
} from './notes.ts';
import { verdictSentence } from './verdict.ts';

const COMPARISON = makeComparison();
const [VARIANT] = COMPARISON.comparisons;
assert.ok(VARIANT);
const [FIGURE] = VARIANT.figures;
assert.ok(FIGURE);

const comparisonOf = (...figures: Partial<ComparedFigure>[]): Comparison => ({
  ...COMPARISON,
  excluded: [],
  comparisons: [{ ...VARIANT, figures: figures.map((changes) => ({ ...FIGURE, ...changes })) }],
});
const SOURCES = {
  baseline: { id: 'one', startedAt: '2026-01-02T03:04:05.000Z' },
  variant: { id: 'two', startedAt: '2026-02-03T04:05:06.000Z' },
  differences: [],
  unmatched: [],
};

test('rounds needed for 10 % are estimated for metrics that detect less, with two significant digits', () => {
  const rounds = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ round: index + 1, baseline: 1, variant: 1 }));
  const undecided = { verdict: 'no difference detected', rounds: rounds(10) } as const;
  const wanted = (...figures: Partial<ComparedFigure>[]) =>
    wantedRoundsLine(comparisonOf(...figures.map((each) => ({ ...undecided, ...each })))).map(figuresByLine);
  // A detectable effect of 1.1 squared takes four times as many rounds.
  assert.deepEqual(wanted({ detectable: 1.21 }), ['10 40']);
  assert.deepEqual(wanted({ detectable: 1.1 }), []);
  assert.deepEqual(wanted({ detectable: null }), []);
  assert.deepEqual(wanted({ detectable: 1.21, verdict: 'higher' }), []);
  assert.deepEqual(wanted({ detectable: 1.15, rounds: rounds(3) }), ['10 7']);
  assert.deepEqual(wanted({ detectable: 1.5, rounds: rounds(10) }), ['10 190']);
  // The same metric of several variants is listed once, with the most rounds.
  const [first, second] = [1.5, 1.21].map((detectable) => ({ detectable }));
  assert.ok(first && second);
  assert.deepEqual([wanted(first, second), wanted(second, first)], [['10 190'], ['10 190']]);
  assert.equal(wanted(first, { ...second, name: 'response.p50', step: 'latency' })[0], '10 190 40 p50.');
  const stored = { ...comparisonOf({ ...undecided, ...first }), stored: SOURCES };
  assert.deepEqual(wantedRoundsLine(stored), []);
});

test('the line on excluded turns has the number for each cause, and both effects', () => {
  const line = (steal: number, other: number, withAll: object | null) =>
    excludedLines(
      comparisonOf({
        effect: 1.25,
        turns: { pairs: 40, steal, other, withAll } as ComparedFigure['turns'],
      } as Partial<ComparedFigure>),
    ).map(figuresByLine);
  const all = { effect: 1.5, interval: null };
  assert.deepEqual(line(3, 2, all), ['plain+buf-16k, 5 40 (3 2 +50 +25']);
  assert.deepEqual(line(0, 2, all), ['plain+buf-16k, 2 40 (2 +50 +25']);
  assert.deepEqual(line(1, 0, { ...all, interval: [1.4, 1.6] }), [
    'plain+buf-16k, 1 40 (1 +50 (95 +40 +60 +25',
  ]);
  assert.deepEqual(line(0, 1, all), ['plain+buf-16k, 1 40 (1 +50 +25']);
  const words = (steal: number, other: number) => {
    const turns = { pairs: 40, steal, other, withAll: { effect: 1.5, interval: null } };
    return /turns (\w+) excluded on both sides \((.*?)\)\./
      .exec(excludedLines(comparisonOf({ turns }))[0] ?? '')
      ?.slice(1);
  };
  assert.deepEqual(words(1, 0), ['was', '1 because the host took CPU time']);
  assert.deepEqual(words(0, 1), ['was', '1 because other work ran']);
  assert.deepEqual(words(1, 1), ['were', '1 because the host took CPU time, 1 because other work ran']);
  assert.deepEqual(line(1, 1, null), []);
  assert.deepEqual(excludedLines(comparisonOf({})), []);
});

test('each step has a line on its excluded turns', () => {
  const turns = { pairs: 4, steal: 1, other: 0, withAll: { effect: 1.5, interval: null } };
  const lines = excludedLines(comparisonOf({ turns }, { turns, step: 'latency', name: 'response.p50' }));
  assert.deepEqual(
    lines.map((line) => /, (\w+) step/.exec(line)?.[1]),
    ['throughput', 'latency'],
  );
});

test('the number of rounds is given with the number asked for, if it differs, and the excluded runs', () => {
  const rounds = (asked: number | null, used: number, excluded: Comparison['excluded'] = []) =>
    figuresByLine(roundsSentence({ ...COMPARISON, rounds: { asked, used }, excluded }));
  assert.deepEqual(
    [rounds(10, 10), rounds(null, 10), rounds(12, 10), rounds(10, 9)],
    ['10', '10', '10 12', '9 10 10'],
  );
  const [one] = COMPARISON.excluded;
  assert.ok(one);
  const { figures: _, ...sameRun } = one;
  const more = [one, { ...sameRun, figures: ['messages.perSecond'] }, { ...one, round: 2 }];
  assert.deepEqual([rounds(10, 10, [one]), rounds(10, 10, more)], ['10 1', '10 2']);
});

test('stored results are named by id and day; a single run for each step is pointed out', () => {
  const sentence = (used: number) =>
    roundsSentence({ ...COMPARISON, rounds: { asked: null, used }, stored: SOURCES });
  assert.equal(figuresByLine(sentence(2)), '(2026-01-02), (2026-02-03).');
  assert.ok(sentence(1).startsWith(sentence(2)) && sentence(1) !== sentence(2));
});

test('a verdict on few rounds or runs has their numbers', () => {
  const few = { verdict: 'too few rounds', effect: null, interval: null } as const;
  const told = (...figures: Partial<ComparedFigure>[]) => {
    const [comparison] = comparisonOf(...figures).comparisons;
    return comparison && verdictSentence(comparison, 'plain');
  };
  assert.match(told(few) ?? '', /^Too few rounds to compare plain\+buf-16k with plain in .* \(3\)\.$/);
  const runs = { baseline: [1, 2], variant: [1] };
  assert.match(told({ ...few, runs }) ?? '', /^Too few runs to compare .* \(2 and 1\)\.$/);
  // If another figure has a verdict, both sides are already named.
  assert.match(
    told({}, { ...few, name: 'response.p50', step: 'latency' }) ?? '',
    /Too few rounds in .* \(3\)\.$/,
  );
  assert.match(told() ?? '', /^plain\+buf-16k compared with plain: higher\.$/);
});

test('an improvement and a deterioration are contrasted, two of a kind are joined', () => {
  const joint = (verdict: ComparedFigure['verdict'], effect: number) => {
    const p50 = { name: 'response.p50', step: 'latency', verdict, effect, interval: null };
    const [comparison] = comparisonOf({ interval: null }, p50).comparisons;
    return comparison && verdictSentence(comparison, 'plain');
  };
  const cpu = 'plain+buf-16k uses 25 % more Nginx CPU per message than plain';
  assert.equal(joint('faster', 0.9), `${cpu}, but answers 10 % faster at the median.`);
  assert.equal(joint('slower', 1.1), `${cpu} and answers 10 % slower at the median.`);
  assert.equal(joint('slower', 2), `${cpu} and takes 2 times as long to answer at the median.`);
});

test('the ends of an interval are in ascending order of the change, with a sign if they are on the other side', () => {
  const ci = (effect: number, interval: [number, number]) => {
    const [comparison] = comparisonOf({
      effect,
      interval,
      verdict: effect < 1 ? 'lower' : 'higher',
    }).comparisons;
    return /CI (.*?)\)/.exec(comparison ? verdictSentence(comparison, 'plain') : '')?.[1];
  };
  assert.deepEqual(
    [ci(0.9, [0.8, 0.95]), ci(1.1, [0.98, 1.2]), ci(2, [1.9, 2.1]), ci(1.99, [1.9, 2.1])],
    ['5 to 20 %', '−2 to 20 %', '1.9 to 2.1 times', '90 to 110 %'],
  );
});

test('excluded metrics are listed by run, with the rounds of those that have the same metrics', () => {
  const [one] = COMPARISON.excluded;
  assert.ok(one);
  const names = ['response.p50', 'response.p99'];
  const excluded = [
    { ...one, round: 2, figures: names },
    { ...one, round: 4 },
    { ...one, round: 5 },
    { ...one, round: 2, variant: 'tls' },
  ];
  const lines = excludedLines({ ...comparisonOf({}), excluded }).map((line) => line.split(' excluded.')[0]);
  const title = (name: string) => metricTitle({ name, step: 'latency' });
  assert.deepEqual(lines, [
    `plain+buf-16k, latency step, round 2: ${names.map(title).join(', ')} were`,
    `plain+buf-16k, latency step, rounds 4, 5: ${title('response.p99')} was`,
    `tls, latency step, round 2: ${title('response.p99')} was`,
  ]);
});

test('a single round is one, whether all of them were asked for or not', () => {
  const rounds = (asked: number | null, used: number) =>
    /^[\d of]+ rounds?/.exec(roundsSentence({ ...COMPARISON, rounds: { asked, used }, excluded: [] }))?.[0];
  assert.deepEqual(
    [rounds(1, 1), rounds(null, 1), rounds(2, 1), rounds(1, 0)],
    ['1 round', '1 round', '1 of 2 rounds', '0 of 1 round'],
  );
});

test('of stored results, the differences between the sessions are noted, and the variants of only one', () => {
  const lines = (stored: Partial<typeof SOURCES>) =>
    notesOf({ ...makeRounds(), conclusions: [{ ...COMPARISON, stored: { ...SOURCES, ...stored } }] });
  assert.deepEqual(lines({}), [SAME_SESSIONS]);
  const differences = [{ what: 'kernel', baseline: '6.1', variant: '6.2' }];
  const unmatched = [
    { variant: 'tls', in: 'baseline' },
    { variant: 'http2', in: 'variant' },
  ];
  assert.deepEqual(lines({ differences, unmatched } as never), [
    'Also different: kernel: 6.1 in A, 6.2 in B.',
    'tls is only in A.',
    'http2 is only in B.',
  ]);
});

test('an excluded variant is noted with its reason, and a calibration with what it found', () => {
  const result = makeRounds();
  const leftOut = { kind: 'left-out', variant: 'tls', reason: stored('Nothing was echoed.') } as const;
  const kept = makeKeptCalibration();
  const notes = notesOf({ ...result, calibration: kept, conclusions: [COMPARISON, leftOut] });
  assert.deepEqual(notes, ['tls was excluded. Nothing was echoed.', keptSentence(kept)]);
  // The result of a calibration says itself what it found.
  assert.deepEqual(notesOf({ ...result, conclusions: [COMPARISON, makeCalibration()] }), []);
});

test('the last round of each variant is told if its runs cannot take turns, unless the results are stored', () => {
  const run = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
  const inRound = (round: number | null, variant = 'plain') => ({
    ...run,
    plan: {
      ...{ ...run.plan, round, variant, step: 'reload' },
      workload: { ...run.plan.workload, scenario: 'reload' },
    },
  });
  const told = (scenario: string, conclusions: Comparison[], ...runs: Run[]) => {
    const result = makeResult(runs);
    const view = viewOf({ ...result, plan: { ...result.plan, scenario, steps: ['reload'] }, conclusions });
    return lastRoundLines(view, ({ name }) => `${name}.`);
  };
  const runs = [inRound(1), inRound(2), inRound(1, 'tls'), inRound(null, 'direct')];
  assert.deepEqual(told('reload', [COMPARISON], ...runs), ['Round 2, plain.', 'Round 1, tls.']);
  assert.deepEqual(told('reload', [{ ...COMPARISON, stored: SOURCES }], ...runs), []);
  assert.deepEqual(told('echo', [COMPARISON], ...runs), []);
});
