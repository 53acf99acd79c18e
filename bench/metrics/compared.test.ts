import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCENARIOS } from '../scenarios/registry.ts';
import { comparedMetrics, isHeadline, weightsBeside } from './compared.ts';

test('every scenario is compared by what it names, with the metric of that name', () => {
  assert.deepEqual(
    comparedMetrics().map(({ metric, ...rest }) => ({ name: metric.name, ...rest })),
    SCENARIOS.flatMap(({ compared }) => compared),
  );
});

test('figures share the false positives with all others of their scenario, whichever of its steps is run', () => {
  for (const { steps, compared } of SCENARIOS) {
    const weights = compared.map(({ weight }) => weight);
    const names = steps.map(({ name }) => name);
    assert.deepEqual(weightsBeside(names), weights);
    for (const name of names) assert.deepEqual(weightsBeside([name]), weights);
  }
  assert.deepEqual(weightsBeside([]), []);
  assert.deepEqual(weightsBeside(['of-no-scenario']), []);
});

test('a headline is one in its step alone', () => {
  assert.equal(isHeadline({ name: 'cpuPerMessage.proxy', step: 'throughput' }), true);
  assert.equal(isHeadline({ name: 'cpuPerMessage.proxy', step: 'latency' }), false);
  assert.equal(isHeadline({ name: 'response.p50', step: 'latency' }), true);
  assert.equal(isHeadline({ name: 'tcp.p50', step: 'latency' }), false);
});
