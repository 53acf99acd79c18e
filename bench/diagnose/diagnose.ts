import { figuresOf } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';

import { RULES } from './notices.ts';
import { utilisationOf } from './utilisation.ts';
import { validityOf } from './validity.ts';

/** The placeholder verdict of a run until it is judged. */
export const UNJUDGED: Validity = {
  verdict: 'suspect',
  reasons: ['The run has not been judged yet.'],
  limit: { component: 'none', evidence: '' },
};

/**
 * Adds notices and the verdict on validity to a run. Pure.
 *
 * @param cpus number of CPUs of the machine it ran on
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
