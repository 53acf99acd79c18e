import { type Counters, counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import type { Equation } from '../scenarios/definition.ts';
import { scenarioNamed } from '../scenarios/registry.ts';

/**
 * Result of checking the scenario's conservation equations. They reveal messages that were counted twice or
 * not at all.
 */
export interface Conservation {
  /** True if the equations hold for each worker and for the total. */
  ok: boolean;
  /** The equations that do not hold, each listed once, with the terms that the run recorded. */
  broken: { whole: string; parts: string[] }[];
  total: Account;
  workers: (Account & { worker: number })[];
}

/** Final counter and gauge values of one worker or of all workers combined. */
export interface Account {
  counts: Counters;
  /** True if the equations hold. */
  ok: boolean;
}

/**
 * Checks the totals of each generator worker. For an interrupted run without totals, checks the sums of the
 * slices instead.
 */
export function conservationOf(run: Run): Conservation {
  const { conservation } = scenarioNamed(run.plan.workload.scenario);
  const account = (counts: Counters): Account => ({
    counts,
    ok: conservation.every((equation) => holds(equation, counts)),
  });
  const workers = run.workers.map(({ worker, ...counts }) => ({ worker, ...account(counts) }));
  const total = account(
    workers.length > 0 ? sumOf(workers.map(({ counts }) => counts)) : countsOfSlices(run),
  );
  const accounts = [total, ...workers];
  const broken = conservation
    .filter((equation) => accounts.some(({ counts }) => !holds(equation, counts)))
    .map(({ whole, parts, added = [] }) => ({
      whole,
      parts: [...parts, ...added.filter((name) => total.counts[name] !== undefined)],
    }));
  return { ok: accounts.every(({ ok }) => ok), broken, total, workers };
}

/** Checks one equation. The equation counts as satisfied if a term was not recorded, as in older results. */
function holds({ whole, parts, added = [] }: Equation, counts: Counters): boolean {
  if ([whole, ...parts].some((name) => counts[name] === undefined)) return true;
  return counts[whole] === sum([...parts, ...added].map((part) => counted(counts, part)));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function sumOf(list: readonly Counters[]): Counters {
  const names = [...new Set(list.flatMap((counts) => Object.keys(counts)))];
  return Object.fromEntries(names.map((name) => [name, sum(list.map((counts) => counted(counts, name)))]));
}

/**
 * Sums the counters of all slices. Gauges are momentary values that cannot be summed, so the last slice's
 * values are used.
 */
function countsOfSlices({ slices }: Run): Counters {
  return { ...sumOf(slices.map(({ counters }) => counters)), ...slices.at(-1)?.gauges };
}
