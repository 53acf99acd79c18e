import { weightsBeside } from '../../metrics/compared.ts';
import { metricTitle } from '../../metrics/metrics.ts';
import type { ComparedFigure, Comparison, Excluded, Stored } from '../../model/comparison.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Result } from '../../model/result.ts';
import type { Variant } from '../../model/variant.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { roundsForWeights } from '../../stats/verdict.ts';
import { groupedFindings } from '../../wording/finding.ts';
import { formatCount, formatRate } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { keptSentence } from '../calibration.ts';
import { conclusionOf } from '../conclusion.ts';
import type { VariantView, View } from '../view.ts';
import { formatEffect, formatInterval } from './effect.ts';

/**
 * Notes that supplement the verdicts: variants identical to the baseline, omitted variants, the rate, how the
 * runs alternated if they could not be interleaved, and the differences that the machine can detect. For
 * stored results, only the differences in machine, versions, plan and variants.
 */
export function notesOf(result: Result): string[] {
  const stored = conclusionOf(result, 'comparison')?.stored;
  if (stored !== undefined) return [...differenceLines(stored), ...unmatchedLines(stored)];
  const baseline = result.variants.find(({ name }) => name === conclusionOf(result, 'comparison')?.baseline);
  const { name: scenario, steps, takesTurns } = scenarioNamed(result.plan.scenario);
  const scheduled = steps.find(({ load }) => load === 'open')?.name;
  const same = result.variants.filter((each) => each !== baseline && isSame(each, baseline));
  return [
    ...same.map(
      ({ name }) =>
        `${name} is identical to ${baseline?.name} (an A/A comparison), so any difference found between them is a false positive.`,
    ),
    ...result.conclusions.flatMap((each) => {
      if (each.kind === 'left-out') return [`${each.variant} was excluded. ${each.reason.text}`];
      return each.kind === 'rate'
        ? [`The ${scheduled ?? ''} step ran at ${formatRate(each.ratePerSecond)}. ${each.reason.text}`]
        : [];
    }),
    ...(takesTurns
      ? []
      : [
          `Runs of ${scenario} cannot be interleaved, so the variants of a round ran one after another. Odd rounds used a random order; each even round reversed the order of the one before.`,
        ]),
    ...machineNotes(result),
  ];
}

/**
 * Describes what happened to each variant in the last round, for scenarios whose runs cannot be interleaved.
 * In some of these scenarios, counts have no ratio: for example, 0 of 1,000 connections were cut with one
 * variant, and all with the other.
 *
 * @param answer returns the scenario's summary of a variant
 */
export function lastRoundLines(
  { result, variants }: View,
  answer: (variant: VariantView) => string,
): string[] {
  const isStored = conclusionOf(result, 'comparison')?.stored !== undefined;
  if (isStored || scenarioNamed(result.plan.scenario).takesTurns) return [];
  return variants.flatMap((variant) => {
    const rounds = Object.values(variant.answers).flatMap(({ run }) => run.plan.round ?? []);
    return rounds.length === 0 ? [] : [`Round ${Math.max(...rounds)}, ${answer(variant)}`];
  });
}

const NOT_CALIBRATED = `This machine has not been calibrated with this ${PROXY}. Run the calibrate command to measure how often comparisons are wrong on this machine, and how small a difference they detect.`;

function machineNotes(result: Result): string[] {
  if (result.calibration !== undefined) return [keptSentence(result.calibration)];
  return conclusionOf(result, 'calibration') === null ? [NOT_CALIBRATED] : [];
}

/** Whether two variants differ only in name. */
function isSame(variant: Variant, other: Variant | undefined): boolean {
  const parts = ({ profile, proxy, handicap }: Variant) => JSON.stringify([profile, proxy, handicap]);
  return other !== undefined && parts(variant) === parts(other);
}

/** Number of rounds in the comparison, and anything that was excluded. */
export function roundsSentence({ rounds, comparisons, excluded, stored }: Comparison): string {
  const { asked, used } = rounds;
  if (stored !== undefined) return storedSentence(stored, used);
  const of = asked === null || asked === used ? '' : ` of ${asked}`;
  const steps = comparisons.flatMap(({ figures }) => figures.map(({ step }) => step));
  const needed = roundsForWeights(weightsBeside(steps), comparisons.length);
  const more = used < needed ? ` A verdict on every metric needs ${needed} rounds.` : '';
  const completed = `${used}${of} ${(asked ?? used) === 1 ? 'round' : 'rounds'} completed without losses.${more}`;
  const runs = new Set(excluded.map(({ variant, step, round }) => `${variant} ${step} ${round}`)).size;
  if (runs === 0) return completed;
  return `${completed} In ${counted(runs, 'run')}, some metrics do not count; these metrics are excluded on both sides in the rounds of these runs.`;
}

/**
 * States how many pairs of turns were excluded because the machine was disturbed, and what the effect on the first
 * metric of each step would be if they counted.
 */
function turnLines({ comparisons }: Comparison): string[] {
  return comparisons.flatMap(({ variant, figures }) => {
    const measured = figures.filter(({ turns }) => turns !== undefined);
    const steps = [...new Set(measured.map(({ step }) => step))];
    return steps.flatMap((step) =>
      turnLine(
        variant,
        measured.find((each) => each.step === step),
      ),
    );
  });
}

function turnLine(variant: string, figure: ComparedFigure | undefined): string[] {
  if (figure?.turns === undefined || figure.turns.withAll === null) return [];
  const { pairs, steal, other, withAll } = figure.turns;
  const causes = [
    ...(steal > 0 ? [`${steal} because the host took CPU time`] : []),
    ...(other > 0 ? [`${other} because other work ran`] : []),
  ];
  const interval = withAll.interval === null ? '' : ` (95 % CI ${formatInterval(withAll.interval)})`;
  return [
    `${variant}, ${figure.step} step: ${steal + other} of ${counted(pairs, 'pair')} of turns ${steal + other === 1 ? 'was' : 'were'} excluded on both sides (${causes.join(', ')}). ` +
      `If these pairs counted, the effect on ${metricTitle(figure)} would be ${formatEffect(withAll.effect)}${interval} instead of ${formatEffect(figure.effect)}.`,
  ];
}

/** The change, as a ratio, for which the number of rounds is estimated. */
const WANTED = 1.1;

/**
 * Estimates how many rounds it would take to detect a change of 10 %, for metrics whose detectable effect is larger.
 * The detectable effect shrinks with the square root of the number of rounds.
 */
export function wantedRoundsLine({ comparisons, stored }: Comparison): string[] {
  if (stored !== undefined) return [];
  const wanted = new Map<string, number>();
  for (const figure of comparisons.flatMap(({ figures }) => figures)) {
    const { detectable, rounds } = figure;
    if (detectable === null || detectable <= WANTED || figure.verdict !== 'no difference detected') continue;
    const needed = roundedUp(rounds.length * (Math.log(detectable) / Math.log(WANTED)) ** 2);
    const title = metricTitle(figure);
    wanted.set(title, Math.max(needed, wanted.get(title) ?? 0));
  }
  if (wanted.size === 0) return [];
  const each = [...wanted].map(([title, rounds]) => `about ${formatCount(rounds)} for ${title}`);
  return [`Rounds needed to detect a change of 10 %, if the variation stays the same: ${each.join(', ')}.`];
}

/** Rounds up to two significant digits. */
function roundedUp(rounds: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rounds)) - 1);
  return Math.ceil(rounds / unit) * unit;
}

/** States which stored results were compared, and that their runs are not paired. */
function storedSentence({ baseline, variant }: Stored, used: number): string {
  const named = ({ id, startedAt }: Stored['baseline']) => `${id} (${startedAt.slice(0, 10)})`;
  const single =
    used === 1
      ? ' With one run per step, the variation between runs is unknown: compare results that have several rounds.'
      : '';
  return `A is ${named(baseline)}, B is ${named(variant)}. Their runs are not paired, so anything that changed between the two sessions looks like an effect. If possible, compare runs of the same session.${single}`;
}

export const SAME_SESSIONS = 'Both sessions used the same machine, versions and plan.';

/** Differences between the two sessions in machine, versions and plan, one line each. */
export function differenceLines({ differences }: Stored): string[] {
  if (differences.length === 0) return [SAME_SESSIONS];
  return differences.map(
    ({ what, baseline, variant }) => `Also different: ${what}: ${baseline} in A, ${variant} in B.`,
  );
}

/** Variants that only one of the two results contains, one line each. */
export function unmatchedLines({ unmatched }: Stored): string[] {
  return unmatched.map((each) => `${each.variant} is only in ${each.in === 'baseline' ? 'A' : 'B'}.`);
}

/**
 * Lists runs with excluded metrics and the reasons, as in `tls, latency step, rounds 3, 7: response time p99 was
 * excluded. …`, followed by the excluded turns.
 */
export function excludedLines(comparison: Comparison): string[] {
  const { excluded } = comparison;
  const kinds = new Map<string, Excluded[]>();
  for (const each of excluded) {
    const kind = JSON.stringify([each.variant, each.step, each.figures]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), each]);
  }
  const ofRuns = [...kinds.values()].flatMap((kind) =>
    groupedFindings(kind, ({ reason }) => reason).map(({ members, finding }) => {
      const [{ variant, step, figures }] = members;
      const titles = figures.map((name) => metricTitle({ name, step }));
      const rounds = `${members.length === 1 ? 'round' : 'rounds'} ${members.map(({ round }) => round).join(', ')}`;
      return `${variant}, ${step} step, ${rounds}: ${titles.join(', ')} ${titles.length === 1 ? 'was' : 'were'} excluded. ${finding.text}`;
    }),
  );
  return [...ofRuns, ...turnLines(comparison)];
}
