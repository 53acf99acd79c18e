import { capacityLoad, capacitySentences, searchSoFar } from '../capacity/answer.ts';
import { inconclusiveLines, trialColumns, trialRows } from '../capacity/trials.ts';
import { CAPACITY_SECTIONS, lastConfiguration } from '../section/capacity.ts';
import { kindsOfNotices } from '../section/comparison.ts';
import { setup } from '../section/setup.ts';
import { viewOf } from '../view.ts';
import { type ResultKind, withoutVerdict } from './kind.ts';

/** The search for the highest load that meets the objectives. */
export const CAPACITY: ResultKind<'capacity'> = {
  contents: () => ({ open: CAPACITY_SECTIONS, folded: [lastConfiguration, kindsOfNotices, setup] }),
  load: capacityLoad,
  text(found, result) {
    const head = trialColumns(found);
    return {
      sentences: capacitySentences(found),
      blocks: [
        { head, rows: trialRows(found, viewOf(result)), words: [head.length - 1], isOptional: true },
        inconclusiveLines(found),
        result.notices.map(({ text }) => text),
      ],
    };
  },
  markdown: () => null,
  json(found) {
    const { kind: _, ...capacity } = found;
    return { capacity: { ...capacity, sentence: capacitySentences(found).join(' ') } };
  },
  headline: (found) => ({ title: found.variant, lines: withoutVerdict(capacitySentences(found)) }),
  isSearch: true,
  runClauses: () => [],
  soFar: (found) => [[searchSoFar(found)]],
};
