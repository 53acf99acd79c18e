import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { CapacityRequest } from './capacity.ts';
import { parseRequest } from './request.ts';

function asked(line: string): CapacityRequest {
  const request = parseRequest(['capacity', ...line.split(' ')]);
  assert.ok(request.command === 'capacity');
  return request.capacity;
}

function refused(line: string, message: RegExp): void {
  assert.throws(
    () => asked(line),
    (error) => error instanceof Problem && error.kind === 'usage' && message.test(error.message),
    line,
  );
}

const texts = ({ objectives }: CapacityRequest): string[] => objectives.map(({ text }) => text);

test('with only a profile, the search is over the rate with 1,000 connections, from a chosen rate', () => {
  const request = asked('-p tls');
  assert.deepEqual(texts(request), ['response.p99<20ms', 'connections.failed==0', 'messages.lost==0']);
  assert.deepEqual(request.axis, { over: 'rate', connections: 1000 });
  assert.deepEqual([request.start, request.most, request.budgetMs], [null, null, null]);
  const { run } = request;
  assert.deepEqual(run.steps, ['throughput', 'latency']);
  assert.deepEqual(
    [run.server, run.http, run.warmupMs, run.durationMs, run.name],
    ['lean', false, 2000, 5000, 'capacity-tls'],
  );
  // A p99 needs 1,000 messages, and a trial takes five seconds.
  assert.equal(request.least, 200);
});

test('given objectives apply; losses count as well, unless an objective covers them', () => {
  assert.deepEqual(texts(asked('-p tls --objective response.p50<1ms --objective messages.lost<10')), [
    'response.p50<1ms',
    'messages.lost<10',
    'connections.failed==0',
  ]);
  assert.equal(asked('-p tls --objective response.p999<1s -d 10s').least, 1000);
});

test('the most demanding percentile determines the minimum level', () => {
  const SAMPLES = { p9999: 100_000, p999: 10_000, p99: 1000, p95: 200, p90: 100, p50: 20 };
  for (const [percentile, samples] of Object.entries(SAMPLES)) {
    const objective = `--objective response.${percentile}<20ms`;
    assert.equal(asked(`-p tls -d 1s ${objective}`).least, samples, percentile);
    assert.equal(asked(`-p tls -d 1s ${objective} --objective response.p50<9ms`).least, samples, percentile);
  }
  assert.equal(asked('-p tls -d 1s --objective messages.lost==0').least, 1);
  assert.equal(asked('-p tls -d 1s --objective response.max<1s').least, 20);
  assert.equal(asked('-p tls -d 3s --objective response.p99<20ms').least, 334);
  assert.equal(asked('-p tls --over connections --rate-per-connection 0.3').least, 667);
});

test('a level with just enough samples is accepted', () => {
  assert.equal(asked('-p tls --max 200').most, 200);
  assert.equal(asked('-p tls --max 200.5').most, 200.5);
  refused('-p tls --max 199', /^--max 199 .* at least 200 messages per second /);
  assert.equal(asked('-p tls --over connections --max 200').most, 200);
  refused('-p tls --over connections --max 199', /^--max 199 .* at least 200 connections /);
  refused('-p tls --over connections --max 200.5', /^--max "200\.5" must be a whole number from 1 to 1M/);
  assert.equal(asked('-p tls --over connections -R 200').least, 1);
  refused('-p tls --over connections -R 199', /--rate 200,/);
});

test('a given rate is tried first, without a run before it', () => {
  const request = asked('-p tls -R 5k --max 20k --budget 2m');
  assert.deepEqual([request.start, request.most, request.budgetMs], [5000, 20_000, 120_000]);
  assert.deepEqual(request.run.steps, ['latency']);
});

test('over connections, -c is tried first, and the rate is per connection or in total', () => {
  const each = asked('-p plain --over connections -c 500 --rate-per-connection 0.5');
  assert.deepEqual(each.axis, { over: 'connections', ratePerSecond: 0.5, per: 'connection' });
  assert.deepEqual([each.start, each.least, each.run.name], [500, 400, 'capacity-plain-connections']);
  const all = asked('-p plain --over connections -R 2k --workers 3');
  assert.deepEqual(all.axis, { over: 'connections', ratePerSecond: 2000, per: 'all' });
  assert.equal(all.least, 3);
  assert.deepEqual(asked('-p plain --over connections').axis, {
    over: 'connections',
    ratePerSecond: 1,
    per: 'connection',
  });
});

test("a user's configuration is a variant like any other", () => {
  const { run } = asked('--conf ./site.conf');
  assert.deepEqual([run.variants, run.configurations, run.name], [[], ['./site.conf'], 'capacity-site.conf']);
});

test('requests that cannot be searched are rejected with a remedy', () => {
  refused('-p plain,tls', /takes one variant/);
  refused('-p all', /takes one variant/);
  refused('--objective response.p99<20ms', /--profile tls/);
  refused('-p tls --objective response.p98<20ms', /^--objective "response\.p98<20ms" does not name a metric/);
  refused('-p tls --objective fast', /^--objective "fast" must be a condition/);
  refused('-p tls --objective http.p99<1ms', /cannot be measured: a trial is an open loop/);
  refused('-p tls --objective perCoreCapacity>10k', /cannot be measured: a trial is an open loop/);
  refused('-p direct --objective cpuPerMessage.proxy<30us', /direct has none/);
  refused('-p tls --rate-per-connection 2', /needs --over connections/);
  refused('-p tls --over connections -R 5k --rate-per-connection 2', /contradict each other/);
  refused('-p tls --over connections -R 10', /--rate 200, or a longer --duration/);
  refused('-p tls --max 10', /^--max 10 .*200/);
  refused('-p tls --over messages', /must be rate or connections/);
  refused(
    '-p tls --target ws://a',
    /has no --target: it searches for the capacity of a variant that it starts/,
  );
  refused('-p tls --threshold response.p99<20ms', /has no --threshold/);
});
