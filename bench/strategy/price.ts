import type { Price, PricedFigure, VariantPrice } from '../model/price.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import {
  type ComparedRun,
  comparedRunOf,
  incomplete,
  invalid,
  limitedElsewhere,
  offSchedule,
} from './figures.ts';
import { remembered } from './remembered.ts';

/**
 * Adds the price of the proxy to the conclusions of a strategy: each variant compared with the baseline in each
 * step. The runs stay the same.
 */
export function withPrice(strategy: Strategy, baseline: string, variants: readonly string[]): Strategy {
  const others = variants.filter((name) => name !== baseline);
  return {
    ...strategy,
    conclude: (done) => [...strategy.conclude(done), ...priceOf(done, baseline, others)],
  };
}

/** Empty before the first pair. */
function priceOf(done: readonly Run[], baseline: string, others: readonly string[]): Price[] {
  const variants = others.flatMap((variant): VariantPrice[] => {
    const figures = KINDS.flatMap((kind) => {
      const [, step] = kind;
      const [base, own] = [lastOf(done, baseline, step), lastOf(done, variant, step)];
      return base === undefined || own === undefined || !isSameLoad(base, own) ? [] : priced(kind, base, own);
    });
    return figures.length === 0 ? [] : [{ variant, figures }];
  });
  return variants.length === 0 ? [] : [{ kind: 'price', baseline, variants }];
}

type PricedKind = readonly [
  name: string,
  step: PricedFigure['step'],
  unit: PricedFigure['unit'],
  /** Why a run may show something other than the proxy, in a sentence. */
  doubt: (run: ComparedRun) => string | null,
];

/** The figures that exist with and without a proxy. */
const KINDS: readonly PricedKind[] = [
  ['messages.perSecond', 'throughput', '1/s', limitedElsewhere],
  ['cpuPerMessage.total', 'throughput', 'µs', incomplete],
  ['response.p50', 'latency', 'µs', offSchedule],
  ['response.p90', 'latency', 'µs', offSchedule],
  ['response.p99', 'latency', 'µs', invalid],
  ['response.p999', 'latency', 'µs', invalid],
  ['cpuPerMessage.total', 'latency', 'µs', offSchedule],
  ['handshake.p50', 'throughput', 'µs', incomplete],
  ['cpuPerConnection.total', 'throughput', 'µs', incomplete],
  ['memoryPerConnection.total', 'throughput', 'B', incomplete],
];

function priced([name, step, unit, doubt]: PricedKind, base: Run, own: Run): PricedFigure[] {
  const [baseline, variant] = [figureOf(name, base), figureOf(name, own)];
  // Zero has no ratio: growth of memory too small to be distinguished from none.
  if (baseline === null || variant === null || baseline <= 0 || variant <= 0) return [];
  const doubts = [base, own].flatMap((run) => {
    const reason = doubt(comparedRun(run));
    return reason === null ? [] : [`${run.plan.variant}: ${reason}`];
  });
  const ratio = variant / baseline;
  return [
    { name, step, unit, baseline, variant, ratio, doubt: doubts.length === 0 ? null : doubts.join(' ') },
  ];
}

/**
 * A total covers Nginx (if any), echo servers and generators, because a proxy moves work from one to the other. A
 * generator that spins until the next message is due is left out, because it is always equally busy.
 */
function figureOf(name: string, run: Run): number | null {
  const { metrics } = comparedRun(run);
  const { plan } = run;
  const [what = '', part] = name.split('.');
  if (part !== 'total') return metrics[name] ?? null;
  const parts = [
    ...(plan.proxy === null ? [] : ['proxy']),
    'server',
    ...(plan.pacing === 'spin' ? [] : ['generator']),
  ];
  const values = parts.flatMap((component) => metrics[`${what}.${component}`] ?? []);
  return values.length < parts.length ? null : values.reduce((sum, value) => sum + value, 0);
}

const comparedRun = remembered(comparedRunOf);

/** The last run counts, because one at a rate that was too high may precede it. */
function lastOf(done: readonly Run[], variant: string, step: PricedFigure['step']): Run | undefined {
  return done.findLast(({ plan }) => plan.variant === variant && plan.step === step);
}

function isSameLoad(a: Run, b: Run): boolean {
  return JSON.stringify(a.plan.workload) === JSON.stringify(b.plan.workload);
}
