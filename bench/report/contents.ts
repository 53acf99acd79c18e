import type { Result } from '../model/result.ts';
import { calibrationOf } from './calibration/words.ts';
import { capacityOf } from './capacity/conclusion.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { priceOf } from './price/words.ts';
import { answers } from './section/answers.ts';
import { calibration } from './section/calibration.ts';
import { CAPACITY_SECTIONS, lastConfiguration } from './section/capacity.ts';
import { claims } from './section/claims.ts';
import {
  BEHIND_ROUNDS,
  curvesOfRounds,
  effects,
  kindsOfNotices,
  rounds,
  verdicts,
} from './section/comparison.ts';
import { cost } from './section/cost.ts';
import { course } from './section/course.ts';
import { failures } from './section/failures.ts';
import { handshakes } from './section/handshakes.ts';
import { latency } from './section/latency.ts';
import { notices } from './section/notices.ts';
import { price } from './section/price.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';
import { summary } from './section/summary.ts';
import { throughput } from './section/throughput.ts';
import type { FoldedSection, Section, View } from './view.ts';

/** The sections in the report of one kind of result, in reading order. */
interface Contents {
  /** Whether a result is of this kind. */
  isFor: (result: Result) => boolean;
  /** What people need first: it is always shown. */
  open: readonly ((view: View) => Section)[];
  /** The facts behind it: of each the title and the finding are shown, the rest when it is opened. */
  folded: readonly ((view: View) => FoldedSection)[];
}

// The answers in sentences, then as a table with the two main charts, then the facts behind them.
const ANSWERS = [answers, summary];
const BEHIND_THEM = [
  throughput,
  latency,
  course,
  handshakes,
  cost,
  claims,
  notices,
  spread,
  failures,
  protocols,
  httpLeg,
  runs,
  setup,
  configurations,
];

const OF_RUNS: Pick<Contents, 'open' | 'folded'> = { open: ANSWERS, folded: BEHIND_THEM };

/** The first that is for a result counts. */
const CONTENTS: readonly Contents[] = [
  {
    isFor: (result) => calibrationOf(result) !== null,
    open: [calibration],
    folded: [effects, rounds, curvesOfRounds, ...BEHIND_ROUNDS, setup],
  },
  {
    isFor: (result) => comparisonOf(result) !== null,
    open: [verdicts, effects, curvesOfRounds],
    folded: [rounds, ...BEHIND_ROUNDS, claims, setup],
  },
  {
    isFor: (result) => capacityOf(result) !== null,
    open: CAPACITY_SECTIONS,
    folded: [lastConfiguration, kindsOfNotices, setup],
  },
  { isFor: (result) => priceOf(result) !== null, open: [...ANSWERS, price], folded: BEHIND_THEM },
];

/** The sections of a result's report. */
export function contentsOf(result: Result): Pick<Contents, 'open' | 'folded'> {
  return CONTENTS.find(({ isFor }) => isFor(result)) ?? OF_RUNS;
}
