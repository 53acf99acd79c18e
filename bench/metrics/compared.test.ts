import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCENARIOS } from '../scenarios/registry.ts';
import { comparedMetrics, isHeadline, weightsBeside } from './compared.ts';

test('every scenario is compared by the metrics that it names', () => {
  assert.deepEqual(
    comparedMetrics().map(({ metric, ...rest }) => ({ name: metric.name, ...rest })),
    SCENARIOS.flatMap(({ compared }) => compared),
  );
});

test('a figure shares the false-positive budget with all others of its scenario, whichever steps are run', () => {
  for (const { steps, compared } of SCENARIOS) {
    const weights = compared.map(({ weight }) => weight);
    const names = steps.map(({ name }) => name);
    assert.deepEqual(weightsBeside(names), weights);
    for (const name of names) assert.deepEqual(weightsBeside([name]), weights);
  }
  assert.deepEqual(weightsBeside([]), []);
  assert.deepEqual(weightsBeside(['of-no-scenario']), []);
});

test('a metric is a headline only in its own step', () => {
  assert.equal(isHeadline({ name: 'cpuPerMessage.proxy', step: 'throughput' }), true);
  assert.equal(isHeadline({ name: 'cpuPerMessage.proxy', step: 'latency' }), false);
  assert.equal(isHeadline({ name: 'response.p50', step: 'latency' }), true);
  assert.equal(isHeadline({ name: 'tcp.p50', step: 'latency' }), false);
});
