import type { Result } from '../model/result.ts';
import { comparisonOf } from './comparison/conclusion.ts';
import { answers } from './section/answers.ts';
import { claims } from './section/claims.ts';
import { COMPARISON_SECTIONS } from './section/comparison.ts';
import { cost } from './section/cost.ts';
import { course } from './section/course.ts';
import { failures } from './section/failures.ts';
import { handshakes } from './section/handshakes.ts';
import { latency } from './section/latency.ts';
import { notices } from './section/notices.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';
import { summary } from './section/summary.ts';
import { throughput } from './section/throughput.ts';
import type { Section, View } from './view.ts';

/** What the report of one kind of result consists of, in the order in which it is read. */
interface Contents {
  /** Whether a result is of this kind. */
  isFor: (result: Result) => boolean;
  sections: readonly ((view: View) => Section)[];
}

/** The first that is for a result counts; the last is for every result. */
const CONTENTS: readonly Contents[] = [
  { isFor: (result) => comparisonOf(result) !== null, sections: [...COMPARISON_SECTIONS, claims, setup] },
  {
    isFor: () => true,
    // The answers in sentences, then as a table, then the pictures, then the facts behind them.
    sections: [
      answers,
      summary,
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
    ],
  },
];

/** The sections of a result's report. */
export function sectionsOf(result: Result): Contents['sections'] {
  return CONTENTS.find(({ isFor }) => isFor(result))?.sections ?? [];
}
