import type { Metric } from '../metrics/metric.ts';
import { knownFacts, metricNamed } from '../metrics/metrics.ts';
import type { Step } from '../model/plan.ts';
import type { Price, PricedFigure, VariantPrice } from '../model/price.ts';
import type { Run } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import { SCENARIOS } from '../scenarios/registry.ts';

/**
 * Adds the cost of the proxy to a strategy's conclusions: each variant is compared with the baseline in each
 * step. The runs of the strategy remain the same.
 */
export function withPrice(strategy: Strategy, baseline: string, variants: readonly string[]): Strategy {
  const others = variants.filter((name) => name !== baseline);
  return {
    ...strategy,
    conclude: (done) => [...strategy.conclude(done), ...priceOf(done, baseline, others)],
  };
}

/** Computes the proxy's cost; empty if no variant can be compared with the baseline yet. */
function priceOf(done: readonly Run[], baseline: string, others: readonly string[]): Price[] {
  const variants = others.flatMap((variant): VariantPrice[] => {
    const figures = PRICED.flatMap(({ metric, step }) => {
      const [base, own] = [lastOf(done, baseline, step), lastOf(done, variant, step)];
      return base === undefined || own === undefined || !isSameLoad(base, own)
        ? []
        : priced(metric, step, base, own);
    });
    return figures.length === 0 ? [] : [{ variant, figures }];
  });
  return variants.length === 0 ? [] : [{ kind: 'price', baseline, variants }];
}

/** Metrics that are available both with and without a proxy, from all scenarios. */
export const PRICED: readonly { metric: Metric; step: Step }[] = SCENARIOS.flatMap(({ priced }) =>
  (priced ?? []).map(({ name, step }) => ({ metric: metricNamed(name), step })),
);

function priced({ name, unit, unfit }: Metric, step: Step, base: Run, own: Run): PricedFigure[] {
  const [baseline, variant] = [base, own].map((run) => knownFacts(run).metrics[name]);
  // A ratio requires values above 0, and memory growth may be indistinguishable from 0.
  if (baseline == null || variant == null || baseline <= 0 || variant <= 0) return [];
  const doubts = [base, own].flatMap((run) => {
    const reason = unfit(knownFacts(run));
    return reason === null ? [] : [{ variant: run.plan.variant, reason }];
  });
  return [{ name, step, unit, baseline, variant, ratio: variant / baseline, doubts }];
}

/** Finds a variant's last run in a step. An earlier run may have used a rate that was too high. */
function lastOf(done: readonly Run[], variant: string, step: Step): Run | undefined {
  return done.findLast(({ plan }) => plan.variant === variant && plan.step === step);
}

function isSameLoad(a: Run, b: Run): boolean {
  return JSON.stringify(a.plan.workload) === JSON.stringify(b.plan.workload);
}
