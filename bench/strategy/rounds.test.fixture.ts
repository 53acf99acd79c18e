import assert from 'node:assert/strict';
import { makeRun } from '../../test/run.ts';
import { stored } from '../model/finding.ts';
import type { LoadOptions } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import type { RoundsOptions } from './rounds.ts';

export const LOAD: LoadOptions = { inFlight: 1, ratePerSecond: 5000, arrivals: 'uniform' };
export const OPTIONS: RoundsOptions = {
  variants: ['plain', 'tls'],
  steps: ['throughput', 'latency'],
  load: LOAD,
  planOf: ({ variant, step }) => ({ ...BASE.plan, variant, step }),
  rounds: 3,
  budgetMs: null,
  seed: 7,
  together: true,
  pilotSteps: ['throughput', 'latency'],
};

/** One run for all tests, which only check which runs are requested. */
export const BASE = makeRun({ profile: 'plain', seconds: 1, connections: 10, perSecond: 100 });
const RUN_MS = 5000;

export function planned({ variant, step, round, load }: RunSpec) {
  return { variant, step, round, workload: { ...BASE.plan.workload, load } };
}

/** Runs follow each other every 5 s. */
export function runOf(spec: RunSpec, number: number): Run {
  const component = spec.step === 'latency' ? ('schedule' as const) : ('proxy' as const);
  return {
    ...BASE,
    plan: { ...BASE.plan, ...planned(spec) },
    startedAt: new Date(Date.UTC(2025, 0, 2) + number * RUN_MS).toISOString(),
    validity: { verdict: 'valid', reasons: [], limit: { component, evidence: stored('Invented.') } },
  };
}

/** Simulates a strategy to its end, or until `most` runs are done. */
export function play(strategy: Strategy, execute = runOf, most = 200): Run[] {
  const done: Run[] = [];
  for (let specs = strategy.next(done); specs.length > 0 && done.length < most; specs = strategy.next(done)) {
    for (const spec of specs) done.push(execute(spec, done.length));
    assert.ok(done.length < 500, 'it does not end');
  }
  return done;
}

export function told(runs: readonly Run[]): string[] {
  return runs.map(({ plan: { variant, step, round } }) => `${round ?? 'pilot'} ${step} ${variant}`);
}
