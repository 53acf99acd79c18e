import { stored } from '../../model/finding.ts';
import type { Size } from '../../model/size.ts';

/** A sizing whose first cost and need are known, and whose second ones are not. */
export const SIZED: Size = {
  kind: 'size',
  variant: 'tls',
  wanted: {
    ...{ connections: 20_000, ratePerSecond: 5000, churnPerSecond: 10, payloadBytes: 64 },
    ...{ utilisation: 0.5, assumed: [] },
  },
  costs: [
    {
      ...{ name: 'memory-connection', estimate: { value: 18_000, low: 17_000, high: 19_000 } },
      ...{ runs: 3, of: 4, load: null, excluded: [] },
    },
    { name: 'cpu-message', estimate: null, runs: 0, of: 2, load: null, excluded: [] },
  ],
  needs: [
    {
      ...{ name: 'workers', estimate: { value: 4, low: 4, high: 4 } },
      derivation: stored('Half of a core each.'),
    },
    { name: 'cores', estimate: null, derivation: stored('The cost is unknown.') },
  ],
  check: {
    ...{ connections: 5000, workers: 2, limit: null },
    checked: [
      {
        ...{ name: 'memory', predicted: { value: 1e8, low: 9e7, high: 1.1e8 }, measured: 8e7 },
        ...{ excluded: null, error: 0.25 },
      },
      {
        ...{ name: 'files', predicted: { value: 10_024, low: 10_024, high: 10_024 }, measured: null },
        ...{ excluded: null, error: null },
      },
    ],
  },
  findings: [stored('It needs 4 workers.'), stored('The cores are unknown.')],
};
