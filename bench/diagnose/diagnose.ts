import { figuresOf } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';

import { finding } from '../wording/finding.ts';
import { RULES } from './notices.ts';
import { utilisationOf } from './utilisation.ts';
import { validityOf } from './validity.ts';

/** Placeholder for a run that has not been judged yet. */
export const UNJUDGED: Validity = {
  verdict: 'suspect',
  reasons: [finding('not-judged', {})],
  limit: { component: 'none', evidence: finding('not-judged', {}) },
};

/**
 * Adds notices and the validity verdict to a run. The function is pure.
 *
 * @param cpus number of CPUs on the machine that the run used
 */
export function diagnose(run: Run, cpus: number): Run {
  const figures = figuresOf(run);
  const found = RULES.map((rule) => rule(run, figures)).filter((notice) => notice !== null);
  return {
    ...run,
    notices: [...run.notices, ...found],
    validity: validityOf(run, figures, utilisationOf(run, figures, cpus)),
  };
}
