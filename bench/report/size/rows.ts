import type { Estimate } from '../../model/estimate.ts';
import type { Size } from '../../model/size.ts';
import { NOTHING } from '../../wording/format.ts';
import {
  CHECKED_TITLES,
  COST_TITLES,
  errorText,
  formatCost,
  formatNeed,
  NEED_TITLES,
} from '../../wording/size.ts';

/** Column headings of the table of needs; `needRows` returns its rows. */
export const NEED_COLUMNS = ['needed', 'value', '95 % CI'];

export function needRows({ needs }: Size): string[][] {
  return needs.map(({ name, estimate }) => [
    NEED_TITLES[name],
    ...estimateCells(estimate, (value) => formatNeed(name, value)),
  ]);
}

/** Column headings of the table of costs; `costRows` returns its rows. */
export const COST_COLUMNS = ['cost', 'value', '95 % CI', 'runs'];

export function costRows({ costs }: Size): string[][] {
  return costs.map(({ name, estimate, runs, of }) => [
    COST_TITLES[name],
    ...estimateCells(estimate, (value) => formatCost(name, value)),
    `${runs} of ${of}`,
  ]);
}

/** Column headings of the table that compares predictions with measurements; `checkRows` returns its rows. */
export const CHECK_COLUMNS = ['checked', 'predicted', '95 % CI', 'measured', 'prediction'];

export function checkRows({ check }: Size): string[][] {
  return check.checked.map(({ name, predicted, measured, error }) => [
    CHECKED_TITLES[name],
    ...estimateCells(predicted, (value) => formatNeed(name, value)),
    measured === null ? NOTHING : formatNeed(name, measured),
    error === null ? NOTHING : errorText(error),
  ]);
}

/** The value and its interval; `exact` instead of an interval if the value follows from arithmetic alone. */
function estimateCells(
  estimate: Estimate | null,
  format: (value: Estimate['value'] | { least: number; most: number }) => string,
): [value: string, interval: string] {
  if (estimate === null) return [NOTHING, NOTHING];
  const { value, low, high } = estimate;
  return [format(value), low === high ? 'exact' : format({ least: low, most: high })];
}
