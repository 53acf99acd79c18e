import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePairs } from '../measure/histogram.ts';
import type { Phase } from '../model/load.ts';
import type { Recording } from '../model/recording.ts';
import { makeHostLags } from './host-lags.ts';

function recording(host: string, phase: Phase, pairs: readonly number[] | null): Recording {
  return {
    from: { host, index: 0 },
    sequence: 0,
    startUs: 0,
    endUs: 1,
    phase,
    counters: {},
    failures: {},
    gauges: null,
    histograms: pairs === null ? {} : { sendLag: Uint32Array.from(pairs) },
    fanOuts: [],
    loop: null,
  };
}

test('each host has its own send lag, of the messages that were due in the steady phase', () => {
  const lags = makeHostLags();
  for (const [host, phase, pairs] of [
    ['a', 'connect', [1, 100]],
    ['a', 'warm-up', [2, 100]],
    ['a', 'steady', [3, 1, 9, 2]],
    ['b', 'steady', [4, 5]],
    ['a', 'steady', null],
    ['a', 'drain', [3, 4]],
  ] as const)
    lags.note(recording(host, phase, pairs));
  assert.deepEqual(
    [lags.lagOf('a'), lags.lagOf('b'), lags.lagOf('c')],
    [encodePairs(Uint32Array.of(3, 5, 9, 2)), encodePairs(Uint32Array.of(4, 5)), null],
  );
});
