import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import hooks, { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { startLoopMeter } from './loop-meter.ts';
import { ON_BUN } from './starter.ts';

test('the load of an event loop is that since the last reading, without the interval of the meter itself', (t) => {
  if (ON_BUN) {
    assert.equal(startLoopMeter(), null);
    return;
  }
  const calls: unknown[] = [];
  const delay = { max: 0, enable: () => calls.push('enable'), reset: () => calls.push('reset') };
  t.mock.method(hooks, 'monitorEventLoopDelay', (options: object) => {
    calls.push(options);
    return delay;
  });
  syncBuiltinESMExports();
  let readings = 0;
  let utilization = 0;
  t.mock.method(performance, 'eventLoopUtilization', (...between: unknown[]) => {
    if (between.length === 0) return ++readings;
    calls.push(between);
    return { utilization };
  });
  const read = startLoopMeter() ?? assert.fail('on Node');
  assert.deepEqual(calls.splice(0), [{ resolution: 20 }, 'enable']);
  for (const [share, maxNs, expected] of [
    [0.5, 20_000_499, { utilisation: 0.5, delayMaxUs: 0 }],
    [1.5, 25_500_600, { utilisation: 1, delayMaxUs: 5501 }],
    [-0.5, 1_000, { utilisation: 0, delayMaxUs: 0 }],
  ] as const) {
    utilization = share;
    delay.max = maxNs;
    assert.deepEqual(read(), expected);
    assert.deepEqual(calls.splice(0), [[readings, readings - 1], 'reset']);
  }
  t.mock.restoreAll();
  syncBuiltinESMExports();
});
