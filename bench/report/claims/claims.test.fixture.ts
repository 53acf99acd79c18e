import { figuresByLine } from '../../../test/outline.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN, type RunOptions } from '../../../test/run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import type { Run } from '../../model/run.ts';
import { type View, viewOf } from '../view.ts';
import { CLAIMS } from './claims.ts';

export const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const CLOSED_RUN: RunOptions = SMALL;
export const OPEN_RUN: RunOptions = { ...SMALL, load: OPEN };

/** A run with these figures, instead of those that follow from its samples. */
export interface Given {
  profile: string;
  options?: RunOptions;
  run?: Partial<Run>;
  figures?: Partial<RunFigures>;
}

export function viewWith(...given: readonly Given[]): View {
  const runs = given.map(({ profile, options, run }) => ({
    ...makeRun({ ...(options ?? CLOSED_RUN), profile }),
    ...run,
  }));
  const view = viewOf(makeResult(runs));
  for (const each of view.runs) each.figures = { ...each.figures, ...given[runs.indexOf(each.run)]?.figures };
  return view;
}

/** The verdict on a claim, its basis, and the figures in each sentence of the evidence. */
export function judged(id: string, view: View) {
  const judgement = CLAIMS.find((claim) => claim.id === id)?.judge(view) ?? null;
  if (judgement === null) return null;
  const { verdict, basis, evidence } = judgement;
  return [verdict, basis, ...evidence.map(figuresByLine)];
}

export const run = (changes: (run: Run) => void, options: RunOptions = CLOSED_RUN): Run => {
  const made = makeRun(options);
  changes(made);
  return made;
};
