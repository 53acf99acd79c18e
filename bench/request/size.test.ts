import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { parseRequest } from './request.ts';
import type { SizeRequest } from './size.ts';

function requestOf(line: string): SizeRequest {
  const request = parseRequest(['size', ...line.split(' ')]);
  assert.ok(request.command === 'size');
  return request.size;
}

function refused(line: string): string {
  try {
    requestOf(line);
  } catch (error) {
    assert.ok(error instanceof Problem && error.kind === 'usage');
    return error.message;
  }
  return assert.fail(`${line} was accepted`);
}

test('a complete plan, and the values assumed without a rate or churn', () => {
  const { wanted, check } = requestOf('-p tls -c 1M --rate 50k --churn 1k --utilisation 60% --check 20k');
  assert.deepEqual(wanted, {
    connections: 1_000_000,
    ratePerSecond: 50_000,
    churnPerSecond: 1000,
    payloadBytes: 64,
    utilisation: 0.6,
    assumed: [],
  });
  assert.equal(check, 20_000);
  const plan = requestOf('-p tls -c 60k');
  assert.deepEqual([plan.check, plan.rounds], [null, 3]);
  assert.deepEqual(plan.wanted, {
    ...wanted,
    connections: 60_000,
    ratePerSecond: 6000,
    churnPerSecond: 100,
    utilisation: 0.5,
    assumed: ['rate', 'churn'],
  });
  const odd = requestOf('-p tls -c 1036').wanted;
  assert.deepEqual([odd.ratePerSecond, odd.churnPerSecond], [104, 2]);
  const none = requestOf('-p tls -c 60k -R 0 --churn 0').wanted;
  assert.deepEqual([none.ratePerSecond, none.churnPerSecond, none.assumed], [0, 0, []]);
  const { ratePerSecond, churnPerSecond, assumed } = requestOf('-p tls -c 60k').wanted;
  assert.deepEqual([ratePerSecond, churnPerSecond, assumed], [6000, 100, ['rate', 'churn']]);
});

test('its runs have short steps of three scenarios on the lean echo server', () => {
  const { run } = requestOf('-p tls -c 60k --rate 5 --rounds 4 --check 1k');
  const ofRun = parseRequest(['-p', 'tls', '--server', 'lean', '-w', '1s', '-d', '3s', '--no-http']);
  assert.ok(ofRun.command === 'run');
  const optionsOf = (name: string) =>
    Object.fromEntries(
      Object.entries(scenarioNamed(name).options).map(([option, { default: value }]) => [option, value]),
    );
  assert.deepEqual(run, {
    ...ofRun.run,
    steps: ['throughput', 'fastest', 'touched', 'latency', 'scheduled'],
    name: 'size-tls',
    others: [
      { scenario: scenarioNamed('idle'), scenarioOptions: { ...optionsOf('idle'), touch: 64 } },
      { scenario: scenarioNamed('connect'), scenarioOptions: optionsOf('connect') },
    ],
  });
  assert.equal(requestOf('-p tls -c 60k --name mine').run.name, 'mine');
  const own = requestOf('--conf ./site/a.conf -c 60k').run;
  assert.deepEqual([own.name, own.variants, own.configurations], ['size-a.conf', [], ['./site/a.conf']]);
});

test('numbers may be as small and as large as their limits', () => {
  const { wanted, check, rounds } = requestOf('-p tls -c 1k --check 1k --utilisation 100 --rounds 2');
  assert.deepEqual([wanted.connections, check, wanted.utilisation, rounds], [1000, 1000, 1, 2]);
  assert.equal(requestOf('-p tls -c 1G --utilisation 1%').wanted.utilisation, 0.01);
  assert.equal(requestOf('-p tls -c 1k --check 400').check, 400);
  assert.match(refused('-p tls -c 1k --check 399'), /^--check "399" must be between 400 and 1G\./);
  assert.match(refused('-p tls -c 1001M'), /^--connections "1001M" must be between 1k and 1G\./);
  for (const share of ['101', '0.5', '1000', 'half'])
    assert.match(refused(`-p tls -c 1k --utilisation ${share}`), /^--utilisation ".*" must be a percentage/);
});

test('connections exchange a message of the planned size before their memory is measured', () => {
  const touchOf = (line: string) =>
    requestOf(line).run.others.find(({ scenario }) => scenario.name === 'idle')?.scenarioOptions.touch;
  assert.deepEqual(
    ['', '--payload 1-8k', '--payload 1M', '--payload 0'].map((each) =>
      touchOf(`-p tls -c 60k ${each}`.trim()),
    ),
    [64, 8192, 65_536, 1],
  );
});

test('requests that cannot be planned are rejected with a sentence', () => {
  for (const [line, sentence] of [
    ['-p tls', /^--connections is missing/],
    ['-c 100k', /^No profile was given\./],
    ['-p tls -c 10', /^--connections "10" must be between 1k and 1G\./],
    ['-p tls,plain -c 100k', /^`size` takes one variant\./],
    ['-p tls --conf a.conf -c 100k', /^`size` takes one variant\./],
    ['-p all -c 100k', /^`size` takes one variant\./],
    ['-p direct -c 100k', /^`size` plans for Nginx, but direct has none\./],
    ['-p tls -c 100k --check 200k', /^--check 200k is more than --connections 100k\./],
    ['-p tls -c 100k --check 10', /^--check "10" must be between/],
    ['-p tls -c 100k --utilisation 0', /^--utilisation "0" must be a percentage/],
    ['-p tls -c 100k --rounds 1', /^--rounds "1" must be between/],
    ['-p tls -c 100k --scenario idle', /--scenario/],
    ['-p tls -c 100k --hold 2s', /--hold/],
    ['-p tls -c 100k --nginx-workers 2', /--nginx-workers/],
    ['-p tls -c 100k --target ws://127.0.0.1:1', /--target: it starts the variant that it measures/],
  ] as const)
    assert.match(refused(line), sentence, line);
});
