import { isProxyWorker } from '../../measure/processes.ts';
import type { CapacitySearch, Trial } from '../../model/capacity.ts';
import { ratePerSecondOf } from '../../model/load.ts';
import { PROXY } from '../../model/proxy.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { formatShare, NOTHING } from '../../wording/format.ts';
import type { RunView, View } from '../view.ts';
import { formatLevel, formatMetric, outcomeText } from './answer.ts';

/** The runs of the trials, in order. Aborted runs and runs without a message rate are not trials. */
export function runsOfTrials({ result, runs }: View): RunView[] {
  return runs
    .filter(({ run }) => ratePerSecondOf(run.plan.workload.load) !== null && run.outcome.state !== 'aborted')
    .toSorted((a, b) => result.runs.indexOf(a.run) - result.runs.indexOf(b.run));
}

/** Column headings of the table of trials. */
export function trialColumns({ axis, objectives }: CapacitySearch): string[] {
  const level = axis.over === 'rate' ? 'messages per second' : 'WebSockets';
  return ['trial', level, ...objectives.map(({ text }) => text), `${PROXY} CPU`, 'outcome'];
}

/** One row per trial, with the columns of `trialColumns`. */
export function trialRows(capacity: CapacitySearch, view: View): string[][] {
  const runs = runsOfTrials(view);
  return capacity.trials.map((trial, index) => [
    String(index + 1),
    formatLevel(trial.level, capacity.axis),
    ...capacity.objectives.map((objective, at) => formatMetric(trial.figures[at] ?? null, objective)),
    busyText(runs[index]),
    outcomeText(trial),
  ]);
}

/**
 * The reasons why trials were inconclusive. Each is listed once, with its figures as ranges and the trials to
 * which it applies.
 */
export function inconclusiveLines({ trials }: CapacitySearch): string[] {
  const doubted = trials.flatMap(({ elsewhere }, index) =>
    elsewhere === null ? [] : [{ elsewhere, number: index + 1 }],
  );
  return groupedFindings(doubted, ({ elsewhere }) => elsewhere).map(({ members, finding }) => {
    const numbers = members.map(({ number }) => number).join(', ');
    return `${members.length === 1 ? 'Trial' : 'Trials'} ${numbers}: ${finding.text}`;
  });
}

/**
 * The last trial that met the objectives at the lower end of the interval, and the last that missed them at
 * the upper end. Each has a display name.
 */
export function endsOf(
  { trials, interval: [low, high], axis }: CapacitySearch,
  view: View,
): { name: string; run: RunView }[] {
  const runs = runsOfTrials(view);
  const end = (level: number | null, met: boolean): { name: string; run: RunView }[] => {
    const run = runs[trials.findLastIndex((trial: Trial) => trial.level === level && trial.met === met)];
    return run === undefined
      ? []
      : [{ name: `${met ? 'held' : 'missed'}: ${formatLevel(level, axis)}`, run }];
  };
  return [...end(low, true), ...end(high, false)];
}

/** CPU utilisation of the busiest Nginx worker. */
function busyText(view: RunView | undefined): string {
  const shares =
    view?.figures.processes.filter(isProxyWorker).flatMap(({ cpuShare }) => cpuShare ?? []) ?? [];
  return shares.length === 0 ? NOTHING : formatShare(Math.max(...shares));
}
