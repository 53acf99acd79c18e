import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import { METRICS } from '../request/threshold.ts';
import { figuresOf } from './figures.ts';
import { metricsOf } from './metrics.ts';

const SMALL = { seconds: 1, connections: 100, perSecond: 20_000 };

test('every metric that a threshold can name is the figure of that name', () => {
  const figures = figuresOf(makeRun({ ...SMALL, load: OPEN }));
  const metrics = metricsOf(figures);
  for (const name of METRICS.keys()) assert.notEqual(metrics[name], undefined, name);
  assert.equal(metrics['response.p99'], figures.latencies.response?.p99);
  assert.equal(metrics['sendLag.max'], figures.latencies.sendLag?.max);
  assert.equal(metrics['messages.lost'], figures.messages.lost);
  assert.equal(metrics['connections.opened'], figures.connections.opened);
  assert.equal(metrics['cpuPerMessage.server'], figures.cpuUsPerMessage.server);
  assert.equal(metrics['memoryPerConnection.generator'], figures.memoryPerConnectionBytes.generator);
  assert.equal(metrics['http.p50'], figures.http?.latency.p50);
  assert.equal(metrics['http.requestsPerSecond'], figures.http?.requestsPerSecond);
});

test('per-core capacity is a metric, in messages a second, and null where it is not known', () => {
  const figures = figuresOf(makeRun(SMALL));
  const { perSecond } = figures.perCoreCapacity ?? assert.fail();
  assert.notEqual(perSecond, figures.messages.perSecond);
  assert.equal(metricsOf(figures).perCoreCapacity, perSecond);
  const direct = figuresOf(makeRun({ ...SMALL, profile: 'direct' }));
  assert.equal(metricsOf(direct).perCoreCapacity, null);
  assert.equal(metricsOf(figuresOf(makeRun(SMALL)))['response.p50'], undefined);
});

test('memory is that of all processes of a component, and null where it has none', () => {
  const figures = figuresOf(makeRun(SMALL));
  const workers = figures.processes.filter(({ component }) => component === 'proxy');
  assert.ok(workers.length > 1);
  const sum = workers.reduce((bytes, { residentBytes }) => bytes + (residentBytes ?? Number.NaN), 0);
  assert.equal(metricsOf(figures)['memory.proxy'], sum);
  assert.equal(metricsOf(figuresOf(makeRun({ ...SMALL, profile: 'direct' })))['memory.proxy'], null);
});
