import type { Calibration, FigureSpread, KeptCalibration, KnownEffect } from '../../model/calibration.ts';
import type { Result } from '../../model/result.ts';
import { figureTitle, formatDetectable, formatEffect } from '../comparison/words.ts';
import { formatShare, formatTime, NOTHING } from '../page/format.ts';

/** The calibration in a result; null if there is none. */
export function calibrationOf({ conclusions }: Pick<Result, 'conclusions'>): Calibration | null {
  return conclusions.find((each) => each.kind === 'calibration') ?? null;
}

/** One sentence about what cannot differ, one for each known cost, and one about the smallest that was found. */
export function calibrationSentences(calibration: Calibration): string[] {
  const { falsePositives, known } = calibration;
  return [
    falsePositivesSentence(falsePositives),
    ...known.map((effect) => knownSentence(effect, calibration)),
    ...smallestSentence(known),
  ];
}

function falsePositivesSentence({ figures, called, interval }: Calibration['falsePositives']): string {
  if (figures === 0) return 'The rounds are too few for a verdict on any figure.';
  const [low, high] = interval;
  return `Of ${figures} figures that cannot differ ${called} ${called === 1 ? 'was' : 'were'} called different (95 % interval of the rate: ${formatShare(low)} to ${formatShare(high)}).`;
}

function knownSentence(
  { variant, name, step, effect, verdict, found }: KnownEffect,
  of: Calibration,
): string {
  const trial = of.trials.find((each) => each.variant === variant);
  const seen = of.spread.find((each) => each.name === name && each.step === step)?.detectable ?? null;
  const change = trial === undefined ? '' : ` (${trial.change})`;
  const measured = effect === null ? 'was not measured' : formatEffect(effect);
  const told = found ? 'found' : verdict === 'too few rounds' ? verdict : 'not found';
  const could = found || seen === null ? '' : ` (${formatDetectable(seen)} could be seen)`;
  return `${variant}${change}: ${told}, ${figureTitle({ name, step })} ${measured}${could}.`;
}

function smallestSentence(known: readonly KnownEffect[]): string[] {
  const smallest = smallestFound(known);
  return smallest === null
    ? []
    : [
        `The smallest known effect that was found: ${formatEffect(smallest.effect)} in ${figureTitle(smallest)}.`,
      ];
}

function smallestFound(known: readonly KnownEffect[]): (KnownEffect & { effect: number }) | null {
  const distance = (effect: number) => Math.abs(Math.log(effect));
  const found = known.flatMap((each) =>
    each.found && each.effect !== null ? [{ ...each, effect: each.effect }] : [],
  );
  return found.toSorted((a, b) => distance(a.effect) - distance(b.effect))[0] ?? null;
}

/** The column headings of the table of spreads, and one row per figure. */
export const SPREAD_COLUMNS = ['figure', 'runs', 'varies from run to run by', 'could be seen'];

export function spreadRows(spread: readonly FigureSpread[]): string[][] {
  return spread.map(({ name, step, runs, variation, detectable }) => [
    figureTitle({ name, step }),
    String(runs),
    variation === null ? NOTHING : formatShare(variation),
    formatDetectable(detectable),
  ]);
}

/** How later comparisons quote a calibration, in one sentence. */
export function keptSentence({ startedAt, falsePositives, spread, known, ...how }: KeptCalibration): string {
  const { profile, rounds, durationMs, connections } = how;
  const headline = spread.filter(
    ({ name, step, detectable }) => detectable !== null && isHeadline(name, step),
  );
  const seen = headline.map((each) => `${figureTitle(each)} ${formatDetectable(each.detectable)}`).join(', ');
  const smallest = smallestFound(known);
  return [
    `Calibrated on ${startedAt.slice(0, 10)} (${profile}, ${rounds} rounds of ${formatTime(durationMs * 1000)}, ${connections} connections):`,
    `A/A and placebo called ${falsePositives.called} of ${falsePositives.figures} figures different;`,
    `smallest effect that would be found: ${seen === '' ? 'not known' : seen};`,
    `smallest known effect that was: ${smallest === null ? 'none' : `${formatEffect(smallest.effect)} in ${figureTitle(smallest)}`}.`,
  ].join(' ');
}

function isHeadline(name: string, step: string): boolean {
  return name === 'response.p50' || (name === 'cpuPerMessage.proxy' && step === 'throughput');
}
