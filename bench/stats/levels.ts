import type { LadderPoint } from '../model/ladder.ts';
import { median } from './median.ts';

/** A metric at one level of a ladder. */
export interface LevelMedian {
  level: number;
  value: number;
}

/**
 * Returns the median of a metric over the valid runs at each level, in ascending order of levels. A level
 * without a valid run is missing.
 */
export function mediansByLevel(points: readonly LadderPoint[], name: string): LevelMedian[] {
  const levels = [...new Set(points.map(({ level }) => level))].sort((a, b) => a - b);
  return levels.flatMap((level) => {
    const values = points
      .filter((point) => point.level === level && point.excluded === null)
      .flatMap(({ figures }) => figures[name] ?? []);
    return values.length === 0 ? [] : [{ level, value: median(values) }];
  });
}
