import type { ComparedFigure, Comparison } from '../bench/model/comparison.ts';
import { stored } from '../bench/model/finding.ts';
import type { Result } from '../bench/model/result.ts';
import { finding } from '../bench/wording/finding.ts';
import { makeResult } from './result.ts';
import { CLOSED, makeRun, OPEN } from './run.ts';

const ROUNDS = 3;

function figure(changes: Partial<ComparedFigure>): ComparedFigure {
  return {
    name: 'cpuPerMessage.proxy',
    step: 'throughput',
    unit: 'time',
    baseline: 20,
    variant: 25,
    effect: 1.25,
    interval: [1.2, 1.3],
    pValue: 0.01,
    verdict: 'higher',
    detectable: 1.03,
    rounds: Array.from({ length: ROUNDS }, (_, index) => ({
      round: index + 1,
      baseline: 20 + index,
      variant: 25 + index,
    })),
    ...changes,
  };
}

/** The conclusion of a comparison with a difference, no difference, and too few rounds. */
export function makeComparison(baseline = 'plain', variant = 'plain+buf-16k'): Comparison {
  return {
    kind: 'comparison',
    baseline,
    rounds: { asked: 10, used: ROUNDS },
    comparisons: [
      {
        variant,
        verdict: 'higher',
        figures: [
          figure({}),
          figure({
            name: 'response.p50',
            step: 'latency',
            baseline: 300,
            variant: 301,
            effect: 1.003,
            interval: [0.99, 1.01],
            pValue: 0.7,
            verdict: 'no difference detected',
            detectable: 1.021,
          }),
          figure({ name: 'memoryPerConnection.proxy', unit: 'bytes', effect: 5.4, interval: [5.3, 5.6] }),
          figure({
            name: 'response.p99',
            step: 'latency',
            baseline: null,
            variant: null,
            effect: null,
            interval: null,
            pValue: null,
            verdict: 'too few rounds',
            detectable: null,
            rounds: [],
          }),
        ],
      },
    ],
    excluded: [1, 3].map((round) => ({
      variant,
      step: 'latency',
      round,
      figures: ['response.p99'],
      reason: finding('disturbed', { count: 1, seconds: [round], of: 3, stolen: null, other: 0.2 }),
    })),
  };
}

/** A result with rounds: both steps of a baseline and of a variant with a tuning. */
export function makeRounds(): Result {
  const names = ['plain', 'plain+buf-16k'] as const;
  const runs = Array.from({ length: ROUNDS }, (_, index) => index + 1).flatMap((round) =>
    [CLOSED, OPEN].flatMap((load) =>
      names.map((variant) => {
        const run = makeRun({ profile: 'plain', variant, load, seconds: 2, connections: 20, perSecond: 500 });
        return { ...run, plan: { ...run.plan, round }, proxy: nginxOf(run.proxy, variant) };
      }),
    ),
  );
  const result = makeResult(runs);
  return {
    ...result,
    variants: names.map((name, index) => ({
      name,
      title: `The profile ${name}`,
      profile: 'plain',
      proxy: {
        kind: 'nginx' as const,
        binary: null,
        tunings: index === 0 ? [] : [{ name: 'buf-16k', text: 'http { proxy_buffer_size 16k; }' }],
      },
    })),
    conclusions: [
      { kind: 'rate', ratePerSecond: 20_000, halved: false, reason: stored('It was asked for.') },
      makeComparison(),
    ],
  };
}

/** Ports and folder differ in every run. The variant has an additional directive. */
function nginxOf<T extends { configuration: string } | null>(proxy: T, variant: string): T {
  if (proxy === null) return proxy;
  const port = 30_000 + variant.length;
  const more = variant === 'plain' ? '' : '  proxy_buffer_size 16k;\n';
  const configuration = `pid /tmp/run-${port}/nginx.pid;\nhttp {\n${more}  server {\n    listen 127.0.0.1:${port};\n  }\n}\n`;
  return { ...proxy, configuration };
}
