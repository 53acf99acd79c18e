import type { CapacitySearch, Trial } from '../bench/model/capacity.ts';
import { stored } from '../bench/model/finding.ts';
import type { Result } from '../bench/model/result.ts';
import { makeResult } from './result.ts';
import { makeRun } from './run.ts';

type Tried = Omit<Trial, 'figures'> & { p99Us: number };

/** Trials in which 4,900 messages per second are sustained and 5,100 are not. In one, the generator was late. */
const TRIALS: readonly Tried[] = [
  { level: 2500, p99Us: 3000, met: true, keptSchedule: true, elsewhere: null },
  { level: 5100, p99Us: 41_000, met: false, keptSchedule: true, elsewhere: null },
  {
    level: 4900,
    p99Us: 26_000,
    met: false,
    keptSchedule: true,
    elsewhere: stored('The generator sent late: 9 ms.'),
  },
  { level: 4900, p99Us: 12_000, met: true, keptSchedule: true, elsewhere: null },
  { level: 4900, p99Us: 13_000, met: true, keptSchedule: true, elsewhere: null },
  { level: 5100, p99Us: 900_000, met: false, keptSchedule: false, elsewhere: null },
];

/** The conclusion of a search with the trials above. */
export function makeSearch(changes: Partial<CapacitySearch> = {}): CapacitySearch {
  const none = { metric: 'connections.failed', operator: '==', limit: 0, unit: 'count' } as const;
  return {
    kind: 'capacity',
    variant: 'tls',
    axis: { over: 'rate', connections: 100 },
    objectives: [
      { text: 'response.p99<20ms', metric: 'response.p99', operator: '<', limit: 20_000, unit: 'time' },
      { text: 'connections.failed==0', ...none },
    ],
    interval: [4900, 5100],
    bound: 'between',
    limit: null,
    finished: true,
    trials: TRIALS.map(({ p99Us, ...trial }) => ({ ...trial, figures: [p99Us, 0] })),
    ...changes,
  };
}

/** A result with the run that determined the first rate, followed by a run for each trial. */
export function makeSearchResult(changes: Partial<CapacitySearch> = {}): Result {
  const small = { profile: 'tls', seconds: 2, connections: 100 };
  const trials = TRIALS.map(({ level, p99Us }, index) =>
    makeRun({
      ...small,
      seed: index,
      perSecond: level,
      medianUs: p99Us / 2,
      load: { kind: 'open', ratePerSecond: level, arrivals: 'uniform' },
    }),
  );
  const result = makeResult([makeRun({ ...small, perSecond: 10_000 }), ...trials]);
  return { ...result, conclusions: [makeSearch(changes)] };
}
