import { growth } from '../measure/growth.ts';
import { phaseSpan, type Span } from '../measure/span.ts';
import type { Finding } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { finding } from '../wording/finding.ts';

/**
 * If two samples are further apart than this, the runner counts as stopped. Samples are taken every second,
 * but a busy machine may cause the runner to miss one.
 */
const GAP_US = 2_000_000;
/**
 * Minimum duration that counts as a suspension. Shorter times may be due to the limited accuracy of the clock
 * readings.
 */
const SUSPENDED_US = 1_000_000;

/**
 * Reports that the runner was stopped or the machine was suspended during the load; null if neither occurred.
 */
export function absence(run: Run): Finding | null {
  return runnerStopped(run) ?? suspended(run);
}

function runnerStopped(run: Run): Finding | null {
  const load = loadSpan(run);
  const samples = run.processes.find(({ component }) => component === 'runner')?.samples ?? [];
  const gaps = samples.flatMap(({ atUs: endUs }, index) => {
    const startUs = samples[index - 1]?.atUs ?? endUs;
    return endUs - startUs > GAP_US && startUs < load.endUs && endUs > load.startUs
      ? [{ startUs, endUs }]
      : [];
  });
  if (gaps.length === 0) return null;
  const gapsUs = gaps.map(({ startUs, endUs }) => endUs - startUs);
  return finding('runner-stopped', { gapsUs, seconds: steadySecondsOf(run, gaps) });
}

/**
 * Returns the numbers of the steady-phase seconds that overlap the gaps; empty if all gaps were outside that
 * phase.
 */
function steadySecondsOf(run: Run, gaps: readonly Span[]): number[] {
  const steady = phaseSpan(run, 'steady');
  if (steady === null) return [];
  const count = Math.ceil((steady.endUs - steady.startUs) / 1e6);
  return Array.from({ length: count }, (_, second) => second + 1).filter((number) => {
    const endUs = steady.startUs + number * 1e6;
    return gaps.some((gap) => gap.startUs < endUs && gap.endUs > endUs - 1e6);
  });
}

function suspended(run: Run): Finding | null {
  const us = growth(run.machine?.samples ?? [], 'suspendedUs', loadSpan(run));
  return us < SUSPENDED_US ? null : finding('machine-suspended', { us });
}

function loadSpan({ phases }: Run): Span {
  return { startUs: phases[0]?.startUs ?? 0, endUs: phases.at(-1)?.endUs ?? 0 };
}
