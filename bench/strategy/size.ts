import { knownFigures } from '../measure/figures.ts';
import type { Estimate } from '../model/estimate.ts';
import type { Finding } from '../model/finding.ts';
import { type LoadOptions, loadOf } from '../model/load.ts';
import type { Step, StepPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { Size, SizeNeed, Wanted } from '../model/size.ts';
import type { RunSpec, StepOfVariant, Strategy } from '../model/strategy.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { exactly } from '../stats/estimate.ts';
import { finding } from '../wording/finding.ts';
import { chooseRate } from './rate.ts';
import { checkedOf } from './size-check.ts';
import { costsOf, SIZE_STEPS } from './size-costs.ts';
import { costOf, needsFor, workersFor } from './size-needs.ts';

export interface SizeOptions {
  variant: string;
  wanted: Wanted;
  /** Number of connections in the runs that measure costs. */
  sample: number;
  /**
   * Number of connections and of proxy workers in the runs that check the plan, and why the machine does not
   * allow the intended number of connections (null if it does).
   */
  check: { connections: number; workers: number; limit: Finding | null };
  /** Number of runs of each kind that measure costs; at least two. */
  rounds: number;
  load: LoadOptions;
  /** Source ports of this machine (net.ipv4.ip_local_port_range); null for the kernel's default. */
  portRange: readonly [number, number] | null;
  /** Returns the part of the plan that all runs of a step share. The function is pure. */
  planOf(of: StepOfVariant): StepPlan;
}

/** The sizing ends after this many runs if none of them finished. */
const FAILURES = 2;
/** Minimum number of messages or handshakes per second for measuring their CPU time. */
const LEAST_PER_SECOND = { message: 100, handshake: 20 };
/**
 * A finding is reported if the planned load per worker differs by more than this factor from the load per worker in the
 * runs that measured a cost.
 */
const SIMILAR_LOAD = 1.5;

type Work = 'message' | 'handshake';

/**
 * Measures what connections, messages and handshakes cost the proxy, derives the resources that a load needs,
 * and checks the prediction with more connections. All runs have the processes and limits that the check
 * needs, with one exception: every second run that measures memory has a smaller `worker_connections`, which
 * shows the cost of a connection slot.
 */
export function makeSize(options: SizeOptions): Strategy {
  const { variant, wanted, sample, check, rounds, load, planOf } = options;
  const like = { variant, proxyWorkers: check.workers, connections: sample };
  const asChecked = { ...like, largest: { connections: check.connections } };
  const perSecond: Record<Work, number> = {
    message: wanted.ratePerSecond,
    handshake: wanted.churnPerSecond,
  };
  const works = (['message', 'handshake'] as const).filter((work) => perSecond[work] > 0);

  const specOf = (of: StepOfVariant, round: number | null, rate = 0): RunSpec => ({
    ...of,
    round,
    load: loadOf(stepNamed(of.step).load, load, rate),
  });

  const startOf = (done: readonly Run[], work: Work) =>
    done.find(({ plan }) => plan.step === SIZE_STEPS[work].start);

  /**
   * Returns the rate at which the cost of messages or handshakes is measured: the planned rate per worker, limited to
   * what this machine can produce. Null if the closed loop did not reveal that limit.
   */
  function rateFor(done: readonly Run[], work: Work): number | null {
    const start = startOf(done, work);
    if (start === undefined || start.outcome.state !== 'completed') return null;
    const most = chooseRate([start], () => planOf({ ...asChecked, step: SIZE_STEPS[work].cost }))?.perSecond;
    if (most === undefined) return null;
    const cores = works.reduce((sum, each) => {
      const run = startOf(done, each);
      return sum + ((run === undefined ? null : knownFigures(run).work.cpuUs.proxy) ?? 0) * perSecond[each];
    }, 0);
    const workers = workersFor(exactly(cores / 1e6), wanted.utilisation).value;
    const wantedHere = Math.min(1, check.workers / workers) * perSecond[work];
    return Math.min(most, Math.max(LEAST_PER_SECOND[work], wantedHere));
  }

  /** Lists all runs that can be determined so far, in order. */
  function planned(done: readonly Run[]): RunSpec[] {
    const rates = { message: rateFor(done, 'message'), handshake: rateFor(done, 'handshake') };
    const starts = works.map((work) => specOf({ ...asChecked, step: SIZE_STEPS[work].start }, null));
    const costs = Array.from({ length: rounds }, (_, index) => [
      specOf({ ...(index % 2 === 0 ? asChecked : like), step: SIZE_STEPS.memory }, index + 1),
      ...works.flatMap((work) => {
        const rate = rates[work];
        return rate === null ? [] : [specOf({ ...asChecked, step: SIZE_STEPS[work].cost }, index + 1, rate)];
      }),
    ]).flat();
    const large = { ...asChecked, connections: check.connections };
    const checks = [
      specOf({ ...large, step: SIZE_STEPS.memory }, null),
      ...(works.includes('message') && rates.message !== null
        ? [specOf({ ...large, step: SIZE_STEPS.message.cost }, null, rates.message)]
        : []),
    ];
    return [...starts, ...costs, ...checks];
  }

  function expectedRuns(done: readonly Run[]): number {
    const { length } = planned(done);
    // Open-loop runs are missing from the list until the closed-loop runs that determine their rates have
    // finished.
    const missing = works.filter((work) => startOf(done, work) === undefined);
    return length + missing.length * rounds + (missing.includes('message') ? 1 : 0);
  }

  function isGivenUp(done: readonly Run[]): boolean {
    return done.length >= FAILURES && done.every(({ outcome }) => outcome.state !== 'completed');
  }

  return {
    next(done) {
      const following = planned(done).find(({ step, round }) => runAt(done, step, round) === undefined);
      return following === undefined || isGivenUp(done) ? [] : [following];
    },
    expectedRuns,
    conclude(done) {
      const ended = done.filter(({ outcome }) => outcome.state !== 'aborted');
      const measured = costsOf(ended.filter(({ plan }) => plan.round !== null));
      const needs = needsFor(wanted, measured, options.portRange);
      const checked = checkedOf(
        {
          memory: runAt(ended, SIZE_STEPS.memory, null),
          messages: runAt(ended, SIZE_STEPS.message.cost, null),
        },
        measured,
      );
      const size: Omit<Size, 'findings'> = {
        kind: 'size',
        variant,
        wanted,
        costs: measured.costs.filter(({ of }) => of > 0),
        needs,
        check: { ...check, checked },
      };
      const missing = expectedRuns(done) - ended.length;
      return [
        {
          ...size,
          findings: [
            ...findingsOf(size),
            ...(missing > 0
              ? [finding('size-unfinished', { done: ended.length, of: ended.length + missing })]
              : []),
          ],
        },
      ];
    },
  };
}

function runAt(done: readonly Run[], step: Step, round: number | null): Run | undefined {
  return done.find(({ plan }) => plan.step === step && plan.round === round);
}

function findingsOf({ variant, wanted, costs, needs, check }: Omit<Size, 'findings'>): Finding[] {
  const of = (name: SizeNeed['name']): Estimate | null =>
    needs.find((need) => need.name === name)?.estimate ?? null;
  const { connections, ratePerSecond, churnPerSecond, assumed } = wanted;
  const workers = of('workers');
  return [
    finding('size-answer', {
      variant,
      ...{ connections, ratePerSecond, churnPerSecond, workers },
      cores: of('cores'),
      memory: of('memory'),
      slots: of('worker-connections')?.value ?? null,
      addresses: of('upstream-addresses')?.value ?? null,
    }),
    ...(assumed.length === 0
      ? []
      : [
          finding('size-assumed', {
            ratePerSecond: assumed.includes('rate') ? ratePerSecond : null,
            churnPerSecond: assumed.includes('churn') ? churnPerSecond : null,
          }),
        ]),
    ...check.checked.flatMap(({ name, predicted, measured, excluded, error }) => {
      if (excluded !== null) return [finding('size-not-checked', { name, reason: excluded.text })];
      if (measured === null || error === null) return [];
      const { connections } = check;
      return [finding('size-checked', { name, connections, predicted, measured, error })];
    }),
    ...(check.limit === null ? [] : [check.limit]),
    ...costs.flatMap(({ name, load }) => {
      if (load === null || workers === null || costOf(costs, name) === null) return [];
      const planned = (name === 'cpu-message' ? ratePerSecond : churnPerSecond) / workers.value;
      const here = load.perSecond / load.workers;
      const ratio = planned / here;
      return ratio < SIMILAR_LOAD && ratio > 1 / SIMILAR_LOAD
        ? []
        : [finding('size-other-load', { of: name, here, planned })];
    }),
    ...costs.flatMap(({ name, runs, of: all, excluded }) =>
      excluded.length === 0
        ? []
        : [finding('size-excluded', { of: name, runs: all - runs, all, reason: excluded[0]?.text ?? '' })],
    ),
  ];
}
