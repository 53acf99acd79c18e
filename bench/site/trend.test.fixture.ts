import { indexOf } from '../../test/history.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { comparedMetrics } from '../metrics/compared.ts';
import { stored } from '../model/finding.ts';
import type { Standing } from './changes.ts';
import type { Point, Trend, TrendMetric } from './series.ts';

const [RUN] = indexOf(makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })])).runs;

/** A point of a chart: its value, and how it compares with earlier ones. */
export interface Drawn {
  value: number | null;
  standing?: Standing;
  nginx?: string;
}

/** A trend of these points, one per day from 1 Jan 2026, with the folders `r0`, `r1`, … */
export function trendOf(name: string, drawn: readonly Drawn[]): Trend {
  return { figure: figureNamed(name), points: drawn.map(pointOf) };
}

export function figureNamed(name: string): TrendMetric {
  const compared = comparedMetrics().find(({ metric }) => metric.name === name);
  if (compared === undefined) throw new TypeError(`no metric called ${name} is compared`);
  return { ...compared.metric, step: compared.step };
}

function pointOf({ value, standing = { kind: 'early' }, nginx = '1.22.1' }: Drawn, day: number): Point {
  const startedAt = new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
  const runs = RUN === undefined ? [] : [{ ...RUN, nginx }];
  return {
    answer: { folder: `r${day}`, startedAt, runs, ratePerSecond: null },
    value,
    doubt: value === null ? stored('It was disturbed.') : null,
    standing: value === null ? { kind: 'uncounted' } : standing,
  };
}

/** A change to a value outside a band from 90 to 110. */
export function changed(ratio: number, lasting: boolean | null): Standing {
  return { kind: 'change', band: { centre: 100, low: 90, high: 110, runs: 5 }, ratio, lasting };
}
