import type { View } from '../view.ts';
import type { Claim, ClaimVerdict, Judgement } from './claim.ts';
import { balancing, cachedBackend, cachedMessages, cachedRequests, encryption, http2 } from './practices.ts';
import { backend, performance, upgrade } from './proxying.ts';

/** The article's claims, in the article's order. */
export const CLAIMS: readonly Claim[] = [
  upgrade,
  encryption,
  http2,
  cachedMessages,
  cachedRequests,
  cachedBackend,
  balancing,
  performance,
  backend,
];

/** A claim, with the verdict on it. */
export interface Judged {
  claim: Claim;
  verdict: ClaimVerdict;
  /** The findings of all results that show something about the claim. */
  findings: { view: View; finding: Judgement }[];
  /** Whether the results contradict each other. */
  disagree: boolean;
}

const STRONGEST_FIRST: readonly Judgement['basis'][] = ['fact', 'rounds', 'single'];

/**
 * Judges every claim from one or several results. Evidence from rounds outweighs single runs. If results of
 * the same weight contradict each other, the verdict is `not shown`.
 */
export function judge(views: readonly View[]): Judged[] {
  return CLAIMS.map((claim) => {
    const findings = views.flatMap((view) => {
      const finding = claim.judge(view);
      return finding === null ? [] : [{ view, finding }];
    });
    return { claim, findings, ...verdictOf(findings.map(({ finding }) => finding)) };
  });
}

function verdictOf(findings: readonly Judgement[]): Pick<Judged, 'verdict' | 'disagree'> {
  const decided = findings.filter(({ verdict }) => verdict !== 'not shown');
  for (const basis of STRONGEST_FIRST) {
    const verdicts = new Set(decided.filter((each) => each.basis === basis).map(({ verdict }) => verdict));
    const [verdict] = verdicts;
    if (verdicts.size > 1) return { verdict: 'not shown', disagree: true };
    if (verdict !== undefined) return { verdict, disagree: false };
  }
  return { verdict: 'not shown', disagree: false };
}
