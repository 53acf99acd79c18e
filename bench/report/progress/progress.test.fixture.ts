import { makeComparison } from '../../../test/comparison.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { BenchEvent, LiveFigures } from '../../model/event.ts';
import { advanced, begun, type Progress } from './state.ts';

export const BUSY: LiveFigures = {
  connections: { asked: 10_000, open: 9_998, failed: 2 },
  offeredPerSecond: 20_000,
  echoedPerSecond: 19_900,
  openedPerSecond: 0,
  p50Us: 2880,
  p99Us: 6440,
  p999Us: 12_100,
  lost: 3,
  failures: { 'upgrade/status-503': 2 },
  cpu: [
    { component: 'proxy', processes: 2, cores: 1.42, busiest: 0.97 },
    { component: 'server', processes: 1, cores: 0.512, busiest: 0.512 },
    { component: 'generator', processes: 2, cores: 0.4, busiest: 0.2 },
  ],
};

/** The event for a planned run of 10 s, after 2 s of HTTP requests and 2 s of warm-up. */
export function planned(
  number: number,
  expectedRuns: number,
  variant = 'tls',
  round: number | null = null,
): BenchEvent {
  const { plan } = makeRun({ seconds: 10, connections: 10_000, variant, load: OPEN });
  return { type: 'run-planned', number, expectedRuns, plan: { ...plan, round } };
}

/** The event for the end of a run. */
export function ended(number = 1, variant = 'tls'): BenchEvent {
  return { type: 'run-ended', number, run: makeRun({ seconds: 1, connections: 10, variant }) };
}

/** Returns the progress after these events, each with its time in ms. */
export function after(...events: readonly (readonly [ms: number, event: BenchEvent])[]): Progress {
  return events.reduce((progress, [ms, event]) => advanced(progress, event, ms), begun(0));
}

/** The progress in the steady phase of the second of six runs. */
export function underWay(): Progress {
  return after(
    [0, planned(1, 6)],
    [20_000, ended()],
    [20_000, planned(2, 6)],
    [23_000, { type: 'phase', phase: 'steady' }],
    [25_000, { type: 'live', figures: BUSY }],
  );
}

/** The progress of a comparison in its fourth round. */
export function compared(): Progress {
  return after(
    [0, { type: 'concluded', conclusions: [makeComparison('plain', 'plain+buf-16k')] }],
    [0, planned(13, 44, 'plain+buf-16k', 4)],
    [3000, { type: 'phase', phase: 'warm-up' }],
    [
      4000,
      {
        type: 'live',
        figures: {
          ...BUSY,
          offeredPerSecond: null,
          lost: 0,
          failures: {},
          connections: { asked: 10_000, open: 10_000, failed: 0 },
        },
      },
    ],
  );
}
