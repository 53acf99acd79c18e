import type { Result } from '../model/result.ts';
import { calibrationOf } from './calibration/words.ts';
import { capacityOf } from './capacity/conclusion.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { priceOf } from './price/words.ts';
import { answers } from './section/answers.ts';
import { CAPACITY_SECTIONS } from './section/capacity.ts';
import { claims } from './section/claims.ts';
import { CALIBRATION_SECTIONS, COMPARISON_SECTIONS } from './section/comparison.ts';
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
import type { Section, View } from './view.ts';

/** The sections in the report of one kind of result, in reading order. */
interface Contents {
  /** Whether a result is of this kind. */
  isFor: (result: Result) => boolean;
  sections: readonly ((view: View) => Section)[];
}

// The answers in sentences, then as a table, then the charts, then the facts behind them.
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

/** The first match counts. The last entry matches every result. */
const CONTENTS: readonly Contents[] = [
  { isFor: (result) => calibrationOf(result) !== null, sections: [...CALIBRATION_SECTIONS, setup] },
  { isFor: (result) => comparisonOf(result) !== null, sections: [...COMPARISON_SECTIONS, claims, setup] },
  { isFor: (result) => capacityOf(result) !== null, sections: [...CAPACITY_SECTIONS, setup] },
  { isFor: (result) => priceOf(result) !== null, sections: [...ANSWERS, price, ...BEHIND_THEM] },
  { isFor: () => true, sections: [...ANSWERS, ...BEHIND_THEM] },
];

/** The sections of a result's report. */
export function sectionsOf(result: Result): Contents['sections'] {
  return CONTENTS.find(({ isFor }) => isFor(result))?.sections ?? [];
}
