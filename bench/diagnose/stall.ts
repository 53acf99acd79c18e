import type { RunFigures } from '../measure/figures.ts';
import { slicesOf } from '../measure/span.ts';
import type { Finding } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/** Slices at the edges of a phase may be shorter. */
const WHOLE_US = 900_000;
/** A system that answers in this time, as a rule, answers something in every second. */
const USUAL_US = 250_000;

/**
 * Whole seconds of the steady phase without any echo: something stood still. Only a closed loop needs this rule, for
 * in an open one the messages of such seconds are late; and a run that takes turns has not every second to itself.
 */
export function stall(run: Run, { latencies }: RunFigures): Finding | null {
  const usualUs = latencies.service?.p50 ?? null;
  if (run.plan.workload.load?.kind !== 'closed' || run.plan.turns !== null) return null;
  if (usualUs === null || usualUs > USUAL_US) return null;
  const whole = slicesOf(run, 'steady').filter(({ startUs, endUs }) => endUs - startUs >= WHOLE_US);
  const still = whole.flatMap(({ counters }, index) =>
    counted(counters, 'echoed') === 0 ? [index + 1] : [],
  );
  // That nothing at all was echoed is another doubt.
  if (still.length === 0 || still.length === whole.length) return null;
  return finding('stalled', { count: still.length, seconds: still, of: whole.length, usualUs });
}
