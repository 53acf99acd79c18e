import type { Ladder } from '../../model/ladder.ts';
import { levelOf } from '../../model/ladder.ts';
import { levelText } from '../../wording/ladder.ts';
import { counted } from '../../wording/words.ts';
import { AXIS_TITLES, exclusionLines, levelColumns, levelRows, levelsNote } from '../ladder/levels.ts';
import { lastConfiguration } from '../section/capacity.ts';
import { kindsOfNotices } from '../section/comparison.ts';
import { LADDER_SECTIONS, ladderLoad, ladderRuns } from '../section/ladder.ts';
import { setup } from '../section/setup.ts';
import { type ResultKind, type SummaryTable, withoutVerdict } from './kind.ts';

/** Number of metrics that fit the width of a terminal. The report shows all metrics. */
const METRICS_SHOWN = 3;

/** Runs of one step at increasing levels of one quantity. */
export const LADDER: ResultKind<'ladder'> = {
  contents: () => ({
    open: LADDER_SECTIONS,
    folded: [ladderRuns, lastConfiguration, kindsOfNotices, setup],
  }),
  load: ladderLoad,
  text: (found, result) => ({
    sentences: found.findings.map(({ text }) => text),
    blocks: [
      levelsTable(found, METRICS_SHOWN),
      exclusionLines(found),
      result.notices.map(({ text }) => text),
    ],
  }),
  markdown: (found) => ({
    title: titleOf(found),
    sentences: found.findings.map(({ text }) => text),
    blocks: [levelsTable(found), exclusionLines(found)],
  }),
  json: ({ kind: _, ...ladder }) => ({ ladder }),
  headline: (found) => ({
    title: titleOf(found),
    lines: withoutVerdict(found.findings.map(({ text }) => text)),
  }),
  isSearch: true,
  runClauses(plan, { over, rounds }) {
    const level = levelOf(plan, over);
    return level === null ? [] : [levelText(over, level), `round ${plan.round} of ${rounds}`];
  },
  soFar({ points }) {
    const valid = points.filter(({ excluded }) => excluded === null).length;
    return points.length === 0 ? [] : [[`${valid} of ${counted(points.length, 'run counts', 'runs count')}`]];
  },
};

function titleOf({ variant, over }: Ladder): string {
  return `${variant} over ${AXIS_TITLES[over]}`;
}

function levelsTable(found: Ladder, most?: number): SummaryTable {
  return {
    head: levelColumns(found, most),
    rows: levelRows(found, most),
    words: [],
    note: levelsNote(found),
    isOptional: true,
  };
}
