import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison, makeRounds } from '../../../test/comparison.ts';
import { makeResult } from '../../../test/result.ts';
import { makeScenarioRun } from '../../../test/scenario-run.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { resultMarkdown } from '../exports/markdown.ts';
import { reportHtml } from '../html.ts';
import { resultText } from '../terminal.ts';
import { formatDetectable, formatEffect, formatInterval, formatP } from './effect.ts';
import { excludedLines, notesOf, roundsSentence } from './notes.ts';
import { verdictSentence } from './verdict.ts';

const COMPARISON = makeComparison();
const [VARIANT] = COMPARISON.comparisons;
assert.ok(VARIANT);

test('a ratio is formatted as a percentage, or as a factor if it is large', () => {
  assert.deepEqual(
    [1.032, 0.968, 1, 1.00001, 1.25, 1.999, 2, 5.4, 0.51, 0.5, 0.333, 123.4].map(formatEffect),
    [
      '+3.2 %',
      '−3.2 %',
      '±0 %',
      '±0 %',
      '+25 %',
      '+99.9 %',
      '×2',
      '×5.4',
      '−49 %',
      '−50 %',
      '−66.7 %',
      '×123',
    ],
  );
  assert.equal(formatEffect(null), '–');
  assert.equal(formatInterval([0.98, 1.012]), '−2 % to +1.2 %');
  assert.equal(formatInterval([0.43, 0.523]), '−57 % to −47.7 %');
  assert.equal(formatInterval([1.91, 2.32]), '×1.91 to ×2.32');
  assert.equal(formatInterval(null), '–');
  assert.deepEqual([1.021, 2.4, null].map(formatDetectable), ['±2.1 %', '×2.4', '–']);
  assert.deepEqual([0.0321, 1, 0.0001, null].map(formatP), ['.032', '1.000', '< .001', '–']);
});

test('the sentence on a variant has the headline figures, and names other differences', () => {
  assert.equal(
    verdictSentence(VARIANT, 'plain'),
    'plain+buf-16k uses 25 % more Nginx CPU per message than plain (95 % CI 20 to 30 %). ' +
      'No difference detected in response time p50 (±2.1 % would have been detected). ' +
      'Also different: Nginx memory per connection 5.4 times as high (95 % CI 5.3 to 5.6 times).',
  );
  const [cpu, ...others] = VARIANT.figures;
  assert.ok(cpu !== undefined);
  const better = (name: string, step: 'throughput' | 'latency'): ComparedFigure => ({
    ...cpu,
    name,
    step,
    effect: 0.46,
    interval: [0.43, 0.52],
    verdict: name === 'response.p50' ? 'faster' : 'lower',
  });
  const figures = [better('cpuPerMessage.proxy', 'throughput'), better('response.p50', 'latency')];
  assert.equal(
    verdictSentence({ ...VARIANT, figures }, 'plain'),
    'plain+buf-16k uses 54 % less Nginx CPU per message than plain (95 % CI 48 to 57 %) ' +
      'and answers 54 % faster at the median (95 % CI 48 to 57 %).',
  );
  const slower: ComparedFigure = { ...better('response.p50', 'latency'), effect: 2.2, interval: [2, 2.5] };
  assert.equal(
    verdictSentence({ ...VARIANT, figures: [{ ...slower, verdict: 'slower' }] }, 'plain'),
    'plain+buf-16k takes 2.2 times as long as plain to answer at the median (95 % CI 2 to 2.5 times).',
  );
  const outage: ComparedFigure = { ...slower, name: 'outage.p50', step: 'storm', verdict: 'slower' };
  assert.equal(
    verdictSentence({ ...VARIANT, figures: [outage] }, 'plain'),
    'plain+buf-16k has an outage p50 2.2 times as high as plain (95 % CI 2 to 2.5 times).',
  );
  assert.equal(
    verdictSentence({ ...VARIANT, figures: others.slice(0, 1) }, 'plain').startsWith(
      'No difference detected between plain+buf-16k and plain in response time p50 (',
    ),
    true,
  );
});

test('notes state the number of rounds and the exclusions, with each reason once', () => {
  assert.equal(
    roundsSentence(COMPARISON),
    '3 of 10 rounds completed without losses. A verdict on every metric needs 10 rounds. In 2 runs, some metrics do not count; these metrics are excluded on both sides in the rounds of these runs.',
  );
  assert.equal(
    roundsSentence({ ...COMPARISON, rounds: { asked: 10, used: 10 }, excluded: [] }),
    '10 rounds completed without losses.',
  );
  assert.deepEqual(excludedLines(COMPARISON), [
    'plain+buf-16k, latency step, rounds 1, 3: response time p99 was excluded. ' +
      '1 of 3 seconds of the steady phase was disturbed: other work took up to 20 % of the CPU time.',
  ]);
});

test('the terminal has the verdict first, then every figure in columns', () => {
  const lines = resultText(makeRounds(), null).split('\n');
  assert.match(lines[0] ?? '', /^plain\+buf-16k uses 25 % more /);
  const head = lines.findIndex((line) => line.startsWith('metric'));
  assert.match(
    lines[head + 2] ?? '',
    /^Nginx CPU per message +20 µs +25 µs +\+25 % .* \.010 {2}higher +±3 %$/,
  );
  assert.match(lines[head + 5] ?? '', /^response time p99 +– +– +– .* too few rounds +–$/);
  const widths = lines.slice(head + 2, head + 6).map((line) => [...line].length);
  assert.equal(new Set(widths).size, 1);
});

test('a variant that is identical to the baseline is reported as such', () => {
  const result = makeRounds();
  const [baseline] = result.variants;
  assert.ok(baseline);
  const [rate, machine, ...others] = notesOf(result);
  assert.deepEqual([rate, others], ['The latency step ran at 20k/s. It was asked for.', []]);
  assert.match(machine ?? '', /^This machine has not been calibrated with this Nginx/);
  // An event cannot take turns.
  const events = { ...result, plan: { ...result.plan, scenario: 'reload' } };
  assert.equal(
    notesOf(events).filter((note) => /^Runs of reload cannot be interleaved/.test(note)).length,
    1,
  );
  const twice = { ...result, variants: [baseline, { ...baseline, name: 'plain (2)' }] };
  assert.match(notesOf(twice)[0] ?? '', /^plain \(2\) is identical to plain \(an A\/A comparison\)/);
});

test('of an event, the last round of each variant is told in the terminal, in Markdown and in HTML', () => {
  const reload = scenarioNamed('reload');
  const [step] = reload.steps;
  assert.ok(step);
  const runs = [1, 2].flatMap((round) =>
    ['plain', 'tls'].map((profile) => {
      const run = makeScenarioRun(reload, step, profile);
      return { ...run, plan: { ...run.plan, round } };
    }),
  );
  const result = makeResult(runs);
  const compared = {
    ...result,
    plan: { ...result.plan, scenario: 'reload', steps: [step.name] },
    conclusions: [makeComparison('plain', 'tls')],
  };
  const linesOf = (text: string) => text.match(/Round \d, (plain|tls): after a reload/g);
  const told = ['Round 2, plain: after a reload', 'Round 2, tls: after a reload'];
  for (const text of [resultText(compared, null), resultMarkdown(compared), reportHtml(compared)])
    assert.deepEqual(linesOf(text), told);
  assert.equal(linesOf(resultText(makeRounds(), null)), null);
});

test('the terminal ends with the warnings about the whole result, and leaves its notes to the report', () => {
  const result = makeRounds();
  const [first, second] = ['Sockets were used.', 'The machine was busy.'];
  result.notices = [
    { level: 'warning', code: 'a-code', data: {}, text: first },
    { level: 'info', code: 'a-code', data: {}, text: 'A note.' },
    { level: 'warning', code: 'a-code', data: {}, text: second },
  ];
  assert.deepEqual(resultText(result, null).split('\n').slice(-4), ['', first, second, '']);
  assert.match(reportHtml(result), /A note\./);
});

test('of each step, the effect of excluded turns is that on its first metric that was measured in turns', () => {
  const [figure] = VARIANT.figures;
  assert.ok(figure);
  const inTurns = (name: string, effect: number): ComparedFigure => ({
    ...figure,
    name,
    turns: { pairs: 40, steal: 3, other: 0, withAll: { effect, interval: null } },
  });
  const figures = [figure, inTurns('response.p50', 1.5), inTurns('response.p99', 1.7)];
  const lines = excludedLines({ ...COMPARISON, excluded: [], comparisons: [{ ...VARIANT, figures }] });
  assert.equal(lines.length, 1);
  for (const fact of ['3 of 40', '+50 %']) assert.ok(lines[0]?.includes(fact), `${fact} in ${lines[0]}`);
});
