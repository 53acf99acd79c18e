import type { Metric } from '../../metrics/metric.ts';
import { findMetric } from '../../metrics/metrics.ts';
import { countsFor, type Ladder, type LadderAxis } from '../../model/ladder.ts';
import { PROXY } from '../../model/proxy.ts';
import { median } from '../../stats/median.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { formatBytes, formatCount, formatFigure, formatRough, NOTHING } from '../../wording/format.ts';
import { levelText } from '../../wording/ladder.ts';
import { capital } from '../../wording/words.ts';

/** The quantity that a ladder increases, as a heading. */
export const AXIS_TITLES: Record<LadderAxis, string> = {
  connections: 'connections',
  rate: 'messages per second',
  payload: 'message size',
  'nginx-workers': `${PROXY} workers`,
};

/**
 * Those of a ladder's metrics that at least one run provides. The first is the main metric, which is always
 * included. Metrics that are unknown to this version are left out.
 */
export function shownMetrics({ metrics, points }: Ladder): Metric[] {
  const has = (name: string) => points.some(({ figures }) => (figures[name] ?? null) !== null);
  return metrics.filter((name, index) => index === 0 || has(name)).flatMap((name) => findMetric(name) ?? []);
}

/** Formats a level for an axis or a table whose heading names the quantity. */
export function formatLevel(over: LadderAxis, level: number): string {
  if (over === 'payload') return formatBytes(level);
  return over === 'rate' ? formatRough(level) : formatCount(level);
}

/** Column headings of the table of levels, with at most `most` metrics. */
export function levelColumns(ladder: Ladder, most = Infinity): string[] {
  const titles = shownMetrics(ladder).map(({ title }) => title);
  return [AXIS_TITLES[ladder.over], 'runs', ...titles.slice(0, most)];
}

/**
 * One row per level that has at least one run: the number of the level's runs that count for the main metric
 * and, for each metric, the median over the runs that count for it. If no run counts, the median over all runs
 * is given in parentheses.
 */
export function levelRows(ladder: Ladder, most = Infinity): string[][] {
  const { levels, over, points } = ladder;
  const metrics = shownMetrics(ladder).slice(0, most);
  return levels.flatMap((level) => {
    const own = points.filter((point) => point.level === level);
    const valid = own.filter(({ excluded }) => excluded === null);
    if (own.length === 0) return [];
    const cells = metrics.map(({ name, unit }) => {
      const fit = own.filter((point) => countsFor(point, name));
      const values = (fit.length > 0 ? fit : own).flatMap(({ figures }) => figures[name] ?? []);
      if (values.length === 0) return NOTHING;
      const figure = formatFigure(median(values), unit);
      return fit.length > 0 ? figure : `(${figure})`;
    });
    return [[formatLevel(over, level), `${valid.length} of ${own.length}`, ...cells]];
  });
}

/** Explains the table of levels. */
export function levelsNote(ladder: Ladder): string {
  const metrics = shownMetrics(ladder).map(({ name }) => name);
  const hollow = ladder.levels.some((level) => {
    const own = ladder.points.filter((point) => point.level === level);
    return own.length > 0 && metrics.some((name) => !own.some((point) => countsFor(point, name)));
  });
  return `Each figure is the median of those runs at its level that count for the metric${hollow ? '. If no run counts, the median of all runs is shown in parentheses' : ''}.`;
}

/** The reasons why runs are excluded. Each is given once, with the levels of the runs to which it applies. */
export function exclusionLines({ points, over }: Ladder): string[] {
  const excluded = points.flatMap(({ level, excluded }) => (excluded === null ? [] : [{ level, excluded }]));
  return groupedFindings(excluded, (each) => each.excluded).map(({ members, finding }) => {
    const levels = [...new Set(members.map(({ level }) => level))].sort((a, b) => a - b);
    const [last = 0] = levels.slice(-1);
    const named = [...levels.slice(0, -1).map((level) => formatLevel(over, level)), levelText(over, last)];
    return `${capital(named.join(', '))}: ${finding.text}`;
  });
}
