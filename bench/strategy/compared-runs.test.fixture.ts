import type { RunFacts } from '../metrics/metric.ts';
import { stored } from '../model/finding.ts';

const VALUES: Record<string, number> = {
  'cpuPerMessage.proxy': 20,
  'messages.perSecond': 20_000,
  'response.p50': 300,
  'response.p99': 900,
  'handshake.p50': 4000,
  'cpuPerConnection.proxy': 80,
  'memoryPerConnection.proxy': 18_000,
  'connections.failed': 0,
  'messages.lost': 0,
};

/** Runs of both steps in several rounds. `change` returns the factor for a variant's figure in a round. */
export function runsOf(
  rounds: number,
  change: (variant: string, figure: string, round: number) => number = () => 1,
  variants: readonly string[] = ['plain', 'tuned'],
): RunFacts[] {
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    variants.flatMap((variant) =>
      (['throughput', 'latency'] as const).map((step) => ({
        variant,
        step,
        round,
        outcome: { state: 'completed' as const },
        validity: {
          verdict: 'valid' as const,
          reasons: [],
          limit: {
            component: step === 'latency' ? ('schedule' as const) : ('proxy' as const),
            evidence: stored('Invented.'),
          },
        },
        metrics: Object.fromEntries(
          Object.entries(VALUES).map(([name, value]) => [name, value * change(variant, name, round)]),
        ),
      })),
    ),
  );
}

/** Scatter of one run as measured on a shared machine, by figure. The tail scatters most. */
export const NOISE: Record<string, number> = {
  'cpuPerMessage.proxy': 0.025,
  'messages.perSecond': 0.049,
  'response.p50': 0.017,
  'response.p99': 0.31,
  'handshake.p50': 0.1,
  'cpuPerConnection.proxy': 0.05,
  'memoryPerConnection.proxy': 0.002,
};
