import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLadderResult } from '../../../test/ladder.ts';
import { makeResult } from '../../../test/result.ts';
import { metricNamed } from '../../metrics/metrics.ts';
import { stored } from '../../model/finding.ts';
import type { FittedLaw, Ladder } from '../../model/ladder.ts';
import { formatFigure, formatShare } from '../../wording/format.ts';
import { formatSmall, levelText } from '../../wording/ladder.ts';
import { capital } from '../../wording/words.ts';
import { conclusionOf } from '../conclusion.ts';
import { exclusionLines, levelColumns, levelRows, levelsNote } from '../ladder/levels.ts';
import { metricPlot } from '../ladder/plot.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { viewOf } from '../view.ts';
import { LADDER_SECTIONS, ladderLoad, ladderRuns } from './ladder.ts';

const RESULT = makeLadderResult({ levels: [1, 4], rounds: 1 });
const LADDER = conclusionOf(RESULT, 'ladder') ?? assert.fail();
const [MAIN = assert.fail()] = LADDER.metrics;
const VIEW = viewOf(RESULT);

const estimate = (value: number) => ({ value, low: value / 2, high: value * 2 });
const law: FittedLaw = {
  ...{ lambda: estimate(1000), sigma: estimate(0.1), kappa: estimate(0.0002), peak: 8, curve: [] },
};

function withLadder(changes: Partial<Ladder>) {
  const ladder = { ...LADDER, ...changes };
  return { ladder, view: { ...VIEW, result: { ...RESULT, conclusions: [ladder] } } };
}

/** The text of each section, by its ID. */
function bodiesOf(changes: Partial<Ladder>): Record<string, string> {
  const { view } = withLadder(changes);
  return Object.fromEntries(
    LADDER_SECTIONS.map((section) => section(view)).map(({ id, body }) => [id, body.markup]),
  );
}

test('the load names what all runs of a ladder have in common', () => {
  const common = { connections: levelText('connections', 1), size: '64 B text messages' };
  const told = (over: Ladder['over'], load = true, rounds = 1) => {
    const { ladder, view } = withLadder({ over, rounds });
    const [run = assert.fail()] = RESULT.runs;
    const workload = { ...run.plan.workload, load: load ? run.plan.workload.load : null };
    const runs = [{ ...run, plan: { ...run.plan, workload, connections: 1, durationMs: 4994 } }];
    return ladderLoad(ladder, { ...view, result: { ...RESULT, runs } })?.replace(/^.*?: |\.$/g, '');
  };
  assert.equal(told('connections'), `${common.size}, 4.99 s per run, 1 run per level`);
  assert.equal(
    told('rate', true, 3),
    `${common.connections}, ${common.size}, 4.99 s per run, 3 runs per level`,
  );
  assert.equal(told('payload'), `${common.connections}, 4.99 s per run, 1 run per level`);
  assert.equal(told('nginx-workers', false), `${common.connections}, 4.99 s per run, 1 run per level`);
  assert.equal(ladderLoad(LADDER, { ...VIEW, result: { ...RESULT, runs: [] } }), null);
});

test('the first finding is the verdict', () => {
  const { ladder } = bodiesOf({ findings: [stored('One.'), stored('Two.'), stored('Three.')] });
  assert.equal(ladder, '<p class="verdict">One.</p>\n<p>Two.</p><p>Three.</p>');
  assert.equal(bodiesOf({ findings: [] }).ladder, '<p class="verdict">No run finished.</p>\n');
});

test('a fitted law is listed with its intervals, and with its maximum if it has one', () => {
  const factsIn = (changes: Partial<Ladder>) =>
    [...(bodiesOf(changes).curve ?? '').matchAll(/<dt>.*?<\/dt><dd>(.*?)<\/dd>/g)].map(([, text]) => text);
  const told = (value: number, format: (each: number) => string) =>
    `${format(value)} (95 % CI ${format(value / 2)} to ${format(value * 2)})`;
  const { unit } = metricNamed(MAIN);
  const values = [
    told(1000, (each) => formatFigure(each, unit)),
    told(0.1, formatShare),
    told(0.0002, formatSmall),
  ];
  assert.deepEqual(factsIn({ law }), [...values, levelText('connections', 8)]);
  assert.equal(factsIn({ law: { ...law, peak: null } }).length, 4);
  assert.notEqual(factsIn({ law: { ...law, peak: null } })[3], levelText('connections', 8));
  assert.ok(bodiesOf({ law }).curve?.includes(`with ${levelText('connections', 1)}<`));
  assert.deepEqual([factsIn({ law: null }), factsIn({ law, metrics: ['unknown'] })], [[], []]);
});

test('levels are a table with a note, and runs that do not count are listed', () => {
  const points = LADDER.points.map((point, at) => ({
    ...point,
    excluded: at === 0 ? stored('It swayed.') : null,
  }));
  const { ladder } = withLadder({ points });
  const section = LADDER_SECTIONS[2]?.(withLadder({ points }).view) ?? assert.fail();
  const { markup } = section.body;
  assert.deepEqual(headsOf(section), [
    `The figures at each level: ${levelColumns(ladder)
      .map((title, at) => `${capital(title)}${at === 0 ? ' →' : ''}`)
      .join(', ')}`,
  ]);
  assert.deepEqual(tableOf(markup, 'The figures at each level'), levelRows(ladder));
  assert.ok(markup.includes(`<p class="how">${levelsNote(ladder)} `));
  assert.ok(
    markup.endsWith(`<h3>Not valid</h3><ul class="plain"><li>${exclusionLines(ladder)}</li></ul>`),
    markup,
  );
  const all = bodiesOf({}).levels ?? '';
  assert.ok(all.endsWith('</p>\n'), all);
  assert.equal(bodiesOf({ points: [] }).levels, '<p>No run finished.</p>\n\n');
});

test('all metrics but the first are plotted below it', () => {
  const plotsOf = (metrics: string[]) => {
    const { ladder } = withLadder({ metrics, law });
    return metrics.map((name, at) => metricPlot(ladder, metricNamed(name), at === 0)?.markup);
  };
  const metrics = LADDER.metrics.filter((name) => LADDER.points.some(({ figures }) => figures[name]));
  assert.ok(metrics.length > 2);
  for (const count of [2, 3]) {
    const shown = metrics.slice(0, count);
    const [first, ...others] = plotsOf(shown);
    const { curve, figures } = bodiesOf({ metrics: shown, law });
    assert.equal(figures, others.join(''));
    assert.ok(first && curve?.startsWith(first));
  }
  const none = '<p>No other figure was measured.</p>';
  assert.equal(bodiesOf({ metrics: [MAIN] }).figures, none);
});

test('all runs are numbered in the order they ran, with their level, round and main figure', () => {
  const metric = metricNamed(MAIN);
  const rowsOf = (changes: Partial<Ladder>, round: number | null = 1) => {
    const { view } = withLadder(changes);
    const runs = view.runs.map((each) => ({
      ...each,
      run: { ...each.run, plan: { ...each.run.plan, round } },
    }));
    const section = ladderRuns({ ...view, runs });
    return {
      heads: headsOf(section),
      rows: tableOf(section.body?.markup ?? '', 'Runs, in the order they ran'),
    };
  };
  const figures = VIEW.runs.map(({ figures, run }) =>
    formatFigure(metric.read(figures, run.plan), metric.unit),
  );
  const levels = RESULT.runs.map(({ plan }) => String(plan.connections));
  assert.deepEqual(rowsOf({}), {
    heads: [`Runs, in the order they ran: Run →, Connections, Round, ${capital(metric.title)}, Validity →`],
    rows: [0, 1].map((at) => [String(at + 1), levels[at], '1', figures[at], 'valid']),
  });
  assert.deepEqual(rowsOf({ over: 'rate', metrics: ['unknown'] }, null), {
    heads: ['Runs, in the order they ran: Run →, Messages per second, Round, Figure, Validity →'],
    rows: [1, 2].map((number) => [String(number), '', '', '–', 'valid']),
  });
  const one = ladderRuns({ ...VIEW, runs: VIEW.runs.slice(0, 1) });
  assert.ok(one.body !== null && one.finding.startsWith('1 run,'));
  assert.equal(ladderRuns({ ...VIEW, runs: [] }).body, null);
});

test('a section of a ladder needs a ladder', () => {
  assert.throws(() => LADDER_SECTIONS[0]?.(viewOf(makeResult([]))), /not a ladder/);
});
