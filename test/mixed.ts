import { emptyHistogram, encode } from '../bench/measure/histogram.ts';
import type { HttpLeg, Run } from '../bench/model/run.ts';
import { makeRun } from './run.ts';

const SECOND = 1_000_000;

function times(us: number, count: number): string {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount(us, count);
  return encode(histogram);
}

/**
 * A run of six steady seconds, with HTTP requests in the third and the fourth. Messages take three times as long
 * meanwhile.
 *
 * @param withUs response time of messages during the requests
 */
export function makeMixedRun(profile: string, withUs = 3000): Run {
  const run = makeRun({
    profile,
    seconds: 6,
    load: { kind: 'open', ratePerSecond: 1000, arrivals: 'uniform' },
  });
  const steadyUs = run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0;
  const isCached = profile === 'cache';
  const leg: HttpLeg = {
    path: '/page',
    connections: 10,
    schedule: { ratePerSecond: 100, due: 200, unanswered: 0 },
    durationUs: 2 * SECOND,
    requests: 200,
    non2xx: 0,
    statuses: { '2xx': 200 },
    errors: 0,
    timeouts: 0,
    requestsPerSecond: 100,
    bytesReceived: 200 * 900,
    latency: times(700, 200),
    cache: isCached ? { HIT: 200 } : null,
    backendRequests: isCached ? 0 : 200,
  };
  const [startUs, endUs] = [steadyUs + 2 * SECOND, steadyUs + 4 * SECOND];
  return {
    ...run,
    plan: {
      ...run.plan,
      step: 'mixed',
      workload: {
        ...run.plan.workload,
        scenario: 'mixed',
        options: { 'http-rate': 100, 'http-connections': 10, 'http-for': 2000 },
      },
      http: { connections: 10, durationMs: 2000, ratePerSecond: 100 },
    },
    timeline: [
      { action: { kind: 'start-http' }, atUs: startUs, failure: null },
      { action: { kind: 'stop-http' }, atUs: endUs, failure: null },
    ],
    slices: run.slices.map((slice) => ({
      ...slice,
      histograms:
        slice.phase === 'steady'
          ? { response: times(slice.startUs >= startUs && slice.endUs <= endUs ? withUs : 1000, 1000) }
          : {},
    })),
    http: { ...leg, latency: times(500, 200) },
    httpLoad: {
      startUs,
      endUs,
      total: leg,
      course: [0, 1].map((second) => ({
        startUs: startUs + second * SECOND,
        endUs: startUs + (second + 1) * SECOND,
        requests: 100,
        latency: times(700, 100),
      })),
    },
  };
}
