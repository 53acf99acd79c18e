import { findMetric, metricTitle } from '../../metrics/metrics.ts';
import type { Price, PricedFigure, VariantPrice } from '../../model/price.ts';
import type { Result } from '../../model/result.ts';
import { formatFigure, NOTHING } from '../../wording/format.ts';
import { capital } from '../../wording/words.ts';
import { formatEffect } from '../comparison/words.ts';

/** The price of the proxy in a result; null if it was not requested. */
export function priceOf({ conclusions }: Pick<Result, 'conclusions'>): Price | null {
  return conclusions.find((each) => each.kind === 'price') ?? null;
}

/** Those that a sentence is made of; the others are in the table. */
function isTold({ name, step }: PricedFigure): boolean {
  return step === (findMetric(name)?.step ?? 'throughput') && TOLD.includes(name);
}

const TOLD = ['cpuPerMessage.total', 'response.p50', 'response.p99'];

/** `tls against direct: CPU per message ×2.3 (31.2 µs in place of 13.5 µs); …`, as far as nothing speaks against it. */
export function priceSentence({ variant, figures }: VariantPrice, baseline: string): string {
  const clauses = figures
    .filter((figure) => isTold(figure) && figure.doubts.length === 0)
    .map(
      (figure) =>
        `${metricTitle(figure)} ${formatEffect(figure.ratio)} (${formatFigure(figure.variant, figure.unit)} instead of ${formatFigure(figure.baseline, figure.unit)})`,
    );
  const told = clauses.length === 0 ? 'something speaks against every figure' : clauses.join('; ');
  return `${variant} against ${baseline}: ${told}.`;
}

/** What one pair can show, and how to find out more. */
export function pairSentence({ baseline }: Price): string {
  return `Each is one pair of runs and has no interval, so that a few per cent may be chance: the command compare, with ${baseline} first, repeats them in rounds.`;
}

export function priceColumns({ baseline, variants }: Price): string[] {
  return ['figure', baseline, ...variants.map(({ variant }) => variant)];
}

/** A row for each metric that any variant has; a `*` stands where something speaks against the pair. */
export function priceRows({ variants }: Price): string[][] {
  const all = variants.flatMap(({ figures }) => figures);
  const isSame = (a: PricedFigure) => (b: PricedFigure) => a.name === b.name && a.step === b.step;
  return all.flatMap((any, index) => {
    if (all.findIndex(isSame(any)) !== index) return [];
    const cells = variants.map(({ figures }) => {
      const own = figures.find(isSame(any));
      if (own === undefined) return NOTHING;
      return `${formatFigure(own.variant, own.unit)} (${formatEffect(own.ratio)})${own.doubts.length === 0 ? '' : ' *'}`;
    });
    return [[metricTitle(any), formatFigure(any.baseline, any.unit), ...cells]];
  });
}

/** Each reason once, with the metrics that it is about. */
export function doubtLines({ variants }: Price): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const figure of variants.flatMap(({ figures }) => figures)) {
    for (const { variant, reason } of figure.doubts) {
      const text = variant === '' ? reason.text : `${variant}: ${reason.text}`;
      reasons.set(text, (reasons.get(text) ?? new Set()).add(metricTitle(figure)));
    }
  }
  return [...reasons].map(([reason, titles]) => `* ${capital([...titles].join(', '))}: ${reason}`);
}
