import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration } from '../../../test/calibration.ts';
import { makeSearch, makeSearchResult } from '../../../test/capacity.ts';
import { makeComparison } from '../../../test/comparison.ts';
import { indexOf } from '../../../test/history.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Conclusion } from '../../model/conclusion.ts';
import { stored } from '../../model/finding.ts';
import type { Ladder } from '../../model/ladder.ts';
import type { Result } from '../../model/result.ts';
import { levelText } from '../../wording/ladder.ts';
import { NEED_TITLES } from '../../wording/size.ts';
import { calibrationSentences, SPREAD_COLUMNS, spreadRows, variationSentences } from '../calibration.ts';
import { capacitySentences, searchSoFar } from '../capacity/answer.ts';
import { inconclusiveLines, trialColumns, trialRows } from '../capacity/trials.ts';
import { effectColumns, effectNote, effectRows } from '../comparison/effect.ts';
import {
  excludedLines,
  lastRoundLines,
  notesOf,
  roundsSentence,
  wantedRoundsLine,
} from '../comparison/notes.ts';
import { verdictSentence } from '../comparison/verdict.ts';
import { levelColumns, levelRows, levelsNote } from '../ladder/levels.ts';
import { html } from '../markup.ts';
import { scenarioReport } from '../scenario.ts';
import { claims } from '../section/claims.ts';
import { BEHIND_ROUNDS, curvesOfRounds, effects, rounds } from '../section/comparison.ts';
import { setup } from '../section/setup.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from '../size/rows.ts';
import { SIZED } from '../size/size.test.fixture.ts';
import { viewOf } from '../view.ts';
import { headlineOf, kindOf, kindsIn } from './kinds.ts';

const { plan } = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
const NOTICE = { level: 'warning' as const, code: 'other', data: {}, text: 'It is slow.' };

const METRICS = ['messages.perSecond', 'response.p50', 'response.p99', 'cpuPerMessage.proxy'];
const LADDER: Ladder = {
  ...{ kind: 'ladder', variant: 'plain', scenario: 'echo', step: 'throughput', over: 'connections' },
  ...{ levels: [1, 4], rounds: 3, metrics: METRICS, law: null, memorySlope: null },
  points: [1, 1, 4].map((level) => ({
    ...{ level, round: 1, figures: Object.fromEntries(METRICS.map((name) => [name, 5])), unfit: null },
    excluded: level === 1 ? null : stored('It was disturbed.'),
  })),
  findings: [stored('It grows.'), stored('It is not a law.')],
};

const resultOf = (...conclusions: Conclusion[]): Result => ({
  ...makeResult([]),
  conclusions,
  notices: [NOTICE] as Result['notices'],
});

/** All outputs of a result of this kind, and of its run in progress. */
function outputsOf(result: Result) {
  const of = kindOf(result) ?? assert.fail();
  const { kind, found, name } = of;
  const { conclusions } = result;
  const { kind: named, ...headline } = headlineOf(indexOf(result)) ?? assert.fail();
  assert.equal(named, name);
  return {
    ...{ name, isSearch: kind.isSearch, text: kind.text(found, result), json: kind.json(found) },
    ...{ markdown: kind.markdown(found, result), headline, soFar: kind.soFar(found, conclusions) },
    clauses: (round: number | null) => kind.runClauses({ ...plan, round }, found, conclusions),
  };
}

test('a result belongs to the last of its kinds, and one of runs to none', () => {
  assert.deepEqual(
    [kindOf(resultOf()), headlineOf(indexOf(resultOf())), kindsIn(resultOf())],
    [null, null, []],
  );
  const both = resultOf(makeCalibration(), makeComparison());
  assert.deepEqual(
    kindsIn(both).map(({ name, found }) => [name, found]),
    [
      ['comparison', makeComparison()],
      ['calibration', makeCalibration()],
    ],
  );
  assert.equal(kindOf(both)?.name, 'calibration');
});

test('a ladder has its findings and levels in every output, with three metrics on a terminal', () => {
  const { clauses, ...outputs } = outputsOf(resultOf(LADDER));
  const sentences = ['It grows.', 'It is not a law.'];
  const table = (most?: number) => ({
    ...{ head: levelColumns(LADDER, most), rows: levelRows(LADDER, most), words: [] },
    ...{ note: levelsNote(LADDER), isOptional: true },
  });
  const excluded = [`${levelText('connections', 4)}: It was disturbed.`];
  const { kind: _, ...ladder } = LADDER;
  assert.deepEqual(outputs, {
    ...{ name: 'ladder', isSearch: true, soFar: [['2 of 3 runs count']], json: { ladder } },
    text: { sentences, blocks: [table(3), excluded, ['It is slow.']] },
    markdown: { title: 'plain over connections', sentences, blocks: [table(), excluded] },
    headline: {
      title: 'plain over connections',
      lines: sentences.map((sentence) => ({ sentence, verdict: null })),
    },
  });
  assert.equal(levelColumns(LADDER).length, 6);
  assert.deepEqual(clauses(2), [levelText('connections', 10), 'round 2 of 3']);
  assert.deepEqual(outputsOf(resultOf({ ...LADDER, points: [] })).soFar, []);
  assert.deepEqual(outputsOf(resultOf({ ...LADDER, over: 'rate' })).clauses(2), []);
});

test('a sizing has its needs, costs and checks in every output, and how each need was derived', () => {
  const { clauses, ...outputs } = outputsOf(resultOf(SIZED));
  const sentences = ['It needs 4 workers.', 'The cores are unknown.'];
  const lines = sentences.map((sentence) => ({ sentence, verdict: null }));
  const costs = [
    { head: COST_COLUMNS, rows: costRows(SIZED), words: [0] },
    { head: CHECK_COLUMNS, rows: checkRows(SIZED), words: [0], isOptional: true },
  ];
  const derived = ['Half of a core each.', 'The cost is unknown.'];
  const { kind: _, ...size } = SIZED;
  assert.deepEqual(outputs, {
    ...{ name: 'size', isSearch: true, soFar: [], json: { size } },
    text: {
      sentences,
      blocks: [
        { head: NEED_COLUMNS, rows: needRows(SIZED), words: [0] },
        ...costs,
        [`${NEED_TITLES.workers}: ${derived[0]}`, `${NEED_TITLES.cores}: ${derived[1]}`],
        ['It is slow.'],
      ],
    },
    markdown: {
      ...{ title: 'tls for 20,000 connections', sentences },
      blocks: [
        {
          head: [...NEED_COLUMNS, 'how'],
          rows: needRows(SIZED).map((row, at) => [...row, derived[at]]),
          words: [0, 3],
        },
        ...costs,
      ],
    },
    headline: { title: 'tls for 20k connections', lines },
  });
  assert.deepEqual(clauses(1), []);
});

test('a capacity search has its answer and trials in every output, and the interval so far', () => {
  const result = { ...makeSearchResult(), notices: [NOTICE] as Result['notices'] };
  const search = makeSearch();
  const { clauses, ...outputs } = outputsOf(result);
  const sentences = capacitySentences(search);
  const { kind: _, ...capacity } = search;
  assert.deepEqual(outputs, {
    ...{ name: 'capacity', isSearch: true, soFar: [[searchSoFar(search)]], markdown: null },
    json: { capacity: { ...capacity, sentence: sentences.join(' ') } },
    text: {
      sentences,
      blocks: [
        {
          ...{ head: trialColumns(search), rows: trialRows(search, viewOf(result)), words: [5] },
          isOptional: true,
        },
        inconclusiveLines(search),
        ['It is slow.'],
      ],
    },
    headline: { title: 'tls', lines: sentences.map((sentence) => ({ sentence, verdict: null })) },
  });
  assert.deepEqual(clauses(1), []);
});

test('a comparison has a sentence and a table for each variant in every output, and the effects so far', () => {
  const comparison = makeComparison();
  const [first] = comparison.comparisons;
  assert.ok(first);
  const [cpu, p50] = first.figures;
  assert.ok(cpu && p50);
  // It takes more rounds to find a difference of 10 % in this one, and the effect of that one is unknown.
  Object.assign(p50, { detectable: 1.2 });
  first.figures.push({ ...cpu, name: 'messages.perSecond', effect: null, unit: 'rate' });
  const other = { ...first, variant: 'other', baseline: 'base', verdict: 'mixed' as const };
  const found = { ...comparison, comparisons: [first, other] };
  const result = resultOf(found);
  const { clauses, ...outputs } = outputsOf(result);
  const sentences = [verdictSentence(first, 'plain'), verdictSentence(other, 'base')];
  const tables = [
    { head: effectColumns(first, 'plain'), rows: effectRows(first), words: [0, 6] },
    { head: effectColumns(other, 'base'), rows: effectRows(other), words: [0, 6] },
  ];
  const notes = [roundsSentence(found), ...notesOf(result)];
  const wanted = wantedRoundsLine(found);
  assert.equal(wanted.length, 1);
  const { rounds: asked, excluded } = found;
  assert.deepEqual(outputs, {
    ...{ name: 'comparison', isSearch: false },
    soFar: ['plain+buf-16k', 'other'].flatMap((variant) => [
      ['+25 % (+20 % to +30 %)', 'Nginx CPU per message', variant],
      ['+0.3 % (−1 % to +1 %)', 'response time p50', variant],
    ]),
    json: {
      ...{ baseline: 'plain', rounds: asked, excluded },
      comparisons: [
        { ...first, sentence: sentences[0] },
        { ...other, sentence: sentences[1] },
      ],
    },
    text: {
      sentences: [...sentences, ...notes],
      blocks: [...tables, [effectNote(found), ...wanted], excludedLines(found)],
    },
    markdown: {
      ...{ title: 'plain+buf-16k, other compared with plain, base', sentences },
      blocks: [
        ...[[], notes.join(' '), ...tables],
        ...[[effectNote(found), ...wanted].join(' '), excludedLines(found)],
      ],
    },
    headline: {
      title: 'plain+buf-16k, other compared with plain',
      lines: [
        { sentence: sentences[0], verdict: 'higher' },
        { sentence: sentences[1], verdict: 'mixed' },
      ],
    },
  });
  assert.deepEqual([clauses(null), clauses(4)], [['pilot'], ['round 4 of 10']]);
  const endless = outputsOf(resultOf({ ...found, rounds: { asked: null, used: 3 } }));
  assert.deepEqual(endless.clauses(4), ['round 4']);
  const figures = first.figures.map((figure) => ({ ...figure, interval: null }));
  const early = outputsOf(resultOf({ ...found, comparisons: [{ ...first, figures }] }));
  assert.equal(early.soFar[0]?.[0], '+25 % (no interval yet)');
  const sides = { id: 'a', startedAt: '2026-01-02T03:04:05.000Z' };
  const kept = { baseline: sides, variant: sides, differences: [], unmatched: [] };
  const of = resultOf({ ...found, stored: kept } as unknown as Conclusion);
  assert.deepEqual(Object.keys(outputsOf(of).json), [
    'baseline',
    'rounds',
    'comparisons',
    'excluded',
    'stored',
  ]);
});

test('a comparison of runs that cannot take turns has a sentence for each variant in the last round', () => {
  const reload = { ...plan, round: 2, step: 'reload', workload: { ...plan.workload, scenario: 'reload' } };
  const comparison = makeComparison();
  const result = {
    ...resultOf(comparison),
    plan: { ...makeResult([]).plan, scenario: 'reload', steps: ['reload'] },
    runs: [{ ...makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 }), plan: reload }],
  };
  const { text, markdown } = outputsOf(result);
  const lines = lastRoundLines(viewOf(result), scenarioReport(result).answer);
  assert.equal(lines.length, 1);
  assert.deepEqual(text.sentences.slice(1, 2), lines);
  assert.deepEqual(markdown?.blocks[0], lines);
});

test('the report of a comparison has the sections of its rounds, and of the folded ones that on the claims', () => {
  const result = resultOf(makeComparison());
  const { found, kind } = kindOf(result) ?? assert.fail();
  const [more, other] = [(() => assert.fail()) as never, (() => assert.fail()) as never];
  const of = { ...scenarioReport(result), ofRounds: [more], folded: [other, claims] };
  const { open, folded } = kind.contents(found, of);
  assert.deepEqual(
    [open.slice(1), folded],
    [
      [effects, more],
      [rounds, ...BEHIND_ROUNDS, claims, setup],
    ],
  );
});

test('the report of a calibration begins with all it found, and needs its comparison', () => {
  const [calibration, comparison] = [makeCalibration(), makeComparison('plain', 'plain (2)')];
  const rate: Conclusion = {
    kind: 'rate',
    ratePerSecond: 500,
    halved: false,
    reason: stored('It was asked for.'),
  };
  const result = resultOf(comparison, rate, calibration);
  const { found, kind } = kindOf(result) ?? assert.fail();
  const { open, folded } = kind.contents(found, scenarioReport(result));
  assert.deepEqual(folded, [effects, rounds, curvesOfRounds, ...BEHIND_ROUNDS, setup]);
  const [findings] = open;
  assert.ok(findings && open.length === 1);
  const { id, body } = findings(viewOf(result));
  const [first, ...others] = calibrationSentences(calibration);
  const listed = [...others, ...variationSentences(calibration), ...notesOf(result)];
  assert.ok(notesOf(result).length > 0);
  assert.deepEqual(
    [
      id,
      ...[...body.markup.matchAll(/<p class="verdict">(.*?)<\/p>|<li>(.*?)<\/li>/g)].map(
        ([, a, b]) => a ?? b,
      ),
    ],
    ['calibration', ...[first, ...listed].map((each) => html`${each}`.markup)],
  );
  assert.ok(body.markup.includes(`<p>${roundsSentence(comparison)}</p>`));
  for (const incomplete of [resultOf(comparison), resultOf(calibration)])
    assert.throws(() => findings(viewOf(incomplete)), { message: 'the result is not a calibration' });
  assert.equal(kind.subject?.(result), 'Calibration with plain');
  assert.equal(kind.subject?.(resultOf(calibration)), `Calibration with ${result.id}`);
  assert.deepEqual(outputsOf(result).text.sentences.slice(-1), notesOf(result).slice(-1));
});

test('a calibration has what it found about the machine, and the comparison if it has begun', () => {
  const [calibration, comparison] = [makeCalibration(), makeComparison('plain', 'plain (2)')];
  const result = resultOf(comparison, calibration);
  const { clauses, markdown, ...outputs } = outputsOf(result);
  const found = [...calibrationSentences(calibration), ...variationSentences(calibration)];
  const spread = { head: SPREAD_COLUMNS, rows: spreadRows(calibration.spread), words: [0] };
  const lines = calibrationSentences(calibration).map((sentence) => ({ sentence, verdict: null }));
  const machine = 'Example CPU 2.40 GHz, 2 CPUs, 24 GiB';
  assert.deepEqual(outputs, {
    ...{ name: 'calibration', isSearch: false, json: { calibration } },
    soFar: outputsOf(resultOf(comparison)).soFar,
    text: {
      sentences: [...found, roundsSentence(comparison), ...notesOf(result)],
      blocks: [spread, excludedLines(comparison)],
    },
    headline: { title: `plain on ${machine}`, lines },
  });
  assert.equal(markdown?.title, 'plain (2) compared with plain');
  assert.deepEqual(clauses(17), ['round 17 of 30']);
  const alone = resultOf(calibration);
  const { clauses: none, ...early } = outputsOf(alone);
  assert.deepEqual(early, {
    ...{ name: 'calibration', isSearch: false, json: { calibration }, soFar: [], markdown: null },
    text: { sentences: [...found, ...notesOf(alone)], blocks: [spread, []] },
    headline: { title: machine, lines },
  });
  assert.deepEqual(none(17), []);
});
