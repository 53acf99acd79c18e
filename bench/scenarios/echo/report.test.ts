import { onTarget } from '../../../test/external.ts';
import { disturb } from '../../../test/machine.ts';
import { rateOf } from '../../../test/result.ts';
import { stored } from '../../model/finding.ts';
import type { Result } from '../../model/result.ts';
import type { Run, Validity } from '../../model/run.ts';
import { type Case, testReports } from '../sections.test.fixture.ts';

/** What the reports of `echo` say in cases that an ordinary run does not have. */

const unsteady = (run: Run): Run => ({
  ...run,
  phases: run.phases.filter(({ phase }) => phase !== 'steady' && phase !== 'drain'),
  slices: run.slices.filter(({ phase }) => phase !== 'steady' && phase !== 'drain'),
});

const limitedBy =
  (component: Validity['limit']['component'], verdict: Validity['verdict'] = 'valid') =>
  (run: Run): Run => ({
    ...run,
    validity: { verdict, reasons: [], limit: { component, evidence: stored('It was 97 % busy.') } },
  });

/** A run of which these seconds were disturbed. */
const disturbed =
  (...seconds: number[]) =>
  (run: Run): Run => {
    for (const second of seconds) disturb(run, second, { stolenUs: 500_000 });
    return run;
  };

const inFlight =
  (count: number) =>
  (run: Run): Run => {
    const load = { kind: 'closed', inFlight: count } as const;
    return { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, load } } };
  };

/** A run whose steady phase has no messages. */
const unanswered = (run: Run): Run => ({
  ...run,
  slices: run.slices.map((slice) => ({ ...slice, counters: { ...slice.counters, echoed: 0 } })),
});

const atRate =
  (ratePerSecond: number) =>
  (run: Run): Run => {
    const load = { kind: 'open', ratePerSecond, arrivals: 'uniform' } as const;
    return { ...run, plan: { ...run.plan, workload: { ...run.plan.workload, load } } };
  };

const withoutAnswers = (run: Run): Run => {
  const own = onTarget(run);
  const { target } = own.plan;
  return {
    ...own,
    plan: { ...own.plan, target: target.kind === 'external' ? { ...target, expect: 'none' } : target },
  };
};

const both = (given: Case, other: Case = given): Case[] => [
  { step: 'throughput', ...given },
  { step: 'latency', ...other },
];

const MANY = {
  response: [
    [1000, 9900],
    [9000, 100],
  ],
} as const;
const SOUND = { failed: 0, lost: 0, sent: 480, echoed: 480, outstanding: 0, unsent: 0, queued: 0, due: 480 };

function concluded(result: Result, name: string): Result {
  if (name === 'external') return { ...result, variants: result.variants.slice(0, -1) };
  if (name === 'interrupted') return { ...result, endedAt: null, runs: result.runs.slice(0, 1) };
  if (name === 'unasked') return { ...result, plan: { ...result.plan, steps: ['latency'] } };
  if (name !== 'halved') return result;
  const leftOut = { kind: 'left-out', variant: 'quick', reason: stored('Nothing was echoed.') } as const;
  return { ...result, conclusions: [rateOf(100, true), leftOut] };
}

testReports(
  'echo',
  {
    several: {
      both: both({ counts: SOUND }, { counts: SOUND, times: MANY }),
      quick: { step: 'throughput', change: limitedBy('generator', 'generator-limited') },
      calm: { step: 'latency', change: limitedBy('schedule') },
      early: both({ change: unsteady }),
      few: both(
        { change: limitedBy('none') },
        { times: { response: [[1000, 3]] }, change: limitedBy('machine') },
      ),
      direct: both({ profile: 'direct', change: limitedBy('server') }),
      lossy: both({ counts: { failed: 3, lost: 2, outstanding: 1 } }),
    },
    disturbed: {
      one: both({ change: disturbed(1) }),
      two: both({ change: disturbed(1, 2) }),
      few: both({}, { times: { response: [[1000, 3]] }, change: disturbed(1) }),
      unknown: both({ change: (run) => ({ ...run, machine: null }) }),
    },
    stolen: {
      all: both({ change: disturbed(0, 1, 2, 3, 4, 5) }),
      idle: both({ change: unanswered }),
      deep: { step: 'throughput', change: inFlight(4) },
    },
    single: { lonely: both({ counts: SOUND }) },
    quick: { lonely: { step: 'throughput' } },
    interrupted: { lonely: both({}) },
    unasked: { lonely: { step: 'latency' } },
    none: {},
    rates: { one: both({}), other: both({}, { change: atRate(300) }) },
    halved: {
      one: [
        { step: 'throughput' },
        { step: 'latency', change: atRate(200) },
        { step: 'latency', change: atRate(100) },
      ],
      quick: { step: 'throughput' },
    },
    external: { ours: both({ change: onTarget }) },
    silent: { ours: both({ change: withoutAnswers }) },
  },
  concluded,
);
