import type { View } from '../view.ts';

/** Whether what was measured bears a claim out. `not shown` does not say that it is wrong. */
export const CLAIM_VERDICTS = ['confirmed', 'refuted', 'not shown'] as const;
export type ClaimVerdict = (typeof CLAIM_VERDICTS)[number];

/** What one result says of a claim. */
export interface Finding {
  verdict: ClaimVerdict;
  /**
   * What it rests on. `fact`: something that every run can observe (a protocol, a count); `rounds`: figures with an
   * interval over rounds; `single`: figures of one run a side, of which only large differences count.
   */
  basis: 'fact' | 'rounds' | 'single';
  /** Sentences with the figures; where the verdict is `not shown`, the reason is among them. */
  evidence: string[];
}

/** A statement of the article that this bench was made to check, and the rule that judges it. */
export interface Claim {
  /** Stable: part of addresses. */
  id: string;
  title: string;
  /** The statement, in our own words. */
  says: string;
  /** What would confirm it, and what refute it. */
  shownBy: string;
  /** Profiles without which nothing can be said. */
  needs: readonly string[];
  /** Null: the result has no runs that could tell. */
  judge: (view: View) => Finding | null;
}
