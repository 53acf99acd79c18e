import type { Calibration, KeptCalibration } from '../bench/model/calibration.ts';

/** The conclusion of a calibration that detected one of two known costs. */
export function makeCalibration(): Calibration {
  return {
    kind: 'calibration',
    trials: [
      { variant: 'plain (2)', change: 'nothing: it is the same variant again', expected: null },
      {
        variant: 'plain+epoll-events-8',
        change: 'Nginx asks the kernel for fewer events at a time',
        expected: { name: 'cpuPerMessage.proxy', step: 'throughput', verdict: 'higher' },
      },
      {
        variant: 'plain+delay-1ms',
        change: 'its echo servers answer 1 ms later',
        expected: { name: 'response.p50', step: 'latency', verdict: 'slower' },
      },
    ],
    falsePositives: { figures: 16, called: 1, interval: [0.011, 0.283] },
    spread: [
      {
        name: 'cpuPerMessage.proxy',
        step: 'throughput',
        runs: 10,
        variation: 0.025,
        detectable: 1.024,
        components: { turn: 0.04, block: 0.005, round: 0.012 },
      },
      {
        name: 'response.p50',
        step: 'latency',
        runs: 10,
        variation: 0.017,
        detectable: 1.03,
        components: { turn: 0.03, block: 0, round: 0.015 },
      },
      { name: 'response.p99', step: 'latency', runs: 1, variation: null, detectable: null, components: null },
    ],
    costs: [
      { step: 'throughput', turnMs: 250, fixedMs: 9000 },
      { step: 'latency', turnMs: 250, fixedMs: 9000 },
    ],
    known: [
      {
        variant: 'plain+epoll-events-8',
        name: 'cpuPerMessage.proxy',
        step: 'throughput',
        effect: 1.05,
        verdict: 'higher',
        found: true,
      },
      {
        variant: 'plain+delay-1ms',
        name: 'response.p50',
        step: 'latency',
        effect: 1.01,
        verdict: 'no difference detected',
        found: false,
      },
    ],
  };
}

/** The same calibration as saved for later comparisons. */
export function makeKeptCalibration(): KeptCalibration {
  const { falsePositives, spread, costs, known } = makeCalibration();
  return {
    schemaVersion: 2,
    machine: {
      cpuModel: 'Example CPU 2.40 GHz',
      cpus: 2,
      kernel: '6.1.0-18-amd64',
      engine: 'bun',
      carrier: 'sockets',
      nginx: '1.22.1',
    },
    id: '20250102T030405Z-calibrate-plain',
    startedAt: '2025-01-02T03:04:05.000Z',
    profile: 'plain',
    rounds: 10,
    connections: 1000,
    durationMs: 3000,
    falsePositives,
    spread,
    costs,
    known,
  };
}
