import type { Size } from '../../model/size.ts';
import { formatCount, formatShort } from '../../wording/format.ts';
import { NEED_TITLES } from '../../wording/size.ts';
import { lastConfiguration } from '../section/capacity.ts';
import { kindsOfNotices } from '../section/comparison.ts';
import { runs } from '../section/runs.ts';
import { setup } from '../section/setup.ts';
import { SIZE_SECTIONS, sizeLoad } from '../section/size.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from '../size/rows.ts';
import { type ResultKind, type SummaryTable, withoutVerdict } from './kind.ts';

/** The resources that a planned load needs, derived from costs that were measured in several scenarios. */
export const SIZE: ResultKind<'size'> = {
  contents: () => ({ open: SIZE_SECTIONS, folded: [runs, lastConfiguration, kindsOfNotices, setup] }),
  load: sizeLoad,
  text: (found, result) => ({
    sentences: found.findings.map(({ text }) => text),
    blocks: [
      { head: NEED_COLUMNS, rows: needRows(found), words: [0] },
      ...costTables(found),
      found.needs.map(({ name, derivation }) => `${NEED_TITLES[name]}: ${derivation.text}`),
      result.notices.map(({ text }) => text),
    ],
  }),
  markdown(found) {
    const derived = found.needs.map(({ derivation }) => derivation.text);
    const rows = needRows(found).map((row, at) => [...row, derived[at] ?? '']);
    return {
      title: `${found.variant} for ${formatCount(found.wanted.connections)} connections`,
      sentences: found.findings.map(({ text }) => text),
      blocks: [{ head: [...NEED_COLUMNS, 'how'], rows, words: [0, 3] }, ...costTables(found)],
    };
  },
  json: ({ kind: _, ...size }) => ({ size }),
  headline: (found) => ({
    title: `${found.variant} for ${formatShort(found.wanted.connections)} connections`,
    lines: withoutVerdict(found.findings.map(({ text }) => text)),
  }),
  isSearch: true,
  runClauses: () => [],
  soFar: () => [],
};

function costTables(found: Size): SummaryTable[] {
  return [
    { head: COST_COLUMNS, rows: costRows(found), words: [0] },
    { head: CHECK_COLUMNS, rows: checkRows(found), words: [0], isOptional: true },
  ];
}
