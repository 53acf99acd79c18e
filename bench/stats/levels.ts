import { countsFor, type LadderPoint } from '../model/ladder.ts';
import { median } from './median.ts';

/** A metric at one level of a ladder, a series of runs in which one quantity increases. */
export interface LevelMedian {
  level: number;
  value: number;
}

/**
 * Returns the median of a metric at each level, in ascending order of levels. Runs that do not count for the
 * metric are ignored, and a level is omitted if none of its runs counts.
 */
export function mediansByLevel(points: readonly LadderPoint[], name: string): LevelMedian[] {
  const levels = [...new Set(points.map(({ level }) => level))].sort((a, b) => a - b);
  return levels.flatMap((level) => {
    const values = points
      .filter((point) => point.level === level && countsFor(point, name))
      .flatMap(({ figures }) => figures[name] ?? []);
    return values.length === 0 ? [] : [{ level, value: median(values) }];
  });
}
