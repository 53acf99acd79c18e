import { growth } from '../measure/growth.ts';
import { phaseSpan, type Span } from '../measure/span.ts';
import type { Run } from '../model/run.ts';
import { ranges } from './words.ts';

/** Samples are a second apart; a busy machine may keep the runner from one of them. */
const GAP_US = 2_000_000;
/** Less than this is how exactly the clocks are read. */
const SUSPENDED_US = 1_000_000;

/** When the runner did not run during the load, or the machine did not; null: both did all the time. */
export function absence(run: Run): string | null {
  return runnerStopped(run) ?? suspended(run);
}

function runnerStopped(run: Run): string | null {
  const load = loadSpan(run);
  const samples = run.processes.find(({ component }) => component === 'runner')?.samples ?? [];
  const gaps = samples.flatMap(({ atUs: endUs }, index) => {
    const startUs = samples[index - 1]?.atUs ?? endUs;
    return endUs - startUs > GAP_US && startUs < load.endUs && endUs > load.startUs
      ? [{ startUs, endUs }]
      : [];
  });
  if (gaps.length === 0) return null;
  const lengths = gaps.map(({ startUs, endUs }) => `${((endUs - startUs) / 1e6).toFixed(1)} s`);
  return `The runner was stopped, or had no CPU to run on: it took no sample for ${lengths.join(' and ')}${steadyPart(run, gaps)}. CPU, memory and disturbances of that time are not known by the second.`;
}

/** ` (seconds 2–5 of the steady phase)`; empty where it was before or after. */
function steadyPart(run: Run, gaps: readonly Span[]): string {
  const steady = phaseSpan(run, 'steady');
  if (steady === null) return '';
  const count = Math.ceil((steady.endUs - steady.startUs) / 1e6);
  const touched = Array.from({ length: count }, (_, second) => second + 1).filter((number) => {
    const endUs = steady.startUs + number * 1e6;
    return gaps.some((gap) => gap.startUs < endUs && gap.endUs > endUs - 1e6);
  });
  return touched.length === 0 ? '' : ` (seconds ${ranges(touched)} of the steady phase)`;
}

function suspended(run: Run): string | null {
  const us = growth(run.machine?.samples ?? [], 'suspendedUs', loadSpan(run));
  if (us < SUSPENDED_US) return null;
  return `The machine was suspended for ${(us / 1e6).toFixed(1)} s during the load.`;
}

function loadSpan({ phases }: Run): Span {
  return { startUs: phases[0]?.startUs ?? 0, endUs: phases.at(-1)?.endUs ?? 0 };
}
