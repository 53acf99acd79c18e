import type { LiveFigures } from '../model/event.ts';

/** One second of a closed loop without failures. */
export const FIGURES: LiveFigures = {
  connections: { asked: 100, open: 100, failed: 0 },
  offeredPerSecond: null,
  echoedPerSecond: 12_345,
  openedPerSecond: 0,
  p50Us: 300,
  p99Us: 900,
  p999Us: null,
  lost: 0,
  failures: {},
  cpu: [{ component: 'proxy', processes: 1, cores: 0.5, busiest: 0.5 }],
};
