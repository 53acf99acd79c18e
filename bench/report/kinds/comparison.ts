import { metricTitle } from '../../metrics/metrics.ts';
import type { Comparison } from '../../model/comparison.ts';
import type { RunPlan } from '../../model/plan.ts';
import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import {
  baselineOf,
  effectColumns,
  effectNote,
  effectRows,
  formatEffect,
  formatInterval,
  headlineFigures,
} from '../comparison/effect.ts';
import {
  excludedLines,
  lastRoundLines,
  notesOf,
  roundsSentence,
  wantedRoundsLine,
} from '../comparison/notes.ts';
import { verdictSentence } from '../comparison/verdict.ts';
import { scenarioReport } from '../scenario.ts';
import { claims } from '../section/claims.ts';
import { BEHIND_ROUNDS, effects, rounds, verdicts } from '../section/comparison.ts';
import { setup } from '../section/setup.ts';
import { viewOf } from '../view.ts';
import type { ResultKind, SummaryTable, TitledSummary } from './kind.ts';

/** Comparisons in rounds, and comparisons of two stored results. */
export const COMPARISON: ResultKind<'comparison'> = {
  contents: (_, { answer, folded, ofRounds }) => ({
    open: [(view) => verdicts(view, answer), effects, ...ofRounds],
    folded: [rounds, ...BEHIND_ROUNDS, ...folded.filter((section) => section === claims), setup],
  }),
  load: () => null,
  text: (found, result) => ({
    sentences: [...sentencesOf(found), ...lastRoundOf(result), roundsSentence(found), ...notesOf(result)],
    blocks: [...tablesOf(found), [effectNote(found), ...wantedRoundsLine(found)], excludedLines(found)],
  }),
  markdown: comparisonMarkdown,
  json(found) {
    const { baseline, rounds, excluded, stored } = found;
    const comparisons = found.comparisons.map((each) => ({
      ...each,
      sentence: verdictSentence(each, baselineOf(each, found)),
    }));
    return { baseline, rounds, comparisons, excluded, ...(stored === undefined ? {} : { stored }) };
  },
  headline: (found) => ({
    title: `${namesOf(found)} compared with ${found.baseline}`,
    lines: found.comparisons.map((each) => ({
      sentence: verdictSentence(each, baselineOf(each, found)),
      verdict: each.verdict,
    })),
  }),
  isSearch: false,
  runClauses: (plan, found) => roundClauses(plan, found),
  soFar: effectsSoFar,
};

/** The summary of a comparison or of a calibration as Markdown. */
export function comparisonMarkdown(found: Comparison, result: Result): TitledSummary {
  const baselines = [...new Set(found.comparisons.map((each) => baselineOf(each, found)))];
  return {
    title: `${namesOf(found)} compared with ${baselines.join(', ')}`,
    sentences: sentencesOf(found),
    blocks: [
      lastRoundOf(result),
      [roundsSentence(found), ...notesOf(result)].join(' '),
      ...tablesOf(found),
      [effectNote(found), ...wantedRoundsLine(found)].join(' '),
      excludedLines(found),
    ],
  };
}

function lastRoundOf(result: Result): string[] {
  return lastRoundLines(viewOf(result), scenarioReport(result).answer);
}

function namesOf({ comparisons }: Comparison): string {
  return comparisons.map(({ variant }) => variant).join(', ');
}

function sentencesOf(found: Comparison): string[] {
  return found.comparisons.map((each) => verdictSentence(each, baselineOf(each, found)));
}

function tablesOf(found: Comparison): SummaryTable[] {
  return found.comparisons.map((each) => ({
    head: effectColumns(each, baselineOf(each, found)),
    rows: effectRows(each),
    words: [0, 6],
  }));
}

/**
 * Names the round of a run, as in `round 4 of 10` or `pilot`.
 *
 * @param trials number of comparisons whose rounds are numbered consecutively
 */
export function roundClauses({ round }: RunPlan, { rounds: { asked } }: Comparison, trials = 1): string[] {
  const of = asked === null ? '' : ` of ${asked * trials}`;
  return [round === null ? 'pilot' : `round ${round}${of}`];
}

/** The headline figures of each variant: `+31 % (+29 % to +33 %)`, `Nginx CPU per message`, `tls`. */
export function effectsSoFar({ comparisons }: Comparison): string[][] {
  return comparisons.flatMap(({ variant, figures }) =>
    headlineFigures(figures).flatMap((figure) => {
      if (figure.effect === null) return [];
      const interval = figure.interval === null ? 'no interval yet' : formatInterval(figure.interval);
      return [[`${formatEffect(figure.effect)} (${interval})`, metricTitle(figure), printable(variant)]];
    }),
  );
}
