import type { Price, PricedFigure, VariantPrice } from '../../model/price.ts';
import type { Result } from '../../model/result.ts';
import { formatEffect } from '../comparison/words.ts';
import { formatBytes, formatRate, formatTime, NOTHING } from '../page/format.ts';
import { capital } from '../words.ts';

/** The price of the proxy in a result; null if it was not requested. */
export function priceOf({ conclusions }: Pick<Result, 'conclusions'>): Price | null {
  return conclusions.find((each) => each.kind === 'price') ?? null;
}

const TITLES: Record<string, string> = {
  'messages.perSecond throughput': 'throughput',
  'cpuPerMessage.total throughput': 'CPU per message',
  'response.p50 latency': 'response time p50',
  'response.p90 latency': 'response time p90',
  'response.p99 latency': 'response time p99',
  'response.p999 latency': 'response time p99.9',
  'cpuPerMessage.total latency': 'CPU per message at the rate',
  'handshake.p50 throughput': 'handshake p50',
  'cpuPerConnection.total throughput': 'CPU per handshake',
  'memoryPerConnection.total throughput': 'memory per connection',
};

/** The figures mentioned in the sentence; the others are only in the table. */
const TOLD = ['cpuPerMessage.total throughput', 'response.p50 latency', 'response.p99 latency'];

const keyOf = ({ name, step }: Pick<PricedFigure, 'name' | 'step'>): string => `${name} ${step}`;

function titleOf(figure: PricedFigure): string {
  return TITLES[keyOf(figure)] ?? `${figure.name}, ${figure.step}`;
}

/**
 * `tls against direct: CPU per message ×2.3 (31.2 µs in place of 13.5 µs); …`, with the figures that are not in
 * doubt.
 */
export function priceSentence({ variant, figures }: VariantPrice, baseline: string): string {
  const clauses = figures
    .filter((figure) => TOLD.includes(keyOf(figure)) && figure.doubt === null)
    .map(
      (figure) =>
        `${titleOf(figure)} ${formatEffect(figure.ratio)} (${format(figure.variant, figure)} in place of ${format(figure.baseline, figure)})`,
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

/** One row for each figure that any variant has. A `*` marks pairs that are in doubt. */
export function priceRows({ variants }: Price): string[][] {
  const all = variants.flatMap(({ figures }) => figures);
  return Object.keys(TITLES).flatMap((key) => {
    const any = all.find((figure) => keyOf(figure) === key);
    if (any === undefined) return [];
    const cells = variants.map(({ figures }) => {
      const own = figures.find((figure) => keyOf(figure) === key);
      if (own === undefined) return NOTHING;
      return `${format(own.variant, own)} (${formatEffect(own.ratio)})${own.doubt === null ? '' : ' *'}`;
    });
    return [[titleOf(any), format(any.baseline, any), ...cells]];
  });
}

/** Each reason once, with the figures it affects. */
export function doubtLines({ variants }: Price): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const figure of variants.flatMap(({ figures }) => figures)) {
    if (figure.doubt !== null)
      reasons.set(figure.doubt, (reasons.get(figure.doubt) ?? new Set()).add(titleOf(figure)));
  }
  return [...reasons].map(([reason, titles]) => `* ${capital([...titles].join(', '))}: ${reason}`);
}

function format(value: number, { unit }: PricedFigure): string {
  if (unit === 'µs') return formatTime(value);
  return unit === 'B' ? formatBytes(value) : formatRate(value);
}
