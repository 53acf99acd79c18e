import type { View } from '../view.ts';

/** Whether the measurements support a claim. `not shown` does not mean that it is wrong. */
export const CLAIM_VERDICTS = ['confirmed', 'refuted', 'not shown'] as const;
export type ClaimVerdict = (typeof CLAIM_VERDICTS)[number];

/** What one result says about a claim. */
export interface Finding {
  verdict: ClaimVerdict;
  /**
   * The basis of a finding. `fact`: something that every run can observe (a protocol, a count). `rounds`: figures
   * with an interval over rounds. `single`: figures of one run per side, of which only large differences count.
   */
  basis: 'fact' | 'rounds' | 'single';
  /** Sentences with the figures. For `not shown`, they include the reason. */
  evidence: string[];
}

/** A statement in the article that this bench was built to check, with the rule that judges it. */
export interface Claim {
  /** Stable, because addresses contain it. */
  id: string;
  title: string;
  /** The statement, in our own words. */
  says: string;
  /** What would confirm it, and what would refute it. */
  shownBy: string;
  /** Profiles without which it cannot be judged. */
  needs: readonly string[];
  /** Null if the result has no suitable runs. */
  judge: (view: View) => Finding | null;
}
