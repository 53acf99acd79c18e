import type { View } from '../view.ts';

/** The article whose claims are checked. It has no permanent URL. */
export const ARTICLE = {
  title: 'Nginx实现Websocket',
  translation: 'WebSocket with Nginx',
  published: 'October 2020',
};

/** Whether the measurements support a claim. `not shown` does not mean that the claim is wrong. */
export const CLAIM_VERDICTS = ['confirmed', 'refuted', 'not shown'] as const;
export type ClaimVerdict = (typeof CLAIM_VERDICTS)[number];

/** The evidence that one result provides about a claim. */
export interface Judgement {
  verdict: ClaimVerdict;
  /**
   * Basis of a finding. `fact`: something that any single run can establish (a protocol, a count). `rounds`:
   * figures with an interval over rounds. `single`: figures of one run per side; only large differences
   * count.
   */
  basis: 'fact' | 'rounds' | 'single';
  /** Sentences that state the figures. For `not shown`, they include the reason. */
  evidence: string[];
}

/** A statement in the article that this bench was built to check, with the rule that judges it. */
export interface Claim {
  /** Identifies the claim. It must not change, because URLs contain it. */
  id: string;
  title: string;
  /** The statement, in our own words. */
  says: string;
  /** Results that would confirm the claim, and results that would refute it. */
  shownBy: string;
  /** Profiles that must have been measured to judge the claim. */
  needs: readonly string[];
  /** Judges the claim; returns null if the result has no suitable runs. */
  judge: (view: View) => Judgement | null;
}
