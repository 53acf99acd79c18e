import { isHeadline } from '../metrics/compared.ts';
import { metricTitle } from '../metrics/metrics.ts';
import type { Calibration, FigureSpread, KeptCalibration, KnownEffect } from '../model/calibration.ts';
import type { Environment } from '../model/result.ts';
import { formatShare, formatTime, NOTHING } from '../wording/format.ts';
import { formatDetectable, formatEffect } from './comparison/effect.ts';

/**
 * Returns one sentence about the variants that are identical to the profile, one for each variant with a
 * known additional cost, and one about the smallest such cost that was detected.
 */
export function calibrationSentences(calibration: Calibration): string[] {
  const { falsePositives, known } = calibration;
  return [
    falsePositivesSentence(falsePositives),
    ...known.map((effect) => knownSentence(effect, calibration)),
    ...smallestSentence(known),
  ];
}

function falsePositivesSentence({ figures, called, interval }: Calibration['falsePositives']): string {
  if (figures === 0) return 'Too few rounds for a verdict on any metric.';
  const [low, high] = interval;
  return `False positives: ${called} of ${figures} metrics that cannot differ ${called === 1 ? 'was' : 'were'} reported as different (95 % CI of the rate: ${formatShare(low)} to ${formatShare(high)}).`;
}

function knownSentence(
  { variant, name, step, effect, verdict, found }: KnownEffect,
  of: Calibration,
): string {
  const trial = of.trials.find((each) => each.variant === variant);
  const seen = of.spread.find((each) => each.name === name && each.step === step)?.detectable ?? null;
  const change = trial === undefined ? '' : ` (${trial.change})`;
  const measured = effect === null ? 'was not measured' : formatEffect(effect);
  const outcome = found ? 'found' : verdict === 'too few rounds' ? verdict : 'not found';
  const detectable = found || seen === null ? '' : ` (detectable effect: ${formatDetectable(seen)})`;
  return `${variant}${change}: ${outcome}, ${metricTitle({ name, step })} ${measured}${detectable}.`;
}

function smallestSentence(known: readonly KnownEffect[]): string[] {
  const smallest = smallestFound(known);
  return smallest === null
    ? []
    : [`Smallest known effect found: ${formatEffect(smallest.effect)} in ${metricTitle(smallest)}.`];
}

function smallestFound(known: readonly KnownEffect[]): (KnownEffect & { effect: number }) | null {
  const distance = (effect: number) => Math.abs(Math.log(effect));
  const found = known.flatMap((each) =>
    each.found && each.effect !== null ? [{ ...each, effect: each.effect }] : [],
  );
  return found.toSorted((a, b) => distance(a.effect) - distance(b.effect))[0] ?? null;
}

/**
 * For each main metric, states how much the ratio of two identical sides varies: from turn to turn, within a
 * round, and from round to round.
 */
export function variationSentences({ spread }: Pick<Calibration, 'spread'>): string[] {
  return spread.filter(isHeadline).flatMap((each) => {
    if (each.components === null) return [];
    const { turn, block, round } = each.components;
    return [
      `For ${metricTitle(each)}, the ratio of two identical sides varies by ${formatShare(turn)} between adjacent turns, by a further ${formatShare(block)} within a round, and by a further ${formatShare(round)} between rounds.`,
    ];
  });
}

/** Column headings of the table of run-to-run variation; `spreadRows` returns its rows, one per figure. */
export const SPREAD_COLUMNS = [
  'metric',
  'runs',
  'variation between runs',
  'ratio: between turns',
  'within a round',
  'between rounds',
  'detectable effect',
];

export function spreadRows(spread: readonly FigureSpread[]): string[][] {
  return spread.map(({ name, step, runs, variation, components, detectable }) => [
    metricTitle({ name, step }),
    String(runs),
    formatShare(variation),
    ...(components === null
      ? [NOTHING, NOTHING, NOTHING]
      : [components.turn, components.block, components.round].map(formatShare)),
    formatDetectable(detectable),
  ]);
}

/** Summary of a stored calibration in one sentence, for later comparisons to quote. */
export function keptSentence({ startedAt, falsePositives, spread, known, ...how }: KeptCalibration): string {
  const { profile, rounds, durationMs, connections } = how;
  const headline = spread.filter((each) => each.detectable !== null && isHeadline(each));
  const seen = headline.map((each) => `${metricTitle(each)} ${formatDetectable(each.detectable)}`).join(', ');
  const smallest = smallestFound(known);
  return [
    `Calibrated on ${startedAt.slice(0, 10)} (${profile}, ${rounds} rounds of ${formatTime(durationMs * 1000)}, ${connections} connections):`,
    `A/A and placebo comparisons reported ${falsePositives.called} of ${falsePositives.figures} metrics as different;`,
    `detectable effect: ${seen === '' ? 'unknown' : seen};`,
    `smallest known effect found: ${smallest === null ? 'none' : `${formatEffect(smallest.effect)} in ${metricTitle(smallest)}`}.`,
  ].join(' ');
}

/**
 * Describes the machine, as in `AMD EPYC, 2 CPUs, 24 GiB`. Figures are comparable only if measured on the
 * same machine.
 */
export function machineText({ cpuModel, cpus, memoryBytes }: Environment): string {
  return `${cpuModel}, ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${Math.round(memoryBytes / 2 ** 30)} GiB`;
}
