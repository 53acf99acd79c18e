import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findMetric } from '../metrics/metrics.ts';
import { Problem } from '../model/failure.ts';
import { missedThresholds, parseThreshold, unmeasurable } from './threshold.ts';

test('a threshold is a metric, an operator and a limit in the unit of the metric', () => {
  for (const [text, metric, operator, limit] of [
    ['response.p99<50ms', 'response.p99', '<', 50_000],
    ['service.p50 <= 1ms', 'service.p50', '<=', 1000],
    ['handshake.p99<1s', 'handshake.p99', '<', 1_000_000],
    ['sendLag.max<300us', 'sendLag.max', '<', 300],
    ['messages.perSecond>10k', 'messages.perSecond', '>', 10_000],
    ['messages.lost==0', 'messages.lost', '==', 0],
    ['connections.failed==0', 'connections.failed', '==', 0],
    ['cpuPerMessage.proxy<30us', 'cpuPerMessage.proxy', '<', 30],
    ['memoryPerConnection.server<=16k', 'memoryPerConnection.server', '<=', 16_384],
    ['http.requestsPerSecond>=5k', 'http.requestsPerSecond', '>=', 5000],
    ['http.p99<5ms', 'http.p99', '<', 5000],
  ] as const) {
    assert.deepEqual(parseThreshold(text), { text, metric, operator, limit, unit: findMetric(metric)?.unit });
  }
});

test('spaces around a threshold are not part of it', () => {
  assert.deepEqual(parseThreshold(' messages.lost == 0 '), {
    text: 'messages.lost == 0',
    metric: 'messages.lost',
    operator: '==',
    limit: 0,
    unit: findMetric('messages.lost')?.unit,
  });
});

test('an invalid threshold is rejected with valid examples', () => {
  for (const [text, message] of [
    ['p99', /^--threshold "p99" must be a condition, for example 'response\.p99<50ms'/],
    ['response.p99=50ms', /must be a condition/],
    ['respone.p99<50ms', /does not name a metric\. Did you mean response\.p99\?/],
    [
      'response.p99<50',
      /^--threshold "response\.p99<50": the limit "50" needs a unit, for example 50ms or 50s\.$/,
    ],
    ['messages.lost==none', /the limit "none" must be a number/],
  ] as const) {
    assert.throws(() => parseThreshold(text), { name: 'Problem', kind: 'usage', message });
  }
});

test('every text is either a threshold or a Problem', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z.]{0,12}(<|>|==|<=|=)[\d.a-z]{0,8}$/));
  fc.assert(
    fc.property(text, (typed) => {
      try {
        assert.ok(findMetric(parseThreshold(typed).metric) !== undefined);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
      }
    }),
  );
});

test('a threshold can be measured if the planned runs have what its metric needs', () => {
  const all = { schedule: true, 'closed-loop': true, http: true, proxy: true, answers: true };
  for (const [text, need] of [
    ['response.p99<50ms', 'schedule'],
    ['sendLag.p99<1ms', 'schedule'],
    ['perCoreCapacity>10k', 'closed-loop'],
    ['perCoreCapacity>10k', 'proxy'],
    ['http.p99<5ms', 'http'],
    ['http.requestsPerSecond>5k', 'http'],
    ['cpuPerMessage.proxy<30us', 'proxy'],
    ['memory.proxy<1M', 'proxy'],
  ] as const) {
    const thresholds = ['messages.lost==0', 'cpuPerMessage.total<1ms', text].map(parseThreshold);
    assert.deepEqual(unmeasurable(thresholds, { ...all, [need]: false }), { text, need });
    assert.equal(unmeasurable(thresholds, all), null);
  }
  const service = [parseThreshold('service.p99<50ms')];
  assert.equal(unmeasurable(service, { ...all, schedule: false, http: false, proxy: false }), null);
});

test('each operator has its own side on which the limit is missed', () => {
  for (const [text, met, missed] of [
    ['service.p99<10us', 9, 10],
    ['service.p99<=10us', 10, 11],
    ['service.p99>10us', 11, 10],
    ['service.p99>=10us', 10, 9],
    ['service.p99==10us', 10, 11],
  ] as const) {
    const threshold = parseThreshold(text);
    assert.deepEqual(missedThresholds([threshold], { 'service.p99': met }), []);
    const [notice, ...others] = missedThresholds([threshold], { 'service.p99': missed });
    assert.deepEqual(others, []);
    assert.deepEqual(notice?.data, { threshold: text, metric: 'service.p99', value: missed, unit: 'time' });
  }
});

test('a metric that the run does not have counts as missed, and the notice says so', () => {
  const threshold = parseThreshold('service.p999<1s');
  for (const figures of [{}, { 'service.p999': null }]) {
    assert.deepEqual(
      missedThresholds([threshold], figures).map(({ code, data }) => [code, data?.value]),
      [['threshold-missed', null]],
    );
  }
});

test('only missed thresholds are listed, each once', () => {
  const thresholds = ['messages.lost==0', 'messages.perSecond>10k', 'memoryPerConnection.proxy<20k'].map(
    parseThreshold,
  );
  const figures = {
    'messages.lost': 3,
    'messages.perSecond': 12_345.678,
    'memoryPerConnection.proxy': 40_960,
  };
  assert.deepEqual(
    missedThresholds(thresholds, figures).map(({ data }) => [data?.threshold, data?.value]),
    [
      ['messages.lost==0', 3],
      ['memoryPerConnection.proxy<20k', 40_960],
    ],
  );
});
