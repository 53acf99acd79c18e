import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Ladder } from '../../model/ladder.ts';
import { levelColumns, levelRows, levelsNote } from '../ladder/levels.ts';
import { scenarioReport, summaryTable } from '../scenario.ts';
import { viewOf } from '../view.ts';
import { resultMarkdown } from './markdown.ts';

const ORIGIN =
  '<sub>Example CPU 2.40 GHz, 2 CPUs, Debian GNU/Linux 12 (bookworm); nginx-ws-bench 0.1.0, 2026-01-02-030405-example</sub>';
const run = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });

const LADDER: Ladder = {
  ...{ kind: 'ladder', variant: 'plain', scenario: 'echo', step: 'throughput', over: 'connections' },
  ...{ levels: [1, 4], rounds: 1, metrics: ['messages.perSecond'], law: null, memorySlope: null },
  points: [1, 4].map((level) => ({
    ...{ level, round: 1, figures: { 'messages.perSecond': level * 100 }, excluded: null, unfit: null },
  })),
  findings: [],
};

test('a ladder is a table of its levels, with a note below, or only a title before the first level', () => {
  const textOf = (ladder: Ladder) => resultMarkdown({ ...makeResult([]), conclusions: [ladder] });
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  assert.equal(
    textOf(LADDER),
    [
      '## plain over connections',
      ...['', '', row(levelColumns(LADDER))],
      `|${levelColumns(LADDER)
        .map(() => '---:')
        .join('|')}|`,
      ...levelRows(LADDER).map(row),
      ...['', levelsNote(LADDER), '', `${ORIGIN}\n`],
    ].join('\n'),
  );
  assert.equal(levelRows(LADDER).length, 2);
  assert.equal(textOf({ ...LADDER, points: [] }), `## plain over connections\n\n\n${ORIGIN}\n`);
});

test('runs are a table with one row per variant; without a run there is no table', () => {
  const result = makeResult([run]);
  const { rows } = summaryTable(scenarioReport(result), viewOf(result));
  const [title, none, answer, gap, head, line, ...more] = resultMarkdown(result).split('\n');
  assert.deepEqual([title?.slice(0, 3), none, answer?.slice(0, 2), gap], ['## ', '', '- ', '']);
  assert.deepEqual(
    [head, line?.split('|').slice(1, 3), more],
    [
      `| ${rows[0]?.map(([heading]) => heading).join(' | ')} |`,
      ['---', '---:'],
      [`| ${rows[0]?.map(([, cell]) => cell).join(' | ')} |`, '', ORIGIN, ''],
    ],
  );
  assert.doesNotMatch(resultMarkdown(makeResult([])), /\|/);
});
