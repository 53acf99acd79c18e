import type { RunFigures } from '../measure/figures.ts';
import { slicesOf } from '../measure/span.ts';
import type { Finding } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/** Minimum length of the slices considered, in µs. Slices at phase boundaries may be shorter. */
const WHOLE_US = 900_000;
/**
 * The rule applies only up to this median service time, in µs. A system this fast should echo something in
 * every second.
 */
const USUAL_US = 250_000;

/**
 * Reports full seconds of the steady phase without any echoes, which indicate a stall. Only a closed loop
 * needs this rule: in an open loop, the messages due in such seconds are reported as late. Interleaved runs
 * are exempt, because they have the machine to themselves for only part of each second.
 */
export function stall(run: Run, { latencies }: RunFigures): Finding | null {
  const usualUs = latencies.service?.p50 ?? null;
  if (run.plan.workload.load?.kind !== 'closed' || run.plan.turns !== null) return null;
  if (usualUs === null || usualUs > USUAL_US) return null;
  const whole = slicesOf(run, 'steady').filter(({ startUs, endUs }) => endUs - startUs >= WHOLE_US);
  const still = whole.flatMap(({ counters }, index) =>
    counted(counters, 'echoed') === 0 ? [index + 1] : [],
  );
  // A run without any echoes is reported under a different doubt.
  if (still.length === 0 || still.length === whole.length) return null;
  return finding('stalled', { count: still.length, seconds: still, of: whole.length, usualUs });
}
